"""A band below the page with what a purpose-marked copy (加注件) is for, in clear text.

The page grows by the band, so that nothing of the certificate is covered or moved, whatever its type's layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from certs.layout.fonts import FontStack
from certs.layout.model import Align, Role, Style
from certs.layout.operations import Box, Colour, Page, TextRun
from certs.layout.place import set_text

HEIGHT: Final = 32.0  # mm
_MARGIN, _ROW, _TITLE, _LABEL, _GAP = 10.0, 9.0, 26.0, 17.0, 3.0  # mm
_RED, _INK, _GREY = Colour(150, 30, 30), Colour(20, 20, 20), Colour(90, 90, 90)
_STYLES: Final = {
    "title": Style(Role.BOLD, 16, 12, Align.START, 1.3, 1.0, _RED, top=False),
    "label": Style(Role.SANS, 8.5, 7, Align.START, 1.3, 0.0, _GREY, top=False),
    "value": Style(Role.SANS, 10, 6, Align.START, 1.25, 0.0, _INK, top=False),
}


@dataclass(frozen=True, slots=True)
class BandRow:
    """A label and its value; `source` names the value among what the page says."""

    source: str
    label: str
    value: str


def with_band(page: Page, title: str, rows: Sequence[BandRow], fonts: FontStack) -> Page:
    """The page with a band of `HEIGHT` below it: the title on the left, six rows at most in two columns.

    Raises:
        GlyphMissing: a text cannot be printed.
        LayoutOverflow: a value is too long.
    """
    if len(rows) > 2 * int(HEIGHT // _ROW):
        raise ValueError(f"{len(rows)} rows")
    fonts.check([("form", title), *((row.source, row.label + row.value) for row in rows)])
    top = page.height + (HEIGHT - 3 * _ROW) / 2
    marks = set_text(title, Box(_MARGIN, top, _TITLE, 3 * _ROW), _STYLES["title"], fonts, "form")
    width = (page.width - 2 * _MARGIN - _TITLE) / 2
    for i, row in enumerate(rows):
        left = _MARGIN + _TITLE + i % 2 * width
        marks += _row(row, Box(left, top + i // 2 * _ROW, width - _GAP, _ROW), fonts)
    said = {**page.said, **{row.source: row.value for row in rows}}
    return replace(page, height=page.height + HEIGHT, marks=(*page.marks, *marks), said=said)


def _row(row: BandRow, box: Box, fonts: FontStack) -> list[TextRun]:
    label = Box(box.x, box.y, _LABEL, box.height)
    value = Box(box.x + _LABEL, box.y, box.width - _LABEL, box.height)
    return [
        *set_text(row.label, label, _STYLES["label"], fonts, "form"),
        *set_text(row.value, value, _STYLES["value"], fonts, row.source),
    ]
