"""Read a parsed TOML or JSON table strictly: every fault is collected, every unknown key is one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_MISSING: Final = object()
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_DIGEST_BYTES: Final = 32


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

    def digest(self, key: str) -> bytes:
        """A digest of 32 bytes (SHA-256, SM3) in lower-case hexadecimal digits."""
        return self._digest(key, self.text(key))

    def optional_digest(self, key: str) -> bytes | None:
        """A digest as `digest` reads it, or null."""
        value = self.take(key, None)
        return None if value is None else self._digest(key, value if isinstance(value, str) and value else "-")

    def _digest(self, key: str, text: str) -> bytes:
        try:
            digest = bytes.fromhex(text)
        except ValueError:
            digest = b""
        if text and (len(digest) != _DIGEST_BYTES or digest.hex() != text):
            self.fault(f"{key} is not {2 * _DIGEST_BYTES} lower-case hexadecimal digits")
        return digest

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

    def number(self, key: str) -> int:
        """A whole number from 0."""
        value = self.take(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if value is not None:
            self.fault(f"{key} is not a whole number from 0")
        return 0

    def instant(self, key: str) -> datetime:
        """An ISO 8601 time with its zone."""
        return self._instant(key, self.text(key)) or _EPOCH

    def optional_instant(self, key: str) -> datetime | None:
        """An ISO 8601 time with its zone, or null."""
        value = self.take(key, None)
        return None if value is None else self._instant(key, value)

    def _instant(self, key: str, value: object) -> datetime | None:
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
            if at is not None and at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):  # no time, or one that in UTC lies outside of all years
            pass
        self.fault(f"{key} is not a time with its zone")
        return None

    def table(self, key: str) -> "StrictTable":
        """A required table."""
        return StrictTable(self.take(key), f"{self._where}.{key}", self._faults)

    def optional_table(self, key: str) -> "StrictTable | None":
        """A table, or null, or nothing."""
        value = self.take(key, None)
        return None if value is None else StrictTable(value, f"{self._where}.{key}", self._faults)

    def tables(self, key: str, *, at_least: int = 1) -> list["StrictTable"]:
        """A required list of tables."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) < at_least:
            if value is not None:
                self.fault(f"{key} is not a list of {at_least} or more tables")
            return []
        return [StrictTable(v, f"{self._where}.{key}[{i}]", self._faults) for i, v in enumerate(value)]

    def finish(self) -> None:
        """Report the keys nobody asked for."""
        for key in self._data:
            self.fault(f"{key} is unknown")
