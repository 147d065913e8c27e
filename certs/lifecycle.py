"""What may happen to a certificate: one table, no I/O.

有效 ⇄ 暂扣; 有效 → 已变更 / 注销 / 撤销 / 吊销 / 作废 / 转出. An ended certificate can only still be 撤销: that
decision says it should never have been granted, whatever became of it since. 过期 is computed and never a target.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from certs.errors import TransitionRefused
from certs.model import Reason, State, StatusChange

_SUSPEND = frozenset({Reason.INVESTIGATION, Reason.PENALTY, Reason.KEY_COMPROMISED})
_REINSTATE = frozenset({Reason.REINSTATED})
_SUPERSEDE = frozenset({Reason.SOURCE_CHANGED, Reason.HOLDER_REQUEST, Reason.KEY_COMPROMISED})
_DEREGISTER = frozenset({Reason.HOLDER_REQUEST, Reason.HOLDER_ENDED, Reason.TERM_ENDED, Reason.SOURCE_ENDED})
_ANNUL = frozenset({Reason.GRANTED_UNLAWFULLY, Reason.OBTAINED_BY_FRAUD})
_REVOKE = frozenset({Reason.PENALTY})
_VOID = frozenset({Reason.ISSUED_BY_MISTAKE, Reason.KEY_COMPROMISED})
_TRANSFER = frozenset({Reason.MOVED_AWAY})

_ENDS: Mapping[State, frozenset[Reason]] = {
    State.DEREGISTERED: _DEREGISTER,
    State.ANNULLED: _ANNUL,
    State.REVOKED: _REVOKE,
    State.VOIDED: _VOID,
    State.TRANSFERRED: _TRANSFER,
}

TRANSITIONS: Mapping[State, Mapping[State, frozenset[Reason]]] = MappingProxyType(
    {
        State.VALID: {State.SUSPENDED: _SUSPEND, State.SUPERSEDED: _SUPERSEDE, **_ENDS},
        # No 已变更 out of 暂扣: the next version would be born valid and the suspension evaded.
        State.SUSPENDED: {State.VALID: _REINSTATE, **_ENDS},
        State.SUPERSEDED: {State.ANNULLED: _ANNUL},
        State.DEREGISTERED: {State.ANNULLED: _ANNUL},
        State.TRANSFERRED: {State.ANNULLED: _ANNUL},
        State.REVOKED: {State.ANNULLED: _ANNUL},
        State.ANNULLED: {},
        State.VOIDED: {},
    }
)

# Token Status List values: 0 VALID, 1 INVALID, 2 SUSPENDED, 3 application specific (here: a successor exists).
STATUS_BITS = 2
_STATUS_VALUE: Mapping[State, int] = MappingProxyType(
    {
        State.VALID: 0,
        State.SUSPENDED: 2,
        State.SUPERSEDED: 3,
        State.TRANSFERRED: 3,
        State.DEREGISTERED: 1,
        State.ANNULLED: 1,
        State.REVOKED: 1,
        State.VOIDED: 1,
    }
)

# Which of two decisions about one moment stands: the one that takes more away.
_SEVERITY: Mapping[State, int] = {
    State.VALID: 0,
    State.SUSPENDED: 1,
    State.SUPERSEDED: 2,
    State.TRANSFERRED: 3,
    State.DEREGISTERED: 4,
    State.VOIDED: 5,
    State.REVOKED: 6,
    State.ANNULLED: 7,
}


def status_value(state: State) -> int:
    """The Token Status List value of a stored state (2 bits)."""
    return _STATUS_VALUE[state]


def transition(state: State, target: State, reason: Reason) -> State:
    """The state after the decision.

    Raises:
        TransitionRefused: no such arrow, or the reason does not carry it; `why` says which.
    """
    if target is State.EXPIRED:
        raise TransitionRefused(state, target, "过期 is computed from the date, never decided")
    arrows = TRANSITIONS.get(state, {})
    if target not in arrows:
        way = "、".join(s.zh for s in arrows) or "nothing"
        raise TransitionRefused(state, target, f"from {state.zh} only {way} may follow")
    if reason not in arrows[target]:
        fitting = ", ".join(sorted(arrows[target]))
        raise TransitionRefused(state, target, f"reason {reason} does not carry it; fitting: {fitting}")
    return target


def allowed(state: State) -> Mapping[State, frozenset[Reason]]:
    """Target -> fitting reasons, for a form that offers only what may be done."""
    return TRANSITIONS.get(state, {})


def settle(changes: Iterable[StatusChange], at: datetime | None = None) -> State:
    """The state after all decisions in effect `at` an instant (all of them when None), whatever order they came in.

    Issuing is not among them and therefore never undoes one: a revocation that arrives before the issue wins.
    Decisions the table forbids at their place in time have no effect.
    """
    state = State.VALID
    due = (c for c in changes if at is None or c.effective_at <= at)
    for change in sorted(due, key=lambda c: (c.effective_at, _SEVERITY[c.to_state], c.reason)):
        if change.reason in TRANSITIONS[state].get(change.to_state, ()):
            state = change.to_state
    return state


def may_succeed(state: State, *, same_record: bool) -> State:
    """The state the old version gets when a next version (版本 + 1) is issued.

    有效 becomes 已变更. An ended one keeps its end: 作废 may be made anew from the same record (a misprint), the others
    only from a changed record, else re-issuing would undo the decision.

    Raises:
        TransitionRefused: it is 暂扣, or ended and its record is still the same.
    """
    if state is State.VALID:
        return State.SUPERSEDED
    if state is State.SUSPENDED:
        raise TransitionRefused(state, State.SUPERSEDED, "reinstate or end it first")
    if same_record and state is not State.VOIDED:
        raise TransitionRefused(state, State.SUPERSEDED, "the record is unchanged; the decision stands")
    return state
