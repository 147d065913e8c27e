"""The mark of a layout: the same for the same, another for anything else, and raised when drawing itself changes."""

import zlib
from dataclasses import replace
from hashlib import sha256

import pytest

from certs.layout.fonts import load_fonts, make_stack
from certs.layout.model import Align, FixedText, Layout, Role, Show, Slot, Style
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Box, Code, Colour, Ground, Page
from certs.layout.ornament import meander, waves
from certs.layout.place import place
from certs.layout.revision import DRAWING, layout_mark, read_mark
from certs.layout.subset import subsets_of
from certs.layout.watermark import marked
from certs.ofd.certificate import certificate_document
from certs.ofd.writer import write_parts
from certs.pdf.render_content import ground_stream, marks_stream
from tests.certs.layout.samples import PHOTO, SLUGS, certificate_of_type, kind_of, layout_of

FONTS = load_fonts()
INK = Colour(20, 20, 20)
STYLE = Style(Role.SANS, 12, 8, Align.START, 1.3, 0.2, INK, top=False)
DRAWN = {1: "a6547a8d1b1ee4e960d1768e56feadf89fb53ccb7d4f7c443b62421dc3e1cf86"}
"""What drawing number n makes of the specimen below. When this differs, raise `certs.layout.revision.DRAWING`."""


def specimen() -> Layout:
    """Every means of drawing once; a layout of its own, so that changing a type's layout does not matter here."""
    box, frame = Box(20, 20, 60, 12), Box(5, 5, 200, 280)
    ground = Ground((*meander(frame, INK, 0.3), *waves(frame, INK, 0.2)))
    texts = tuple(
        FixedText("证照样本", replace(box, y=30 + 20 * i), replace(STYLE, align=a)) for i, a in enumerate(Align)
    )
    slots = tuple(
        Slot(source, replace(box, x=100, y=30 + 20 * i), replace(STYLE, role=role), Show.AS_IS, "—")
        for i, (source, role) in enumerate(
            (("spouse_a_name", Role.KAI), ("certificate.identifier", Role.SANS), ("certificate.number", Role.BOLD))
        )
    )
    return Layout(210, 297, ground, texts, slots, Box(150, 240, 42, 42), Box(20, 240, 30, 30), Box(150, 150, 25, 35))


def page() -> Page:
    drawn = place(certificate_of_type("marriage", spouse_a_name="测试䶮𬭬"), specimen(), FONTS, photo=PHOTO)
    with_mark = marked(drawn, "仅供测试\n样本", FONTS)
    return replace(with_mark, marks=tuple(mark for mark in with_mark.marks if not isinstance(mark, Code)))


def test_whoever_changes_what_is_drawn_raises_the_number() -> None:
    """Otherwise documents of before would be called forged, where they are only older."""
    shown, certificate, kind = page(), certificate_of_type("marriage"), kind_of("marriage")
    parts = write_parts(certificate_document(certificate, kind, ofd_drawing(shown, FONTS)), to_be_sealed=True)
    seen = sha256()
    for path, body in parts.items():
        seen.update(path.encode() + sha256(body).digest())
    ground = zlib.decompress(ground_stream(shown.ground, shown.height))
    for stream in (ground, marks_stream(shown, subsets_of(shown, FONTS))):
        seen.update(sha256(stream).digest())
    assert {DRAWING: seen.hexdigest()} == DRAWN


def test_every_type_has_a_mark_of_its_own() -> None:
    marks = {layout_mark(layout_of(slug), FONTS) for slug in SLUGS}
    assert len(marks) == len(SLUGS)
    assert all(read_mark(mark) == mark and mark.startswith(f"{DRAWING}-") for mark in marks)


def test_the_mark_follows_from_what_the_layout_says() -> None:
    layout = layout_of("marriage")
    mark = layout_mark(layout, FONTS)
    assert layout_mark(replace(layout), FONTS) == mark  # another object that says the same
    slot = layout.slots[0]
    for other in (
        replace(layout, seal=replace(layout.seal, x=layout.seal.x + 0.1)),
        replace(
            layout, slots=(replace(slot, style=replace(slot.style, size=slot.style.size - 0.5)), *layout.slots[1:])
        ),
        replace(layout, slots=(replace(slot, source="certificate.version"), *layout.slots[1:])),
        replace(layout, ground=Ground(layout.ground.paths[1:])),
        replace(layout, photo=None),
    ):
        assert layout_mark(other, FONTS) != mark
    swapped = {role: FONTS.roles[Role.KAI] if role is Role.SANS else fonts for role, fonts in FONTS.roles.items()}
    assert layout_mark(layout, make_stack(swapped)) != mark


@pytest.mark.parametrize("text", ["", "1-0123", "1-0123456789abcdeg", "12345-0123456789abcdef", "１-0123456789abcdef"])
def test_other_texts_are_no_marks(text: str) -> None:
    assert read_mark(text) == ""
    assert read_mark("1-0123456789abcdef ") == ""
