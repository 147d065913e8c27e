"""Seals on a real hub: who may do what, two persons, one key one effect, and what a stranger learns (nothing)."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from certs.crypto.sm3 import sm3
from certs.seals.errors import (
    SealActRefused,
    SealNotFound,
)
from certs.seals.history import SealState
from certs.seals.refusals import ActRefusal
from certs.seals.registry import Act, Handover, UsePolicy
from certs.seals.service import SealRegister, StampUse
from exchange.errors import NotAllowedError, RequestReusedError
from exchange.model import Principal, Role
from exchange.model_seals import SealDetail
from exchange.service.seals import Wish
from exchange.uow import Unit
from tests.support.seal_room import ANNA, BORIS, DORA, HOUSEHOLD, ID, MAYA, PSB, Room, refusal, room
from tests.support.seals import OPERATOR, seal_file

__all__ = ["room"]

AUDITOR = Principal(Role.AUDITOR, "审计员", officer="AU1")
OUTSIDERS = [
    Principal(Role.APPLICANT, "办事人", subject="339900198503070028"),
    Principal(Role.CLERK, "窗口", department=PSB, officer="YZ01"),
    Principal(Role.CUSTODIAN, "没有单位", officer="YZ01"),
]


async def test_from_file_to_seal_in_use(room: Room) -> None:
    filed = await room.filed()
    assert (filed.seal.state, filed.seal.owner, filed.seal.waiting) == (SealState.REGISTERED, PSB, 0)
    assert [(c.number, c.name, c.active) for c in filed.seal.custodians] == [
        ("YZ01", "保管人YZ01", True),
        ("YZ02", "保管人YZ02", True),
    ]
    assert filed.seal.policy.types == {HOUSEHOLD}
    assert "测试签章单位" in filed.signers[0].subject
    assert "测试制章单位" in filed.maker
    proposed = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    assert not proposed.may_approve
    (seen,) = (await room.seals.views.get(BORIS, ID)).proposals
    assert (seen.id, seen.may_approve, seen.proposed_by) == (proposed.id, True, "YZ01")
    after = await room.seals.approve(BORIS, ID, proposed.id)
    assert (after.seal.state, after.seal.waiting, after.mine) == (SealState.ACTIVE, 0, True)
    assert [(c.done_by, c.proposed_by) for c in after.changes] == [("YZ02", "YZ01"), ("OPS1", None)]
    assert await room.kinds() == ["seal:imported", "seal:act-proposed", "seal:activated"]


async def test_one_person_stops_a_seal_at_once_and_two_put_it_back(room: Room) -> None:
    await room.active()
    stopped = await room.seals.stop(BORIS, ID, Act.SUSPEND, reason="调查")
    assert stopped.seal.state is SealState.SUSPENDED
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.TAKES_TWO)):
        await room.seals.stop(BORIS, ID, Act.LIFT, reason="恢复")
    assert (await room.two(Wish(Act.LIFT, "恢复"))).seal.state is SealState.ACTIVE
    assert (await room.seals.stop(ANNA, ID, Act.REVOKE, reason="更换")).seal.state is SealState.REVOKED
    with pytest.raises(SealActRefused):
        await room.two(Wish(Act.LIFT, "恢复"))


@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda who: f"{who.role}-{who.department}")
async def test_other_roles_do_nothing_and_learn_nothing(room: Room, who: Principal) -> None:
    await room.active()
    seals, views = room.seals, room.seals.views
    for attempt in (
        seals.import_seal(who, seal_file(b"", PSB)),
        seals.register_test_seal(who, seal_file(b"", PSB)),
        seals.propose(who, ID, Wish(Act.LIFT, "")),
        seals.approve(who, ID, uuid4()),
        seals.withdraw(who, ID, uuid4()),
        seals.stop(who, ID, Act.REVOKE, reason=""),
        views.list(who),
        views.get(who, ID),
        views.get(who, "no-such-seal"),
        views.picture(who, ID),
        views.uses(who, ID, limit=1),
    ):
        with pytest.raises(NotAllowedError):
            await attempt


async def test_an_operator_files_and_sees_but_never_acts(room: Room) -> None:
    await nothing_is_done_by(OPERATOR, room)


async def test_an_auditor_sees_everything_and_never_acts(room: Room) -> None:
    await nothing_is_done_by(AUDITOR, room)
    with pytest.raises(NotAllowedError) as refused:
        await room.seals.import_seal(AUDITOR, seal_file(b"", PSB))
    assert refused.value.needed == ("operator",)
    await room.two(Wish(Act.ACTIVATE, "启用"))
    seen = await room.seals.views.get(AUDITOR, ID)
    assert [change.state for change in seen.changes] == [SealState.ACTIVE, SealState.REGISTERED]
    assert (await room.seals.views.uses(AUDITOR, ID, limit=5)).rows == ()


async def nothing_is_done_by(reader: Principal, room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    assert [seal.es_id for seal in await room.seals.views.list(reader)] == [ID]
    forged = replace(reader, department=PSB, officer="YZ01")  # even with the number of the custodian who proposed
    seen = await room.seals.views.get(forged, ID)
    assert (seen.mine, [(one.may_approve, one.may_withdraw) for one in seen.proposals]) == (False, [(False, False)])
    attempts: tuple[Awaitable[object], ...] = (
        room.seals.approve(replace(forged, officer="YZ02"), ID, made.id),
        room.seals.withdraw(forged, ID, made.id),
        room.seals.propose(forged, ID, Wish(Act.ACTIVATE, "")),
        room.seals.stop(forged, ID, Act.REVOKE, reason=""),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowedError):
            await attempt


async def test_another_departments_custodian_finds_nothing(room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    assert await room.seals.views.list(MAYA) == ()
    for es_id in (ID, "33990000000009"):
        for attempt in (
            room.seals.views.get(MAYA, es_id),
            room.seals.views.picture(MAYA, es_id),
            room.seals.views.uses(MAYA, es_id, limit=5),
            room.seals.approve(MAYA, es_id, made.id),
            room.seals.withdraw(MAYA, es_id, made.id),
            room.seals.propose(MAYA, es_id, Wish(Act.ACTIVATE, "")),
            room.seals.stop(MAYA, es_id, Act.REVOKE, reason=""),
        ):
            with pytest.raises(SealNotFound) as caught:
                await attempt
            assert caught.value.name == es_id  # nothing tells a seal of others from none


async def test_who_proposes_never_approves_whatever_account_is_used(room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    second_account = replace(ANNA, name="同一人的另一账号")
    for who in (ANNA, second_account):
        with pytest.raises(SealActRefused, match=refusal(ActRefusal.SAME_PERSON)):
            await room.seals.approve(who, ID, made.id)
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.NOT_A_CUSTODIAN)):
        await room.seals.approve(DORA, ID, made.id)
    assert (await room.seals.views.get(OPERATOR, ID)).seal.state is SealState.REGISTERED


async def test_a_proposal_is_approved_for_its_own_seal_only(room: Room) -> None:
    await room.filed()
    await room.filed(room.maker.seal(room.maker.info("33990000000002")))
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    with pytest.raises(SealNotFound):
        await room.seals.approve(BORIS, "33990000000002", made.id)
    with pytest.raises(SealNotFound):
        await room.seals.approve(BORIS, ID, UUID(int=0))


async def test_who_proposed_takes_it_back_before_anybody_agreed(room: Room) -> None:
    await room.filed()
    await room.filed(room.maker.seal(room.maker.info("33990000000002")))
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    for who in (BORIS, DORA):
        with pytest.raises(SealActRefused, match=refusal(ActRefusal.ONLY_WHO_PROPOSED)):
            await room.seals.withdraw(who, ID, made.id)
    with pytest.raises(SealNotFound):
        await room.seals.withdraw(ANNA, "33990000000002", made.id)
    (mine,) = (await room.seals.views.get(ANNA, ID)).proposals
    (theirs,) = (await room.seals.views.get(BORIS, ID)).proposals
    assert (mine.may_withdraw, theirs.may_withdraw) == (True, False)
    after = await room.seals.withdraw(ANNA, ID, made.id, key="take-it-back")
    assert (after.proposals, after.seal.waiting, after.seal.state) == ((), 0, SealState.REGISTERED)
    assert await room.seals.withdraw(ANNA, ID, made.id, key="take-it-back") == after
    for again in (room.seals.withdraw(ANNA, ID, made.id), room.seals.approve(BORIS, ID, made.id)):
        with pytest.raises(SealNotFound):
            await again
    assert (await room.kinds())[-2:] == ["seal:act-proposed", "seal:act-withdrawn"]
    assert (await room.two(Wish(Act.ACTIVATE, "启用"))).seal.state is SealState.ACTIVE


async def test_approval_and_withdrawal_at_once_have_one_outcome(room: Room) -> None:
    await room.filed()
    for _ in range(4):
        made = await room.seals.propose(ANNA, ID, Wish(Act.SET_POLICY, "限额", policy=UsePolicy(daily_limit=3)))
        tried = await asyncio.gather(
            room.seals.approve(BORIS, ID, made.id), room.seals.withdraw(ANNA, ID, made.id), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in tried) == ["SealDetail", "SealNotFound"]
    kinds = await room.kinds()
    assert kinds.count("seal:act-withdrawn") + kinds.count("seal:use-policy-set") == 4


async def test_what_is_over_is_not_taken_back(room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    await aged(room)
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.PROPOSAL_OVER)):
        await room.seals.withdraw(ANNA, ID, made.id)


async def test_parallel_approvals_have_exactly_one_effect(room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    tried = await asyncio.gather(*(room.seals.approve(BORIS, ID, made.id) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(t, SealDetail) for t in tried) == 1
    assert sum(isinstance(t, SealNotFound) for t in tried) == 11
    assert (await room.kinds()).count("seal:activated") == 1


async def test_one_key_has_one_effect_even_in_a_crowd(room: Room) -> None:
    await room.filed()
    wish = Wish(Act.ACTIVATE, "启用")
    made = await asyncio.gather(*(room.seals.propose(ANNA, ID, wish, key="the-same-key") for _ in range(8)))
    assert len({one.id for one in made}) == 1
    assert (await room.kinds()).count("seal:act-proposed") == 1
    with pytest.raises(RequestReusedError):
        await room.seals.propose(ANNA, ID, replace(wish, reason="别的"), key="the-same-key")
    approved = [await room.seals.approve(BORIS, ID, made[0].id, key="approve-once") for _ in range(2)]
    assert approved[0].seal == approved[1].seal
    with pytest.raises(RequestReusedError):
        await room.seals.stop(BORIS, ID, Act.SUSPEND, reason="", key="approve-once")


async def test_a_key_belongs_to_its_person_and_a_refused_request_does_not_use_it_up(room: Room) -> None:
    await room.filed()
    with pytest.raises(SealActRefused):
        await room.seals.propose(ANNA, ID, Wish(Act.LIFT, "恢复"), key="my-own-key")
    first = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"), key="my-own-key")
    other = await room.seals.propose(BORIS, ID, Wish(Act.ACTIVATE, "启用"), key="my-own-key")
    assert first.id != other.id


async def test_custody_passes_and_the_former_custodian_is_out(room: Room) -> None:
    await room.filed()
    waiting = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    hands = await room.seals.propose(ANNA, ID, Wish(Act.HAND_OVER, "调离", handover=Handover("YZ01", "YZ03")))
    (seen,) = [p for p in (await room.seals.views.get(DORA, ID)).proposals if p.act is Act.HAND_OVER]
    assert seen.may_approve
    assert [c.number for c in (await room.seals.views.get(ANNA, ID)).candidates] == ["YZ03"]
    after = await room.seals.approve(DORA, ID, hands.id)
    assert {c.number for c in after.seal.custodians} == {"YZ02", "YZ03"}
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.PROPOSER_GONE)):
        await room.seals.approve(BORIS, ID, waiting.id)
    for attempt in (
        room.seals.stop(ANNA, ID, Act.REVOKE, reason="报复"),
        room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "")),
    ):
        with pytest.raises(SealActRefused, match=refusal(ActRefusal.NOT_A_CUSTODIAN)):
            await attempt


async def test_custody_goes_to_accounts_of_the_department_only(room: Room) -> None:
    await room.filed()
    for taking in ("YZ99", "NOBODY", ""):
        with pytest.raises(SealActRefused, match=refusal(ActRefusal.NO_SUCH_ACCOUNT)):
            await room.seals.propose(ANNA, ID, Wish(Act.HAND_OVER, "", handover=Handover("YZ01", taking)))
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.NOT_YOURS_TO_GIVE)):
        await room.seals.propose(ANNA, ID, Wish(Act.HAND_OVER, "", handover=Handover("YZ02", "YZ03")))


async def test_who_has_left_cannot_act_nor_be_acted_for_and_can_be_replaced(room: Room) -> None:
    await room.filed()
    by_boris = await room.seals.propose(BORIS, ID, Wish(Act.ACTIVATE, "启用"))
    await room.hub.access.deactivate_officer(PSB, "YZ02")
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.PROPOSER_GONE)):
        await room.seals.approve(ANNA, ID, by_boris.id)
    wish = Wish(Act.HAND_OVER, "离职", handover=Handover("YZ02", "YZ03"))
    hands = await room.seals.propose(ANNA, ID, wish)
    assert {c.number for c in (await room.seals.approve(DORA, ID, hands.id)).seal.custodians} == {"YZ01", "YZ03"}


async def test_custodians_are_two_accounts_of_the_owner(room: Room) -> None:
    content = room.maker.seal()
    for custodians, code in (
        (("YZ01",), ActRefusal.TWO_PERSONS),
        (("YZ01", "YZ01"), ActRefusal.TWO_PERSONS),
        (("YZ01", "YZ99"), ActRefusal.NO_SUCH_ACCOUNT),
        (("YZ01", "yz02"), ActRefusal.NO_SUCH_ACCOUNT),
    ):
        with pytest.raises(SealActRefused, match=refusal(code)):
            await room.filed(content, *custodians)
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.OWNER_UNKNOWN)):
        await room.seals.import_seal(OPERATOR, seal_file(content, "11339900MB90000991", "YZ01", "YZ02"))
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.TYPE_UNKNOWN)):
        await room.seals.import_seal(OPERATOR, seal_file(content, PSB, "YZ01", "YZ02", types=("no-such",)))
    assert await room.seals.views.list(OPERATOR) == ()


async def test_rules_of_use_are_set_by_two(room: Room) -> None:
    await room.active()
    until = room.hub.now() + timedelta(days=30)
    policy = UsePolicy(frozenset({"household", "marriage"}), 5, until)
    after = await room.two(Wish(Act.SET_POLICY, "扩大用印", policy=policy))
    assert (len(after.seal.policy.types), after.seal.policy.daily_limit, after.seal.policy.until) == (2, 5, until)
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.LIMIT_TOO_LOW)):
        await room.two(Wish(Act.SET_POLICY, "", policy=UsePolicy(daily_limit=0)))


async def aged(room: Room) -> None:
    """Every proposal is made a day older."""
    late = text("UPDATE seal_proposal SET proposed_at = proposed_at - interval '24 hours 1 second'")

    async def age(unit: Unit) -> None:
        await unit.conn.execute(late)
        unit.record("operator:action-taken", {"act": "test"})

    await room.hub.units.run(age)


async def test_a_proposal_dies_after_a_day(room: Room) -> None:
    await room.filed()
    made = await room.seals.propose(ANNA, ID, Wish(Act.ACTIVATE, "启用"))
    await aged(room)
    assert (await room.seals.views.get(BORIS, ID)).proposals == ()
    with pytest.raises(SealActRefused, match="24 hours"):
        await room.seals.approve(BORIS, ID, made.id)


async def test_the_use_log_is_paged(room: Room) -> None:
    await room.active()
    digests = [sm3(str(n).encode()) for n in range(5)]
    register = SealRegister(None, "embedded")  # type: ignore[arg-type]  # logging uses judges no certificate

    async def use(unit: Unit) -> None:
        await register.log_uses(unit, ID, HOUSEHOLD, [StampUse(d, f"doc-{d.hex()[:6]}") for d in digests])

    await room.hub.units.run(use)
    seen, before = [], None
    for _ in range(3):
        page = await room.seals.views.uses(BORIS, ID, limit=2, before=before)
        seen += [row.stamp_digest for row in page.rows]
        before = page.following
    assert before is None
    assert sorted(seen) == sorted(digests)
    assert (await room.seals.views.get(OPERATOR, ID)).seal.used_today == 5
