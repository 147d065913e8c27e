"""Numbers, lengths and colours of a layout table; faults are noted in the table."""

import re

from certs.layout.operations import Colour
from certs.strict_table import StrictTable

_COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII)


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
