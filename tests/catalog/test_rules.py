"""Codes, grants, versions and references."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from catalog.model import (
    CertificateProof,
    DataType,
    EvidenceList,
    EvidenceType,
    EvidenceTypeId,
    GrantState,
    ItemCode,
    MaterialProof,
    RecordProof,
    Region,
    Requirement,
    RequirementId,
    ResourceId,
    ResourceState,
    ServiceItem,
    ServiceItemCode,
    ShareMode,
    SharingClass,
    TrustLevel,
    covers,
)
from catalog.rules import (
    GrantLapse,
    ItemCodeRule,
    breaking,
    diff,
    grant_in_force,
    lint_department,
    lint_evidence_type,
    lint_grant,
    lint_requirement,
    lint_service_item,
    rate_window,
    service_item_code_problem,
    uscc_problem,
)
from tests.catalog.builders import DIVORCE, MCA, PSB, department, grant, item, published, resource

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("code", [PSB, MCA, "11339900MB9000031D", "11339900MB900004X5", "11100000MB03271699"])
def test_valid_credit_codes(code: str) -> None:
    assert uscc_problem(code) is None


@pytest.mark.parametrize("code", ["", "11339900MB9000015Q", "11339900MB90000I5P", "11339900mb9000015p", f" {PSB}"])
def test_invalid_credit_codes(code: str) -> None:
    assert uscc_problem(code) is not None


@pytest.mark.parametrize(
    ("code", "good"),
    [
        (DIVORCE, True),
        ("11339900MB9000023J3002011002000", True),
        (DIVORCE[:-1], False),
        ("11339900MB9000015P3000711002000", False),
        ("11339900MB9000023J8000711002000", False),
        ("11339900MB9000023J3001111002000", False),
        ("11339900MB9000023J30007110020A0", False),
        ("11339900MB9000023J3000711002٠٠٠", False),
    ],
)
def test_service_item_codes(code: str, good: bool) -> None:
    assert (service_item_code_problem(code, MCA, ItemCodeRule.GBT_39554) is None) is good


def test_a_city_may_keep_free_item_codes() -> None:
    assert service_item_code_problem("LH-001", MCA, ItemCodeRule.FREE) is None
    assert service_item_code_problem(" LH-001", MCA, ItemCodeRule.FREE) is not None


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [
        ("000000", "339900", True),
        ("330000", "339900", True),
        ("339900", "339900", True),
        ("339900", "339901", True),
        ("339901", "339900", False),
        ("320000", "339900", False),
        ("339900", "330000", False),
    ],
)
def test_regions_cover_by_level(outer: str, inner: str, inside: bool) -> None:
    assert covers(Region(outer), Region(inner)) is inside


def test_a_grant_is_in_force_from_its_first_to_before_its_last_instant() -> None:
    terms = grant()
    assert grant_in_force(terms, terms.valid_from) is None
    assert grant_in_force(terms, terms.valid_from - MOMENT) is GrantLapse.NOT_YET_VALID
    assert grant_in_force(terms, terms.valid_until - MOMENT) is None
    assert grant_in_force(terms, terms.valid_until) is GrantLapse.EXPIRED


@pytest.mark.parametrize(
    ("state", "lapse"),
    [
        (GrantState.SUSPENDED, GrantLapse.SUSPENDED),
        (GrantState.REVOKED, GrantLapse.REVOKED),
        (GrantState.EXPIRED, GrantLapse.EXPIRED),
    ],
)
def test_a_decision_ends_a_grant_within_its_period(state: GrantState, lapse: GrantLapse) -> None:
    assert grant_in_force(grant(state=state), datetime(2026, 6, 1, tzinfo=UTC)) is lapse


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"legal_basis": " "}, "legal-basis"),
        ({"purposes": ()}, "purposes"),
        ({"items": ()}, "items"),
        ({"items": (ItemCode("name"), ItemCode("name"))}, "named-twice"),
        ({"items": (ItemCode("wage"),)}, "unknown-item"),
        ({"valid_until": datetime(2026, 1, 1, tzinfo=UTC)}, "valid-until"),
        ({"rate": 0}, "rate"),
        ({"consumer": "11339900MB9000031D"}, "unknown-department"),
        ({"purposes": (ServiceItemCode("x"),)}, "unknown-service-item"),
        ({"mode": ShareMode.FILE}, "mode"),
    ],
)
def test_each_wrong_term_of_a_grant_is_found(changes: dict[str, Any], rule: str) -> None:
    found = lint_grant(grant(**changes), resource=published(), departments={PSB, MCA}, service_items={DIVORCE})
    assert [finding.rule for finding in found] == [rule]


def test_a_grant_needs_a_published_shareable_resource() -> None:
    def found(entry: Any) -> list[str]:
        findings = lint_grant(grant(), resource=entry, departments={PSB, MCA}, service_items={DIVORCE})
        return [finding.rule for finding in findings]

    assert found(published()) == []
    assert found(None) == ["unknown-resource"]
    assert found(resource()) == ["not-published"]
    assert found(published(sharing=SharingClass.WITHHELD, law="《档案法》第一条")) == ["withheld"]


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"items": (item("citizen_id", is_subject=True), item("name"))}, ("item sex removed",)),
        ({"modes": ()}, ("mode interface removed",)),
        ({"sharing": SharingClass.WITHHELD}, ("sharing changed",)),
        ({"condition": "限本市使用。"}, ("condition changed",)),
        ({"key": (ItemCode("name"),)}, ("key changed",)),
    ],
)
def test_what_takes_something_away_is_breaking(changes: dict[str, Any], texts: tuple[str, ...]) -> None:
    assert breaking(resource(), resource(**changes)) == texts


@pytest.mark.parametrize(
    ("changes", "breaks"),
    [
        ({"type": DataType.NUMBER}, True),
        ({"length": 10}, True),
        ({"length": 51}, False),
        ({"length": None}, False),
        ({"is_subject": True}, True),
        ({"values": ("甲",)}, True),
        ({"name_zh": "名字"}, False),
    ],
)
def test_changes_of_one_item(changes: dict[str, Any], breaks: bool) -> None:
    first, _, third = resource().items
    new = resource(items=(first, item("name", **changes), third))
    assert [change.breaking for change in diff(resource(), new)] == [breaks]


def test_additions_and_hub_fields_do_not_break() -> None:
    more = resource(items=(*resource().items, item("phone")), modes=(ShareMode.INTERFACE, ShareMode.BATCH))
    assert {change.what for change in diff(resource(), more)} == {"item phone added", "mode batch added"}
    assert breaking(resource(), more) == ()
    assert breaking(resource(), resource(sharing=SharingClass.UNCONDITIONAL)) == ()
    assert diff(resource(), published()) == ()
    reordered = resource(items=tuple(reversed(resource().items)))
    assert [(c.what, c.breaking) for c in diff(resource(), reordered)] == [("items reordered", False)]


def test_a_department_needs_valid_codes_and_a_known_parent() -> None:
    assert lint_department(department(), departments=()) == ()
    bad = department(code="1", region="33", short="P S", name_zh=" ", parent=MCA)
    rules = [finding.rule for finding in lint_department(bad, departments=())]
    assert rules == ["code", "code", "short-name", "name", "unknown-department"]


def evidence_type(**changes: Any) -> EvidenceType:
    return EvidenceType(id=EvidenceTypeId("e"), name_zh="证", name_en="e", **changes)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"certificate": CertificateProof(type="household")}, []),
        ({"material": MaterialProof(minimum=TrustLevel.B)}, []),
        ({"record": RecordProof(resource=ResourceId("psb.household"), when={ItemCode("sex"): ("男",)})}, []),
        ({}, ["one-proof"]),
        (
            {"certificate": CertificateProof(type="x"), "material": MaterialProof(minimum=TrustLevel.B)},
            ["one-proof"],
        ),
        ({"certificate": CertificateProof(type=" ")}, ["certificate-type"]),
        ({"record": RecordProof(resource=ResourceId("a.b"))}, ["unknown-resource"]),
        (
            {"record": RecordProof(resource=ResourceId("psb.household"), when={ItemCode("sex"): ("M",)})},
            ["unknown-value"],
        ),
        ({"record": RecordProof(resource=ResourceId("psb.household"), when={ItemCode("sex"): ()})}, ["no-value"]),
        (
            {"record": RecordProof(resource=ResourceId("psb.household"), when={ItemCode("x"): ("1",)})},
            ["unknown-item"],
        ),
    ],
)
def test_evidence_types(changes: dict[str, Any], rules: list[str]) -> None:
    entry = published()
    found = lint_evidence_type(evidence_type(**changes), resources={entry.id: entry})
    assert [finding.rule for finding in found] == rules


def test_an_empty_list_would_always_be_met_and_is_refused() -> None:
    lists = (EvidenceList(id="a", evidence=()), EvidenceList(id="a", evidence=(EvidenceTypeId("no"),)))
    bad = Requirement(id=RequirementId("r"), name_zh="求", name_en="r", lists=lists)
    rules = [finding.rule for finding in lint_requirement(bad, evidence_types={"e"})]
    assert rules == ["named-twice", "empty-list", "unknown-evidence-type"]
    none = Requirement(id=RequirementId("r"), name_zh="求", name_en="r", lists=())
    assert [finding.rule for finding in lint_requirement(none, evidence_types=())] == ["no-list"]


def test_a_service_item_refers_to_what_exists() -> None:
    entry = ServiceItem(
        code=DIVORCE,
        name_zh="离婚登记",
        name_en="Divorce",
        department=MCA,
        requirements=(RequirementId("r"), RequirementId("r")),
    )
    assert [f.rule for f in lint_service_item(entry, departments=(), requirements={"r"})] == [
        "unknown-department",
        "named-twice",
    ]
    found = lint_service_item(entry, departments={MCA}, requirements=())
    assert [f.rule for f in found] == ["unknown-requirement", "unknown-requirement", "named-twice"]
    assert ResourceState.DRAFT is resource().state


def test_a_rate_is_counted_over_the_minute_of_the_clock_wherever_it_is_told() -> None:
    begins, ends = datetime(2026, 11, 22, 8, 0, tzinfo=UTC), datetime(2026, 11, 22, 8, 1, tzinfo=UTC)
    assert rate_window(begins) == rate_window(ends - MOMENT) == (begins, ends)
    assert rate_window(ends)[0] == ends
    assert rate_window(begins.astimezone(timezone(timedelta(hours=8)))) == (begins, ends)
