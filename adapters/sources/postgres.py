"""A table of a PostgreSQL source: COPY of text in key order, so that no odd value can end the read.

Rows of one key never straddle two chunks; a resumed read continues behind the last key. Rows without a key come
last, in one chunk, and end in quarantine.
"""

import os
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from datetime import datetime

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from adapters.errors import SourceGarbageError, SourceSchemaError, SourceUnreachableError
from adapters.marks import decode
from adapters.model import Cursor, Horizon, Manifest, RelationalSource
from adapters.ports import Chunk, Connection, Position, Window
from adapters.sources.bounds import bound_as_text
from adapters.sources.keyset import KEYLESS_MAX, whole_keys
from adapters.sources.threads import within

CHUNK_BYTES = 640 * 1024
"""Of text for one chunk. Seven are under way at a time, so this decides how much memory a pull takes."""
_BYTEA = 17
_TIMES = {1082: "date", 1114: "timestamp", 1184: "timestamptz"}
_SESSION = "-c default_transaction_read_only=on -c datestyle=ISO -c timezone=Asia/Shanghai"
_OLDEST = """(SELECT min(since) FROM (
    SELECT min(xact_start) AS since FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    UNION ALL SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database()) AS open)"""


class PostgresTable:
    """See the module. Dates and times are read in the law's time zone, Asia/Shanghai."""

    def __init__(
        self, manifest: Manifest, source: RelationalSource, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._manifest, self._source, self._now = manifest, source, now
        self._url = make_url(connection.url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._table = sql.Identifier(*source.table.split("."))

    async def columns(self) -> tuple[str, ...]:
        """See `Source`."""
        return tuple(await within(self._source.timeout, self._describe))

    async def upper_bound(self) -> str | None:
        """The source's own clock minus the delay, and not beyond its oldest open transaction if so configured."""
        cursor = self._manifest.cursor
        if cursor is None:
            return None
        types = await within(self._source.timeout, self._describe)
        if cursor.column not in types:
            raise SourceSchemaError([cursor.column], list(types))
        kind = _TIMES.get(types[cursor.column])
        if kind is None:
            return bound_as_text(cursor, self._now())
        return await within(self._source.timeout, lambda: self._bound(cursor, kind))

    async def chunks(self, window: Window, position: Position | None) -> AsyncGenerator[Chunk, None]:
        """See `Source`."""
        types = await within(self._source.timeout, self._describe)
        wanted = self._manifest.source_columns()
        if missing := [name for name in wanted if name not in types]:
            raise SourceSchemaError(missing, list(types))
        binary = [name for name in wanted if types[name] == _BYTEA]
        connection = await within(self._source.timeout, self._connect)
        chunks = self._read(connection, window, position, binary)
        try:
            while True:
                chunk = await within(self._source.timeout, lambda: next(chunks, None), lambda: _cut(connection))
                if chunk is None:
                    return
                yield chunk
        finally:
            _cut(connection)

    async def committed(self, position: Position) -> None:
        """Nothing to do."""

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        try:
            return psycopg.connect(
                self._url,
                options=_SESSION,
                client_encoding="UTF8",
                connect_timeout=max(2, int(self._source.timeout)),
                autocommit=True,
            )
        except psycopg.Error as error:
            raise SourceUnreachableError(type(error).__name__ + ": " + _first_line(error)) from None

    def _describe(self) -> dict[str, int]:
        with self._connect() as connection:
            try:
                found = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(self._table))
            except psycopg.Error as error:
                raise SourceGarbageError(_first_line(error)) from error
            return {column.name: column.type_code for column in found.description or ()}

    def _bound(self, cursor: Cursor, kind: str) -> str:
        horizon = sql.SQL("now()")
        if cursor.horizon is Horizon.OPEN_TRANSACTIONS:
            horizon = sql.SQL("least(now(), " + _OLDEST + ")")
        query = sql.SQL("SELECT (({} - {}::interval)::{})::text").format(
            horizon, sql.Literal(f"{cursor.delay.total_seconds()} s"), sql.SQL(kind)
        )
        with self._connect() as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return str(row[0])

    def _read(
        self,
        connection: "psycopg.Connection[tuple[object, ...]]",
        window: Window,
        position: Position | None,
        binary: list[str],
    ) -> Iterator[Chunk]:
        keys = self._manifest.key_columns()
        try:
            frames = self._copy(connection, self._keyed(window, position), CHUNK_BYTES)
            yield from whole_keys((_decoded(frame, binary, self._source.encoding) for frame in frames), keys)
            if not (position and position.get("keyless")):
                keyless = pl.concat([self._empty(), *self._copy(connection, self._keyless(window), CHUNK_BYTES)])
                if keyless.height > KEYLESS_MAX:
                    raise SourceGarbageError(f"more than {KEYLESS_MAX} rows have no key {keys}")
                if keyless.height:
                    yield Chunk(_decoded(keyless, binary, self._source.encoding), {"keyless": True})
        except psycopg.Error as error:
            raise SourceUnreachableError(_first_line(error)) from error

    def _empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=dict.fromkeys(self._manifest.source_columns(), pl.String))

    def _copy(
        self, connection: "psycopg.Connection[tuple[object, ...]]", query: sql.Composable, size: int
    ) -> Iterator[pl.DataFrame]:
        columns = list(self._manifest.source_columns())
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            # Not kept as they come: a view per row makes the garbage collector look through the whole process often.
            block = bytearray()
            for row in copy:
                block += row
                if len(block) >= size:
                    yield _parse(block, columns)
                    block = bytearray()
            if block:
                yield _parse(block, columns)

    def _keyed(self, window: Window, position: Position | None) -> sql.Composable:
        keys = [sql.Identifier(name) for name in self._manifest.key_columns()]
        conditions = [*self._in_window(window), *(sql.SQL("{} IS NOT NULL").format(key) for key in keys)]
        if position and position.get("keyless"):
            conditions.append(sql.SQL("false"))
        elif position:
            values = position["after"]
            assert isinstance(values, list)
            after = sql.SQL("({}) > ({})").format(
                sql.SQL(", ").join(keys), sql.SQL(", ").join(sql.Literal(str(value)) for value in values)
            )
            conditions.append(after)
        query = self._select(conditions) + sql.SQL(" ORDER BY ") + sql.SQL(", ").join(keys)
        if window.limit is not None:
            query += sql.SQL(" LIMIT {}").format(sql.Literal(window.limit))
        return query

    def _keyless(self, window: Window) -> sql.Composable:
        keys = self._manifest.key_columns()
        none = sql.SQL(" OR ").join(sql.SQL("{} IS NULL").format(sql.Identifier(name)) for name in keys)
        limit = sql.SQL(" LIMIT {}").format(sql.Literal(KEYLESS_MAX + 1))
        return self._select([*self._in_window(window), sql.SQL("({})").format(none)]) + limit

    def _select(self, conditions: list[sql.Composable]) -> sql.Composed:
        columns = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in self._manifest.source_columns()]
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), self._table)
        return query + sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions)

    def _in_window(self, window: Window) -> list[sql.Composable]:
        """Rows without a cursor value are read every time: nothing says when they changed."""
        cursor = self._manifest.cursor
        if cursor is None:
            return []
        column = sql.Identifier(cursor.column)
        bounds: list[sql.Composable] = []
        for sign, bound in ((">=", window.lower), ("<", window.upper)):
            if bound is not None:
                bounds.append(sql.SQL("{} " + sign + " {}").format(column, sql.Literal(bound)))
        if not bounds:
            return []
        return [sql.SQL("(({}) OR {} IS NULL)").format(sql.SQL(" AND ").join(bounds), column)]


def _parse(block: bytearray, columns: list[str]) -> pl.DataFrame:
    return pl.read_csv(bytes(block), has_header=False, new_columns=columns, infer_schema=False)


def _decoded(frame: pl.DataFrame, binary: list[str], encoding: str) -> pl.DataFrame:
    r"""Byte columns arrive as `\x` and hex digits; their text is in the encoding of the manifest."""
    for name in binary:
        cells = [None if cell is None else decode(bytes.fromhex(cell[2:]), encoding) for cell in frame[name]]
        frame = frame.with_columns(pl.Series(name, cells, dtype=pl.String))
    return frame


def _cut(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Shut the socket down under a read that may hang in another thread, then let go."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    with suppress(psycopg.Error):
        connection.close()


def _first_line(error: psycopg.Error) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
