"""Drawing operations as a PDF content stream (ISO 32000-2, 8 and 9). PDF counts from the lower left, in points."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import cos, radians, sin

from certs.layout.operations import MM_PER_POINT, OPAQUE, Box, Code, Colour, Ground, Image, Page, Path, Step, TextRun
from certs.layout.qr import dark_stretches
from certs.layout.subset import Subset, subset_name
from certs.pdf.render_objects import pack, real, reals, text_string

_POINT = 1 / MM_PER_POINT
_OPERATORS = {Step.MOVE: b"m", Step.LINE: b"l", Step.CURVE: b"c", Step.CLOSE: b"h"}
_LOOSE = 0.15  # em between characters from which a reader would see spaces
_TOLERANCE = 0.25  # thousandths of an em that no eye sees


@lru_cache(maxsize=64)
def ground_stream(ground: Ground, height: float) -> bytes:
    """The shapes under the page, in millimetres from above, compressed; made once per type."""
    paths = b" ".join(_path(path) for path in ground.paths)
    return pack(b"q %b cm %b Q" % (reals(_POINT, 0, 0, -_POINT, 0, height * _POINT), paths))


def marks_stream(page: Page, subsets: Mapping[str, Subset]) -> bytes:
    """What stands on the ground. Fonts are named /F0, /F1, … in the order of `subsets`, images /I0, /I1, …."""
    names = {name: b"/F%d" % i for i, name in enumerate(subsets)}
    parts: list[bytes] = []
    images = 0
    for op in page.marks:
        match op:
            case TextRun():
                small = subset_name(op)
                parts.append(_text(op, page.height, names[small], subsets[small]))
            case Code():
                parts.append(_code(op, page.height))
            case Image():
                parts.append(b"q %b cm /I%d Do Q" % (_placed(op.box, page.height), images))
                images += 1
    return b"\n".join(parts)


def _placed(box: Box, height: float) -> bytes:
    """The matrix that puts the unit square, seen from below, into a box seen from above."""
    lengths = (box.width, 0, 0, box.height, box.x, height - box.bottom)
    return reals(*(length * _POINT for length in lengths))


def _text(run: TextRun, height: float, font: bytes, small: Subset) -> bytes:
    shown = b"BT %b %b Tf %b rg %b Tm [%b] TJ ET" % (
        font,
        real(run.size * _POINT),
        _colour(run.colour),
        _text_matrix(run, height),
        _shown(run, small),
    )
    if run.alpha < OPAQUE:
        shown = b"q %b gs %b Q" % (alpha_name(run.alpha), shown)
    extra = max(advance - small.widths[small.glyphs[c]] / 1000 * run.size for c, advance in _pairs(run))
    if extra <= _LOOSE * run.size:
        return shown
    # Spread characters read as one word all the same.
    return b"/Span<</ActualText%b>>BDC\n%b\nEMC" % (text_string(run.text), shown)


def _text_matrix(run: TextRun, height: float) -> bytes:
    turn = radians(run.rotation)
    place = (run.x * _POINT, (height - run.y) * _POINT)
    return reals(cos(turn), -sin(turn), sin(turn), cos(turn), *place)


def alpha_name(alpha: int) -> bytes:
    """The graphics state that paints with this opacity."""
    return b"/A%d" % alpha


def _pairs(run: TextRun) -> Iterator[tuple[str, float]]:
    return zip(run.text, run.advances, strict=True)


def _shown(run: TextRun, small: Subset) -> bytes:
    """The glyphs with corrections where an advance differs from the font's (thousandths of an em, to the left)."""
    out, codes = bytearray(), bytearray()
    for char, advance in _pairs(run):
        glyph = small.glyphs[char]
        codes += b"%04X" % glyph
        correction = small.widths[glyph] - 1000 * advance / run.size
        if abs(correction) > _TOLERANCE:
            out += b"<%b>%b" % (bytes(codes), real(correction))
            codes.clear()
    return bytes(out + (b"<%b>" % bytes(codes) if codes else b""))


def _path(path: Path) -> bytes:
    steps = b" ".join(b"%b %b" % (reals(*values), _OPERATORS[step]) for step, values in path.steps)
    paint = {(True, True): b"B", (True, False): b"S", (False, True): b"f", (False, False): b"n"}
    state = b"" if path.stroke is None else b"%b RG %b w " % (_colour(path.stroke), real(path.width))
    state += b"" if path.fill is None else b"%b rg " % _colour(path.fill)
    return state + steps + b" " + paint[path.stroke is not None, path.fill is not None]


def _code(code: Code, height: float) -> bytes:
    """Dark modules, counted from the lower left; those side by side in one rectangle so that no light seam shows."""
    count = len(code.modules)
    rectangles = [
        b"%d %d %d 1 re" % (first, count - 1 - row, length)
        for row, modules in enumerate(code.modules)
        for first, length in dark_stretches(modules)
    ]
    unit = Box(code.box.x, code.box.bottom - code.box.height / count, code.box.width / count, code.box.height / count)
    return b"q %b cm 0 0 0 rg %b f Q" % (_placed(unit, height), b" ".join(rectangles))


def _colour(colour: Colour) -> bytes:
    return reals(colour.red / 255, colour.green / 255, colour.blue / 255)
