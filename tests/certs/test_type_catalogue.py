from pathlib import Path

import pytest

from certs.errors import TypeFileInvalid, TypeUnknown
from certs.model import HolderKind
from certs.type_catalogue import BUILT_IN, Format, ValidityRule, load_types, parse_type
from tests.certs.world import SLUGS, TYPES, kind_of

MARRIAGE = (BUILT_IN / "marriage.toml").read_text(encoding="utf-8")


def test_the_types_of_the_city() -> None:
    assert {t.slug: t.code for t in TYPES} == {
        "household": "11339900MB9000015P001",
        "marriage": "111000000000131433001",
        "business_licence": "11100000MB0143028R001",
        "real_estate": "11100000MB03271699001",
        "birth": "11339900MB90000660001",
        "food_licence": "11339900MB9000031D001",
    }
    assert [t.slug for t in TYPES if t.fixture] == ["birth", "food_licence", "household"]
    assert kind_of("marriage").authority_code == "111000000000131433"
    assert TYPES.get("111000000000131433001") is TYPES.get("marriage")
    assert TYPES.of_resource("mca.marriage") == (TYPES.get("marriage"),)
    with pytest.raises(TypeUnknown):
        TYPES.get("passport")


def test_types_read_as_written() -> None:
    licence = kind_of("business_licence")
    assert licence.validity.rule is ValidityRule.AS_STATED
    assert licence.holder_kinds == {HolderKind.LEGAL}
    uscc = licence.face[0]
    assert (uscc.code, uscc.short, uscc.format, uscc.item) == ("uscc", "KZ_TYSHXYDM", Format.USCC, "uscc")
    assert [h.code_item for h in kind_of("marriage").holders] == ["spouse_a_id", "spouse_b_id"]


@pytest.mark.parametrize("slug", SLUGS)
def test_whatever_names_a_person_can_be_withheld(slug: str) -> None:
    for field in kind_of(slug).face:
        if field.format in {Format.CITIZEN_ID, Format.HOLDER_CODE}:
            assert field.sensitive
            assert field.disclosable


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('slug = "marriage"', 'slug = "marriage"\ncolour = "red"', "colour is unknown"),
        ('slug = "marriage"\n', "", "slug is missing"),
        ('code = "111000000000131433001"', 'code = "111000000000131434001"', "not a valid USCC"),
        ('level = "国家级"', 'level = "国家"', "level is '国家'"),
        ('rule = "open-ended"', 'rule = "for-ever"', "rule is 'for-ever'"),
        ('rule = "open-ended"', 'rule = "years"', "years goes with rule years"),
        ('rule = "open-ended"', 'rule = "as-stated"', "until goes with rule as-stated"),
        ('rule = "open-ended"', 'rule = "years"\nyears = true', "years is not a whole number"),
        ('short = "KZ_DJRQ"', 'short = "DJRQ"', "not KZ_ and capitals"),
        ('short = "KZ_DJRQ"', 'short = "KZ_XMA"', "face short 'KZ_XMA' occurs twice"),
        ('code = "office"', 'code = "spouse_a_id"', "face code 'spouse_a_id' occurs twice"),
        ('code = "office"', 'code = "status"', "'status' is reserved"),
        ('code = "office"', 'code = "Office"', "not snake_case"),
        ('format = "date"', 'format = "day"', "format is 'day'"),
        ("sensitive = true", 'sensitive = "yes"', "sensitive is not true or false"),
        ("disclosable = false", "disclosable = false\nsensitive = true", "could not be withheld"),
        ('code_types = ["111"]', 'code_types = ["112"]', "'112' is not one of"),
        ('holder_kinds = ["natural"]', 'holder_kinds = ["legal"]', "is of a kind outside holder_kinds"),
        ('in_force_values = ["有效"]\n', "", "come together"),
        ("[[holders]]", "[[holder]]", "holders is missing"),
        ("[validity]", "[validity", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_fault(old: str, new: str, fault: str) -> None:
    assert old in MARRIAGE
    with pytest.raises(TypeFileInvalid) as refused:
        parse_type(MARRIAGE.replace(old, new), "marriage.toml")
    assert any(fault in f for f in refused.value.faults), refused.value.faults


def test_all_faults_of_all_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        MARRIAGE.replace('slug = "marriage"\n', "").replace("国家级", "国"), encoding="utf-8"
    )
    (tmp_path / "b.toml").write_text(MARRIAGE.replace("[source]", "[sauce]"), encoding="utf-8")
    with pytest.raises(TypeFileInvalid) as refused:
        load_types(tmp_path)
    text = "\n".join(refused.value.faults)
    for fault in ("a.toml: slug is missing", "a.toml.authority: level", "b.toml: source is missing", "b.toml: sauce"):
        assert fault in text


def test_a_new_type_is_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(MARRIAGE, encoding="utf-8")
    (tmp_path / "b.toml").write_text(
        MARRIAGE.replace("131433001", "131433002").replace('slug = "marriage"', 'slug = "divorce"'),
        encoding="utf-8",
    )
    assert load_types(tmp_path).get("divorce").code.endswith("002")
    (tmp_path / "c.toml").write_text(MARRIAGE, encoding="utf-8")
    with pytest.raises(TypeFileInvalid, match="used by two types"):
        load_types(tmp_path)
