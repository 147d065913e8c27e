"""The decision: every reason, and that no condition taken away ever opens a door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import (
    DepartmentCode,
    EvidenceType,
    EvidenceTypeId,
    Grant,
    GrantId,
    GrantState,
    ItemCode,
    RecordProof,
    Resource,
    ResourceId,
    ResourceState,
    ServiceItemCode,
    Several,
    ShareMode,
    SharingClass,
)
from exchange.model import Case, CaseState, Role
from exchange.policy import CONCEALED, SENTENCES, Decision, ReasonCode, decide, identity_reasons, minimise
from tests.exchange.rig import (
    CASE,
    CITIZEN,
    FIELDS,
    ITEM,
    NR,
    OFFICER,
    OTHER,
    PSB,
    START,
    asker,
    grant,
    question,
    resource,
)

Facts = dict[str, Any]


def facts(**changed: Any) -> Facts:
    base: Facts = {
        "request": question(),
        "principal": asker(),
        "officer_active": True,
        "case": Case(CASE, ITEM, NR, CITIZEN, OFFICER, START, CaseState.OPEN, {"applicant": CITIZEN}),
        "grants": (grant(),),
        "resource": resource(),
        "now": START,
    }
    return base | changed


def judge(given_facts: Facts) -> Decision:
    request = given_facts["request"]
    return decide(request, **{name: value for name, value in given_facts.items() if name != "request"})


def codes(decision: Decision) -> set[str]:
    return {reason.code.value for reason in decision.reasons}


def test_the_story_is_allowed() -> None:
    decision = judge(facts())
    assert decision == Decision(allowed=True, grant_id="G1", fields=("name", "address"), reasons=())


case = facts()["case"]
CASES: dict[str, tuple[Facts, str]] = {
    "applicant asks": ({"principal": replace(asker(), role=Role.APPLICANT)}, "not-an-officer"),
    "auditor asks": ({"principal": replace(asker(), role=Role.AUDITOR)}, "not-an-officer"),
    "no work number": ({"principal": asker(officer=None)}, "not-an-officer"),
    "deactivated": ({"officer_active": False}, "officer-inactive"),
    "no such resource": ({"resource": None}, "resource-unknown"),
    "draft": ({"resource": resource(state=ResourceState.DRAFT)}, "resource-unknown"),
    "withdrawn": ({"resource": resource(state=ResourceState.WITHDRAWN)}, "resource-withdrawn"),
    "withheld": ({"resource": resource(sharing=SharingClass.WITHHELD)}, "not-shared"),
    "class unknown": ({"resource": resource(sharing=None)}, "not-shared"),
    "files only": ({"resource": resource(modes=(ShareMode.FILE,))}, "not-shared"),
    "no case": ({"case": None}, "case-unknown"),
    "another case": ({"case": replace(case, number="X")}, "case-unknown"),
    "case of another department": ({"case": replace(case, department=PSB)}, "case-not-yours"),
    "closed case": ({"case": replace(case, state=CaseState.CLOSED)}, "case-closed"),
    "another matter": ({"case": replace(case, service_item="item-other")}, "case-other-matter"),
    "another person": ({"request": question(subject=OTHER)}, "subject-not-in-case"),
    "no grants": ({"grants": ()}, "no-grant"),
    "grant of another department": ({"grants": (grant(consumer=DepartmentCode(PSB)),)}, "no-grant"),
    "grant of another resource": ({"grants": (grant(resource=ResourceId("psb.other")),)}, "no-grant"),
    "grant for files": ({"grants": (grant(mode=ShareMode.BATCH),)}, "no-grant"),
    "not yet": ({"now": START - timedelta(days=31)}, "grant-not-yet-valid"),
    "expired by the clock": ({"now": START + timedelta(days=30)}, "grant-expired"),
    "expired by the sweeper": ({"grants": (grant(state=GrantState.EXPIRED),)}, "grant-expired"),
    "suspended": ({"grants": (grant(state=GrantState.SUSPENDED),)}, "grant-suspended"),
    "revoked": ({"grants": (grant(state=GrantState.REVOKED),)}, "grant-revoked"),
    "field beyond": ({"request": question(fields=("name", "sex"))}, "field-not-granted"),
    "field unknown": ({"request": question(fields=("*",))}, "field-not-granted"),
    "no field": ({"request": question(fields=())}, "field-not-granted"),
    "another purpose": ({"grants": (grant(purposes=(ServiceItemCode("item-other"),)),)}, "purpose-not-granted"),
}


@pytest.mark.parametrize(("changed", "code"), CASES.values(), ids=CASES)
def test_each_missing_condition_refuses_by_its_name(changed: Facts, code: str) -> None:
    decision = judge(facts(**changed))
    assert not decision.allowed
    assert decision.grant_id is None
    assert decision.fields == ()
    assert codes(decision) == {code}


def test_the_last_microsecond_of_a_grant_counts_and_the_end_does_not() -> None:
    end = START + timedelta(days=30)
    assert judge(facts(now=end - timedelta(microseconds=1))).allowed
    assert not judge(facts(now=end)).allowed
    assert judge(facts(now=START - timedelta(days=30))).allowed


def test_fields_outside_are_named() -> None:
    (reason,) = judge(facts(request=question(fields=("name", "sex", "household_no")))).reasons
    assert reason.names == ("household_no", "sex")
    assert reason.zh
    assert reason.en


def test_the_widest_grant_that_covers_the_query_is_used() -> None:
    narrow, wide, free = (grant(id=GrantId(i), rate=r) for i, r in (("A", 5), ("B", 60), ("C", None)))
    decision = judge(facts(grants=(narrow, wide, free)))
    assert (decision.grant_id, decision.rate) == ("C", None)
    decision = judge(facts(grants=(narrow, wide)))
    assert (decision.grant_id, decision.rate) == ("B", 60)


def test_two_grants_are_never_added_up() -> None:
    one, other = grant(items=(ItemCode("name"),)), grant(id=GrantId("G2"), items=(ItemCode("address"),))
    assert not judge(facts(grants=(one, other))).allowed
    assert judge(facts(grants=(one, other), request=question(fields=("address",)))).grant_id == "G2"


def test_people_of_the_case_may_be_asked_about() -> None:
    married = replace(case, people={"applicant": CITIZEN, "spouse": OTHER})
    assert judge(facts(case=married, request=question(subject=OTHER))).allowed


def test_every_reason_speaks_both_languages() -> None:
    assert set(SENTENCES) == set(ReasonCode)
    assert set(ReasonCode) >= CONCEALED


# ---- taking a condition away never opens a door ----

departments = st.sampled_from([NR, PSB])
items = st.lists(st.sampled_from([*FIELDS, "sex"]), unique=True, max_size=4).map(tuple)
matters = st.lists(st.sampled_from([ITEM, "item-other"]), unique=True, max_size=2).map(tuple)
moments = st.integers(-40, 40).map(lambda days: START + timedelta(days=days))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    return grant(
        id=GrantId(draw(st.sampled_from(["G1", "G2", "G3"]))),
        consumer=DepartmentCode(draw(departments)),
        items=tuple(map(ItemCode, draw(items))),
        purposes=tuple(map(ServiceItemCode, draw(matters))),
        mode=draw(st.sampled_from([ShareMode.INTERFACE, ShareMode.FILE])),
        state=draw(st.sampled_from(list(GrantState))),
        valid_from=draw(moments),
        valid_until=draw(moments),
    )


@st.composite
def situations(draw: st.DrawFn) -> Facts:
    opened = Case(
        draw(st.sampled_from([CASE, "X"])),
        draw(st.sampled_from([ITEM, "item-other"])),
        draw(departments),
        draw(st.sampled_from([CITIZEN, OTHER])),
        OFFICER,
        START,
        draw(st.sampled_from(list(CaseState))),
    )
    return facts(
        request=question(fields=draw(items)),
        officer_active=draw(st.booleans()),
        case=draw(st.none() | st.just(opened)),
        grants=tuple(draw(st.lists(grants(), max_size=3))),
        resource=draw(st.none() | st.just(resource()) | st.just(resource(state=ResourceState.WITHDRAWN))),
        now=draw(moments),
    )


def _each_grant(change: Callable[[Grant], Grant]) -> Callable[[Facts], Facts]:
    return lambda found: {**found, "grants": tuple(change(one) for one in found["grants"])}


WORSE: dict[str, Callable[[Facts], Facts]] = {
    "officer stopped": lambda found: {**found, "officer_active": False},
    "case gone": lambda found: {**found, "case": None},
    "case closed": lambda found: {
        **found, "case": found["case"] and replace(found["case"], state=CaseState.CLOSED, people={})
    },
    "resource gone": lambda found: {**found, "resource": None},
    "one grant less": lambda found: {**found, "grants": found["grants"][1:]},
    "grants suspended": _each_grant(lambda one: replace(one, state=GrantState.SUSPENDED)),
    "grants shortened": _each_grant(lambda one: replace(one, valid_until=one.valid_until - timedelta(days=9))),
    "grants begin later": _each_grant(lambda one: replace(one, valid_from=one.valid_from + timedelta(days=9))),
    "a granted item less": _each_grant(lambda one: replace(one, items=one.items[1:])),
    "a purpose less": _each_grant(lambda one: replace(one, purposes=one.purposes[1:])),
    "one field more": lambda found: {
        **found, "request": replace(found["request"], fields=(*found["request"].fields, "household_no"))
    },
}  # fmt: skip


@given(situations(), st.lists(st.sampled_from(sorted(WORSE)), min_size=1, max_size=3))
def test_taking_a_condition_away_never_turns_a_refusal_into_a_release(found: Facts, steps: list[str]) -> None:
    before, worse = judge(found), found
    for step in steps:
        worse = WORSE[step](worse)
    assert before.allowed or not judge(worse).allowed


@given(situations())
def test_a_decision_is_a_release_or_a_refusal_with_reasons(found: Facts) -> None:
    decision = judge(found)
    assert decision.allowed == (not decision.reasons) == (decision.grant_id is not None)
    if decision.allowed:
        named = next(
            one
            for one in found["grants"]
            if one.id == decision.grant_id and one.consumer == NR and set(decision.fields) <= set(one.items)
        )
        assert named.valid_from <= found["now"] < named.valid_until
        assert decision.fields == found["request"].fields != ()


# ---- identity ----


def evidence(when: dict[str, tuple[str, ...]], several: Several = Several.REFUSE) -> EvidenceType:
    proof = RecordProof(resource=ResourceId("mca.marriage"), when={ItemCode(k): v for k, v in when.items()})
    return EvidenceType(id=EvidenceTypeId("m"), name_zh="", name_en="", record=proof, several=several)


def marriage() -> Resource:
    return resource(id=ResourceId("mca.marriage"), key=(ItemCode("marriage_no"),))


def outcome(bodies: Sequence[Mapping[str, object]], of: Resource, *types: EvidenceType) -> list[str]:
    return [reason.code.value for reason in identity_reasons(bodies, of, types)]


def test_zero_and_two_matches_are_refused() -> None:
    assert outcome([], resource()) == ["record-not-found"]
    assert outcome([{}], resource()) == []
    assert outcome([{}, {}], resource()) == ["identity-ambiguous"]


def test_two_flats_are_two_flats() -> None:
    flats = resource(key=(ItemCode("certificate_no"),))
    assert outcome([{"certificate_no": "1"}, {"certificate_no": "2"}], flats) == []


def test_an_ended_marriage_is_not_a_second_one() -> None:
    only = evidence({"status": ("有效",)})
    ended, running = {"status": "已离婚"}, {"status": "有效"}
    assert outcome([ended, running], marriage(), only) == []
    assert outcome([running, running], marriage(), only) == ["identity-ambiguous"]
    assert outcome([running, running], marriage(), evidence({}, Several.CHOOSE)) == []


def test_only_the_granted_fields_leave_in_the_asked_order() -> None:
    released = minimise({"a": 1, "b": 2, "c": 3}, ("c", "a", "x"))
    assert released == {"c": 3, "a": 1, "x": None}
    assert list(released) == ["c", "a", "x"]
