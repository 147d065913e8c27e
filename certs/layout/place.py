"""Lay out a certificate: from its data and its type's layout to drawing operations. Pure.

Nothing is ever cut off or left out: a character without a glyph and a text without room refuse the whole page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from certs.errors.layout import LayoutOverflow
from certs.layout.fonts import FontStack
from certs.layout.lines import break_lines
from certs.layout.model import Align, FixedText, Layout, Role, Show, Slot, Style
from certs.layout.operations import MM_PER_POINT, Box, Code, Image, Page, TextRun, mm
from certs.layout.photo import read_photo
from certs.layout.qr import qr_code
from certs.model import Certificate, law_day

# The em square of a Chinese font stands 0.88 em above the baseline and 0.12 em below it.
_ABOVE_BASELINE = 0.88
_SHRINK_STEP = 0.5  # points
_NEARLY = 0.85
# No character of our fonts is wider, em: of ASCII and of what a Chinese font draws in a square; of all there are.
_WIDE, _WIDEST = 1.05, 2.5
_FIRST_IDEOGRAPHIC = "\u3000"


def place(
    certificate: Certificate, layout: Layout, fonts: FontStack, *, qr: str = "", photo: bytes | None = None
) -> Page:
    """The page of a certificate.

    Args:
        certificate: what is printed.
        layout: of the certificate's type.
        fonts: the font stack.
        qr: what the QR code says; the certificate's identifier (电子证照标识) unless given.
        photo: a baseline JPEG for the layout's photo box; whether it is the stated one, the caller has asked.

    Raises:
        GlyphMissing: a character cannot be printed; every one is named.
        LayoutOverflow: a value does not fit its place.
        CodeTooLong: the QR code would be too fine to read.
        PhotoRefused: the photo is no such JPEG, or the layout has no place for one.
    """
    said = {slot.source: stated(certificate, slot.source, slot.show) or slot.empty for slot in layout.slots}
    fonts.check(said.items())
    form = _form(layout, fonts)
    marks: list[TextRun | Image | Code] = [*form.texts]
    for slot, before in zip(layout.slots, form.before, strict=True):
        marks += before
        marks += _filled(slot, said[slot.source], fonts)
    if photo is not None:
        marks.append(read_photo(photo, layout.photo))
    marks.append(qr_code(qr or str(certificate.identifier), layout.qr))
    return Page(layout.width, layout.height, certificate.name, layout.ground, tuple(marks), layout.seal, said)


def check_room(certificate: Certificate, layout: Layout, fonts: FontStack) -> None:
    """The question to ask before issuing: does every value fit its place? Its characters are known to print.

    Fast, because a value that fits one line whatever its characters is not measured; the identifier always fits.

    Raises:
        LayoutOverflow: a value does not, even in its smallest size.
    """
    for slot in layout.slots:
        text = "" if slot.source == "certificate.identifier" else stated(certificate, slot.source, slot.show)
        if text and not _fits_surely(text, slot):
            _filled(slot, text, fonts)


def _fits_surely(text: str, slot: Slot) -> bool:
    smallest = slot.style.smallest * MM_PER_POINT
    widest = _WIDE if all(char.isascii() or char >= _FIRST_IDEOGRAPHIC for char in text) else _WIDEST
    return len(text) * (widest * smallest + slot.style.tracking) <= slot.box.width and smallest <= slot.box.height


def stated(certificate: Certificate, source: str, show: Show = Show.AS_IS) -> str:
    """What a certificate states under a face field's code or a `certificate.…` source; "" for nothing."""
    c = certificate
    text = c.face.get(source, "")
    if source.startswith("certificate."):
        text = {
            "certificate.identifier": str(c.identifier),
            "certificate.number": c.number,
            "certificate.issuer_name": c.issuer_name,
            "certificate.issued_on": law_day(c.issued_at).isoformat(),
            "certificate.valid_from": c.valid_from.isoformat(),
            "certificate.valid_until": c.valid_until.isoformat() if c.valid_until else "",
            "certificate.version": c.identifier.version_text,
        }[source]
    return chinese_date(text) if text and show is Show.ZH_DATE else text


def chinese_date(text: str) -> str:
    """`2026-11-22` as 2026年11月22日. One way back: no two days look alike."""
    day = date.fromisoformat(text)
    return f"{day.year:04d}年{day.month:02d}月{day.day:02d}日"


@dataclass(frozen=True, slots=True)
class _Form:
    """What the form itself says, the same on every certificate of the type: texts, and those before each slot."""

    texts: tuple[TextRun, ...]
    before: tuple[tuple[TextRun, ...], ...]


@lru_cache(maxsize=64)
def _form(layout: Layout, fonts: FontStack) -> _Form:
    return _Form(_fixed(layout.texts, fonts), tuple(_fixed(slot.before, fonts) for slot in layout.slots))


def _fixed(texts: tuple[FixedText, ...], fonts: FontStack) -> tuple[TextRun, ...]:
    fonts.check(("form", text.text) for text in texts)
    return tuple(run for text in texts for run in set_text(text.text, text.box, text.style, fonts, "form"))


def _filled(slot: Slot, text: str, fonts: FontStack) -> list[TextRun]:
    return set_text(text, slot.box, slot.style, fonts, slot.source) if text else []


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character with its font and its width in em."""

    char: str
    font: str
    glyph: int
    advance: float


def set_text(text: str, box: Box, style: Style, fonts: FontStack, source: str) -> list[TextRun]:
    """Set a text in a box, as large as the style allows and the box has room.

    Raises:
        LayoutOverflow: there is not enough room for the smallest size.
    """
    glyphs = {char: _glyph(char, style.role, fonts) for char in set(text)}
    fitting: list[tuple[float, tuple[str, ...]]] = []
    for size in _sizes(style, one_line_only=fitting):
        widths = {char: glyph.advance * size + style.tracking for char, glyph in glyphs.items()}
        lines = break_lines(text, box.width, widths.__getitem__)
        if (len(lines) - 1) * style.leading * size + size <= box.height + 0.001:
            fitting.append((size, lines))
            if len(lines) == 1:
                break
    if not fitting:
        raise LayoutOverflow(source, len(text), style.smallest)
    # One line, a little smaller, reads better than two.
    size, lines = fitting[-1] if len(fitting[-1][1]) == 1 else fitting[0]
    return _runs([[glyphs[c] for c in line] for line in lines], _Setting(size, box, style, source))


def _sizes(style: Style, one_line_only: list[tuple[float, tuple[str, ...]]]) -> Iterator[float]:
    """The sizes to try, largest first, mm; after a first fit only those not much smaller."""
    points = style.size
    while not one_line_only or points * MM_PER_POINT >= _NEARLY * one_line_only[0][0]:
        yield points * MM_PER_POINT
        if points == style.smallest:
            return
        points = max(points - _SHRINK_STEP, style.smallest)


@lru_cache(maxsize=1 << 13)
def _glyph(char: str, role: Role, fonts: FontStack) -> _Glyph:
    font = fonts.font_for(char, role)
    if font is None:  # pragma: no cover - every text is checked before it is set
        raise KeyError(char)
    glyph = font.glyph(char)
    return _Glyph(char, font.id, glyph, font.advance(glyph))


@dataclass(frozen=True, slots=True)
class _Setting:
    """How the lines of one text are set; `size` in mm."""

    size: float
    box: Box
    style: Style
    source: str


def _runs(lines: list[list[_Glyph]], how: _Setting) -> list[TextRun]:
    pitch = how.style.leading * how.size
    height = (len(lines) - 1) * pitch + how.size
    top = how.box.y if how.style.top else how.box.y + (how.box.height - height) / 2
    runs: list[TextRun] = []
    for i, line in enumerate(lines):
        runs += _line(line, top + i * pitch + _ABOVE_BASELINE * how.size, how)
    return runs


def _line(line: list[_Glyph], y: float, how: _Setting) -> list[TextRun]:
    style = how.style
    advances = [glyph.advance * how.size + style.tracking for glyph in line]
    spare = how.box.width - sum(advances) + style.tracking
    x = how.box.x
    if style.align is Align.SPREAD and len(line) > 1:
        advances = [advance + max(spare, 0.0) / (len(line) - 1) for advance in advances]
    elif style.align is not Align.START:
        x += spare if style.align is Align.END else spare / 2
    runs: list[TextRun] = []
    first = 0
    for i in range(1, len(line) + 1):
        if i == len(line) or line[i].font != line[first].font:
            runs.append(_run(line[first:i], advances[first:i], (x, y), how))
            x += sum(advances[first:i])
            first = i
    return runs


def _run(glyphs: list[_Glyph], advances: list[float], start: tuple[float, float], how: _Setting) -> TextRun:
    return TextRun(
        x=mm(start[0]),
        y=mm(start[1]),
        size=mm(how.size),
        font=glyphs[0].font,
        text="".join(glyph.char for glyph in glyphs),
        glyphs=tuple(glyph.glyph for glyph in glyphs),
        advances=tuple(mm(advance) for advance in advances),
        colour=how.style.colour,
        source="" if how.source == "form" else how.source,
    )
