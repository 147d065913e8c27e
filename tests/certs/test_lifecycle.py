from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import TransitionRefused
from certs.lifecycle import TRANSITIONS, allowed, may_succeed, settle, status_value, transition
from certs.model import Reason, State, StatusChange
from tests.certs.world import NOW

STORED = [s for s in State if s is not State.EXPIRED]

ARROWS = {
    State.VALID: "suspended superseded deregistered annulled revoked voided transferred",
    State.SUSPENDED: "valid deregistered annulled revoked voided transferred",
    State.SUPERSEDED: "annulled",
    State.DEREGISTERED: "annulled",
    State.TRANSFERRED: "annulled",
    State.REVOKED: "annulled",
    State.ANNULLED: "",
    State.VOIDED: "",
}


def change(to: State, reason: Reason, hour: int) -> StatusChange:
    return StatusChange("x", to, reason, "", "11339900MB9000015P", NOW + timedelta(hours=hour))


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("target", list(State))
@pytest.mark.parametrize("reason", list(Reason))
def test_every_transition(state: State, target: State, reason: Reason) -> None:
    if target.value in ARROWS[state].split() and reason in TRANSITIONS[state][target]:
        assert transition(state, target, reason) is target
    else:
        with pytest.raises(TransitionRefused) as refused:
            transition(state, target, reason)
        assert refused.value.why


def test_the_table_has_exactly_these_arrows() -> None:
    assert {s: set(allowed(s)) for s in STORED} == {s: {State(v) for v in to.split()} for s, to in ARROWS.items()}
    assert all(reasons for arrows in TRANSITIONS.values() for reasons in arrows.values())


def test_legal_ends_have_their_own_reasons() -> None:
    ends = [allowed(State.VALID)[s] for s in (State.DEREGISTERED, State.ANNULLED, State.REVOKED, State.VOIDED)]
    assert len(frozenset().union(*ends)) == sum(map(len, ends)), "one reason never leads to two legal ends"
    with pytest.raises(TransitionRefused, match="fitting: penalty"):
        transition(State.VALID, State.REVOKED, Reason.HOLDER_REQUEST)


def test_status_values_fit_two_bits_and_only_valid_is_zero() -> None:
    assert {s for s in STORED if status_value(s) == 0} == {State.VALID}
    assert status_value(State.SUSPENDED) == 2
    assert {status_value(s) for s in STORED} == {0, 1, 2, 3}


def test_a_decision_holds_from_its_time_on() -> None:
    decided = [change(State.SUSPENDED, Reason.INVESTIGATION, 1), change(State.VALID, Reason.REINSTATED, 3)]
    for hour, state in [(0, State.VALID), (1, State.SUSPENDED), (2, State.SUSPENDED), (3, State.VALID)]:
        assert settle(decided, NOW + timedelta(hours=hour)) is state
    assert settle(decided) is State.VALID


CHANGES = st.lists(
    st.sampled_from(
        [(to, r) for arrows in TRANSITIONS.values() for to, rs in arrows.items() for r in sorted(rs)]
    ).flatmap(lambda pair: st.integers(0, 4).map(lambda hour: change(pair[0], pair[1], hour))),
    max_size=5,
)


@given(CHANGES)
def test_the_order_of_arrival_does_not_matter(changes: Sequence[StatusChange]) -> None:
    assert len({settle(order) for order in permutations(changes)}) == 1


@given(CHANGES)
def test_an_end_is_never_undone(changes: Sequence[StatusChange]) -> None:
    ended = [*changes, change(State.REVOKED, Reason.PENALTY, -1)]
    assert settle(ended) in {State.REVOKED, State.ANNULLED}


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("state", STORED)
def test_who_may_have_a_successor(state: State, *, same: bool) -> None:
    if state is State.VALID:
        assert may_succeed(state, same_record=same) is State.SUPERSEDED
    elif state is State.SUSPENDED or (same and state is not State.VOIDED):
        with pytest.raises(TransitionRefused):
            may_succeed(state, same_record=same)
    else:
        assert may_succeed(state, same_record=same) is state
