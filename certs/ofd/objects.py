"""Drawing operations as page objects (GB/T 33190-2016 §8-11). Coordinates inside an object count from its Boundary."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby, repeat
from math import cos, isfinite, radians, sin
from typing import Final, NamedTuple, TypeVar
from xml.sax.saxutils import escape, quoteattr

from certs.ofd.errors import PageRefused
from certs.ofd.page import BLACK, Colour, Image, Operation, Page, Path, Squares, TextRun

T = TypeVar("T")
_BASIC_PLANE: Final = 0xFFFF
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COORDINATES: Final = {"M": 2, "L": 2, "B": 6, "C": 0}


@lru_cache(1 << 16)
def number(value: float) -> str:
    """A length in mm with at most four decimals, always spelled the same. Remembered: a page repeats few lengths.

    Raises:
        PageRefused: not a finite number.
    """
    if not isfinite(value):
        raise PageRefused("a length that is not a number")
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float) -> str:
    """Lengths separated by spaces."""
    return " ".join(map(number, values))


def text(value: str) -> str:
    """Text for an element.

    Raises:
        PageRefused: a character XML 1.0 has not.
    """
    if foreign := _NOT_IN_XML.search(value):
        raise PageRefused(f"character U+{ord(foreign[0]):04X} has no place in a document")
    return escape(value)


def attribute(value: str) -> str:
    """Text for an attribute, with its quotes; raises PageRefused as `text`."""
    text(value)
    return quoteattr(value, {"\n": "&#10;", "\t": "&#9;"})


class FontUse(NamedTuple):
    """A font's number in the document, and its glyph ids of characters beyond the basic plane."""

    id: int
    glyphs: Mapping[str, int]


def page_objects(page: Page, ids: Iterable[int], fonts: Mapping[str, FontUse], images: Mapping[str, int]) -> str:
    """The objects of a page in drawing order; `ids` gives each its number, the mappings those of the resources.

    Raises:
        PageRefused: an operation names an unknown resource or has impossible values.
    """
    drawn = []
    for operation, object_id in zip(page.operations, ids, strict=False):
        drawn.append(_object(operation, object_id, fonts, images))
    return "".join(drawn)


def _object(operation: Operation, object_id: int, fonts: Mapping[str, FontUse], images: Mapping[str, int]) -> str:
    if isinstance(operation, TextRun):
        return _text_object(operation, object_id, _resource(operation.font, fonts))
    if isinstance(operation, Image):
        return _image_object(operation, object_id, _resource(operation.image, images))
    if isinstance(operation, Squares):
        return _squares_object(operation, object_id)
    return _path_object(operation, object_id)


def _resource(name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise PageRefused(f"no font or image {name[:64]!r}")
    return known[name]


def _text_object(run: TextRun, object_id: int, font: FontUse) -> str:
    needs_glyphs = any(character in font.glyphs for character in run.text) if font.glyphs else False
    markup = _shared_markup(run, font.id) if run.shared and not needs_glyphs else _text_markup(run, font)
    return f'<ofd:TextObject ID="{object_id}" {markup}</ofd:TextObject>'


@lru_cache(1024)
def _shared_markup(run: TextRun, font_id: int) -> str:
    """What a form itself says is the same on every certificate: remembered. Nobody's values are in here."""
    return _text_markup(run, FontUse(font_id, {}))


def _text_markup(run: TextRun, font: FontUse) -> str:
    """All but the number. The boundary is a box around the run that no glyph leaves: clipping never cuts a stroke."""
    if not run.text or len(run.advances) != len(run.text):
        raise PageRefused(f"{len(run.text)} characters with {len(run.advances)} advances")
    if not (run.size > 0 and 0 <= run.alpha <= 255):
        raise PageRefused("text without size or with an impossible alpha")
    width, height = sum(run.advances) + run.size, 2 * run.size
    if run.rotation:
        turn = radians(run.rotation)
        side = 2 * (width + height)
        box = (run.x - side / 2, run.y - side / 2, side, side)
        origin, shift = (0.0, 0.0), (side / 2, side / 2)
        matrix = f' CTM="{numbers(cos(turn), sin(turn), -sin(turn), cos(turn), *shift)}"'
    else:
        box = (run.x - run.size / 2, run.y - 1.4 * run.size, width, height)
        origin, matrix = (run.size / 2, 1.4 * run.size), ""
    alpha = f' Alpha="{run.alpha}"' if run.alpha < 255 else ""
    return (
        f'Boundary="{numbers(*box)}"{matrix}{alpha} Font="{font.id}" '
        f'Size="{number(run.size)}">{_colour("FillColor", run.colour)}'
        f"{_glyph_transforms(run.text, font.glyphs)}{_text_codes(run, *origin, font.glyphs)}"
    )


def _glyph_transforms(characters: str, glyphs: Mapping[str, int]) -> str:
    """A CGTransform (§11.4.1) per character that needs one. Positions count UTF-16 units, as readers do."""
    found, position = [], 0
    for character in characters:
        units = 2 if ord(character) > _BASIC_PLANE else 1
        if character in glyphs:
            found.append(
                f'<ofd:CGTransform CodePosition="{position}" CodeCount="{units}" GlyphCount="1">'
                f"<ofd:Glyphs>{glyphs[character]}</ofd:Glyphs></ofd:CGTransform>"
            )
        position += units
    return "".join(found)


def _text_codes(run: TextRun, x: float, y: float, glyphs: Mapping[str, int]) -> str:
    """TextCodes on one base line; a transformed character has its own, so that nobody counts into its neighbour."""
    codes = []
    for _, same in groupby(range(len(run.text)), lambda i: i if run.text[i] in glyphs else -1):
        part = list(same)
        start, end = part[0], part[-1] + 1
        deltas = f' DeltaX="{_deltas(run.advances[start : end - 1])}"' if end - start > 1 else ""
        at = number(x + sum(run.advances[:start]))
        codes.append(f'<ofd:TextCode X="{at}" Y="{number(y)}"{deltas}>{text(run.text[start:end])}</ofd:TextCode>')
    return "".join(codes)


def _deltas(advances: Iterable[float]) -> str:
    """DeltaX, with three and more equal ones as `g count value` (§11.3)."""
    parts: list[str] = []
    for value, same in groupby(map(number, advances)):
        count = sum(1 for _ in same)
        parts += ["g", str(count), value] if count > 2 else list(repeat(value, count))
    return " ".join(parts)


def _path_object(path: Path, object_id: int) -> str:
    return f'<ofd:PathObject ID="{object_id}" {_path_markup(path)}</ofd:PathObject>'


@lru_cache(192)
def _path_markup(path: Path) -> str:
    """All but the number. Remembered, because the ground of a form is the same thousand curves on every certificate.

    Enough for the grounds of all types (some 130 paths); bounded to about 20 MB whatever passes through.
    """
    points = list(_points(path))
    left, top = min(x for x, _ in points), min(y for _, y in points)
    half = path.line_width / 2
    width, height = (max(p[i] for p in points) - (left, top)[i] + path.line_width for i in (0, 1))
    x0, y0 = left - half, top - half
    data = " ".join(_segment(s, x0, y0) for s in path.segments)
    flags = ("" if path.stroke else ' Stroke="false"') + (' Fill="true"' if path.fill else "")
    return (
        f'Boundary="{numbers(x0, y0, width, height)}" LineWidth="{number(path.line_width)}"{flags}>'
        f"{_colour('StrokeColor', path.stroke)}{_colour('FillColor', path.fill)}"
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData>"
    )


def _points(path: Path) -> Iterable[tuple[float, float]]:
    found = False
    for kind, *values in path.segments:
        lengths = [v for v in values if not isinstance(v, str)]
        if _COORDINATES.get(str(kind)) != len(lengths) or len(lengths) != len(values) or (kind != "M" and not found):
            raise PageRefused(f"path segment {str(kind)[:8]!r} with {len(values)} values")
        found = True
        yield from zip(lengths[::2], lengths[1::2], strict=True)
    if not found:
        raise PageRefused("an empty path")


def _segment(segment: tuple[str | float, ...], x0: float, y0: float) -> str:
    kind, *values = segment
    moved = [float(v) - (x0, y0)[i % 2] for i, v in enumerate(values)]
    return " ".join([str(kind), *map(number, moved)])


def _squares_object(squares: Squares, object_id: int) -> str:
    """One filled path; a stretch is one rectangle, so that no light seam shows inside it."""
    ends = [(row + 1, first + length) for row, first, length in squares.stretches]
    if (
        not ends
        or squares.side <= 0
        or min(map(min, squares.stretches)) < 0
        or min(length for _, _, length in squares.stretches) < 1
    ):
        raise PageRefused("a raster without squares")
    rows, columns = (max(values) for values in zip(*ends, strict=True))
    at = [number(i * squares.side) for i in range(max(rows, columns) + 1)]
    data = " ".join(
        f"M {at[first]} {at[row]} L {at[end]} {at[row]} L {at[end]} {at[below]} L {at[first]} {at[below]} C"
        for (row, first, _), (below, end) in zip(squares.stretches, ends, strict=True)
    )
    box = numbers(squares.x, squares.y, columns * squares.side, rows * squares.side)
    return (
        f'<ofd:PathObject ID="{object_id}" Boundary="{box}" LineWidth="0" Stroke="false" Fill="true">'
        f"{_colour('FillColor', BLACK)}<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _image_object(image: Image, object_id: int, resource: int) -> str:
    if not (image.width > 0 and image.height > 0):
        raise PageRefused("an image without size")
    return (
        f'<ofd:ImageObject ID="{object_id}" Boundary="{numbers(image.x, image.y, image.width, image.height)}" '
        f'CTM="{numbers(image.width, 0, 0, image.height, 0, 0)}" ResourceID="{resource}"/>'
    )


def _colour(element: str, colour: Colour | None) -> str:
    if colour is None:
        return ""
    if not all(0 <= c <= 255 for c in colour):
        raise PageRefused(f"colour {colour}")
    return f'<ofd:{element} Value="{" ".join(map(str, colour))}"/>'
