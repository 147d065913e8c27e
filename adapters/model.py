"""The values a manifest consists of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationalSource:
    """A table or view. `encoding` is that of byte columns (and of SQLite texts); `timeout` seconds per chunk."""

    connection: str
    table: str
    encoding: str = "utf-8"
    timeout: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """OAuth 2.0 client credentials (RFC 6749 §4.4): path of the endpoint, names of the two secrets."""

    path: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumbers:
    """Pages 1, 2, …: parameter names, rows per page, and the path of the total count (guards against drift)."""

    page: str = "page"
    size: str = "size"
    rows: int = 500
    total: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLink:
    """The answer names the next page: the path of a link, or of a cursor that goes into parameter `param`."""

    path: str
    param: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSource:
    """A JSON list behind HTTP. `timeout` seconds per request with its retries; byte caps per answer, unpacked."""

    connection: str
    path: str
    records: str
    paging: PageNumbers | NextLink
    bearer: str | None = None
    token: TokenEndpoint | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    timeout: float = 30.0
    retries: int = 3
    max_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """A directory of dropped files.

    `encodings` are tried in order; `ready` names the marker beside a file (`{name}.ok`, `{stem}.ok`); without one
    a file must be `settle` seconds old. `after`: archive moves a read file into `archive/`, leave reads it again.
    """

    connection: str
    glob: str
    format: str
    encodings: tuple[str, ...] = ("utf-8-sig",)
    delimiter: str = ","
    sheet: str | None = None
    ready: str | None = None
    settle: float = 2.0
    after: str = "leave"
    max_bytes: int = 512 * 1024 * 1024


AnySource: TypeAlias = RelationalSource | RestSource | FileSource


class Horizon(StrEnum):
    """How far a pull with a cursor dares to read: a fixed delay, or also the oldest open transaction (PostgreSQL)."""

    DELAY = "delay"
    OPEN_TRANSACTIONS = "open-transactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The column of last change. `format` and `timezone` describe it where it is text."""

    column: str
    delay: timedelta
    horizon: Horizon = Horizon.DELAY
    format: str = "%Y-%m-%d %H:%M:%S"
    timezone: str = "Asia/Shanghai"


class DeleteMode(StrEnum):
    """How deletions at the source are found: not at all, by a flag column, by absence from a full pull."""

    NONE = "none"
    FLAG = "flag"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most this share (0..1) or this count."""

    share: float | None = None
    count: int | None = None

    def exceeded(self, part: int, whole: int) -> bool:
        """Whether `part` of `whole` is above the limit."""
        if self.count is not None:
            return part > self.count
        return self.share is not None and part > self.share * whole

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{100 * (self.share or 0):g}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletes:
    """Deletion mode; `column` and `values` for a flag, `stop_above` for a snapshot."""

    mode: DeleteMode = DeleteMode.NONE
    column: str = ""
    values: tuple[str, ...] = ()
    stop_above: Limit = Limit(share=0.2)


class Function(StrEnum):
    """The closed list of mapping functions."""

    COLUMN = "column"
    TRIM = "trim"
    UPPER = "upper"
    DATE = "date"
    CODE = "code"
    NUMBER = "number"
    CONCAT = "concat"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One item: a function over source columns. IMAGE is the SHA-256 of a picture, see `adapters.pictures`.

    `formats` and `empty` (words that mean no date) for DATE, `table` for CODE, `separator` for CONCAT.
    """

    item: str
    function: Function
    columns: tuple[str, ...]
    formats: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    table: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""


class RuleKind(StrEnum):
    """The closed list of quality rules."""

    REQUIRED = "required"
    ID18 = "id18"
    USCC = "uscc"
    PHONE = "phone"
    DATE_RANGE = "date_range"
    NUMBER_RANGE = "number_range"
    LENGTH = "length"
    PATTERN = "pattern"
    IN = "in"
    AGREE = "agree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over items. `low`/`high` for ranges (dates ISO or `today`), `values` for IN, `pattern` for PATTERN.

    AGREE takes items in the order citizen id, birth date, sex; an empty name leaves that part out.
    """

    kind: RuleKind
    items: tuple[str, ...]
    low: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One resource of one department's system. `digest` is SHA-256 over the file."""

    resource: str
    source: AnySource
    key: tuple[str, ...]
    subjects: tuple[str, ...]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    cursor: Cursor | None = None
    deletes: Deletes = Deletes()
    stop_above: Limit = Limit(share=0.05)
    digest: bytes = b""

    def source_columns(self) -> tuple[str, ...]:
        """Every source column that is read, each once, in order of first mention."""
        names = [column for mapped in self.fields for column in mapped.columns]
        names += [self.deletes.column] if self.deletes.column else []
        return tuple(dict.fromkeys(names))

    def picture_columns(self) -> tuple[str, ...]:
        """The source columns that hold pictures."""
        return tuple(dict.fromkeys(f.columns[0] for f in self.fields if f.function is Function.IMAGE))

    def picture_items(self) -> tuple[str, ...]:
        """The items that name pictures."""
        return tuple(f.item for f in self.fields if f.function is Function.IMAGE)

    def key_columns(self) -> tuple[str, ...]:
        """The source columns the key items come from."""
        by_item = {mapped.item: mapped.columns for mapped in self.fields}
        return tuple(dict.fromkeys(column for item in self.key for column in by_item[item]))
