import re
from io import BytesIO
from math import cos, radians, sin
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pikepdf.pdfa
import pypdf
import pytest

from certs.errors.layout import GlyphMissing
from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Page
from certs.layout.place import place
from certs.layout.preview import preview_svg
from certs.layout.watermark import ALPHA, ANGLE, SOURCE, marked
from certs.ofd import page as ofd
from certs.pdf.render import render_pdf
from certs.pdf.render_xmp import Part
from tests.certs.layout.samples import NOW, SLUGS, certificate_of_type, layout_of

FONTS = load_fonts()
TEXT = "仅供339900市测试局办理测试事项使用 2026年12月31日前有效"


def copy_of(slug: str) -> Page:
    return marked(place(certificate_of_type(slug), layout_of(slug), FONTS), TEXT, FONTS)


def pdf_of(page: Page, part: Part = Part.A4F) -> bytes:
    return render_pdf(page, FONTS, identifier="x", made_at=NOW, part=part).data


@pytest.mark.parametrize("slug", SLUGS)
def test_the_mark_crosses_every_part_of_the_page(slug: str) -> None:
    page = copy_of(slug)
    inked = set()
    for run in page.runs():
        if run.source == SOURCE:
            for i in range(100):
                along = sum(run.advances) * i / 100
                x, y = run.x + along * cos(radians(ANGLE)), run.y + along * sin(radians(ANGLE))
                inked.add((x // 35, y // 35))
    cells = {(i, j) for i in range(int(page.width // 35)) for j in range(int(page.height // 35))}
    assert cells <= inked


def test_the_mark_is_over_everything_and_nothing_else_changes() -> None:
    plain = place(certificate_of_type("birth"), layout_of("birth"), FONTS)
    page = copy_of("birth")
    assert page.marks[: len(plain.marks)] == plain.marks
    assert all(getattr(mark, "source", "") == SOURCE for mark in page.marks[len(plain.marks) :])
    assert page.said == {**plain.said, SOURCE: TEXT}


def test_every_face_turns_it_alike() -> None:
    page = copy_of("household")
    runs = [run for run in page.runs() if run.source == SOURCE]
    svg = preview_svg(page, FONTS).decode()
    turns = re.findall(r'transform="rotate\((-?[\d.]+) (-?[\d.]+) (-?[\d.]+)\)" fill-opacity="0.220"', svg)
    assert [tuple(map(float, turn)) for turn in turns] == [(ANGLE, run.x, run.y) for run in runs]
    ET.fromstring(svg)
    drawn = [op for op in ofd_drawing(page, FONTS).pages[0].operations if isinstance(op, ofd.TextRun) and op.rotation]
    assert [(op.rotation, op.alpha, op.x, op.y) for op in drawn] == [(ANGLE, ALPHA, run.x, run.y) for run in runs]
    with pikepdf.open(BytesIO(pdf_of(page))) as pdf:
        assert float(pdf.pages[0].Resources.ExtGState["/A56"].ca) == pytest.approx(ALPHA / 255, abs=0.001)
        matrices = [
            [float(v) for v in i.operands]
            for i in pikepdf.parse_content_stream(pdf.pages[0])
            if str(i.operator) == "Tm"
        ][-len(runs) :]
    for matrix, run in zip(matrices, runs, strict=True):
        up = radians(-ANGLE)
        assert matrix[:4] == pytest.approx([cos(up), sin(up), -sin(up), cos(up)], abs=0.001)
        assert matrix[4] == pytest.approx(run.x * 72 / 25.4, abs=0.001)


def test_a_marked_copy_extracts_and_stays_pdf_a(tmp_path: Path) -> None:
    page = copy_of("marriage")
    assert "".join(TEXT.split()) in "".join(pypdf.PdfReader(BytesIO(pdf_of(page))).pages[0].extract_text().split())
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(page, Part.A3B))
    assert not pikepdf.pdfa.validate_written(path, "3b").findings


def test_a_mark_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(GlyphMissing, match="watermark: U\\+E000"):
        marked(place(certificate_of_type("birth"), layout_of("birth"), FONTS), "仅供\ue000使用", FONTS)
