"""Typed reading of plain data (TOML tables, JSON bodies) into frozen values, and writing them back.

Strict: an unknown key is an error with a suggestion, a missing key or a value of the wrong type is an error, and
all of them are reported, not the first. The types are read from the dataclasses, so file format and model are one.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from catalog.errors import CatalogueInvalidError
from catalog.findings import Finding, Path


class _Broken:
    """Stands for a value that could not be read; its problems are already listed."""


BROKEN = _Broken()
_SHAPES: dict[Any, Mapping[str, tuple[Any, bool]]] = {}  # what the dataclasses say, read once


def decode(hint: Any, value: object, path: Path, problems: list[Finding]) -> Any:
    """Read `value` as `hint`; append every problem to `problems` and return `BROKEN` when there is any."""
    if isinstance(hint, NewType):
        return decode(hint.__supertype__, value, path, problems)
    if is_dataclass(hint):
        return _decode_table(hint, value, path, problems)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _decode_optional(hint, value, path, problems)
    if origin is tuple:
        return _decode_array(get_args(hint)[0], value, path, problems)
    if origin is Mapping:
        return _decode_mapping(get_args(hint)[1], value, path, problems)
    return _decode_scalar(hint, value, path, problems)


def read(cls: type[Any], value: object) -> Any:
    """Read one stored body as `cls`.

    Raises:
        CatalogueInvalidError: the body does not have the shape of `cls`; all problems are listed.
    """
    problems: list[Finding] = []
    result = decode(cls, value, (), problems)
    if problems:
        raise CatalogueInvalidError(problems, cls.__name__)
    return result


def encode(value: object) -> Any:
    """Write a frozen value as plain JSON data; dates and instants as ISO 8601 text, `None` and defaults kept."""
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [encode(entry) for entry in value]
    return value


def _shape(cls: Any) -> Mapping[str, tuple[Any, bool]]:
    """Field name -> (type, must be given)."""
    if cls not in _SHAPES:
        hints = get_type_hints(cls)
        _SHAPES[cls] = {f.name: (hints[f.name], _is_required(f)) for f in fields(cls)}
    return _SHAPES[cls]


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode_table(cls: Any, value: object, path: Path, problems: list[Finding]) -> Any:
    if not isinstance(value, Mapping):
        return _wrong(path, "a table", value, problems)
    shape = _shape(cls)
    unknown = [key for key in value if key not in shape]
    problems.extend(_unknown_key(key, shape, path) for key in unknown)
    missing = [name for name, (_, required) in shape.items() if required and name not in value]
    problems.extend(Finding("missing-key", path, f"`{name}` is missing") for name in missing)
    read_fields = {
        name: decode(hint, value[name], (*path, name), problems) for name, (hint, _) in shape.items() if name in value
    }
    if unknown or missing or any(entry is BROKEN for entry in read_fields.values()):
        return BROKEN
    return cls(**read_fields)


def _unknown_key(key: str, shape: Mapping[str, object], path: Path) -> Finding:
    close = difflib.get_close_matches(key, shape, n=1)
    hint = f", did you mean `{close[0]}`?" if close else f"; known: {', '.join(shape)}"
    return Finding("unknown-key", (*path, key), f"unknown key `{key}`{hint}")


def _decode_optional(hint: Any, value: object, path: Path, problems: list[Finding]) -> Any:
    if value is None:
        return None
    (inner,) = (option for option in get_args(hint) if option is not NoneType)
    return decode(inner, value, path, problems)


def _decode_array(hint: Any, value: object, path: Path, problems: list[Finding]) -> Any:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return _wrong(path, "an array", value, problems)
    entries = tuple(decode(hint, entry, (*path, index), problems) for index, entry in enumerate(value))
    return BROKEN if any(entry is BROKEN for entry in entries) else entries


def _decode_mapping(hint: Any, value: object, path: Path, problems: list[Finding]) -> Any:
    if not isinstance(value, Mapping):
        return _wrong(path, "a table", value, problems)
    entries = {key: decode(hint, entry, (*path, key), problems) for key, entry in value.items()}
    return BROKEN if any(entry is BROKEN for entry in entries.values()) else entries


def _decode_scalar(hint: type[Any], value: object, path: Path, problems: list[Finding]) -> Any:
    if issubclass(hint, StrEnum):
        return _decode_enum(hint, value, path, problems)
    if hint is datetime:
        return _decode_instant(value, path, problems)
    if hint is date:
        return _decode_date(value, path, problems)
    if type(value) is not hint:  # exact: True is an int, and must not be read as one
        return _wrong(path, {"str": "text", "int": "a whole number"}.get(hint.__name__, hint.__name__), value, problems)
    return value


def _decode_enum(hint: type[StrEnum], value: object, path: Path, problems: list[Finding]) -> Any:
    allowed = [member.value for member in hint]
    if isinstance(value, str) and value in allowed:
        return hint(value)
    close = difflib.get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
    hint_text = f", did you mean `{close[0]}`?" if close else f"; one of {', '.join(allowed)}"
    problems.append(Finding("unknown-value", path, f"`{value}` is not in the list{hint_text}"))
    return BROKEN


def _decode_instant(value: object, path: Path, problems: list[Finding]) -> Any:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        instant = None
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        return _wrong(path, "an instant with its UTC offset, such as 2026-01-01T00:00:00+08:00", value, problems)
    return instant


def _decode_date(value: object, path: Path, problems: list[Finding]) -> Any:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        return _wrong(path, "a date, such as 2026-01-01", value, problems)
    return day


def _wrong(path: Path, wanted: str, value: object, problems: list[Finding]) -> _Broken:
    problems.append(Finding("wrong-type", path, f"wanted {wanted}, found {type(value).__name__}"))
    return BROKEN
