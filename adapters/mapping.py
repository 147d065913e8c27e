"""PURE: turns a department's text rows into rows of catalogue items, and sets aside those that break a rule.

Everything is one Polars plan per chunk: map functions and rules are a closed list, there is no evaluation of
anything written in a manifest. Good rows carry `~key`, `~body`, `~digest`; a row is either good, a repeat of an
identical row in the same chunk, or quarantined: `good + repeats + bad == read`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from adapters.gb18030 import TO_CURRENT
from adapters.mapping_fields import flaw_of, value_of
from adapters.mapping_rules import Check, checks_of
from adapters.marks import NUMBER_CELL, plain
from adapters.model import DeleteMode, Field, Function, Manifest

KEY, BODY, DIGEST, ROW, DELETED = "~key", "~body", "~digest", "~row", "~deleted"
_NOTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff\ufdd0\ufdd1\ufdd2\ufffd]"
_ENCODING = "[\ufdd0\ufffd]"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule; `item` is empty when the row as a whole is wrong."""

    rule: str
    item: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One quarantined row. `row` counts from 0 in the chunk; `value` is the offending text, `raw` the source row.

    `key` is the record key if it could be read and broke no rule, so that the old record can stay.
    """

    row: int
    violations: tuple[Violation, ...]
    value: str | None
    raw: Mapping[str, str | None]
    key: str | None


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapped chunk.

    `good`: item columns (String, dates ISO, numbers canonical) and `~key` text, `~body` JSON text of the items,
    `~digest` hex SHA-256, `~row` number in the chunk, `~deleted` flag. `repeats` counts identical rows left out.
    """

    good: pl.DataFrame
    refused: tuple[Refused, ...]
    repeats: int
    read: int


class Mapper:
    """A compiled manifest."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._key_items = frozenset(manifest.key)

    def apply(self, frame: pl.DataFrame, today: date) -> Mapped:
        """Map the rows of `frame` (String columns by source name); `today` bounds dates (law day, Asia/Shanghai)."""
        raw = frame.rename({name: f"s:{name}" for name in frame.columns}).with_row_index(ROW)
        raw, cell_checks = self._cleaned(raw)
        checks = checks_of(self._manifest, today)
        items = raw.with_columns([value_of(mapped).alias(mapped.item) for mapped in self._manifest.fields])
        flaws = [
            Check("source", mapped.item, flaw_of(mapped, items_name=mapped.item)) for mapped in self._manifest.fields
        ]
        checked = [*cell_checks, *_named(flaws, self._manifest.fields), *checks]
        judged = items.with_columns(
            [
                _key(self._manifest.key).alias(KEY),
                self._deleted().alias(DELETED),
                *(check.broken.fill_null(value=False).alias(f"!{n}") for n, check in enumerate(checked)),
            ]
        )
        return self._split(judged, checked)

    def _split(self, judged: pl.DataFrame, checks: Sequence[Check]) -> Mapped:
        flaws = [f"!{n}" for n in range(len(checks))]
        broken = (pl.any_horizontal(flaws) if flaws else pl.lit(value=False)) & ~pl.col(DELETED)
        no_key = pl.col(KEY).is_null()
        # A row that only says "deleted" needs a sound key, nothing else.
        on_key = [f"!{n}" for n, check in enumerate(checks) if check.item in self._key_items]
        bad_key = pl.any_horizontal(on_key) if on_key else pl.lit(value=False)
        judged = judged.with_columns((broken | no_key | bad_key).alias("~bad"))
        good = judged.filter(~pl.col("~bad"))
        refused = [self._refusal(row, checks) for row in judged.filter(pl.col("~bad")).iter_rows(named=True)]
        good = self._with_body(good)
        unique, doubles, repeats = _without_doubles(good)
        refused += [self._double(row) for row in doubles.iter_rows(named=True)]
        return Mapped(
            good=unique.select([*(f.item for f in self._manifest.fields), KEY, BODY, DIGEST, ROW, DELETED]),
            refused=tuple(sorted(refused, key=lambda found: found.row)),
            repeats=repeats,
            read=judged.height,
        )

    def _cleaned(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, list[Check]]:
        """Old private-use characters mapped to current ones, and the checks on raw cells a suspect chunk needs.

        The look for either costs one pass, and most chunks have neither.
        """
        names = [name for name in raw.columns if name != ROW]
        joined = pl.concat_str(names, separator=" ", ignore_nulls=True)
        if not names or not raw.select(joined.str.contains(_NOTABLE).any()).item():
            return raw, []
        old, new = list(TO_CURRENT), list(TO_CURRENT.values())
        cleaned = raw.with_columns(pl.col(names).str.replace_many(old, new))
        return cleaned, [check for mapped in self._manifest.fields for check in _cell_checks(mapped)]

    def _deleted(self) -> pl.Expr:
        deletes = self._manifest.deletes
        if deletes.mode is not DeleteMode.FLAG:
            return pl.lit(value=False)
        column = pl.col(f"s:{deletes.column}").str.strip_chars()
        return column.is_in(list(deletes.values)).fill_null(value=False)

    def _with_body(self, good: pl.DataFrame) -> pl.DataFrame:
        body = good.select(_body(self._manifest.fields).alias(BODY)).to_series()
        sha256 = hashlib.sha256
        digests = [sha256(text).hexdigest() for text in body.cast(pl.Binary).to_list()]
        return good.with_columns(body, pl.Series(DIGEST, digests, dtype=pl.String))

    def _refusal(self, row: Mapping[str, object], checks: Sequence[Check]) -> Refused:
        found = [Violation(check.rule, check.item) for n, check in enumerate(checks) if row[f"!{n}"]]
        if row[KEY] is None and not any(violation.item in self._key_items for violation in found):
            found.append(Violation("key", self._manifest.key[0]))
        trusted = not any(violation.item in self._key_items for violation in found)
        key = row[KEY]
        return Refused(
            row=_row_number(row),
            violations=tuple(found),
            value=self._raw_value(row, found[0].item),
            raw=_raw(row),
            key=str(key) if trusted and key is not None else None,
        )

    def _double(self, row: Mapping[str, object]) -> Refused:
        violation = Violation("duplicate_key", self._manifest.key[0])
        return Refused(_row_number(row), (violation,), str(row[KEY]), _raw(row), str(row[KEY]))

    def _raw_value(self, row: Mapping[str, object], item: str) -> str | None:
        for mapped in self._manifest.fields:
            if mapped.item == item:
                cells = [row.get(f"s:{column}") for column in mapped.columns]
                shown = [plain(str(cell)) for cell in cells if cell is not None]
                return " ".join(shown) if shown else None
        return None


def _named(flaws: Sequence[Check], fields: Sequence[Field]) -> Iterator[Check]:
    """Only functions that can fail get a check; it is named after the function."""
    for flaw, mapped in zip(flaws, fields, strict=True):
        if mapped.function in {Function.DATE, Function.CODE, Function.NUMBER, Function.IMAGE}:
            yield Check(str(mapped.function), flaw.item, flaw.broken)


def _cell_checks(mapped: Field) -> Iterator[Check]:
    cells = [pl.col(f"s:{column}") for column in mapped.columns]
    yield Check("encoding", mapped.item, pl.any_horizontal([cell.str.contains(_ENCODING) for cell in cells]))
    control = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
    yield Check("control_character", mapped.item, pl.any_horizontal([cell.str.contains(control) for cell in cells]))
    yield Check("type", mapped.item, pl.any_horizontal([cell.str.starts_with("\ufdd2") for cell in cells]))
    if mapped.function is not Function.NUMBER:
        numbers = [cell.str.starts_with(NUMBER_CELL) for cell in cells]
        yield Check("number_cell", mapped.item, pl.any_horizontal(numbers))


def _key(items: Sequence[str]) -> pl.Expr:
    r"""The record key: the item, or the items joined by `|` with `\\` and `|` escaped; null if any is missing."""
    if len(items) == 1:
        return pl.col(items[0])
    escaped = [
        pl.col(item).str.replace_all("\\", "\\\\", literal=True).str.replace_all("|", "\\|", literal=True)
        for item in items
    ]
    return pl.concat_str(escaped, separator="|")


def _body(fields: Sequence[Field]) -> pl.Expr:
    """JSON text of the items by name. Numbers keep every digit: they are spliced in as text, not as floats."""
    texts = sorted(mapped.item for mapped in fields if mapped.function is not Function.NUMBER)
    numbers = sorted(mapped.item for mapped in fields if mapped.function is Function.NUMBER)
    parts = [pl.struct(texts).struct.json_encode().str.strip_suffix("}")] if texts else [pl.lit("{")]
    for place, item in enumerate(numbers):
        comma = "," if texts or place else ""
        parts += [pl.lit(f'{comma}"{item}":'), pl.col(item).fill_null("null")]
    return pl.concat_str([*parts, pl.lit("}")])


def _without_doubles(good: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows kept, rows that share a key but differ, and the number of identical repeats left out."""
    if not good.height or good[KEY].is_unique().all():
        return good, good.clear(), 0
    versions = pl.struct(DIGEST, DELETED).n_unique().over(KEY)
    doubles = good.filter(versions > 1)
    single = good.filter(versions == 1)
    kept = single.unique(KEY, keep="first", maintain_order=True)
    return kept, doubles, single.height - kept.height


def _row_number(row: Mapping[str, object]) -> int:
    number = row[ROW]
    assert isinstance(number, int)
    return number


def _raw(row: Mapping[str, object]) -> dict[str, str | None]:
    cells = {name[2:]: value for name, value in row.items() if name.startswith("s:")}
    return {plain(name): None if value is None else plain(str(value)) for name, value in cells.items()}
