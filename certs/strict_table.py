"""Read a parsed TOML or JSON table strictly: every fault is collected, every unknown key is one."""

from collections.abc import Mapping
from typing import Final

_MISSING: Final = object()


class StrictTable:
    """One table. Each getter takes its key out; `finish` reports what nobody asked for.

    A getter that finds a fault notes it and returns an empty value, so that one reading lists all faults.
    """

    def __init__(self, data: object, where: str, faults: list[str]) -> None:
        self._data: dict[str, object] = dict(data) if isinstance(data, Mapping) else {}
        self._where, self._faults = where, faults
        if not isinstance(data, Mapping):
            faults.append(f"{where}: not a table")

    def fault(self, text: str) -> None:
        """Note a fault of this table."""
        self._faults.append(f"{self._where}: {text}")

    def take(self, key: str, default: object = _MISSING) -> object:
        """The raw value; a missing key without default is a fault."""
        value = self._data.pop(key, default)
        if value is _MISSING:
            self.fault(f"{key} is missing")
            return None
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty text."""
        value = self.take(key, _MISSING if default is None else default)
        if isinstance(value, str) and (value or default == ""):
            return value
        if value is not None:
            self.fault(f"{key} is not a non-empty text")
        return ""

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        value = self.take(key, default)
        if isinstance(value, bool):
            return value
        self.fault(f"{key} is not true or false")
        return default

    def choice(self, key: str, choices: frozenset[str], default: str | None = None) -> str:
        """One of a closed list of texts."""
        value = self.text(key, default)
        if value and value not in choices:
            self.fault(f"{key} is {value!r}, not one of {', '.join(sorted(choices))}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of non-empty texts."""
        value = self.take(key, _MISSING if default is None else list(default))
        if isinstance(value, list) and all(isinstance(v, str) and v for v in value):
            return tuple(value)
        if value is not None:
            self.fault(f"{key} is not a list of texts")
        return ()

    def table(self, key: str) -> "StrictTable":
        """A required table."""
        return StrictTable(self.take(key), f"{self._where}.{key}", self._faults)

    def tables(self, key: str) -> list["StrictTable"]:
        """A required list of one or more tables."""
        value = self.take(key)
        if not isinstance(value, list) or not value:
            if value is not None:
                self.fault(f"{key} is not a list of one or more tables")
            return []
        return [StrictTable(v, f"{self._where}.{key}[{i}]", self._faults) for i, v in enumerate(value)]

    def finish(self) -> None:
        """Report the keys nobody asked for."""
        for key in self._data:
            self.fault(f"{key} is unknown")
