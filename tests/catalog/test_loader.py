"""The catalogue file: strict, complete in its complaints, with lines; and the stored form round trips."""

from dataclasses import replace

import pytest

from catalog.errors import CatalogueInvalidError
from catalog.findings import Finding
from catalog.loader import CatalogueFile, parse_catalogue
from catalog.model import Grant, Resource
from catalog.samples import sample_catalogue
from catalog.structure import encode, read
from catalog.toml_lines import key_lines, line_of

TEXT = sample_catalogue()


def refused(*edits: tuple[str, str]) -> list[Finding]:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(CatalogueInvalidError) as error:
        parse_catalogue(text)
    return list(error.value.findings)


def line_number(needle: str) -> int:
    return TEXT[: TEXT.index(needle)].count("\n") + 1


def test_the_sample_holds_the_story(sample: CatalogueFile) -> None:
    items = {entry.id: len(entry.items) for entry in sample.resource}
    assert items == {"psb.household": 9, "mca.marriage": 9, "samr.business_licence": 13, "nr.real_estate": 13}
    subjects = {entry.id: entry.subjects for entry in sample.resource}
    assert subjects == {
        "psb.household": ("citizen_id",),
        "mca.marriage": ("spouse_a_id", "spouse_b_id"),
        "samr.business_licence": ("uscc", "legal_rep_id"),
        "nr.real_estate": ("owner_id",),
    }
    names = {entry.name_zh: entry.requirements for entry in sample.service_item}
    assert names["不动产转移登记"] == ("identity", "marital_status", "ownership")
    assert set(names) == {"不动产转移登记", "食品经营许可", "离婚登记", "补领结婚证"}
    assert len({entry.code for entry in sample.department}) == 5
    assert all("国令809" in entry.legal_basis and "国令716" in entry.legal_basis for entry in sample.grant)


def test_an_unknown_key_names_its_line_and_a_suggestion() -> None:
    (finding,) = refused(('theme = "基础信息资源/法人"', 'thema = "基础信息资源/法人"'))
    assert finding.rule == "unknown-key"
    assert "did you mean `theme`" in finding.message
    assert finding.line == line_number('theme = "基础信息资源/法人"')


def test_a_key_inside_an_item_line_gets_that_line() -> None:
    old = 'code = "status", name_zh'
    (finding,) = refused((old, old.replace(" name_zh", " x = 1, name_zh")))
    assert finding.path == ("resource", 1, "items", 7, "x")
    assert finding.line == line_number(old)


def test_all_structure_errors_are_reported_together_in_line_order() -> None:
    found = refused(
        ('short = "hub"\n', ""),
        ('update_cycle = "daily"', 'update_cycle = "dayly"'),
        ("valid_from = 2026-01-01T00:00:00+08:00", "valid_from = 2026-01-01"),
        ("rate = 6000", 'rate = "fast"'),
        ("assessed_on = 2026-01-12", 'assessed_on = "yesterday"'),
        ('legal_basis = "', 'state = "active"\nlegal_basis = "'),
        ('lists = [{ id = "certificate", evidence = ["real_estate_certificate"] }]', "lists = 3"),
        ('record = { resource = "psb.household" }', "record = 1"),
    )
    assert [finding.rule for finding in found] == [
        "missing-key",
        "unknown-value",
        "wrong-type",
        "wrong-type",
        "wrong-type",
        "set-by-hub",
        "wrong-type",
        "wrong-type",
    ]
    lines = [finding.line or 0 for finding in found]
    assert lines == sorted(lines)
    assert all(lines)
    assert "did you mean `daily`" in found[1].message


def test_all_rule_errors_are_reported_together() -> None:
    found = refused(
        ('name_zh = "户籍人口信息"', 'name_zh = "户籍人口系统"'),
        ('grade = "一般数据"', 'grade = "机密"'),
        ('requirements = ["identity", "marital_status", "ownership"]', 'requirements = ["identiti"]'),
        ('evidence = ["health_certificate"]', 'evidence = ["helth_certificate"]'),
        ('items = ["citizen_id", "name"]', 'items = ["citizen_id", "wage"]'),
        ('id = "nr-marriage-transfer"', 'id = "nr-household-transfer"'),
        ('when = { status = ["有效"] }', 'when = { status = ["valid"] }'),
    )
    assert {finding.rule for finding in found} == {
        "system-name",
        "secret",
        "unknown-requirement",
        "unknown-evidence-type",
        "unknown-item",
        "id-twice",
        "unknown-value",
    }
    assert all(finding.line for finding in found)


def test_two_entries_of_a_department_may_not_share_a_name() -> None:
    block = TEXT[TEXT.index('[[resource]]\nid = "mca.marriage"') : TEXT.index('[[resource]]\nid = "samr')]
    twin = block.replace("mca.marriage", "mca.wedding").replace('"婚姻登记信息"', '"婚姻登记（信息）"')
    found = refused((block, block + twin))
    assert [finding.rule for finding in found] == ["duplicate-name", "duplicate-name"]


def test_a_true_is_no_number_and_broken_toml_is_one_finding() -> None:
    (finding,) = refused(("rate = 6000", "rate = true"))
    assert finding.rule == "wrong-type"
    (broken,) = refused(("[catalogue]", "[catalogue"))
    assert broken.rule == "toml"


def test_free_item_codes_are_a_setting_of_the_file() -> None:
    code = "11339900MB9000031D3000131015000"
    free = TEXT.replace(code, "SPXK-01").replace('"GB/T 39554.1"', '"free"')
    assert "SPXK-01" in {entry.code for entry in parse_catalogue(free).service_item}
    with pytest.raises(CatalogueInvalidError):
        parse_catalogue(TEXT.replace(code, "SPXK-01"))


def test_a_stored_body_reads_back_as_the_same_value(sample: CatalogueFile) -> None:
    for entry in (*sample.resource, *sample.grant, *sample.evidence_type, *sample.requirement, *sample.department):
        assert read(type(entry), encode(entry)) == entry
    full = replace(sample.resource[0], version=3, published_at=sample.grant[0].valid_from)
    assert read(Resource, encode(full)) == full
    with pytest.raises(CatalogueInvalidError):
        read(Grant, {**encode(sample.grant[0]), "extra": 1})


def test_lines_skip_multiline_strings_and_count_tables() -> None:
    text = 'a = """\n[[x]]\nb = 1\n"""\n[[x]]\nb = 2\n[[x]]\nb = 3\n[x.c]\nd = 4\n[[x.e]]\nf = 5\n'
    lines = key_lines(text)
    assert lines == {
        ("a",): 1,
        ("x", 0): 5,
        ("x", 0, "b"): 6,
        ("x", 1): 7,
        ("x", 1, "b"): 8,
        ("x", 1, "c"): 9,
        ("x", 1, "c", "d"): 10,
        ("x", 1, "e", 0): 11,
        ("x", 1, "e", 0, "f"): 12,
    }
    assert line_of(("x", 1, "zz"), lines) == 7
    assert line_of(("nothing",), lines) is None
