"""One reading of a layout: what has been read so far, and the parts every section is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.layout.load_values import numbers
from certs.layout.model import CERTIFICATE_SOURCES, Align, FixedText, Role, Show, Slot, Style
from certs.layout.operations import Box, Colour, Path
from certs.strict_table import StrictTable

BLACK = Colour(26, 26, 26)
DEFAULT = Style(Role.SANS, 12, 8, Align.START, 1.35, 0.0, BLACK, top=False)


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What the layout needs to know of a face field: its label, and whether it is a date."""

    label: str
    date: bool


@dataclass(slots=True)
class Draft:
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


def add_slot(
    draft: Draft, t: StrictTable, source: str, box: Box, style: Style, *, before: tuple[FixedText, ...] = ()
) -> None:
    """A place for the value of a source, with what is read before it."""
    if source not in draft.fields and source not in CERTIFICATE_SOURCES:
        t.fault(f"source {source!r} is neither a face field nor one of {', '.join(CERTIFICATE_SOURCES)}")
        return
    date = source in draft.fields and draft.fields[source].date
    show = Show.ZH_DATE if date or source.endswith(("_on", "_from", "_until")) else Show.AS_IS
    draft.slots.append(Slot(source, box, style, show, draft.empty.get(source, ""), before))


def named_style(draft: Draft, t: StrictTable, key: str, default: str) -> Style:
    """The style a key names."""
    name = t.text(key, default)
    if name not in draft.styles:
        t.fault(f"{key} {name!r} is not one of {', '.join(sorted(draft.styles))}")
    return draft.styles.get(name, DEFAULT)


def box_of(draft: Draft, t: StrictTable, key: str) -> Box:
    """The box under a key: x, y, width, height, on the page."""
    box = Box(*numbers(t, key, 4))
    if min(box.width, box.height) <= 0:
        t.fault(f"{key} has no size")
    check_inside(draft, t, key, box)
    return box


def check_inside(draft: Draft, t: StrictTable, key: str, box: Box) -> None:
    """Note a fault when the box leaves the page."""
    if min(box.x, box.y) < 0 or box.right > draft.page.width + 0.01 or box.bottom > draft.page.height + 0.01:
        t.fault(f"{key} {box.x:g}, {box.y:g}, {box.width:g}, {box.height:g} is not on the page")
