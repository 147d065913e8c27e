"""Read the `[layout]` table of a certificate type; every fault is listed by the strict table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from certs.layout import ornament
from certs.layout.model import CERTIFICATE_SOURCES, Align, FixedText, Layout, Role, Show, Slot, Style
from certs.layout.operations import Box, Colour, Ground, Path, rectangle
from certs.strict_table import StrictTable

BLACK = Colour(26, 26, 26)
DEFAULT = Style(Role.SANS, 12, 8, Align.START, 1.35, 0.0, BLACK, top=False)
FRAMES = MappingProxyType({"plain": ornament.plain, "meander": ornament.meander, "waves": ornament.waves})
SMALLEST_QR, LARGEST_PAGE, PADDING = 22.0, 420.0, 2.0

_COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII)
_STYLES = {
    "label": replace(DEFAULT, align=Align.SPREAD),
    "value": replace(DEFAULT, role=Role.KAI),
    "title": replace(DEFAULT, role=Role.BOLD, size=30, align=Align.CENTRE),
    "heading": replace(DEFAULT, role=Role.BOLD, align=Align.CENTRE),
    "note": replace(DEFAULT, size=8, smallest=6),
}


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What the layout needs to know of a face field: its label, and whether it is a date."""

    label: str
    date: bool


@dataclass(slots=True)
class _Draft:
    """One reading of a layout."""

    table: StrictTable
    where: str
    faults: list[str]
    fields: Mapping[str, FieldWords]
    page: Box = field(default_factory=lambda: Box(0, 0, 0, 0))
    styles: dict[str, Style] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)
    drawing: list[Path] = field(default_factory=list)
    texts: list[FixedText] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)


def read_layout(data: object, where: str, faults: list[str], fields: Mapping[str, FieldWords]) -> Layout:
    """The layout in a parsed `[layout]` table. When it adds to `faults`, the result means nothing.

    Args:
        data: the table.
        where: its name in faults.
        faults: grows by every fault found.
        fields: the face fields of the type by code. Each must be printed exactly once.
    """
    t = StrictTable(data, where, faults)
    draft = _Draft(t, where, faults, fields)
    size = numbers(t, "page", 2)
    draft.page = Box(0, 0, *size) if max(size) <= LARGEST_PAGE else Box(0, 0, 0, 0)
    if max(size) > LARGEST_PAGE:
        t.fault(f"page is larger than {LARGEST_PAGE:g} mm")
    if (paper := colour(t, "paper", None)) is not None:
        draft.drawing.append(rectangle(draft.page, fill=paper))
    _read_styles(draft)
    _read_words(draft)
    for read in (_read_frames, _read_lines, _read_tables, _read_fields, _read_texts):
        read(draft)
    layout = _finished(draft)
    t.finish()
    return layout


def _finished(draft: _Draft) -> Layout:
    t = draft.table
    qr = _box(draft, t, "qr")
    if qr.width != qr.height or qr.width < SMALLEST_QR:
        t.fault(f"qr is not a square of at least {SMALLEST_QR:g} mm")
    seal = _box(draft, t, "seal")
    photo = _box(draft, t, "photo") if t.flag("has_photo", default=False) else None
    _check_fields(draft)
    return Layout(
        draft.page.width,
        draft.page.height,
        Ground(tuple(draft.drawing)),
        tuple(draft.texts),
        tuple(draft.slots),
        seal,
        qr,
        photo,
    )


def _check_fields(draft: _Draft) -> None:
    """A certificate must say everything its data says, once."""
    printed = [slot.source for slot in draft.slots]
    for code in draft.fields:
        if printed.count(code) != 1:
            draft.table.fault(f"field {code!r} is printed {printed.count(code)} times, not once")
    if "certificate.identifier" not in printed:
        draft.table.fault("certificate.identifier is not printed")


def _read_styles(draft: _Draft) -> None:
    draft.styles.update(_STYLES)
    names = draft.table.take("styles", {})
    for name, value in names.items() if isinstance(names, Mapping) else ():
        own = StrictTable(value, f"{draft.where}.styles.{name}", draft.faults)
        draft.styles[name] = _style(own, draft.styles.get(name, DEFAULT))
        own.finish()


def _style(t: StrictTable, base: Style) -> Style:
    role = t.choice("role", frozenset(Role), base.role)
    align = t.choice("align", frozenset(Align), base.align)
    style = Style(
        role=Role(role) if role in set(Role) else base.role,
        size=number(t, "size", base.size),
        smallest=number(t, "smallest", min(base.smallest, base.size)),
        align=Align(align) if align in set(Align) else base.align,
        leading=number(t, "leading", base.leading),
        tracking=number(t, "tracking", base.tracking),
        colour=colour(t, "colour", base.colour) or base.colour,
        top=t.flag("top", default=base.top),
    )
    if not 0 < style.smallest <= style.size:
        t.fault("smallest is not between 0 and size")
    if style.leading < 1:
        t.fault("leading is less than 1")
    return style


def _read_words(draft: _Draft) -> None:
    draft.labels.update(CERTIFICATE_SOURCES)
    draft.labels.update({code: words.label for code, words in draft.fields.items()})
    for key, into in (("labels", draft.labels), ("empty", draft.empty)):
        words = draft.table.take(key, {})
        for source, text in words.items() if isinstance(words, Mapping) else ():
            if source not in draft.fields and source not in CERTIFICATE_SOURCES:
                draft.table.fault(f"{key}: {source!r} is unknown")
            if not isinstance(text, str):
                draft.table.fault(f"{key}: {source!r} is not a text")
            into[source] = str(text)


def _some(draft: _Draft, key: str) -> list[StrictTable]:
    """A list of tables that may be missing."""
    value = draft.table.take(key, [])
    if not isinstance(value, list):
        draft.table.fault(f"{key} is not a list of tables")
        return []
    return [StrictTable(v, f"{draft.where}.{key}[{i}]", draft.faults) for i, v in enumerate(value)]


def _read_frames(draft: _Draft) -> None:
    for t in _some(draft, "frames"):
        kind = t.choice("kind", frozenset(FRAMES), "plain")
        box = _box(draft, t, "box")
        ink, width = colour(t, "colour", BLACK) or BLACK, number(t, "width", 0.25)
        if kind in FRAMES and min(box.width, box.height) > 20:
            draft.drawing += FRAMES[kind](box, ink, width)
        t.finish()


def _read_lines(draft: _Draft) -> None:
    for t in _some(draft, "lines"):
        start, end = numbers(t, "start", 2), numbers(t, "end", 2)
        ink = colour(t, "colour", BLACK) or BLACK
        draft.drawing.append(ornament.line((start[0], start[1]), (end[0], end[1]), ink, number(t, "width", 0.2)))
        t.finish()


def _read_texts(draft: _Draft) -> None:
    for t in _some(draft, "texts"):
        draft.texts.append(FixedText(t.text("text"), _box(draft, t, "box"), _named_style(draft, t, "style", "note")))
        t.finish()


def _read_fields(draft: _Draft) -> None:
    for t in _some(draft, "fields"):
        source = t.text("source")
        _add_slot(draft, t, source, _box(draft, t, "box"), _named_style(draft, t, "style", "value"))
        t.finish()


def _read_tables(draft: _Draft) -> None:
    for t in _some(draft, "tables"):
        _Table(draft, t).read()


class _Table:
    """Rows of label and value under each other, with or without a grid."""

    def __init__(self, draft: _Draft, t: StrictTable) -> None:
        self._draft, self._t = draft, t
        self._x, self._y = numbers(t, "at", 2)
        self._width = number(t, "width")
        self._label_width = number(t, "label_width")
        self._line = colour(t, "grid", None)
        self._shade = colour(t, "shade", None)
        self._gap = number(t, "gap", 0.0)
        self._label = _named_style(draft, t, "label_style", "label")
        self._value = _named_style(draft, t, "value_style", "value")
        self._pending: list[FixedText] = []

    def read(self) -> None:
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
            _add_slot(self._draft, row, source, value, self._value, before=tuple(self._pending))
            self._pending.clear()
            x += width

    def _cell(self, x: float, width: float, height: float, *, shade: bool) -> Box:
        """Draw a cell; return what is left for text."""
        cell = Box(x, self._y, width, height)
        _check_inside(self._draft, self._t, "rows", cell)
        if self._line is not None:
            fill = self._shade if shade else None
            self._draft.drawing.append(rectangle(cell, stroke=self._line, fill=fill, width=0.2))
        return Box(x + PADDING, self._y, max(width - 2 * PADDING, 0.1), height)


def _add_slot(
    draft: _Draft, t: StrictTable, source: str, box: Box, style: Style, *, before: tuple[FixedText, ...] = ()
) -> None:
    if source not in draft.fields and source not in CERTIFICATE_SOURCES:
        t.fault(f"source {source!r} is neither a face field nor one of {', '.join(CERTIFICATE_SOURCES)}")
        return
    date = source in draft.fields and draft.fields[source].date
    show = Show.ZH_DATE if date or source.endswith(("_on", "_from", "_until")) else Show.AS_IS
    draft.slots.append(Slot(source, box, style, show, draft.empty.get(source, ""), before))


def _named_style(draft: _Draft, t: StrictTable, key: str, default: str) -> Style:
    name = t.text(key, default)
    if name not in draft.styles:
        t.fault(f"{key} {name!r} is not one of {', '.join(sorted(draft.styles))}")
    return draft.styles.get(name, DEFAULT)


def _box(draft: _Draft, t: StrictTable, key: str) -> Box:
    box = Box(*numbers(t, key, 4))
    if min(box.width, box.height) <= 0:
        t.fault(f"{key} has no size")
    _check_inside(draft, t, key, box)
    return box


def _check_inside(draft: _Draft, t: StrictTable, key: str, box: Box) -> None:
    if min(box.x, box.y) < 0 or box.right > draft.page.width + 0.01 or box.bottom > draft.page.height + 0.01:
        t.fault(f"{key} {box.x:g}, {box.y:g}, {box.width:g}, {box.height:g} is not on the page")


def number(t: StrictTable, key: str, default: float | None = None) -> float:
    """A number from 0."""
    value = t.take(key) if default is None else t.take(key, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10_000:
        return float(value)
    if value is not None:
        t.fault(f"{key} is not a number from 0")
    return 1.0


def numbers(t: StrictTable, key: str, count: int, default: tuple[float, ...] | None = None) -> tuple[float, ...]:
    """So many numbers from 0."""
    value = t.take(key) if default is None else t.take(key, list(default))
    good = isinstance(value, list) and len(value) == count
    if isinstance(value, list) and good and all(type(v) in {int, float} and 0 <= v < 10_000 for v in value):
        return tuple(float(v) for v in value)
    if value is not None:
        t.fault(f"{key} is not a list of {count} numbers from 0")
    return (1.0,) * count


def colour(t: StrictTable, key: str, default: Colour | None) -> Colour | None:
    """A colour `#rrggbb`; without the key the default."""
    text = t.text(key, "")
    if not text:
        return default
    match = _COLOUR.fullmatch(text)
    if match is None:
        t.fault(f"{key} {text!r} is not #rrggbb")
        return default
    return Colour(*(int(part, 16) for part in match.groups()))
