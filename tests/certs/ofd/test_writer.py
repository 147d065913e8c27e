import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.ofd.document import About
from certs.ofd.errors import PageRefused
from certs.ofd.objects import number, numbers
from certs.ofd.package import read_package
from certs.ofd.page import Drawing, FontFile, Image, ImageFile, Operation, Page, Path, Squares, TextRun
from certs.ofd.reading import locations, read_ofd
from certs.ofd.strict_xml import read_xml
from certs.ofd.writer import pack, write_parts
from tests.certs.ofd.world import document
from tests.certs.seals.world import PNG


def on_page(*operations: Operation) -> str:
    """Content.xml of a page with these operations."""
    base = document()
    drawing = replace(base.drawing, pages=(Page(100, 50, operations),))
    return write_parts(replace(base, drawing=drawing))["Doc_0/Pages/Page_0/Content.xml"].decode()


def test_the_same_values_are_the_same_bytes() -> None:
    assert pack(write_parts(document())) == pack(write_parts(document()))
    assert pack(write_parts(document())) != pack(write_parts(document("测试乙")))


def test_the_package_has_one_time_no_descriptors_and_begins_with_the_entry_file() -> None:
    with zipfile.ZipFile(BytesIO(pack(write_parts(document())))) as package:
        entries = package.infolist()
    assert entries[0].filename == "OFD.xml"
    assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(e.flag_bits, e.create_system, e.external_attr, e.extra) for e in entries} == {(0, 0, 0o600 << 16, b"")}


def test_what_is_written_is_what_is_read() -> None:
    parts = write_parts(document())
    found = read_ofd(pack(parts))
    assert dict(found.parts) == parts
    assert found.title == "测试证照"
    assert found.custom == {"ZZMC": "测试证照", "ZZBS": "1.2.3"}
    assert found.pages == {"1": (210, 297), "2": (210, 297)}
    assert found.attachments == {"certificate.json": document().attachments[0].data}
    assert (found.list_path, found.signatures) == (None, ())


def test_every_part_is_named_by_another_and_every_name_is_a_part() -> None:
    found = read_ofd(pack(write_parts(document())))
    named = set().union(*(locations(found, path) for path in found.trees))
    assert named | {"OFD.xml"} == set(found.parts)


def test_object_numbers_are_unique_and_below_the_stated_maximum() -> None:
    parts = write_parts(document())
    trees = [read_xml(body) for path, body in parts.items() if path.endswith(".xml")]
    ids = [int(e.attributes["ID"]) for t in trees for e in t.walk() if "ID" in e.attributes]
    assert len(set(ids)) == len(ids)
    assert max(ids) == int(read_xml(parts["Doc_0/Document.xml"]).one("CommonData").one("MaxUnitID").value())


def test_text_stands_at_its_base_line() -> None:
    """Boundary plus TextCode give back the place asked for, in mm."""
    run = read_xml(on_page(TextRun("song", 5, 30, 40, "甲乙丙丁", (5, 5, 5, 9))).encode())
    text = next(e for e in run.walk() if e.tag == "TextObject")
    code = text.one("TextCode")
    x, y, width, _height = map(float, text.get("Boundary").split())
    assert (x + float(code.get("X")), y + float(code.get("Y"))) == (30, 40)
    assert (code.text, code.get("DeltaX"), text.get("Size")) == ("甲乙丙丁", "g 3 5", "5")
    assert x + width >= 30 + 24, "no glyph is cut off"


def test_characters_beyond_the_basic_plane_name_their_glyph() -> None:
    """𬭬 is two units in UTF-16: without its glyph id, readers in Java draw two boxes (seen with ofdrw 2.3.1)."""
    base = document()
    font = replace(base.drawing.fonts["song"], glyphs={"𬭬": 7, "𠀀": 9})
    run = TextRun("song", 5, 30, 40, "测𬭬试𠀀", (5, 6, 7, 8))
    drawing = replace(base.drawing, pages=(Page(100, 50, (run,)),), fonts={"song": font})
    content = write_parts(replace(base, drawing=drawing))["Doc_0/Pages/Page_0/Content.xml"]
    found = next(e for e in read_xml(content).walk() if e.tag == "TextObject")
    transforms = [
        (t.get("CodePosition"), t.get("CodeCount"), t.one("Glyphs").value()) for t in found.all("CGTransform")
    ]
    assert transforms == [("1", "2", "7"), ("4", "2", "9")]
    left = float(found.get("Boundary").split()[0])
    codes = [(c.text, left + float(c.get("X"))) for c in found.all("TextCode")]
    assert codes == [("测", 30), ("𬭬", 35), ("试", 41), ("𠀀", 48)]


def test_rotated_text_turns_about_its_first_glyph() -> None:
    content = on_page(TextRun("song", 4, 60, 20, "测试", (4, 4), rotation=90, alpha=60))
    text = next(e for e in read_xml(content.encode()).walk() if e.tag == "TextObject")
    a, b, c, d, e, f = map(float, text.get("CTM").split())
    x, y, *_ = map(float, text.get("Boundary").split())
    assert (a, b, c, d) == (0, 1, -1, 0)
    assert (x + e, y + f) == (60, 20)
    assert text.get("Alpha") == "60"


def test_a_path_keeps_its_points_and_an_image_its_box() -> None:
    path = Path((("M", 10, 10), ("B", 10, 20, 20, 20, 20, 10), ("C",)), 1, None, (1, 2, 3))
    content = on_page(path, Image("photo", 5, 6, 7, 8))
    assert 'Boundary="9.5 9.5 11 11"' in content
    assert "M 0.5 0.5 B 0.5 10.5 10.5 10.5 10.5 0.5 C" in content
    assert 'Stroke="false" Fill="true"' in content
    assert '<ofd:FillColor Value="1 2 3"/>' in content
    assert 'Boundary="5 6 7 8" CTM="7 0 0 8 0 0"' in content


def test_squares_side_by_side_are_one_rectangle_and_neighbours_share_their_edges() -> None:
    content = on_page(Squares(10, 20, 0.3333, ((0, 0, 2), (0, 3, 1), (1, 2, 1))))
    assert 'Boundary="10 20 1.3332 0.6666" LineWidth="0" Stroke="false" Fill="true"' in content
    first = "M 0 0 L 0.6666 0 L 0.6666 0.3333 L 0 0.3333 C"
    second = "M 0.9999 0 L 1.3332 0 L 1.3332 0.3333 L 0.9999 0.3333 C"
    third = "M 0.6666 0.3333 L 0.9999 0.3333 L 0.9999 0.6666 L 0.6666 0.6666 C"
    assert f">{first} {second} {third}</ofd:AbbreviatedData>" in content


def test_text_never_becomes_markup() -> None:
    evil = "</ofd:TextCode><&\"'>"
    content = on_page(TextRun("song", 5, 10, 10, evil, (5.0,) * len(evil)))
    assert next(e for e in read_xml(content.encode()).walk() if e.tag == "TextCode").text == evil
    about = About("0" * 32, evil, evil, date(2026, 1, 1), {'N"<': evil})
    found = read_ofd(pack(write_parts(replace(document(), about=about))))
    assert (found.title, found.custom) == (evil, {'N"<': evil})


@pytest.mark.parametrize(
    "operation",
    [
        TextRun("absent", 5, 1, 1, "甲", (5,)),
        TextRun("song", 5, 1, 1, "甲乙", (5,)),
        TextRun("song", 5, 1, 1, "", ()),
        TextRun("song", 0, 1, 1, "甲", (5,)),
        TextRun("song", 5, 1, 1, "\x0b", (5,)),
        TextRun("song", 5, 1, 1, "\ud800", (5,)),
        TextRun("song", 5, float("nan"), 1, "甲", (5,)),
        TextRun("song", 5, 1, 1, "甲", (5,), (256, 0, 0)),
        TextRun("song", 5, 1, 1, "甲", (5,), alpha=256),
        Path(()),
        Path((("L", 1, 1),)),
        Path((("M", 1),)),
        Path((("X", 1, 1),)),
        Path((("M", float("inf"), 1),)),
        Squares(1, 1, 1, ()),
        Squares(1, 1, 0, ((0, 0, 1),)),
        Squares(1, 1, 1, ((0, 0, 0),)),
        Squares(1, 1, 1, ((0, -1, 1),)),
        Squares(1, float("nan"), 1, ((0, 0, 1),)),
        Image("absent", 1, 1, 1, 1),
        Image("photo", 1, 1, 0, 1),
    ],
)
def test_what_cannot_be_drawn_is_refused(operation: Operation) -> None:
    with pytest.raises(PageRefused):
        on_page(operation)


def test_documents_without_pages_size_or_known_files_are_refused() -> None:
    base = document()
    page = base.drawing.pages[0]
    for drawing in (
        Drawing((), {}, {}),
        replace(base.drawing, pages=(replace(page, width=0),)),
        replace(base.drawing, fonts={"song": FontFile("x", b"", extension="../x")}),
        replace(base.drawing, images={"photo": ImageFile("SVG", PNG)}),
    ):
        with pytest.raises(PageRefused):
            write_parts(replace(base, drawing=drawing))


@given(st.floats(-10_000, 10_000))
def test_lengths_have_one_spelling(value: float) -> None:
    text = number(value)
    assert float(text) == pytest.approx(value, abs=0.00005)
    assert "e" not in text
    assert number(float(text)) == text
    assert numbers(value, 0) == f"{text} 0"


def test_own_packages_pass_the_strict_reader() -> None:
    parts = write_parts(document(), to_be_sealed=True)
    assert list(read_package(pack(parts))) == list(parts)
