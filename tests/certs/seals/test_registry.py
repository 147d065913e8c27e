"""The rules of custody and use, as tables."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from certs.seals.errors import SealActRefused, SealUseRefused
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.registry import (
    FOUR_EYES,
    PROPOSAL_LIFE,
    Act,
    Handover,
    Origin,
    Proposal,
    RegisteredSeal,
    UsePolicy,
    approve,
    may_propose,
    may_use,
    require_custodians,
    stop,
)
from tests.certs.seals.world import NOW

SEAL = RegisteredSeal(
    es_id="33990000000001",
    digest=bytes(32),
    name="测试",
    owner="11339900MB9000031D",
    maker_id="YZTTEST",
    origin=Origin.IMPORTED,
    custodians=frozenset({"anna", "boris"}),
    policy=UsePolicy(frozenset({"T1"}), 10),
    state=SealState.ACTIVE,
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW + timedelta(days=1),
)
DONE = {
    (SealState.REGISTERED, Act.ACTIVATE): SealState.ACTIVE,
    (SealState.SUSPENDED, Act.LIFT): SealState.ACTIVE,
    (SealState.REGISTERED, Act.SET_POLICY): SealState.REGISTERED,
    (SealState.ACTIVE, Act.SET_POLICY): SealState.ACTIVE,
    (SealState.SUSPENDED, Act.SET_POLICY): SealState.SUSPENDED,
    (SealState.REGISTERED, Act.HAND_OVER): SealState.REGISTERED,
    (SealState.ACTIVE, Act.HAND_OVER): SealState.ACTIVE,
    (SealState.SUSPENDED, Act.HAND_OVER): SealState.SUSPENDED,
    (SealState.ACTIVE, Act.SUSPEND): SealState.SUSPENDED,
    (SealState.REGISTERED, Act.REVOKE): SealState.REVOKED,
    (SealState.ACTIVE, Act.REVOKE): SealState.REVOKED,
    (SealState.SUSPENDED, Act.REVOKE): SealState.REVOKED,
}
NEW_POLICY = UsePolicy(frozenset({"T2"}), None)
HANDOVER = Handover(leaving="anna", taking="dora")


def proposal(act: Act, by: str = "anna") -> Proposal:
    policy = NEW_POLICY if act is Act.SET_POLICY else None
    handover = HANDOVER if act is Act.HAND_OVER else None
    return Proposal(UUID(int=1), SEAL.es_id, act, policy, "", by, NOW, handover)


def second(act: Act) -> str:
    """Who may agree to what anna proposed."""
    return "dora" if act is Act.HAND_OVER else "boris"


def done(seal: RegisteredSeal, act: Act) -> RegisteredSeal:
    """The act by as many persons as it takes."""
    if act not in FOUR_EYES:
        return stop(seal, act, by="anna", now=NOW)
    one = proposal(act)
    may_propose(seal, act, by="anna", policy=one.policy, handover=one.handover, now=NOW)
    return approve(seal, one, by=second(act), now=NOW)


@pytest.mark.parametrize(("state", "act"), list(product([s for s in SealState if s is not SealState.EXPIRED], Act)))
def test_every_act_in_every_state(state: SealState, act: Act) -> None:
    seal = replace(SEAL, state=state)
    if (state, act) not in DONE:
        with pytest.raises(SealActRefused):
            done(seal, act)
        return
    after = done(seal, act)
    assert after.state is DONE[state, act]
    assert after.policy == (NEW_POLICY if act is Act.SET_POLICY else SEAL.policy)
    assert after.custodians == ({"boris", "dora"} if act is Act.HAND_OVER else SEAL.custodians)


@pytest.mark.parametrize("act", sorted(FOUR_EYES))
def test_what_gives_power_takes_two_different_custodians(act: Act) -> None:
    state = next(state for state, done_act in DONE if done_act is act)
    seal = replace(SEAL, state=state)
    one = proposal(act)
    for by in {"anna", "carol", "", "boris", "dora"} - {second(act)}:
        with pytest.raises(SealActRefused):
            approve(seal, one, by=by, now=NOW)
    with pytest.raises(SealActRefused):
        may_propose(seal, act, by="carol", policy=one.policy, handover=one.handover, now=NOW)
    with pytest.raises(SealActRefused):
        approve(seal, proposal(act, by="carol"), by=second(act), now=NOW)
    with pytest.raises(SealActRefused):
        stop(seal, act, by="anna", now=NOW)
    approve(seal, one, by=second(act), now=NOW + PROPOSAL_LIFE)
    with pytest.raises(SealActRefused):
        approve(seal, one, by=second(act), now=NOW + PROPOSAL_LIFE + timedelta(seconds=1))


def test_what_takes_power_away_takes_one_custodian_and_no_stranger() -> None:
    for act in (Act.SUSPEND, Act.REVOKE):
        assert stop(SEAL, act, by="boris", now=NOW).state is DONE[SealState.ACTIVE, act]
        with pytest.raises(SealActRefused):
            stop(SEAL, act, by="carol", now=NOW)
        with pytest.raises(SealActRefused):
            may_propose(SEAL, act, by="anna", policy=None, now=NOW)


def test_rules_of_use_belong_to_their_act() -> None:
    for act, policy in (
        (Act.SET_POLICY, None),
        (Act.LIFT, NEW_POLICY),
        (Act.SET_POLICY, UsePolicy(daily_limit=0)),
        (Act.SET_POLICY, UsePolicy(until=NOW)),
    ):
        with pytest.raises(SealActRefused):
            may_propose(replace(SEAL, state=SealState.SUSPENDED), act, by="anna", policy=policy, now=NOW)


@pytest.mark.parametrize(
    ("handover", "gone"),
    [
        (None, set()),
        (Handover("boris", "dora"), set()),  # the other's half
        (Handover("anna", "boris"), set()),  # one person would keep it
        (Handover("anna", "BORIS"), set()),
        (Handover("carol", "dora"), {"carol"}),  # no custody to give
        (Handover("anna", " "), set()),
    ],
)
def test_nobody_comes_to_hold_both_halves(handover: Handover | None, gone: set[str]) -> None:
    with pytest.raises(SealActRefused):
        may_propose(SEAL, Act.HAND_OVER, by="anna", handover=handover, gone=frozenset(gone), now=NOW)


def test_the_half_of_somebody_gone_may_be_given_to_a_third() -> None:
    may_propose(SEAL, Act.HAND_OVER, by="anna", handover=Handover("boris", "dora"), gone=frozenset({"boris"}), now=NOW)
    with pytest.raises(SealActRefused):
        may_propose(SEAL, Act.LIFT, by="anna", handover=HANDOVER, now=NOW)


def test_a_handover_falls_when_custody_has_changed_meanwhile() -> None:
    one = proposal(Act.HAND_OVER)
    for custodians in ({"boris", "carol"}, {"anna", "dora"}):
        with pytest.raises(SealActRefused):
            approve(replace(SEAL, custodians=frozenset(custodians)), one, by="dora", now=NOW)


def test_an_expired_seal_can_only_be_revoked() -> None:
    later = SEAL.valid_until + timedelta(seconds=1)
    assert SEAL.state_at(later) is SealState.EXPIRED
    with pytest.raises(SealActRefused):
        stop(SEAL, Act.SUSPEND, by="anna", now=later)
    revoked = stop(SEAL, Act.REVOKE, by="anna", now=later)
    assert revoked.state_at(later) is SealState.REVOKED


@pytest.mark.parametrize("names", [set(), {"anna"}, {"anna", "ANNA"}, {"anna", " anna "}, {"anna", ""}])
def test_one_person_under_two_names_is_one_person(names: set[str]) -> None:
    with pytest.raises(SealActRefused):
        require_custodians(frozenset(names))


def test_use_is_bound_to_state_term_type_and_limit() -> None:
    may_use(SEAL, "T1", documents=3, used_today=7, now=NOW)
    may_use(replace(SEAL, policy=UsePolicy(frozenset({"T1"}))), "T1", documents=10**6, used_today=10**6, now=NOW)
    for seal, kind, documents, now in (
        (SEAL, "T1", 4, NOW),
        (SEAL, "T2", 1, NOW),
        (replace(SEAL, policy=UsePolicy()), "T1", 1, NOW),
        (replace(SEAL, policy=replace(SEAL.policy, until=NOW - timedelta(hours=1))), "T1", 1, NOW),
        (SEAL, "T1", 1, NOW + timedelta(days=2)),
        (SEAL, "T1", 1, NOW - timedelta(days=2)),
        *((replace(SEAL, state=s), "T1", 1, NOW) for s in SealState if s is not SealState.ACTIVE),
    ):
        with pytest.raises(SealUseRefused):
            may_use(seal, kind, documents=documents, used_today=7, now=now)


def test_the_state_at_a_time_is_the_last_change_before_it() -> None:
    on_file = SealOnFile("1", b"", (SealChange(SealState.REGISTERED, NOW), SealChange(SealState.ACTIVE, NOW)))
    assert on_file.state_at(NOW - timedelta(seconds=1)) is None
    assert on_file.state_at(NOW) is SealState.ACTIVE
    assert all(s.zh for s in SealState)
