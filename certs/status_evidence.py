"""What a trust bundle knows about the status of one certificate at one time.

Two kinds of evidence: signed lists as fetched, and the hub's history of decisions. Either may end a certificate; only
one that covers the time in question may say it is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from certs.crypto.jws import parse_jws
from certs.crypto.keyring import KeyRing
from certs.crypto.strict_json import loads_object
from certs.crypto.times import moment, numeric_date
from certs.errors import CertsError, KeyDistrusted, StatusIndexOutOfRange
from certs.lifecycle import settle
from certs.model import Outcome, State, StatusChange
from certs.status_list import MAX_TOKEN_BYTES, Status, StatusList, verify_status_list
from certs.trust import ROLE_STATUS, StatusNotice, TrustBundle

MAX_AGE: Final = timedelta(days=1)
LEEWAY: Final = timedelta(seconds=60)

_LIST_CODES: Final[Mapping[Status, str]] = {
    Status.INVALID: "status-ended",
    Status.SUSPENDED: "status-suspended",
    Status.APPLICATION_SPECIFIC: "status-replaced",
}
_UNNAMED: Final = {"reason": "原因见颁发机构", "reason_code": "reason with the issuing authority"}


@dataclass(frozen=True, slots=True)
class StatusFinding:
    """Outcome, code for the words, evidence, and the state as far as it is known."""

    outcome: Outcome
    code: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    state: State | None = None


def status_of(uri: str, index: int, trust: TrustBundle, *, at: datetime) -> StatusFinding:
    """The status of entry `index` of the list at `uri`, as of `at`.

    A list counts from its `iat` until its `exp`, at most a day: later it is stale. A history counts until
    `complete_until`; a final decision in it counts for ever.
    """
    history = trust.histories.get(uri)
    decided = _decided(history.of(index) if history else (), at)
    covered = history is not None and at <= history.complete_until
    # A complete history is exact, so that a list made after the time in question has nothing to add to it.
    listed = _listed(uri, index, trust, at=at, leeway=timedelta(0) if covered else LEEWAY)
    if decided is not None and (covered or decided.state is not State.SUSPENDED):
        return _named(decided)
    if isinstance(listed, Status):
        return _from_list(listed, decided, at)
    if covered:
        return StatusFinding(Outcome.PASS, "status-valid", {"known": at.isoformat()}, State.VALID)
    return listed


def _decided(notices: tuple[StatusNotice, ...], at: datetime) -> StatusNotice | None:
    """The decision that holds at this time, None while the certificate is in force."""
    changes = [StatusChange("", n.state, n.reason, "", n.authority, n.effective_at) for n in notices]
    state = settle(changes, at)
    if state is State.VALID:
        return None
    return max((n for n in notices if n.state is state and n.effective_at <= at), key=lambda n: n.effective_at)


def _named(notice: StatusNotice) -> StatusFinding:
    evidence = {
        "reason": notice.reason.zh,
        "reason_code": notice.reason.value,
        "authority": notice.authority,
        "effective_at": notice.effective_at.isoformat(),
    }
    return StatusFinding(Outcome.FAIL, f"status-{notice.state.value}", evidence, notice.state)


def _from_list(listed: Status, decided: StatusNotice | None, at: datetime) -> StatusFinding:
    if listed is Status.VALID:
        return StatusFinding(Outcome.PASS, "status-valid", {"known": at.isoformat()}, State.VALID)
    if listed is Status.SUSPENDED:
        if decided is not None:
            return _named(decided)
        return StatusFinding(Outcome.FAIL, "status-suspended", _UNNAMED, State.SUSPENDED)
    return StatusFinding(Outcome.FAIL, _LIST_CODES[listed])


def _listed(uri: str, index: int, trust: TrustBundle, *, at: datetime, leeway: timedelta) -> Status | StatusFinding:
    """The entry in the newest usable list of that time, or why there is none."""
    worst = StatusFinding(Outcome.UNDETERMINED, "status-missing")
    lists: list[_Verified] = []
    for snapshot in trust.snapshots:
        if snapshot.uri != uri:
            continue
        try:
            verified = _verified(snapshot.token, uri, trust.keys)
            if (lost := trust.lost_since(verified.kid, at)) is not None:
                raise KeyDistrusted(verified.kid, since=lost)  # who has it writes any date and any state
            lists.append(verified)
        except CertsError as error:
            worst = StatusFinding(Outcome.UNDETERMINED, "status-refused", {"detail": error.code})
    known_then = [v for v in lists if v.since <= at + leeway]
    if not known_then:
        return worst
    newest = max(known_then, key=lambda v: v.since)
    if at > newest.until:
        return StatusFinding(Outcome.UNDETERMINED, "status-stale", {"detail": newest.until.isoformat()})
    try:
        return Status(newest.entries.raw(index))
    except (StatusIndexOutOfRange, ValueError) as error:
        return StatusFinding(Outcome.UNDETERMINED, "status-refused", {"detail": str(error)})


@dataclass(frozen=True, slots=True)
class _Verified:
    kid: str
    entries: StatusList
    since: datetime
    until: datetime


@lru_cache(maxsize=64)
def _verified(token: str, uri: str, keys: KeyRing) -> _Verified:
    """A list whose signature held at its own time. Kept, because a list serves very many certificates.

    The key ring is compared by identity: another ring is another trust decision.
    """
    jws = parse_jws(token, max_bytes=MAX_TOKEN_BYTES)
    claims = loads_object(jws.payload, MAX_TOKEN_BYTES)
    issued, expires = numeric_date(claims, "iat"), numeric_date(claims, "exp")
    since = moment(issued or 0)
    entries = verify_status_list(token, keys.resolver(at=since, role=ROLE_STATUS), uri=uri, now=since, max_age=MAX_AGE)
    ends = [since + MAX_AGE] + ([moment(expires)] if expires is not None else [])
    return _Verified(jws.kid, entries, since, min(ends))
