"""PURE: the closed list of map functions as Polars expressions over raw cells (columns named `s:<source column>`)."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from adapters.dates import iso_date
from adapters.marks import NUMBER_CELL
from adapters.model import Field, Function

_BLANKS = " \t\r\n\u3000\u00a0"
_DIGEST = r"^[0-9a-f]{64}$"
_NUMBER = r"^-?(?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})(?:\.[0-9]{1,30})?$"


def _cell(name: str) -> pl.Expr:
    return pl.col(f"s:{name}")


def _given(text: pl.Expr) -> pl.Expr:
    """Empty text is a missing value."""
    return pl.when(text.str.len_bytes() > 0).then(text)


def value_of(mapped: Field) -> pl.Expr:
    """The item as text (dates ISO, numbers canonical), null when missing or unreadable."""
    return _VALUES[mapped.function](mapped)


def _column(mapped: Field) -> pl.Expr:
    return _given(_cell(mapped.columns[0]))


def _trim(mapped: Field) -> pl.Expr:
    return _given(_cell(mapped.columns[0]).str.strip_chars(_BLANKS))


def _upper(mapped: Field) -> pl.Expr:
    return _trim(mapped).str.to_uppercase()


def _date(mapped: Field) -> pl.Expr:
    return iso_date(_dated(mapped, _trim(mapped)), mapped.formats)


def _code(mapped: Field) -> pl.Expr:
    return _trim(mapped).replace_strict(dict(mapped.table), default=None, return_dtype=pl.String)


def _concat(mapped: Field) -> pl.Expr:
    parts = [_given(_cell(column)) for column in mapped.columns]
    return _given(pl.concat_str(parts, separator=mapped.separator, ignore_nulls=True))


def flaw_of(mapped: Field, items_name: str) -> pl.Expr:
    """Whether the cell had text that the function could not read."""
    text = _trim(mapped)
    if mapped.function is Function.DATE:
        text = _dated(mapped, text)
    return text.is_not_null() & pl.col(items_name).is_null()


def _dated(mapped: Field, text: pl.Expr) -> pl.Expr:
    """Words such as 长期 mean that there is no date."""
    return pl.when(~text.is_in(list(mapped.empty))).then(text) if mapped.empty else text


def _number(mapped: Field) -> pl.Expr:
    """Canonical decimal text: no grouping, no leading or trailing zeros, no minus zero."""
    shaped = _trim(mapped).str.strip_prefix(NUMBER_CELL)
    bare = pl.when(shaped.str.contains(_NUMBER)).then(shaped.str.replace_all(",", "", literal=True))
    short = bare.str.replace(r"^(-?)0+([0-9])", "${1}${2}")
    short = pl.when(short.str.contains(".", literal=True)).then(short.str.replace(r"\.?0+$", "")).otherwise(short)
    return pl.when(short == "-0").then(pl.lit("0")).otherwise(short)


def _image(mapped: Field) -> pl.Expr:
    """The digest that `adapters.pictures` left in place of the picture; its reasons are none."""
    digest = _trim(mapped)
    return pl.when(digest.str.contains(_DIGEST)).then(digest)


_VALUES: Final[Mapping[Function, Callable[[Field], pl.Expr]]] = {
    Function.COLUMN: _column,
    Function.TRIM: _trim,
    Function.UPPER: _upper,
    Function.DATE: _date,
    Function.CODE: _code,
    Function.NUMBER: _number,
    Function.CONCAT: _concat,
    Function.IMAGE: _image,
}
