"""The diagonal mark of a purpose-marked copy (加注件): over the whole page, over everything, in every face."""

from collections.abc import Iterator
from dataclasses import replace
from math import cos, radians, sin

from certs.layout.fonts import FontStack
from certs.layout.model import Align, Role, Style
from certs.layout.operations import Box, Colour, Page, TextRun, mm
from certs.layout.place import set_text

SOURCE = "watermark"
ANGLE = -30.0  # degrees clockwise: rising to the right
ALPHA = 56

_STYLE = Style(Role.SANS, 13, 13, Align.START, 1.35, 0.6, Colour(150, 30, 30), top=True)
_GAP, _PITCH = 14.0, 24.0  # mm between the marks of a line, and between lines
_ALONG = (cos(radians(ANGLE)), sin(radians(ANGLE)))
_ACROSS = (-_ALONG[1], _ALONG[0])


def marked(page: Page, text: str, fonts: FontStack) -> Page:
    """The page with a text, such as purpose, matter and last day, across all of it.

    Every part of the page is crossed, so that no value can be cut out without a piece of the mark. The lines of the
    text take turns from top to bottom: a long mark stays whole on the page, and all of it is there several times.

    Raises:
        GlyphMissing: the text cannot be printed.
    """
    lines = text.split("\n")
    fonts.check((SOURCE, line) for line in lines)
    laid = [set_text(line, Box(0, 0, 10_000, 100), _STYLE, fonts, SOURCE) for line in lines]
    marks = [
        _moved(run, *start)
        for row in range(_rows(page))
        for start in _starts(page, row, len(laid), _length(laid[row % len(laid)]))
        for run in laid[row % len(laid)]
    ]
    return replace(page, marks=(*page.marks, *marks), said={**page.said, SOURCE: text})


def _length(runs: list[TextRun]) -> float:
    return sum(sum(run.advances) for run in runs)


def _rows(page: Page) -> int:
    _, across = _extent(page)
    return int((max(across) - min(across)) / _PITCH) + 1


def _extent(page: Page) -> tuple[list[float], list[float]]:
    """The corners of the page, measured along the marks and across them."""
    corners = [(x, y) for x in (0.0, page.width) for y in (0.0, page.height)]
    along = [x * _ALONG[0] + y * _ALONG[1] for x, y in corners]
    return along, [x * _ACROSS[0] + y * _ACROSS[1] for x, y in corners]


def _starts(page: Page, row: int, lines: int, length: float) -> Iterator[tuple[float, float]]:
    """Where marks of this length begin in a row; every second row of one line is moved by half a step."""
    along, across = _extent(page)
    step = length + _GAP
    at, first = min(across) + (row + 0.5) * _PITCH, min(along) - (1 + row // lines % 2 / 2) * step
    for i in range(int((max(along) - first) / step) + 1):
        start = _on_page(first + i * step, at)
        end = _on_page(first + i * step + length, at)
        if _crosses(page, start, end):
            yield start


def _on_page(along: float, across: float) -> tuple[float, float]:
    return along * _ALONG[0] + across * _ACROSS[0], along * _ALONG[1] + across * _ACROSS[1]


def _crosses(page: Page, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a mark shows on the page at all, looked at in steps of a sixteenth."""
    points = [[a + (b - a) * i / 16 for a, b in zip(start, end, strict=True)] for i in range(17)]
    return any(0 <= x <= page.width and 0 <= y <= page.height for x, y in points)


def _moved(run: TextRun, x: float, y: float) -> TextRun:
    """The run, which was set on a level line from the origin, on the slanting line from (x, y)."""
    x, y = x + run.x * _ALONG[0], y + run.x * _ALONG[1]
    return replace(run, x=mm(x), y=mm(y), rotation=ANGLE, alpha=ALPHA)
