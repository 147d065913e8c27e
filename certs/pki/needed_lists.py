"""Which revocation lists of an authority still say something no other list on file says (`certs.pki.revocation`).

A list is asked two things: for which instants it speaks, and whom it names. A later list does not simply replace an
earlier one. It names the dates of revocations and so answers for earlier instants too, but it may leave out
certificates that had expired when it was made, or whose hold (暂扣) was lifted, and it says nothing of a certificate
that expired before it. What is left out here must therefore change no answer about any certificate as of any instant:

1. Every instant between the two dates of some list stays between the two dates of one that is kept. Then a list that
   speaks for the instant itself is there, whenever the certificate ends, and instants before it that no list covers
   are still followed by the same list.
2. Every entry of a list that goes is, the same in every part, in one that stays; of a hold, which counts for as long
   as its list holds, in one that holds at least as long.

Only lists that one and the same key has signed are compared, the newest stays always, and what cannot be told stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from certs.pki.crl import Crl, Revocation
from certs.pki.revocation import HOLD, speaks_for
from certs.pki.x509 import Certificate


def needed_lists(crls: Sequence[Crl], authorities: Iterable[Certificate]) -> tuple[Crl, ...]:
    """Those of the lists that are needed to answer as all of them do, in their order.

    Blocking: it checks the signature of every list. A list that none of the authorities has signed is kept: a
    certificate that comes with a document may be the one.
    """
    known = tuple(authorities)
    by_key: defaultdict[str, list[Crl]] = defaultdict(list)
    kept: set[int] = set()
    for crl in crls:
        kids = {authority.key.kid for authority in known if speaks_for(crl, authority)}
        if len(kids) == 1:
            by_key[kids.pop()].append(crl)
        else:
            kept.add(id(crl))
    for lists in by_key.values():
        kept |= {id(crl) for crl in _needed(lists)}
    return tuple(crl for crl in crls if id(crl) in kept)


def _needed(lists: Sequence[Crl]) -> list[Crl]:
    newest_first = sorted(lists, key=lambda crl: (crl.this_update, crl.next_update), reverse=True)
    needed = _covering(newest_first)
    chosen = {id(crl) for crl in needed}
    said: dict[Revocation, datetime] = {}
    for crl in needed:
        _note(crl, said)
    for crl in newest_first:
        if id(crl) not in chosen and not _says_nothing_new(crl, said):
            needed.append(crl)
            _note(crl, said)
    return needed


def _covering(newest_first: Sequence[Crl]) -> list[Crl]:
    """Few lists that cover the same instants, the newest among them; from the latest instant to the first."""
    chosen = [newest_first[0]]
    left = [crl for crl in newest_first if crl.next_update > crl.this_update]
    reached = max(crl.next_update for crl in newest_first)
    while left:
        reaching = [crl for crl in left if crl.next_update >= reached]
        if reaching:
            chosen.append(min(reaching, key=lambda crl: crl.this_update))
            reached = chosen[-1].this_update
            left = [crl for crl in left if crl.this_update < reached]
        else:  # no list speaks for the time just before
            reached = max(crl.next_update for crl in left)
    return list({id(crl): crl for crl in chosen}.values())


def _note(crl: Crl, said: dict[Revocation, datetime]) -> None:
    for entry in crl.entries.values():
        said[entry] = max(crl.next_update, said.get(entry, crl.next_update))


def _says_nothing_new(crl: Crl, said: dict[Revocation, datetime]) -> bool:
    return all(
        entry in said and (entry.reason != HOLD or said[entry] >= crl.next_update) for entry in crl.entries.values()
    )
