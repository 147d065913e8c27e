"""Rules of the seal register (印章登记): states, custody by two persons (双人保管), rules of use. Pure.

待启用 → 启用 ⇄ 停用 → 注销; 过期 is computed from the seal's term. What gives power takes two custodians, one who
proposes and another who approves: activating, lifting a suspension, changing the rules of use; who proposed may take
it back meanwhile. What takes power away takes one: suspending and revoking must never wait for a second person.
Custody itself is handed over (移交) by who leaves and taken by who takes it; nobody gives away the other's half, unless
the other may not act any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from certs.seals.errors import SealActRefused, SealUseRefused
from certs.seals.history import SealState
from certs.seals.refusals import ActRefusal

PROPOSAL_LIFE: Final = timedelta(hours=24)


class Origin(StrEnum):
    """Where a seal comes from. Seals made here serve tests and integration and are labelled."""

    IMPORTED = "imported"
    MADE_FOR_TEST = "made-for-test"


class Act(StrEnum):
    """What custodians do to a seal."""

    ACTIVATE = "activate"
    LIFT = "lift"
    SET_POLICY = "set-policy"
    HAND_OVER = "hand-over"
    SUSPEND = "suspend"
    REVOKE = "revoke"


# Act -> states it may be done in, and the state it leads to (None: unchanged).
_ACTS: Final[Mapping[Act, tuple[frozenset[SealState], SealState | None]]] = MappingProxyType(
    {
        Act.ACTIVATE: (frozenset({SealState.REGISTERED}), SealState.ACTIVE),
        Act.LIFT: (frozenset({SealState.SUSPENDED}), SealState.ACTIVE),
        Act.SET_POLICY: (frozenset({SealState.REGISTERED, SealState.ACTIVE, SealState.SUSPENDED}), None),
        Act.HAND_OVER: (frozenset({SealState.REGISTERED, SealState.ACTIVE, SealState.SUSPENDED}), None),
        Act.SUSPEND: (frozenset({SealState.ACTIVE}), SealState.SUSPENDED),
        Act.REVOKE: (
            frozenset({SealState.REGISTERED, SealState.ACTIVE, SealState.SUSPENDED, SealState.EXPIRED}),
            SealState.REVOKED,
        ),
    }
)
FOUR_EYES: Final = frozenset({Act.ACTIVATE, Act.LIFT, Act.SET_POLICY, Act.HAND_OVER})


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """Rules of use (用印规则): certificate types the seal may be put on, how many documents a day, until when.

    None is any number, and as long as the seal's own term.
    """

    types: frozenset[str] = frozenset()
    daily_limit: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RegisteredSeal:
    """A seal on file. `owner` is the unit's USCC, `custodians` are account names, `state` is the stored one."""

    es_id: str
    digest: bytes
    name: str
    owner: str
    maker_id: str
    origin: Origin
    custodians: frozenset[str]
    policy: UsePolicy
    state: SealState
    valid_from: datetime
    valid_until: datetime

    def state_at(self, now: datetime) -> SealState:
        """The state to show: 注销 outranks 过期, 过期 outranks the others."""
        if self.state is not SealState.REVOKED and now > self.valid_until:
            return SealState.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True)
class Handover:
    """Custody changes hands (印章移交): `leaving` keeps the seal no more, `taking` keeps it from then on."""

    leaving: str
    taking: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act one custodian proposed; it waits 24 hours for another custodian, a handover for who takes custody."""

    id: UUID
    es_id: str
    act: Act
    policy: UsePolicy | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    handover: Handover | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it may still be approved."""
        return now <= self.proposed_at + PROPOSAL_LIFE


def require_custodians(custodians: frozenset[str]) -> None:
    """Raises SealActRefused unless at least two different persons are named."""
    if len({c.strip().casefold() for c in custodians}) < 2 or not all(c.strip() for c in custodians):
        raise SealActRefused("register", ActRefusal.TWO_PERSONS)


def require_policy(policy: UsePolicy, now: datetime) -> None:
    """Raises SealActRefused for rules of use nobody could keep to: a limit below 1, or an end that has passed."""
    if policy.daily_limit is not None and policy.daily_limit < 1:
        raise SealActRefused(Act.SET_POLICY, ActRefusal.LIMIT_TOO_LOW)
    if policy.until is not None and policy.until <= now:
        raise SealActRefused(Act.SET_POLICY, ActRefusal.END_PASSED)


def may_propose(
    seal: RegisteredSeal,
    act: Act,
    *,
    by: str,
    now: datetime,
    policy: UsePolicy | None = None,
    handover: Handover | None = None,
    gone: frozenset[str] = frozenset(),
) -> None:
    """Whether this person may propose this act now; `gone` are custodians who may not act any more.

    Raises:
        SealActRefused: an act that needs no proposal, not a custodian, a state it does not fit, or terms that do not
            belong to the act or cannot be met.
    """
    if act not in FOUR_EYES:
        raise SealActRefused(act, ActRefusal.TAKES_ONE)
    if (policy is not None) != (act is Act.SET_POLICY):
        raise SealActRefused(act, ActRefusal.POLICY_MISPLACED)
    if (handover is not None) != (act is Act.HAND_OVER):
        raise SealActRefused(act, ActRefusal.HANDOVER_MISPLACED)
    if policy is not None:
        require_policy(policy, now)
    _fits(seal, act, by, now)
    if handover is not None:
        _may_hand_over(seal, handover, by, gone)


def approve(seal: RegisteredSeal, proposal: Proposal, *, by: str, now: datetime) -> RegisteredSeal:
    """The seal after a second person agreed: another custodian, or who takes custody.

    Raises:
        SealActRefused: the same person, not the one who may agree, the proposal is older than 24 hours, or the state
            or custody changed.
    """
    if by == proposal.proposed_by:
        raise SealActRefused(proposal.act, ActRefusal.SAME_PERSON)
    if not proposal.open_at(now):
        raise SealActRefused(proposal.act, ActRefusal.PROPOSAL_OVER)
    if proposal.proposed_by not in seal.custodians:
        raise SealActRefused(proposal.act, ActRefusal.PROPOSER_GONE)
    if proposal.handover is not None:
        return _handed_over(seal, proposal.handover, by, now)
    _fits(seal, proposal.act, by, now)
    return replace(seal, state=_ACTS[proposal.act][1] or seal.state, policy=proposal.policy or seal.policy)


def may_withdraw(proposal: Proposal, *, by: str, now: datetime) -> None:
    """Whether this person may take an open proposal back: who made it, custodian still or not.

    Raises:
        SealActRefused: somebody else, or the proposal is older than 24 hours.
    """
    if by != proposal.proposed_by:
        raise SealActRefused(proposal.act, ActRefusal.ONLY_WHO_PROPOSED)
    if not proposal.open_at(now):
        raise SealActRefused(proposal.act, ActRefusal.PROPOSAL_OVER)


def stop(seal: RegisteredSeal, act: Act, *, by: str, now: datetime) -> RegisteredSeal:
    """The seal after one custodian suspended or revoked it.

    Raises:
        SealActRefused: an act that needs two, not a custodian, or a state it does not fit.
    """
    if act in FOUR_EYES:
        raise SealActRefused(act, ActRefusal.TAKES_TWO)
    _fits(seal, act, by, now)
    return replace(seal, state=_ACTS[act][1] or seal.state)


def may_use(seal: RegisteredSeal, type_code: str, *, documents: int, used_today: int, now: datetime) -> None:
    """Whether the seal may be put on so many documents of a type now.

    Raises:
        SealUseRefused: not in use or in term, a type outside its rules, or more than its daily limit.
    """
    state = seal.state_at(now)
    if state is not SealState.ACTIVE:
        raise SealUseRefused(seal.es_id, f"its state is {state.zh} ({state})")
    if now < seal.valid_from:
        raise SealUseRefused(seal.es_id, f"its term begins {seal.valid_from.isoformat()}")
    if type_code not in seal.policy.types:
        raise SealUseRefused(seal.es_id, f"its rules of use do not name type {type_code[:40]}")
    if seal.policy.until is not None and now > seal.policy.until:
        raise SealUseRefused(seal.es_id, f"its rules of use ended {seal.policy.until.isoformat()}")
    limit = seal.policy.daily_limit
    if limit is not None and used_today + documents > limit:
        raise SealUseRefused(seal.es_id, f"{used_today} of {limit} uses of today are spent")


def _may_hand_over(seal: RegisteredSeal, handover: Handover, by: str, gone: frozenset[str]) -> None:
    if handover.leaving not in seal.custodians or handover.taking in seal.custodians:
        raise SealActRefused(Act.HAND_OVER, ActRefusal.HANDOVER_PARTIES)
    if handover.leaving != by and handover.leaving not in gone:
        raise SealActRefused(Act.HAND_OVER, ActRefusal.NOT_YOURS_TO_GIVE)
    require_custodians(seal.custodians - {handover.leaving} | {handover.taking})


def _handed_over(seal: RegisteredSeal, handover: Handover, by: str, now: datetime) -> RegisteredSeal:
    if by != handover.taking:
        raise SealActRefused(Act.HAND_OVER, ActRefusal.ONLY_WHO_TAKES)
    if handover.leaving not in seal.custodians or handover.taking in seal.custodians:
        raise SealActRefused(Act.HAND_OVER, ActRefusal.CUSTODY_CHANGED)
    _fits_state(seal, Act.HAND_OVER, now)
    return replace(seal, custodians=seal.custodians - {handover.leaving} | {handover.taking})


def _fits(seal: RegisteredSeal, act: Act, by: str, now: datetime) -> None:
    if by not in seal.custodians:
        raise SealActRefused(act, ActRefusal.NOT_A_CUSTODIAN)
    _fits_state(seal, act, now)


def _fits_state(seal: RegisteredSeal, act: Act, now: datetime) -> None:
    state = seal.state_at(now)
    if state not in _ACTS[act][0]:
        raise SealActRefused(act, ActRefusal.STATE, f"{state.zh} ({state})")
