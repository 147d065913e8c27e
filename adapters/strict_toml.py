"""Reads a TOML table strictly: unknown keys, wrong types and missing keys are all collected, none is passed over."""

import difflib
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from adapters.errors import Problem

T = TypeVar("T")
D = TypeVar("D")

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Table:
    """One table of the file; `take_*` reads a key once, `close` reports what nobody took."""

    def __init__(self, path: str, value: object, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        self._known: list[str] = []
        self._left: dict[str, object] = {}
        if isinstance(value, Mapping):
            self._left = dict(value)
        else:
            self.complain("", "must be a table")

    def complain(self, key: str, message: str) -> None:
        """Add a problem at `key` of this table (empty: the table itself)."""
        path = ".".join(part for part in (self.path, key) if part)
        self.problems.append(Problem(path or "(file)", message))

    def has(self, key: str) -> bool:
        """Whether `key` is present and not yet taken."""
        return key in self._left

    def names(self) -> tuple[str, ...]:
        """The keys not yet taken."""
        return tuple(self._left)

    def take(self, key: str, read: Callable[[object], T], default: D, *, required: bool = False) -> T | D:
        """Read `key` with `read`, which raises ValueError; any problem is noted and `default` returned."""
        self._known.append(key)
        if key not in self._left:
            if required:
                self.complain(key, "is required")
            return default
        try:
            return read(self._left.pop(key))
        except ValueError as error:
            self.complain(key, str(error))
            return default

    def take_table(self, key: str) -> "Table | None":
        """The sub-table `key`, or None when absent."""
        self._known.append(key)
        if key not in self._left:
            return None
        return Table(f"{self.path}.{key}" if self.path else key, self._left.pop(key), self.problems)

    def close(self) -> None:
        """Report every key that no one asked for, with the nearest known name."""
        for key in self._left:
            near = difflib.get_close_matches(key, self._known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(sorted(self._known))}"
            self.complain(key, f"unknown key{hint}")


def text(value: object) -> str:
    """A non-empty string."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a non-empty string")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of non-empty, distinct strings."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of strings")
    found = tuple(text(part) for part in value)
    if len(set(found)) != len(found):
        raise ValueError("names something twice")
    return found


def text_or_texts(value: object) -> tuple[str, ...]:
    """A string, or a list of strings."""
    return (text(value),) if isinstance(value, str) else texts(value)


def string_map(value: object) -> dict[str, str]:
    """A table of strings."""
    if not isinstance(value, Mapping) or not value or not all(isinstance(part, str) for part in value.values()):
        raise ValueError("must be a table of strings")
    return dict(value)


def one_of(*allowed: str) -> Callable[[object], str]:
    """A reader for a closed list of words."""

    def read(value: object) -> str:
        if value not in allowed:
            near = difflib.get_close_matches(str(value), allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"must be one of {', '.join(allowed)}{hint}")
        return str(value)

    return read


def whole(low: int, high: int) -> Callable[[object], int]:
    """A reader for whole numbers within bounds."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def seconds(value: object) -> float:
    """A duration such as `"10m"`, in seconds; from 0 s to 30 d."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) * _SECONDS[match[2]] > 30 * 86400:
        raise ValueError('must be a duration like "30s", "10m", "2h" or "1d", at most 30 days')
    return float(int(match[1]) * _SECONDS[match[2]])
