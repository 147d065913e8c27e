from pathlib import Path

import pytest

from certs.errors import TypeFileInvalid
from certs.layout.model import Align, Role, Show
from certs.layout.operations import Box, Colour
from certs.type_catalogue import BUILT_IN, CertificateType, load_types, parse_type

MARRIAGE = (BUILT_IN / "marriage.toml").read_text(encoding="utf-8")
BARE = MARRIAGE[: MARRIAGE.index("[layout]")]
SMALL = (
    BARE
    + """
[layout]
page = [100, 80]
qr = [70, 5, 25, 25]
seal = [50, 40, 40, 40]
has_photo = true
photo = [70, 35, 25, 35]

[layout.styles.value]
size = 9
smallest = 7
align = "end"
colour = "#102030"

[layout.empty]
office = "—"

[[layout.tables]]
at = [5, 5]
width = 60
label_width = 20
grid = "#000000"
rows = [
  { height = 6, sources = ["marriage_no", "registered_on"], shares = [2, 1] },
  { height = 5, heading = "双方" },
  { height = 6, sources = ["spouse_a_name"] },
  { height = 6, sources = ["spouse_a_id"] },
  { height = 6, sources = ["spouse_b_name"] },
  { height = 6, sources = ["spouse_b_id"] },
]

[[layout.fields]]
source = "office"
box = [5, 50, 40, 6]

[[layout.fields]]
source = "certificate.identifier"
style = "note"
box = [5, 60, 40, 10]
"""
)


def small(text: str = SMALL) -> CertificateType:
    return parse_type(text, "small.toml")


def test_a_layout_reads_as_written() -> None:
    layout = small().layout
    assert layout is not None
    assert (layout.width, layout.height, layout.photo) == (100, 80, Box(70, 35, 25, 35))
    assert (layout.qr, layout.seal) == (Box(70, 5, 25, 25), Box(50, 40, 40, 40))
    slots = {slot.source: slot for slot in layout.slots}
    number, day = slots["marriage_no"], slots["registered_on"]
    assert (number.box, day.box) == (Box(27, 5, 16, 6), Box(67, 5, 0.1, 6))
    assert (number.show, day.show) == (Show.AS_IS, Show.ZH_DATE)
    style = number.style
    assert (style.role, style.size, style.smallest, style.align) == (Role.KAI, 9, 7, Align.END)
    assert style.colour == Colour(0x10, 0x20, 0x30)
    assert slots["office"].empty == "—"
    assert [text.text for text in slots["spouse_a_name"].before] == ["双方", "姓名（一方）"]
    assert len(layout.ground.paths) == 13


def test_a_type_may_have_no_layout() -> None:
    assert parse_type(BARE, "bare.toml").layout is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("page = [100, 80]", "page = [100]", "page is not a list of 2 numbers"),
        ("page = [100, 80]", "page = [1000, 80]", "larger than"),
        ("page = [100, 80]", "page = [100, 80]\ncolour = 1", "colour is unknown"),
        ("page = [100, 80]", 'page = [100, 80]\npaper = "red"', "paper 'red' is not #rrggbb"),
        ("page = [100, 80]", "page = [100, 80]\nlines = 3", "lines is not a list of tables"),
        ("seal = [50, 40, 40, 40]\n", "", "seal is missing"),
        ("seal = [50, 40, 40, 40]", "seal = [70, 40, 40, 40]", "is not on the page"),
        ("seal = [50, 40, 40, 40]", "seal = [50, 40, 0, 40]", "seal has no size"),
        ("seal = [50, 40, 40, 40]", "seal = [-1, 40, 40, 40]", "numbers from 0"),
        ("qr = [70, 5, 25, 25]", "qr = [70, 5, 25, 26]", "qr is not a square"),
        ("qr = [70, 5, 25, 25]", "qr = [70, 5, 10, 10]", "at least 22 mm"),
        ('source = "office"', 'source = "offices"', "field 'office' is printed 0 times"),
        ('source = "office"', 'source = "offices"', "source 'offices' is neither"),
        ('source = "office"', 'source = "marriage_no"', "field 'marriage_no' is printed 2 times"),
        ('source = "certificate.identifier"', 'source = "certificate.number"', "certificate.identifier is not printed"),
        ('style = "note"', 'style = "notes"', "style 'notes' is not one of"),
        ("smallest = 7", "smallest = 12", "smallest is not between 0 and size"),
        ("smallest = 7", 'smallest = "7"', "smallest is not a number"),
        ("smallest = 7", "smallest = true", "smallest is not a number"),
        ("smallest = 7", "leading = 0.5", "leading is less than 1"),
        ('align = "end"', 'align = "left"', "align is 'left'"),
        ('office = "—"', 'offices = "—"', "empty: 'offices' is unknown"),
        ('office = "—"', "office = 1", "empty: 'office' is not a text"),
        ('grid = "#000000"', 'grid = "#00000"', "is not #rrggbb"),
        ("shares = [2, 1]", "shares = [2]", "shares is not a list of 2"),
        ("width = 60\n", "", "width is missing"),
        (
            '{ height = 6, sources = ["spouse_b_id"] },',
            '{ height = 6, sources = ["spouse_b_id"], x = 1 },',
            "x is unknown",
        ),
        (
            '{ height = 6, sources = ["spouse_b_id"] },',
            '{ height = 60, sources = ["spouse_b_id"] },',
            "is not on the page",
        ),
        ('  { height = 6, sources = ["spouse_b_id"] },', '  { height = 6, heading = "甲" },', "no row under it"),
    ],
)
def test_a_wrong_layout_is_refused_with_the_fault(old: str, new: str, fault: str) -> None:
    assert old in SMALL
    with pytest.raises(TypeFileInvalid) as refused:
        small(SMALL.replace(old, new))
    assert any(fault in f for f in refused.value.faults), refused.value.faults
    assert all(f.startswith("small.toml") for f in refused.value.faults)


def test_all_faults_are_listed_at_once() -> None:
    wrong = SMALL.replace("seal = [50, 40, 40, 40]\n", "").replace('align = "end"', 'align = "left"')
    with pytest.raises(TypeFileInvalid) as refused:
        small(wrong.replace('source = "office"', 'source = "x"').replace('en = "Marriage certificate"\n', ""))
    assert len(refused.value.faults) == 5


def test_a_new_type_with_its_layout_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL, encoding="utf-8")
    (kind,) = load_types(tmp_path)
    assert kind.layout is not None
