"""What a page is: drawing operations in millimetres, origin at the top left, y downwards. No layout happens here.

A layout turns a certificate into these values; the OFD writer and other drawers turn them into files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Colour = tuple[int, int, int]
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class TextRun:
    """Glyphs on one base line that begins at (x, y).

    Attributes:
        font: id of a `FontFile`, which must hold a glyph for every character.
        size: size of the em square in mm (1 pt is 0.3528 mm).
        advances: distance in mm from each glyph's origin to the next one's; as many as characters.
        rotation: degrees clockwise about the origin of the first glyph.
        alpha: 0 (invisible) to 255 (opaque).
        shared: the same on many pages, so that a writer may keep what it makes of it.
    """

    font: str
    size: float
    x: float
    y: float
    text: str = field(repr=False)
    advances: tuple[float, ...] = field(repr=False)
    colour: Colour = BLACK
    rotation: float = 0.0
    alpha: int = 255
    shared: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Lines and areas. `segments` are ("M", x, y), ("L", x, y), ("B", x1, y1, x2, y2, x, y) and ("C",) to close.

    Compared by identity, so that a writer may keep what it makes of the thousand curves of a form.
    """

    segments: tuple[tuple[str | float, ...], ...]
    line_width: float = 0.25
    stroke: Colour | None = BLACK
    fill: Colour | None = None


@dataclass(frozen=True, slots=True)
class Squares:
    """Black squares of a raster, such as a QR code, whose upper left corner is at (x, y).

    Attributes:
        side: of one square, mm.
        stretches: (row, first column, how many side by side), counted from 0.
    """

    x: float
    y: float
    side: float
    stretches: tuple[tuple[int, int, int], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Image:
    """An `ImageFile` scaled into a box."""

    image: str
    x: float
    y: float
    width: float
    height: float


Operation = TextRun | Path | Squares | Image


@dataclass(frozen=True, slots=True)
class Page:
    """One page and what is drawn on it, first at the bottom."""

    width: float
    height: float
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font, already a subset with a Unicode character map: TrueType or OpenType bytes.

    `glyphs` gives the glyph id in this font of characters beyond the basic plane (𬭬): readers that take text as
    UTF-16 find no glyph for half of one, and draw two boxes unless they are told.
    """

    name: str
    data: bytes = field(repr=False)
    family: str = ""
    extension: str = "ttf"
    glyphs: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image: `format` is PNG or JPEG."""

    format: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Pages with the fonts and images they name."""

    pages: tuple[Page, ...]
    fonts: Mapping[str, FontFile]
    images: Mapping[str, ImageFile]
