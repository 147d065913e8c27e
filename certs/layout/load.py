"""Read the `[layout]` table of a certificate type; every fault is listed by the strict table."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from certs.layout import ornament
from certs.layout.load_draft import BLACK, DEFAULT, Draft, FieldWords, add_slot, box_of, named_style
from certs.layout.load_tables import Table
from certs.layout.load_values import colour, number, numbers
from certs.layout.model import CERTIFICATE_SOURCES, Align, FixedText, Layout, Role, Style
from certs.layout.operations import Box, Ground, rectangle
from certs.strict_table import StrictTable

FRAMES = MappingProxyType({"plain": ornament.plain, "meander": ornament.meander, "waves": ornament.waves})
SMALLEST_QR, LARGEST_PAGE = 22.0, 420.0

_STYLES = {
    "label": replace(DEFAULT, align=Align.SPREAD),
    "value": replace(DEFAULT, role=Role.KAI),
    "title": replace(DEFAULT, role=Role.BOLD, size=30, align=Align.CENTRE),
    "heading": replace(DEFAULT, role=Role.BOLD, align=Align.CENTRE),
    "note": replace(DEFAULT, size=8, smallest=6),
}


def read_layout(data: object, where: str, faults: list[str], fields: Mapping[str, FieldWords]) -> Layout:
    """The layout in a parsed `[layout]` table. When it adds to `faults`, the result means nothing.

    Args:
        data: the table.
        where: its name in faults.
        faults: grows by every fault found.
        fields: the face fields of the type by code. Each must be printed exactly once.
    """
    t = StrictTable(data, where, faults)
    draft = Draft(t, where, faults, fields)
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


def _finished(draft: Draft) -> Layout:
    t = draft.table
    qr = box_of(draft, t, "qr")
    if qr.width != qr.height or qr.width < SMALLEST_QR:
        t.fault(f"qr is not a square of at least {SMALLEST_QR:g} mm")
    seal = box_of(draft, t, "seal")
    photo = box_of(draft, t, "photo") if t.flag("has_photo", default=False) else None
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


def _check_fields(draft: Draft) -> None:
    """A certificate must say everything its data says, once."""
    printed = [slot.source for slot in draft.slots]
    for code in draft.fields:
        if printed.count(code) != 1:
            draft.table.fault(f"field {code!r} is printed {printed.count(code)} times, not once")
    if "certificate.identifier" not in printed:
        draft.table.fault("certificate.identifier is not printed")


def _read_styles(draft: Draft) -> None:
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


def _read_words(draft: Draft) -> None:
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


def _some(draft: Draft, key: str) -> list[StrictTable]:
    """A list of tables that may be missing."""
    value = draft.table.take(key, [])
    if not isinstance(value, list):
        draft.table.fault(f"{key} is not a list of tables")
        return []
    return [StrictTable(v, f"{draft.where}.{key}[{i}]", draft.faults) for i, v in enumerate(value)]


def _read_frames(draft: Draft) -> None:
    for t in _some(draft, "frames"):
        kind = t.choice("kind", frozenset(FRAMES), "plain")
        box = box_of(draft, t, "box")
        ink, width = colour(t, "colour", BLACK) or BLACK, number(t, "width", 0.25)
        if kind in FRAMES and min(box.width, box.height) > 20:
            draft.drawing += FRAMES[kind](box, ink, width)
        t.finish()


def _read_lines(draft: Draft) -> None:
    for t in _some(draft, "lines"):
        start, end = numbers(t, "start", 2), numbers(t, "end", 2)
        ink = colour(t, "colour", BLACK) or BLACK
        draft.drawing.append(ornament.line((start[0], start[1]), (end[0], end[1]), ink, number(t, "width", 0.2)))
        t.finish()


def _read_texts(draft: Draft) -> None:
    for t in _some(draft, "texts"):
        draft.texts.append(FixedText(t.text("text"), box_of(draft, t, "box"), named_style(draft, t, "style", "note")))
        t.finish()


def _read_fields(draft: Draft) -> None:
    for t in _some(draft, "fields"):
        source = t.text("source")
        add_slot(draft, t, source, box_of(draft, t, "box"), named_style(draft, t, "style", "value"))
        t.finish()


def _read_tables(draft: Draft) -> None:
    for t in _some(draft, "tables"):
        Table(draft, t).read()
