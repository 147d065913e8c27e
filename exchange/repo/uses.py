"""用证记录 in and out of its table."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Use, UseRecord
from exchange.tables.uses import use

Before = tuple[datetime, UUID]
"""Where a page ends: the moment and event of its last row."""

_VALUES = tuple(column for column in use.c if column.name != "subject")


def _record(row: Row[tuple[object, ...]]) -> UseRecord:
    fields = dict(row._mapping)
    return UseRecord(**{**fields, "use": Use(fields["use"]), "fields": tuple(fields["fields"])})


async def add(conn: AsyncConnection, subject: str, record: UseRecord) -> None:
    """Store one use of this subject's data, in the transaction of its event."""
    await add_many(conn, [(subject, record)])


async def add_many(conn: AsyncConnection, records: Sequence[tuple[str, UseRecord]]) -> None:
    """Store the uses of a batch with one statement."""
    rows = [
        {name: getattr(record, name) for name in UseRecord.__slots__}
        | {"subject": subject, "fields": list(record.fields)}
        for subject, record in records
    ]
    if rows:
        await conn.execute(insert(use).values(rows))


async def of_subject(
    conn: AsyncConnection, subject: str, limit: int, before: Before | None = None
) -> tuple[UseRecord, ...]:
    """The newest uses of a subject's data, `limit` at most, older than `before`."""
    found = select(*_VALUES).where(use.c.subject == subject)
    if before is not None:
        found = found.where(tuple_(use.c.at, use.c.event_id) < before)
    found = found.order_by(use.c.at.desc(), use.c.event_id.desc()).limit(limit)
    return tuple(_record(row) for row in await conn.execute(found))


async def of_officer(
    conn: AsyncConnection, department: str, officer: str, limit: int, before: Before | None = None
) -> tuple[UseRecord, ...]:
    """The newest uses by one officer, `limit` at most, older than `before`."""
    found = select(*_VALUES).where(use.c.department == department, use.c.officer == officer)
    if before is not None:
        found = found.where(tuple_(use.c.at, use.c.event_id) < before)
    found = found.order_by(use.c.at.desc(), use.c.event_id.desc()).limit(limit)
    return tuple(_record(row) for row in await conn.execute(found))


async def of_case(conn: AsyncConnection, case_number: str) -> tuple[UseRecord, ...]:
    """Every use for one case, oldest first."""
    found = select(*_VALUES).where(use.c.case_number == case_number).order_by(use.c.at, use.c.event_id)
    return tuple(_record(row) for row in await conn.execute(found))
