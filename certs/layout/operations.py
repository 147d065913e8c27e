"""What a page consists of, in millimetres from its upper left corner: the one drawing every visible face shares.

A drawing says everything: which glyph of which font stands where. A face that only copies it cannot look or read
differently from the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MM_PER_POINT = 25.4 / 72
OPAQUE = 255


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour, 0–255 each."""

    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        """`#rrggbb`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its upper left corner and its size, mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class TextRun:
    """Characters of one font on one baseline.

    Attributes:
        x, y: start of the baseline, mm.
        size: em square, mm.
        font: id of a font in the stack.
        text: as many characters as `glyphs`: one each.
        glyphs: glyph ids of the whole font (not of a subset).
        advances: from each glyph's origin to the next one's, mm.
        rotation: degrees clockwise about the start of the baseline.
        alpha: from 0 (invisible) to 255 (opaque).
        source: the face field (or `certificate.…`) it prints, "" for what the form says itself.
    """

    x: float
    y: float
    size: float
    font: str
    text: str = field(repr=False)
    glyphs: tuple[int, ...] = field(repr=False)
    advances: tuple[float, ...] = field(repr=False)
    colour: Colour
    source: str = ""
    rotation: float = 0.0
    alpha: int = OPAQUE


class Step(StrEnum):
    """A step of a path: move (x, y), line (x, y), cubic curve (two control points, end), close."""

    MOVE = "M"
    LINE = "L"
    CURVE = "C"
    CLOSE = "Z"


@dataclass(frozen=True, slots=True)
class Path:
    """A path, stroked when `stroke` is set, filled (non-zero) when `fill` is. `width` of the line in mm."""

    steps: tuple[tuple[Step, tuple[float, ...]], ...] = field(repr=False)
    stroke: Colour | None = None
    fill: Colour | None = None
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Image:
    """A baseline JPEG, `columns` × `rows` pixels with 1 (grey) or 3 (RGB) components, filling its box."""

    box: Box
    data: bytes = field(repr=False)
    columns: int
    rows: int
    components: int


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code without its quiet zone: `modules[row][column]` is dark or not. `text` is what it says."""

    box: Box
    modules: tuple[tuple[bool, ...], ...] = field(repr=False)
    text: str = field(repr=False)


Operation = TextRun | Path | Image | Code


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The shapes under every certificate of a type. Compared by identity, so that a drawer may keep its work."""

    paths: tuple[Path, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A laid out certificate: its ground, what stands on it from back to front, and where the seal goes (on top).

    `said` maps every printed source to its text on the page; joined runs of a source spell exactly this.
    """

    width: float
    height: float
    title: str
    ground: Ground
    marks: tuple[TextRun | Image | Code, ...]
    seal: Box
    said: Mapping[str, str] = field(repr=False)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Everything, from back to front."""
        return (*self.ground.paths, *self.marks)

    def runs(self) -> tuple[TextRun, ...]:
        """The text runs, in reading order."""
        return tuple(op for op in self.marks if isinstance(op, TextRun))


def rectangle(box: Box, *, stroke: Colour | None = None, fill: Colour | None = None, width: float = 0.0) -> Path:
    """A rectangle as a path."""
    corners = ((box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom))
    return polygon(corners, stroke=stroke, fill=fill, width=width)


def polygon(
    corners: tuple[tuple[float, float], ...],
    *,
    stroke: Colour | None = None,
    fill: Colour | None = None,
    width: float = 0.0,
    closed: bool = True,
) -> Path:
    """Straight lines through the corners."""
    steps = [(Step.LINE if i else Step.MOVE, (mm(x), mm(y))) for i, (x, y) in enumerate(corners)]
    return Path((*steps, (Step.CLOSE, ())) if closed else tuple(steps), stroke, fill, width)


def mm(value: float) -> float:
    """A length rounded to a thousandth of a millimetre: the same on every computer."""
    return round(value, 3) + 0.0  # never minus nought
