"""Storing records that nobody has yet: COPY straight into the tables, without looking for older versions.

A first pull consists of such records, and the merge of `adapters.repo.stage` costs twice as much. That none of them is
known is only supposed; the primary keys tell when it is not so, and then nothing of the chunk is left behind.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import polars as pl
from asyncpg import UniqueViolationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.repo.copying import CopyText, copy_into, copy_text
from adapters.tables import record


async def looks_new(conn: AsyncConnection, resource: str, run_id: UUID) -> bool:
    """Whether `resource` has no record, or its first one by key is of this run: the others are hardly older then."""
    first = select(record.c.run_id).where(record.c.resource == resource).order_by(record.c.key).limit(1)
    return await conn.scalar(first) in {None, run_id}


async def load_new(
    conn: AsyncConnection, rows: pl.DataFrame, *, resource: str, subjects: Sequence[str], run_id: UUID, at: datetime
) -> bool:
    """Store rows (`~key`, `~digest` hex, `~body`, and the items in `subjects`), index and note them.

    Returns False, and stores nothing, if any of them is known.
    """
    texts = await asyncio.to_thread(_texts, rows, resource, subjects, run_id, at)
    try:
        async with conn.begin_nested():
            for table, text in texts.items():
                await copy_into(conn, table, text)
    except UniqueViolationError:
        return False
    return True


def _texts(
    rows: pl.DataFrame, resource: str, subjects: Sequence[str], run_id: UUID, at: datetime
) -> dict[str, CopyText]:
    same = {"resource": resource, "run_id": str(run_id), "at": at.isoformat()}
    keyed = rows.with_columns([pl.lit(value).alias(f"={name}") for name, value in same.items()])
    tables = {"adapter_record": _records(keyed), "adapter_record_change": _changes(keyed)}
    if subjects:
        tables["adapter_record_subject"] = _subjects(keyed, subjects)
    return {name: copy_text(table) for name, table in tables.items()}


def _records(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        resource="=resource",
        key="~key",
        body="~body",
        digest=pl.concat_str(pl.lit("\\x"), "~digest"),
        as_of="=at",
        run_id="=run_id",
    )


def _subjects(rows: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    """One row per record and subject, also where two items name the same one."""
    named = [rows.select(subject=item, resource="=resource", key="~key").drop_nulls() for item in items]
    return pl.concat(named).unique(maintain_order=True) if len(named) > 1 else named[0]


def _changes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(resource="=resource", key="~key", op=pl.lit("I"), run_id="=run_id", at="=at")
