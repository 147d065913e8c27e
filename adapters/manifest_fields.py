"""Reads `[map]` and `[[rules]]` of a manifest."""

import re
from datetime import date

import polars as pl

from adapters.dates import pattern_of
from adapters.model import Field, Function, Rule, RuleKind
from adapters.strict_toml import Table, string_map, text, text_or_texts, texts, whole

_ITEM = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FUNCTIONS = tuple(str(function) for function in Function if function is not Function.COLUMN)
_TODAY = "today"
_RANGES = (RuleKind.DATE_RANGE, RuleKind.NUMBER_RANGE, RuleKind.LENGTH)


def read_fields(top: Table) -> tuple[Field, ...]:
    """The mapping, in the order of the file; problems are noted on the table."""
    table = top.take_table("map")
    if table is None or not table.names():
        top.complain("map", "is required and names at least one item")
        return ()
    found = []
    for item in table.names():
        if not _ITEM.fullmatch(item):
            table.complain(item, "an item code is snake_case ASCII")
        mapped = table.take(item, lambda value, item=item: _field(table, item, value), None)  # type: ignore[misc]  # binds the loop variable
        if mapped is not None:
            found.append(mapped)
    return tuple(found)


def _field(table: Table, item: str, value: object) -> Field | None:
    if isinstance(value, str):
        return Field(item=item, function=Function.COLUMN, columns=(text(value),))
    inner = Table(f"{table.path}.{item}", value, table.problems)
    named = [name for name in _FUNCTIONS if inner.has(name)]
    if len(named) != 1:
        raise ValueError(f"takes a column name or exactly one of the functions {', '.join(_FUNCTIONS)}")
    function = Function(named[0])
    mapped = Field(
        item=item,
        function=function,
        columns=_columns(inner, function),
        formats=inner.take("format", _formats, (), required=True) if function is Function.DATE else (),
        empty=inner.take("empty", text_or_texts, ()) if function is Function.DATE else (),
        table=inner.take("table", string_map, {}, required=True) if function is Function.CODE else {},
        separator=inner.take("separator", _separator, "") if function is Function.CONCAT else "",
    )
    inner.close()
    return mapped


def _columns(inner: Table, function: Function) -> tuple[str, ...]:
    if function is Function.CONCAT:
        return inner.take(function, texts, ())
    return (inner.take(function, text, ""),)


def _separator(value: object) -> str:
    if not isinstance(value, str) or len(value) > 10:
        raise ValueError("must be a string of at most ten characters")
    return value


def _formats(value: object) -> tuple[str, ...]:
    formats = text_or_texts(value)
    for format_ in formats:
        pattern_of(format_)
    return formats


def read_rules(top: Table, items: set[str]) -> tuple[Rule, ...]:
    """The rules, in the order of the file; problems are noted on the table."""
    listed = top.take("rules", _list, ())
    found = []
    for number, value in enumerate(listed):
        table = Table(f"rules[{number}]", value, top.problems)
        rule = _rule(table)
        table.close()
        if rule is None:
            continue
        for item in rule.items:
            if item and item not in items:
                table.complain("item", f"{item!r} is not an item of [map]")
        found.append(rule)
    return tuple(found)


def _list(value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ValueError("must be an array of tables [[rules]]")
    return tuple(value)


def _rule(table: Table) -> Rule | None:
    kind = table.take("rule", _kind, None, required=True)
    if kind is None:
        for key in table.names():
            table.take(key, lambda _value: None, None)
        return None
    if kind is RuleKind.AGREE:
        return Rule(kind=kind, items=_agree_items(table))
    low, high = _bounds(table, kind)
    return Rule(
        kind=kind,
        items=_items(table),
        low=low,
        high=high,
        values=table.take("values", texts, (), required=True) if kind is RuleKind.IN else (),
        pattern=table.take("pattern", _pattern, "", required=True) if kind is RuleKind.PATTERN else "",
    )


def _kind(value: object) -> RuleKind | None:
    try:
        return RuleKind(text(value))
    except ValueError as error:
        raise ValueError(f"must be one of {', '.join(RuleKind)}") from error


def _items(table: Table) -> tuple[str, ...]:
    if table.has("items"):
        return table.take("items", texts, ())
    return (table.take("item", text, "", required=True),)


def _agree_items(table: Table) -> tuple[str, ...]:
    names = (
        table.take("id", text, "", required=True),
        table.take("birth_date", text, ""),
        table.take("sex", text, ""),
    )
    if not names[1] and not names[2]:
        table.complain("", "agree compares id with birth_date, sex or both")
    return names


def _bounds(table: Table, kind: RuleKind) -> tuple[str | None, str | None]:
    if kind not in _RANGES:
        return None, None
    readers = {RuleKind.DATE_RANGE: _day, RuleKind.NUMBER_RANGE: _number, RuleKind.LENGTH: _count}
    low = table.take("min", readers[kind], "") or None
    high = table.take("max", readers[kind], "") or None
    if low is None and high is None:
        table.complain("", f"{kind} needs min, max or both")
    return low, high


def _day(value: object) -> str:
    if value == _TODAY:
        return _TODAY
    try:
        return (value if type(value) is date else date.fromisoformat(text(value))).isoformat()
    except ValueError as error:
        raise ValueError('must be a date like 2000-01-31, or "today"') from error


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return repr(value)


def _count(value: object) -> str:
    return str(whole(0, 1_000_000)(value))


def _pattern(value: object) -> str:
    pattern = text(value)
    try:
        pl.Series([""]).str.contains(pattern, strict=True)
    except pl.exceptions.PolarsError as error:
        raise ValueError("is not a regular expression (RE2 syntax, without look-around and back-references)") from error
    return pattern
