"""Rows of a frame into a table of the hub by COPY, in the transaction of the caller."""

import asyncio
import io

import asyncpg
import polars as pl
from sqlalchemy.ext.asyncio import AsyncConnection

# Control characters never occur in JSON text and are quarantined elsewhere, so nothing needs quoting.
_DELIMITER, _QUOTE = "\x02", "\x01"


async def copy_rows(conn: AsyncConnection, table: str, rows: pl.DataFrame) -> None:
    """COPY `rows` into the columns of `table` that are named as its own. No cell is null.

    A statement must have run on `conn` before: SQLAlchemy opens the transaction only then.
    """
    data = await asyncio.to_thread(_as_csv, rows)
    driver = (await conn.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    await driver.copy_to_table(
        table, source=data, columns=rows.columns, format="csv", delimiter=_DELIMITER, quote=_QUOTE
    )


def _as_csv(rows: pl.DataFrame) -> io.BytesIO:
    data = io.BytesIO()
    rows.write_csv(data, include_header=False, separator=_DELIMITER, quote_char=_QUOTE)
    data.seek(0)
    return data
