"""JSON that means the same to every reader (RFC 8259, RFC 7493), and one canonical way to write it.

Reading is fast when the bytes are already the compact form of their own value: writing the value again gives
the same bytes, which rules out duplicate members, NaN, lost digits and odd escapes at once. Every other spelling
takes the slow, hooked parser.
"""

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final, NoReturn

import orjson

from certs.errors import JsonRefused

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
_INT_DIGITS: Final = 20
_INT_RANGE: Final = range(-(2**63), 2**64)


def loads_strict(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """The value of one UTF-8 JSON text.

    Raises:
        JsonRefused: larger than `max_bytes`, nested deeper than `max_depth`, not UTF-8, not JSON, a duplicate
            member, NaN or Infinity (also by overflow), an integer beyond 64 bits, or a lone surrogate.
    """
    if len(data) > max_bytes:
        raise JsonRefused(f"JSON exceeds {max_bytes} bytes", size=len(data))
    try:
        value: object = orjson.loads(data)
        if orjson.dumps(value) != data:
            value = _loads_hooked(data)
    except (orjson.JSONEncodeError, RecursionError) as error:  # nested beyond what the libraries take
        raise JsonRefused("JSON is nested too deeply") from error
    except ValueError as error:
        raise JsonRefused("not JSON") from error
    if data.count(b"[") + data.count(b"{") > max_depth:
        _check_depth(value, max_depth)
    return value


def loads_compact(texts: Sequence[bytes]) -> list[object] | None:
    """Many small values in one pass, if each text is the compact form of its own value; else None.

    The texts are read as members of one array and each is written again: a text that is not exactly one value, or
    could be read in two ways, does not come back the same. None means: read them one by one and learn what is wrong.
    """
    joined = b",".join(texts)
    if joined.count(b"[") + joined.count(b"{") >= MAX_DEPTH + len(texts) or len(joined) > MAX_BYTES:
        return None  # one of them may be nested too deeply
    try:
        values: list[object] = orjson.loads(b"[%b]" % joined)
        return values if list(map(orjson.dumps, values)) == texts else None
    except (ValueError, RecursionError):
        return None


def loads_object(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> dict[str, object]:
    """Like `loads_strict`, for a text that must be an object.

    Raises:
        JsonRefused: as `loads_strict`, or another kind of value.
    """
    value = loads_strict(data, max_bytes, max_depth)
    if not isinstance(value, dict):
        raise JsonRefused("JSON is not an object")
    return value


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON, members in the given order.

    Raises:
        JsonRefused: NaN, Infinity, an integer beyond 64 bits, or something JSON does not have.
    """
    return _dump(value, orjson.OPT_PASSTHROUGH_DATACLASS)


def dumps_each(values: Iterable[object]) -> list[bytes]:
    """`dumps` of many values that are known to hold no NaN, no Infinity and no dataclass.

    Raises:
        JsonRefused: an integer beyond 64 bits, or something JSON does not have.
    """
    try:
        return list(map(orjson.dumps, values))
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise JsonRefused("value has no JSON form") from error


def canonical(value: object) -> bytes:
    """Compact UTF-8 JSON with members sorted by code point: equal values give equal bytes.

    Sorting differs from RFC 8785 only for names beyond U+FFFF; numbers are written as orjson writes them.

    Raises:
        JsonRefused: NaN, Infinity, an integer beyond 64 bits, or something JSON does not have.
    """
    return _dump(value, orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_SORT_KEYS)


def _dump(value: object, option: int) -> bytes:
    try:
        data = orjson.dumps(value, option=option)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise JsonRefused("value has no JSON form") from error
    if b"null" in data:  # orjson writes NaN and Infinity as null
        _check_finite(value)
    return data


def _check_finite(value: object) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
        elif isinstance(item, float) and not isfinite(item):
            raise JsonRefused("NaN and Infinity have no JSON form")


def _check_depth(value: object, max_depth: int) -> None:
    level = [value]
    for _ in range(max_depth):
        level = [inner for item in level for inner in _members(item)]
    if any(isinstance(item, dict | list) for item in level):
        raise JsonRefused(f"JSON is nested deeper than {max_depth}")


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _loads_hooked(data: bytes) -> object:
    value: object = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_object,
        parse_constant=_constant,
        parse_int=_integer,
        parse_float=_float,
    )
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonRefused("duplicate member in a JSON object")
    return members


def _constant(name: str) -> NoReturn:
    raise JsonRefused(f"{name} is not JSON")


def _integer(digits: str) -> int:
    # length first: turning a million digits into a number is itself an attack
    if len(digits) > _INT_DIGITS or (value := int(digits)) not in _INT_RANGE:
        raise JsonRefused("integer beyond 64 bits")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise JsonRefused("number beyond the range of a double")
    return value
