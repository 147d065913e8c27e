import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.errors.layout import CodeTooLong, GlyphMissing, LayoutMissing, LayoutOverflow, PhotoRefused
from certs.layout.fonts import load_fonts
from certs.layout.model import Layout
from certs.layout.operations import Box, Code, Image, Page, TextRun
from certs.layout.pages import check_face, page_of
from certs.layout.place import chinese_date, place, stated
from certs.model import Certificate
from certs.type_catalogue import Format
from tests.certs.layout.samples import PHOTO, SLUGS, certificate_of_type, certificates, kind_of, layout_of

FONTS = load_fonts()
GOLDEN = Path(__file__).parent / "golden"


def laid_out(slug: str, **changed: object) -> Page:
    return place(certificate_of_type(slug, **changed), layout_of(slug), FONTS)


def spelled(page: Page) -> dict[str, str]:
    """What the runs of each source spell."""
    said: dict[str, str] = {}
    for run in page.runs():
        if run.source:
            said[run.source] = said.get(run.source, "") + run.text
    return said


def form(runs: tuple[TextRun, ...]) -> list[object]:
    return [[run.source, run.text, run.font, run.x, run.y, run.size] for run in runs]


@pytest.mark.parametrize("slug", SLUGS)
def test_pages_are_as_approved(slug: str) -> None:
    """Golden drawings. A deliberate change of a layout is looked at first and then approved by deleting the file."""
    page = laid_out(slug)
    drawn: dict[str, list[object]] = {
        "page": [page.width, page.height],
        "seal": [page.seal.x, page.seal.y, page.seal.width, page.seal.height],
        "ground": [len(page.ground.paths), sum(len(path.steps) for path in page.ground.paths)],
        "code": [[op.box.x, op.box.y, op.box.width, len(op.modules)] for op in page.marks if isinstance(op, Code)],
        "runs": form(page.runs()),
    }
    golden = GOLDEN / f"{slug}.json"
    if not golden.exists():
        lines = ",\n".join(json.dumps(run, ensure_ascii=False) for run in drawn.pop("runs"))
        head = json.dumps(drawn, ensure_ascii=False)[:-1]
        golden.write_text(f'{head}, "runs": [\n{lines}\n]}}\n', encoding="utf-8")
        pytest.fail(f"{golden.name} was missing and has been written; look at it and run again")
    assert json.loads(golden.read_text(encoding="utf-8")) == drawn


@settings(max_examples=60, deadline=None)
@given(certificates())
def test_every_value_is_printed_whole_and_inside_the_page(sample: tuple[str, Certificate]) -> None:
    slug, certificate = sample
    layout = layout_of(slug)
    page = place(certificate, layout, FONTS)
    for slot in layout.slots:
        expected = stated(certificate, slot.source, slot.show) or slot.empty
        assert spelled(page)[slot.source] == page.said[slot.source] == expected
    assert set(certificate.face) <= set(page.said)
    boxes = {slot.source: slot.box for slot in layout.slots}
    for run in page.runs():
        box = boxes.get(run.source, Box(0, 0, page.width, page.height))
        hanging = len(run.text) - len(run.text.rstrip(" "))
        assert run.x >= box.x - 0.01
        assert run.x + sum(run.advances[: len(run.advances) - hanging]) <= box.right + 0.05
        assert run.y - 0.88 * run.size >= box.y - 0.01
        assert run.y + 0.12 * run.size <= box.bottom + 0.01
        assert len(run.text) == len(run.glyphs) == len(run.advances)


def test_glyphs_and_advances_are_those_of_the_font() -> None:
    for run in laid_out("household").runs():
        font = FONTS.font(run.font)
        assert list(run.glyphs) == [font.glyphs[ord(char)] for char in run.text]
        if run.source == "name":
            natural = [font.advance(glyph) * run.size for glyph in run.glyphs]
            assert list(run.advances) == pytest.approx(natural, abs=0.001)


def test_the_same_certificate_gives_the_same_page() -> None:
    first, second = laid_out("birth"), laid_out("birth")
    assert first.operations == second.operations
    assert first.ground is second.ground


def test_a_rare_character_is_set_in_the_font_that_has_it() -> None:
    runs = [run for run in laid_out("household", name="测㵪䶮").runs() if run.source == "name"]
    assert [(run.text, run.font) for run in runs] == [
        ("测", "LXGWWenKai-Regular"),
        ("㵪", "NotoSansSC-Regular"),
        ("䶮", "LXGWWenKai-Regular"),
    ]
    assert runs[1].x == pytest.approx(runs[0].x + sum(runs[0].advances), abs=0.002)


def test_long_texts_shrink_and_wrap_and_are_then_refused() -> None:
    sizes, lines = [], []
    for length in (10, 200, 500):
        runs = [
            r for r in laid_out("business_licence", scope="软件开发、" * (length // 5)).runs() if r.source == "scope"
        ]
        sizes.append(runs[0].size)
        lines.append(len({run.y for run in runs}))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]
    assert lines == sorted(lines)
    assert lines[-1] > 5
    with pytest.raises(LayoutOverflow) as refused:
        laid_out("business_licence", scope="软件开发、" * 600)
    assert (refused.value.where, refused.value.characters) == ("scope", 3000)


@pytest.mark.parametrize(
    ("slug", "source", "characters"),
    [
        ("business_licence", "scope", 1500),
        ("business_licence", "address", 80),
        ("business_licence", "name", 60),
        ("food_licence", "items", 300),
        ("food_licence", "premises", 100),
        ("household", "address", 100),
        ("household", "name", 30),
        ("marriage", "spouse_a_name", 30),
        ("real_estate", "owner_name", 100),
        ("real_estate", "location", 150),
        ("birth", "father_name", 30),
        ("birth", "mother_address", 100),
    ],
)
def test_there_is_room_for_the_longest_records(slug: str, source: str, characters: int) -> None:
    page = laid_out(slug, **{source: "测" * characters})
    assert spelled(page)[source] == "测" * characters
    assert min(run.size for run in page.runs() if run.source == source) >= 5 * 25.4 / 72


def test_one_line_a_little_smaller_before_a_second_line() -> None:
    runs = [run for run in laid_out("birth").runs() if run.source == "born_at"]
    assert len({run.y for run in runs}) == 1


def test_a_character_without_a_glyph_refuses_the_page() -> None:
    certificate = certificate_of_type("household")
    broken = replace(certificate, face={**certificate.face, "name": "测\U000323af", "address": "路\ue000"})
    with pytest.raises(GlyphMissing) as refused:
        place(broken, layout_of("household"), FONTS)
    assert set(refused.value.missing) == {("name", "\U000323af"), ("address", "\ue000")}


def test_what_is_not_said_prints_as_the_layout_says() -> None:
    assert laid_out("business_licence", valid_until=None).said["valid_until"] == "长期"
    assert laid_out("real_estate").said["term"] == "—"


def test_a_certificate_is_laid_out_by_its_own_type_only() -> None:
    certificate = certificate_of_type("marriage")
    assert page_of(certificate, kind_of("marriage"), FONTS) == laid_out("marriage")
    for wrong in (kind_of("birth"), replace(kind_of("marriage"), layout=None)):
        with pytest.raises(LayoutMissing, match="111000000000131433001"):
            page_of(certificate, wrong, FONTS)


def test_dates_are_written_in_chinese_one_way_only() -> None:
    assert chinese_date("2026-01-02") == "2026年01月02日"
    assert laid_out("household").said["birth_date"] == "1990年01月01日"
    assert laid_out("household").said["certificate.issued_on"] == "2026年11月22日"


def test_the_qr_code_says_the_identifier_or_what_it_is_told() -> None:
    certificate, layout = certificate_of_type("marriage"), layout_of("marriage")

    def text(page: Page) -> str:
        return next(op.text for op in page.marks if isinstance(op, Code))

    assert text(place(certificate, layout, FONTS)) == str(certificate.identifier)
    assert text(place(certificate, layout, FONTS, qr="YZT1:ABC")) == "YZT1:ABC"
    with pytest.raises(CodeTooLong):
        place(certificate, layout, FONTS, qr="测" * 400)


def test_a_photo_stands_in_its_box_or_is_refused() -> None:
    page = place(certificate_of_type("marriage"), layout_of("marriage"), FONTS, photo=PHOTO)
    image = next(op for op in page.marks if isinstance(op, Image))
    assert (image.box, image.columns, image.rows, image.components) == (layout_of("marriage").photo, 60, 42, 3)
    with pytest.raises(PhotoRefused, match="no place"):
        place(certificate_of_type("household"), layout_of("household"), FONTS, photo=PHOTO)
    for bad in (b"", PHOTO[:-1], PHOTO[:40] + PHOTO[-2:], b"\x89PNG" + PHOTO, PHOTO.replace(b"\xff\xc0", b"\xff\xc2")):
        with pytest.raises(PhotoRefused):
            place(certificate_of_type("marriage"), layout_of("marriage"), FONTS, photo=bad)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_seal_covers_neither_code_nor_photo(slug: str) -> None:
    layout: Layout = layout_of(slug)
    for box in (layout.qr, layout.photo):
        if box is not None:
            assert _apart(layout.seal, box)


def _apart(a: Box, b: Box) -> bool:
    return a.right <= b.x or b.right <= a.x or a.bottom <= b.y or b.bottom <= a.y


_WORDS = st.sampled_from(["测", "W", "@", "软件开发、", "⸻", "Ǳ", "1", "ﬃ", " ", "𬭬"])


@given(st.data())
def test_what_has_room_before_issuing_is_what_can_be_drawn_after_it(data: st.DataObject) -> None:
    """The quick answer for short values must be the drawing's own, whatever the characters."""
    slug = data.draw(st.sampled_from(SLUGS))
    kind, sample = kind_of(slug), certificate_of_type(slug)
    field = data.draw(st.sampled_from([f for f in kind.face if f.format is Format.TEXT])).code
    text = "".join(data.draw(st.lists(_WORDS, min_size=1, max_size=80))).strip() or "测"
    certificate = replace(sample, face={**sample.face, field: text})

    def overflows(asked: Callable[[], object]) -> bool:
        try:
            asked()
        except LayoutOverflow:
            return True
        return False

    assert overflows(lambda: check_face(certificate, kind)) is overflows(lambda: page_of(certificate, kind))
