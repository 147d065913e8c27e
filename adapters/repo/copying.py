"""Rows into a table of the hub by COPY, in the transaction of the caller."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import polars as pl
from sqlalchemy.ext.asyncio import AsyncConnection

# Control characters never occur in JSON text and are quarantined elsewhere, so nothing needs quoting.
_DELIMITER, _QUOTE = "\x02", "\x01"
_PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class CopyText:
    """The rows of one COPY as text, and the columns they fill."""

    columns: tuple[str, ...]
    data: bytes


def copy_text(rows: pl.DataFrame) -> CopyText:
    """The text of rows without null for the columns of a table that are named as their own."""
    data = io.BytesIO()
    rows.write_csv(data, include_header=False, separator=_DELIMITER, quote_char=_QUOTE)
    return CopyText(tuple(rows.columns), data.getvalue())


async def copy_into(conn: AsyncConnection, table: str, text: CopyText) -> None:
    """COPY into `table`. A statement must have run on `conn`: SQLAlchemy opens the transaction only then."""
    driver = (await conn.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    await driver.copy_to_table(
        table, source=_pieces(text.data), columns=text.columns, format="csv", delimiter=_DELIMITER, quote=_QUOTE
    )


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    """Pieces, because the driver would read a file in threads and copy a whole one at once."""
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]
