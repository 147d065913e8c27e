"""Each rule fires on exactly its error, and all errors of an entry are listed at once."""

from typing import Any

import pytest

from catalog.model import DataType, ResourceFormat, ResourceId, ResourceState, ShareMode, SharingClass
from catalog.rules import lint_resource
from catalog.rules.lint import FORMAT_MODES, cites_law, normal_name
from tests.catalog.builders import MCA, PSB, item, resource

DEPARTMENTS = {PSB, MCA}
LAW = "《中华人民共和国档案法》第二十八条"


def rules(**changes: Any) -> list[str]:
    return [finding.rule for finding in lint_resource(resource(**changes), departments=DEPARTMENTS)]


def test_a_complete_entry_has_no_finding() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name_zh": " "}, "art13-name"),
        ({"name_en": ""}, "art13-name"),
        ({"name_zh": "户籍人口信息 "}, "padded-name"),
        ({"name_zh": "人口管理系统"}, "system-name"),
        ({"name_en": "Population database"}, "system-name"),
        ({"id": "psb.household、psb.person"}, "resource-id"),
        ({"id": "household"}, "resource-id"),
        ({"abstract_zh": ""}, "art13-abstract-zh"),
        ({"source": None}, "art13-source"),
        ({"system": ""}, "art13-system"),
        ({"format": None}, "art13-format"),
        ({"update_cycle": None}, "art13-update-cycle"),
        ({"sharing": None}, "art13-sharing"),
        ({"grade": " "}, "art13-grade"),
        ({"theme": ""}, "art13-theme"),
        ({"assessed_on": None}, "art13-assessed-on"),
        ({"approved_by": ""}, "art13-approved-by"),
        ({"modes": ()}, "art13-modes"),
        ({"condition": " "}, "conditional-condition"),
        ({"sharing": SharingClass.WITHHELD, "modes": ()}, "withheld-law"),
        ({"sharing": SharingClass.WITHHELD, "modes": (), "law": "领导要求"}, "withheld-law"),
        ({"open_to_public": True}, "open-but-restricted"),
        ({"format": ResourceFormat.SPREADSHEET}, "format-mode"),
        ({"grade": "机密"}, "secret"),
        ({"grade": "工作秘密"}, "secret"),
        ({"grade": "三级"}, "grade"),
        ({"key": ("nobody",)}, "key-item"),
        ({"key": ()}, "key-missing"),
        ({"items": (item("citizen_id"), item("citizen_id"))}, "item-code-twice"),
        ({"items": (item("citizen_id"), item("A、B"))}, "item-code"),
        ({"items": (item("citizen_id"), item("b", name_zh=""))}, "item-name"),
        ({"items": (item("citizen_id"), item("b", length=0))}, "item-length"),
        ({"items": (item("citizen_id"), item("b", name_zh="出生日期"))}, "item-type"),
        ({"items": (item("citizen_id"), item("b", name_zh="建筑面积"))}, "item-type"),
        ({"provider": "11339900MB9000031D"}, "unknown-department"),
    ],
)
def test_each_error_is_found_alone(changes: dict[str, Any], rule: str) -> None:
    assert rules(**changes) == [rule]


def test_an_entry_without_items_is_refused() -> None:
    assert rules(items=()) == ["art13-items"]


def test_all_errors_are_listed_at_once() -> None:
    found = rules(name_zh="", grade="绝密", source=None, condition="", modes=(), key=())
    assert sorted(found) == [
        "art13-modes",
        "art13-name",
        "art13-source",
        "conditional-condition",
        "key-missing",
        "secret",
    ]


def test_a_withheld_entry_needs_a_law_and_no_mode() -> None:
    assert rules(sharing=SharingClass.WITHHELD, modes=(), law=LAW) == []


@pytest.mark.parametrize("text", [LAW, "《税收征收管理法》第8条", "国务院关于某事的决定"])
def test_citations_are_recognised(text: str) -> None:
    assert cites_law(text)


@pytest.mark.parametrize("text", ["", "内部规定", "《档案法》", "第二十八条"])
def test_what_is_no_citation(text: str) -> None:
    assert not cites_law(text)


def test_names_that_differ_by_punctuation_are_duplicates_within_a_department() -> None:
    twin = resource(id=ResourceId("psb.person"), name_zh="户籍 人口（信息）")
    assert normal_name("户籍 人口（信息）") == normal_name("户籍人口(信息)")
    found = lint_resource(resource(), departments=DEPARTMENTS, others=[resource(), twin])
    assert [(f.rule, f.path) for f in found] == [("duplicate-name", ("name_zh",))]
    gone = resource(id=twin.id, name_zh=twin.name_zh, state=ResourceState.WITHDRAWN)
    elsewhere = resource(id=twin.id, name_zh=twin.name_zh, provider=MCA)
    assert lint_resource(resource(), departments=DEPARTMENTS, others=[gone, elsewhere]) == ()


def test_every_format_and_type_has_its_modes_and_dates_may_be_dates() -> None:
    assert set(FORMAT_MODES) == set(ResourceFormat)
    assert ShareMode.INTERFACE not in FORMAT_MODES[ResourceFormat.SPREADSHEET]
    assert rules(items=(item("citizen_id"), item("b", name_zh="登记日期", type=DataType.DATE))) == []
