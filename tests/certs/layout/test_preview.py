import re
from base64 import b64decode
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from fontTools.ttLib import TTFont
from hypothesis import given, settings

from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Box, Code, Page, Path, TextRun
from certs.layout.place import place
from certs.layout.preview import preview_svg
from certs.layout.qr import qr_code
from certs.model import Certificate
from certs.ofd import page as ofd
from tests.certs.layout.samples import PHOTO, SLUGS, certificate_of_type, certificates, layout_of

FONTS = load_fonts()
SVG = "{http://www.w3.org/2000/svg}"


def page_of(slug: str) -> Page:
    photo = PHOTO if layout_of(slug).photo else None
    return place(certificate_of_type(slug), layout_of(slug), FONTS, photo=photo)


@pytest.mark.parametrize("slug", SLUGS)
def test_svg_draws_every_operation_where_it_is(slug: str) -> None:
    page = page_of(slug)
    root = ET.fromstring(preview_svg(page, FONTS))
    assert root.get("viewBox") == f"0 0 {page.width:g} {page.height:g}"
    texts = root.findall(f"{SVG}text")
    assert [t.text for t in texts] == [run.text for run in page.runs()]
    for text, run in zip(texts, page.runs(), strict=True):
        places = [float(x) for x in str(text.get("x")).split()]
        assert places == pytest.approx([run.x + sum(run.advances[:i]) for i in range(len(run.text))], abs=0.002)
        assert (float(str(text.get("y"))), float(str(text.get("font-size")))) == (run.y, run.size)
    shapes = sum(isinstance(op, Path | Code) for op in page.operations)
    assert len(root.findall(f"{SVG}path")) == shapes
    assert len(root.findall(f"{SVG}image")) == (1 if layout_of(slug).photo else 0)


def test_svg_is_self_contained_and_its_fonts_have_every_character() -> None:
    page = page_of("birth")
    svg = preview_svg(page, FONTS).decode()
    assert "<script" not in svg
    assert not re.findall(r"(?:href|src|url\()\W*(?!data:)https?:", svg)
    faces = dict(re.findall(r"font-family:([\w-]+);src:url\(data:font/ttf;base64,([^)]+)\)", svg))
    for text in ET.fromstring(svg).findall(f"{SVG}text"):
        with TTFont(BytesIO(b64decode(faces[str(text.get("font-family"))]))) as font:
            assert {ord(c) for c in str(text.text)} <= font.getBestCmap().keys()


@given(certificates())
@settings(max_examples=15, deadline=None)
def test_svg_of_any_certificate_is_well_formed_and_says_the_same(sample: tuple[str, Certificate]) -> None:
    slug, certificate = sample
    page = place(certificate, layout_of(slug), FONTS)
    texts = [t.text for t in ET.fromstring(preview_svg(page, FONTS)).findall(f"{SVG}text")]
    assert texts == [run.text for run in page.runs()]


@pytest.mark.parametrize("slug", SLUGS)
def test_the_ofd_drawing_is_the_same_page(slug: str) -> None:
    page = page_of(slug)
    drawing = ofd_drawing(page, FONTS)
    (sheet,) = drawing.pages
    assert (sheet.width, sheet.height) == (page.width, page.height)
    assert len(sheet.operations) == len(page.operations)
    for mine, theirs in zip(page.operations, sheet.operations, strict=True):
        if isinstance(mine, TextRun):
            assert isinstance(theirs, ofd.TextRun)
            assert (theirs.x, theirs.y, theirs.size, theirs.text) == (mine.x, mine.y, mine.size, mine.text)
            assert theirs.advances == mine.advances
            with TTFont(BytesIO(drawing.fonts[theirs.font].data)) as font:
                assert {ord(c) for c in mine.text} <= font.getBestCmap().keys()
        elif isinstance(mine, Path):
            assert isinstance(theirs, ofd.Path)
            assert len(theirs.segments) == len(mine.steps)
    assert len(drawing.images) == (1 if layout_of(slug).photo else 0)


@pytest.mark.parametrize(
    "text", ["1", "1.2.156.3005.2.11100000MB0143028R001", "YZT1:" + "A7*%$ /" * 40, "证照标识测试"]
)
def test_qr_modules_read_back(text: str) -> None:
    code = qr_code(text, Box(10, 10, 40, 40))
    side = len(code.modules) + 8
    light = [False] * side
    rows = [light] * 4 + [[False] * 4 + list(row) + [False] * 4 for row in code.modules] + [light] * 4
    pixels = bytes(0 if dark else 255 for row in rows for _ in range(3) for dark in row for _ in range(3))
    image = zxingcpp.ImageView(pixels, 3 * side, 3 * side, zxingcpp.ImageFormat.Lum)
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == text
    assert "M" in str(found.ec_level)
    assert code.box.x == pytest.approx(10 + 4 * 40 / side, abs=0.001)
