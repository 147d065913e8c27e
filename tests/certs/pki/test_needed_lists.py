"""Lists that are left out change no answer about any certificate as of any instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.pki.crl import Crl, Revocation, build_crl
from certs.pki.errors import CertificateRevoked, RevocationUnknown
from certs.pki.needed_lists import needed_lists
from certs.pki.revocation import require_not_revoked, revocations
from certs.pki.x509 import Certificate
from tests.certs.pki.world import DAY, NOW, authority

CA = authority(Alg.ES256)
ISSUING, SIGNED = CA.issuing.certificate, CA.signer.certificate


def day(number: float) -> datetime:
    return NOW + number * DAY


def listed(start: float, end: float, *entries: Revocation, number: int = 1) -> Crl:
    """A list of the issuing authority between two days."""
    return build_crl(
        signer=CA.issuing.signer,
        issuer=ISSUING,
        number=number,
        this_update=day(start),
        next_update=day(end),
        revoked=entries,
    )


def needed(*lists: Crl) -> list[Crl]:
    return list(needed_lists(lists, [CA.root.certificate, ISSUING]))


def said(certificate: Certificate, at: datetime, crls: Sequence[Crl]) -> tuple[str, datetime | None]:
    """Good, revoked since when, or unknown."""
    try:
        require_not_revoked(certificate, ISSUING, at, crls)
    except CertificateRevoked:
        return "revoked", min(entry.effective for entry in revocations(certificate, ISSUING, crls))
    except RevocationUnknown:
        return "unknown", None
    return "good", None


def series(random: Random) -> list[Crl]:
    """An authority's life: lists with gaps and overlaps; certificates are revoked, held, released, and left out."""
    lists, listed_now, start = [], {}, 0.0
    for number in range(random.randrange(2, 25)):
        for serial in random.sample(range(8), random.randrange(3)):
            reason = random.choice(["keyCompromise", "certificateHold", "superseded"])
            doubt = day(start - random.choice([1, 5])) if random.random() < 0.3 else None
            listed_now[serial] = Revocation(serial, day(start - random.random()).replace(microsecond=0), reason, doubt)
        for serial in [s for s in listed_now if random.random() < 0.15]:
            del listed_now[serial]
        lists.append(listed(start, start + random.choice([1, 3, 7, 7]), *listed_now.values(), number=number))
        start += random.choice([0, 1, 1, 1, 2, 9])
    random.shuffle(lists)
    return lists


@pytest.mark.parametrize("seed", range(40))
def test_every_answer_is_the_same(seed: int) -> None:
    random = Random(seed)
    lists = series(random)
    kept = needed(*lists)
    assert [crl for crl in lists if crl in kept] == kept, "in their order"
    instants = sorted({at + nudge for crl in lists for at in (crl.this_update, crl.next_update) for nudge in _NUDGES})
    for serial in range(9):
        for ends in [*instants[:: len(instants) // 12 + 1], instants[-1]]:
            certificate = replace(SIGNED, serial=serial, not_after=ends)
            before = revocations(certificate, ISSUING, lists)
            assert set(before) == set(revocations(certificate, ISSUING, kept))
            for at in instants:
                if at <= ends:
                    assert said(certificate, at, kept) == said(certificate, at, lists), (serial, ends, at)


_NUDGES = (timedelta(seconds=-1), timedelta(), timedelta(seconds=1))


def test_daily_lists_good_for_a_week_become_weekly_ones() -> None:
    revoked = [Revocation(number, day(number)) for number in range(200)]
    lists = [listed(n, n + 7, *revoked[: n + 1], number=n) for n in range(200)]
    kept = needed(*reversed(lists))
    assert len(kept) == 30
    assert kept[0] == lists[-1], "the newest stays"
    assert all(later.this_update <= earlier.next_update for later, earlier in pairwise(kept))


def test_a_list_with_what_later_ones_left_out_stays() -> None:
    gone = Revocation(1, day(0), "keyCompromise")
    old, next_, newest = listed(1, 8, gone), listed(2, 9, number=2), listed(1, 12, number=3)
    assert needed(newest, next_, old) == [newest, next_, old]
    again = listed(1, 8, gone, number=4)
    assert needed(newest, next_, old, again) == [newest, next_, old], "once is enough"
    whole = listed(1, 12, gone)
    assert needed(whole, old) == [whole]


def test_a_hold_stays_for_as_long_as_its_list_held() -> None:
    held = Revocation(1, day(0), "certificateHold")
    long, short = listed(1, 9, held), listed(2, 8, held, number=2)
    assert needed(short, long) == [short, long], "the newest, and the one that holds longer"
    lifted = listed(3, 12, number=3)
    assert needed(lifted, short, long) == [lifted, long]


def test_another_key_of_the_same_name_replaces_nothing() -> None:
    other = ephemeral_key(Alg.ES256)
    forged = build_crl(signer=other, issuer=ISSUING, number=9, this_update=day(1), next_update=day(30))
    old = listed(1, 8)
    assert needed(forged, old) == [forged, old]


def test_the_same_key_under_two_certificates_is_one_authority() -> None:
    twice = [ISSUING, replace(ISSUING, serial=ISSUING.serial + 1)]
    old, day_before, newest = listed(1, 8), listed(1, 9), listed(2, 9, number=2)
    assert needed_lists([newest, day_before, old], twice) == (newest, day_before)
