"""A table of any database SQLAlchemy speaks to, read as text in key order.

Cells come as bytes where the database can give them (SQLite, byte columns) and are decoded here, so that broken
bytes reach quarantine instead of ending the read. PostgreSQL has its own faster reader.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl
from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    and_,
    cast,
    create_engine,
    false,
    inspect,
    literal,
    make_url,
    or_,
    select,
)
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from adapters.errors import SourceGarbageError, SourceSchemaError, SourceUnreachableError
from adapters.marks import decode
from adapters.model import Manifest, RelationalSource
from adapters.ports import Chunk, Connection, Position, Window
from adapters.sources.bounds import bound_as_text
from adapters.sources.keyset import KEYLESS_MAX, whole_keys
from adapters.sources.threads import within

CHUNK_ROWS = 5_000


def is_postgres(url: str) -> bool:
    """Whether the PostgreSQL reader takes this URL."""
    return make_url(url).get_backend_name() == "postgresql"


class RelationalTable:
    """See the module. A hung read is abandoned, not woken: drivers differ."""

    def __init__(
        self, manifest: Manifest, source: RelationalSource, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._manifest, self._source, self._now = manifest, source, now
        self._engine = create_engine(connection.url)
        self._as_bytes = self._engine.dialect.name == "sqlite"

    async def columns(self) -> tuple[str, ...]:
        """See `Source`."""
        table = await within(self._source.timeout, self._reflect)
        return tuple(column.name for column in table.columns)

    async def upper_bound(self) -> str | None:
        """The hub's clock minus the delay, written as the cursor's text."""
        cursor = self._manifest.cursor
        return None if cursor is None else bound_as_text(cursor, self._now())

    async def chunks(self, window: Window, position: Position | None) -> AsyncGenerator[Chunk, None]:
        """See `Source`."""
        table = await within(self._source.timeout, self._reflect)
        cursor = [self._manifest.cursor.column] if self._manifest.cursor else []
        wanted = [*self._manifest.source_columns(), *cursor]
        if missing := [name for name in wanted if name not in table.columns]:
            raise SourceSchemaError(missing, [column.name for column in table.columns])
        chunks = self._read(table, window, position)
        try:
            while (chunk := await within(self._source.timeout, lambda: next(chunks, None))) is not None:
                yield chunk
        finally:
            self._engine.dispose()

    async def committed(self, position: Position) -> None:
        """Nothing to do."""

    def _reflect(self) -> Table:
        schema, _, name = self._source.table.rpartition(".")
        try:
            if not inspect(self._engine).has_table(name, schema=schema or None):
                raise SourceGarbageError(f"no table or view is named {self._source.table}")
            return Table(name, MetaData(), schema=schema or None, autoload_with=self._engine, resolve_fks=False)
        except NoSuchTableError as error:
            raise SourceGarbageError(f"no table or view is named {self._source.table}") from error
        except SQLAlchemyError as error:
            raise SourceUnreachableError(type(error).__name__) from error

    def _read(self, table: Table, window: Window, position: Position | None) -> Iterator[Chunk]:
        names = self._manifest.source_columns()
        places = [f"~{name}" for name in self._manifest.key_columns()]
        try:
            with self._engine.connect() as connection:
                rows = connection.execution_options(yield_per=CHUNK_ROWS)
                keyed = self._frames(rows.execute(self._keyed(table, window, position)), [*names, *places])
                for chunk in whole_keys(keyed, places):
                    yield Chunk(chunk.frame.select(names), chunk.position)
                if not (position and position.get("keyless")):
                    yield from self._keyless_chunk(rows.execute(self._keyless(table, window)))
        except SQLAlchemyError as error:
            raise SourceUnreachableError(str(error).splitlines()[0]) from error

    def _keyless_chunk(self, rows: CursorResult[tuple[object, ...]]) -> Iterator[Chunk]:
        frames = list(self._frames(rows, self._manifest.source_columns()))
        if not frames:
            return
        frame = pl.concat(frames)
        if frame.height > KEYLESS_MAX:
            raise SourceGarbageError(f"more than {KEYLESS_MAX} rows have no key")
        yield Chunk(frame, {"keyless": True})

    def _frames(self, rows: CursorResult[tuple[object, ...]], names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Frames of at most CHUNK_ROWS rows; columns that begin with `~` keep bytes as hex, the others decode."""
        while taken := rows.fetchmany(CHUNK_ROWS):
            columns = zip(names, zip(*taken, strict=True), strict=True)
            yield pl.DataFrame({name: self._cells(name, cells) for name, cells in columns})

    def _cells(self, name: str, cells: Iterable[object]) -> pl.Series:
        read = _place if name.startswith("~") else self._text
        return pl.Series(name, [read(cell) for cell in cells], dtype=pl.String)

    def _text(self, cell: object) -> str | None:
        if isinstance(cell, bytes | bytearray | memoryview):
            return decode(bytes(cell), self._source.encoding)
        return None if cell is None else str(cell)

    def _keyed(self, table: Table, window: Window, position: Position | None) -> Select[*tuple[Any, ...]]:
        keys = [self._place(table.c[name]) for name in self._manifest.key_columns()]
        columns = [self._cell(table.c[name]) for name in self._manifest.source_columns()]
        query = select(*columns, *keys).where(*self._in_window(table, window), *(key.is_not(None) for key in keys))
        if position and position.get("keyless"):
            query = query.where(false())
        elif position:
            after = position["after"]
            assert isinstance(after, list)
            values = [self._unplaced(key, text) for key, text in zip(keys, after, strict=True)]
            query = query.where(_behind(keys, values))
        return query.order_by(*keys).limit(window.limit)

    def _keyless(self, table: Table, window: Window) -> Select[*tuple[Any, ...]]:
        none = or_(*(table.c[name].is_(None) for name in self._manifest.key_columns()))
        columns = [self._cell(table.c[name]) for name in self._manifest.source_columns()]
        return select(*columns).where(*self._in_window(table, window), none).limit(KEYLESS_MAX + 1)

    def _cell(self, column: Column[object]) -> ColumnElement[object]:
        """Everything as text; as bytes where text might not decode."""
        if self._as_bytes:
            return cast(column, LargeBinary)
        return column if isinstance(column.type, LargeBinary) else cast(column, String)

    def _place(self, column: Column[object]) -> ColumnElement[object]:
        """What rows are ordered by: raw bytes where cells are bytes, else the column itself."""
        return cast(column, LargeBinary) if self._as_bytes else column

    def _unplaced(self, key: ColumnElement[object], text: str) -> ColumnElement[object]:
        return literal(bytes.fromhex(text), LargeBinary) if isinstance(key.type, LargeBinary) else literal(text, String)

    def _in_window(self, table: Table, window: Window) -> list[ColumnElement[bool]]:
        """Rows without a cursor value are read every time: nothing says when they changed."""
        cursor = self._manifest.cursor
        if cursor is None:
            return []
        column = cast(table.c[cursor.column], String)
        bounds = [column >= window.lower] if window.lower is not None else []
        bounds += [column < window.upper] if window.upper is not None else []
        return [or_(and_(*bounds), column.is_(None))] if bounds else []


def _place(cell: object) -> str:
    return cell.hex() if isinstance(cell, bytes) else str(cell)


def _behind(keys: Sequence[ColumnElement[object]], values: Sequence[ColumnElement[object]]) -> ColumnElement[bool]:
    """`keys > values` in the order of columns, spelled out because not every database compares rows."""
    steps = []
    for place, (key, value) in enumerate(zip(keys, values, strict=True)):
        equal = [left == right for left, right in islice(zip(keys, values, strict=True), place)]
        steps.append(and_(*equal, key > value))
    return or_(*steps)
