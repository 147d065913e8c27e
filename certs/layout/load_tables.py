"""Tables of a layout: rows of label and value, turned into cells, labels and places for values."""

from certs.layout.load_draft import Draft, add_slot, check_inside, named_style
from certs.layout.load_values import colour, number, numbers
from certs.layout.model import FixedText
from certs.layout.operations import Box, rectangle
from certs.strict_table import StrictTable

PADDING = 2.0


class Table:
    """Rows of label and value under each other, with or without a grid."""

    def __init__(self, draft: Draft, t: StrictTable) -> None:
        self._draft, self._t = draft, t
        self._x, self._y = numbers(t, "at", 2)
        self._width = number(t, "width")
        self._label_width = number(t, "label_width")
        self._line = colour(t, "grid", None)
        self._shade = colour(t, "shade", None)
        self._gap = number(t, "gap", 0.0)
        self._label = named_style(draft, t, "label_style", "label")
        self._value = named_style(draft, t, "value_style", "value")
        self._pending: list[FixedText] = []

    def read(self) -> None:
        """Read all rows into the draft."""
        for row in self._t.tables("rows"):
            height = number(row, "height")
            heading = row.text("heading", "")
            if heading:
                self._heading(heading, height)
            else:
                self._row(row, height)
            row.finish()
            self._y += height + self._gap
        if self._pending:
            self._t.fault("a heading has no row under it")
        self._t.finish()

    def _heading(self, text: str, height: float) -> None:
        box = self._cell(self._x, self._width, height, shade=True)
        self._pending.append(FixedText(text, box, self._draft.styles["heading"]))

    def _row(self, row: StrictTable, height: float) -> None:
        sources = row.texts("sources")
        shares = numbers(row, "shares", len(sources), (1.0,) * len(sources))
        x = self._x
        for source, share in zip(sources, shares, strict=True):
            width = self._width * share / sum(shares)
            label = self._cell(x, self._label_width, height, shade=True)
            value = self._cell(x + self._label_width, width - self._label_width, height, shade=False)
            if text := self._draft.labels.get(source, ""):
                self._pending.append(FixedText(text, label, self._label))
            add_slot(self._draft, row, source, value, self._value, before=tuple(self._pending))
            self._pending.clear()
            x += width

    def _cell(self, x: float, width: float, height: float, *, shade: bool) -> Box:
        """Draw a cell; return what is left for text."""
        cell = Box(x, self._y, width, height)
        check_inside(self._draft, self._t, "rows", cell)
        if self._line is not None:
            fill = self._shade if shade else None
            self._draft.drawing.append(rectangle(cell, stroke=self._line, fill=fill, width=0.2))
        return Box(x + PADDING, self._y, max(width - 2 * PADDING, 0.1), height)
