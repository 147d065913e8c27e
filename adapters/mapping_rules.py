"""PURE: the closed list of quality rules as Polars expressions; each says where an item is broken.

A missing value breaks only `required`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from adapters.checks import is_citizen_id, is_phone, is_uscc
from adapters.model import Manifest, Rule, RuleKind

_SEX_WORDS: Final = ("男", "1")
_SEX_KNOWN: Final = ("男", "女", "1", "2")


@dataclass(frozen=True, slots=True)
class Check:
    """`broken` is true where the rule is broken; null counts as sound."""

    rule: str
    item: str
    broken: pl.Expr


def checks_of(manifest: Manifest, today: date) -> list[Check]:
    """The rules of a manifest; `today` stands for the word in date ranges."""
    return [check for rule in manifest.rules for check in _checks(rule, today)]


def _checks(rule: Rule, today: date) -> Iterator[Check]:
    if rule.kind is RuleKind.AGREE:
        yield from _agreement(rule)
        return
    for item in rule.items:
        yield Check(str(rule.kind), item, _BROKEN[rule.kind](pl.col(item), rule, today))


def _date_range(value: pl.Expr, rule: Rule, today: date) -> pl.Expr:
    # ISO dates order as text.
    bounds = [today.isoformat() if bound == "today" else bound for bound in (rule.low, rule.high)]
    return _outside(value, bounds[0], bounds[1])


def _number_range(value: pl.Expr, rule: Rule, _today: date) -> pl.Expr:
    number = value.cast(pl.Float64, strict=False)
    return _outside(number, *(float(bound) if bound else None for bound in (rule.low, rule.high)))


def _length(value: pl.Expr, rule: Rule, _today: date) -> pl.Expr:
    count = value.str.len_chars()
    return _outside(count, *(int(bound) if bound else None for bound in (rule.low, rule.high)))


def _outside(value: pl.Expr, low: str | float | None, high: str | float | None) -> pl.Expr:
    below = value < pl.lit(low) if low is not None else pl.lit(value=False)
    above = value > pl.lit(high) if high is not None else pl.lit(value=False)
    return below | above


_BROKEN: Final[Mapping[RuleKind, Callable[[pl.Expr, Rule, date], pl.Expr]]] = {
    RuleKind.REQUIRED: lambda value, _rule, _today: value.is_null() | (value.str.strip_chars() == ""),
    RuleKind.ID18: lambda value, _rule, _today: ~is_citizen_id(value),
    RuleKind.USCC: lambda value, _rule, _today: ~is_uscc(value),
    RuleKind.PHONE: lambda value, _rule, _today: ~is_phone(value),
    RuleKind.DATE_RANGE: _date_range,
    RuleKind.NUMBER_RANGE: _number_range,
    RuleKind.LENGTH: _length,
    RuleKind.PATTERN: lambda value, rule, _today: ~value.str.contains(rule.pattern),
    RuleKind.IN: lambda value, rule, _today: ~value.is_in(list(rule.values)),
}


def _agreement(rule: Rule) -> Iterator[Check]:
    """Birth date (digits 7-14) and sex (digit 17, odd is male) in the citizen id agree with their own items."""
    id_item, birth_item, sex_item = rule.items
    number = pl.col(id_item)
    if birth_item:
        inside = number.str.slice(6, 8)
        yield Check("agree", birth_item, inside != pl.col(birth_item).str.replace_all("-", "", literal=True))
    if sex_item:
        male = number.str.slice(16, 1).is_in(["1", "3", "5", "7", "9"])
        known = pl.col(sex_item).is_in(list(_SEX_KNOWN))
        yield Check("agree", sex_item, known & (male != pl.col(sex_item).is_in(list(_SEX_WORDS))))
