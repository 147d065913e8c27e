"""Records that other packages read: by subject, by key, what changed, how fresh a resource is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.tables import record, record_change, record_subject, run

Item: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a resource. `as_of`: when this version was read; `digest`: SHA-256, changes with any item."""

    resource: str
    key: str
    body: Mapping[str, Item]
    as_of: datetime
    run_id: UUID
    digest: bytes
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a record: op `I` new, `U` changed, `D` deleted. `id` orders the changes of one key."""

    id: int
    resource: str
    key: str
    op: str
    run_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last completed run of a resource: every earlier change at the source is in. `records` counts live ones."""

    resource: str
    run_id: UUID
    started_at: datetime
    finished_at: datetime
    upper_bound: str | None
    records: int


_COLUMNS = (record.c.resource, record.c.key, record.c.body, record.c.as_of, record.c.run_id, record.c.digest)


async def find_by_subject(conn: AsyncConnection, resource: str, subject: str, *, limit: int = 1000) -> list[Record]:
    """The live records of `resource` about `subject`, by key; at most `limit`."""
    wanted = (
        select(*_COLUMNS)
        .join(
            record_subject,
            (record_subject.c.resource == record.c.resource) & (record_subject.c.key == record.c.key),
        )
        .where(record_subject.c.subject == subject, record_subject.c.resource == resource)
        .where(record.c.deleted_at.is_(None))
        .order_by(record.c.key)
        .limit(limit)
    )
    return [Record(*row) for row in await conn.execute(wanted)]


async def find_by_key(conn: AsyncConnection, resource: str, key: str) -> Record | None:
    """The record, also when it is deleted (`deleted_at`), or None."""
    wanted = select(*_COLUMNS, record.c.deleted_at).where(record.c.resource == resource, record.c.key == key)
    row = (await conn.execute(wanted)).one_or_none()
    return None if row is None else Record(*row)


async def find_many(conn: AsyncConnection, resource: str, keys: Sequence[str], *, keep: bool = False) -> list[Record]:
    """The live records among `keys`, by key; with `keep` nobody changes them while this transaction lives."""
    wanted = select(*_COLUMNS).where(record.c.resource == resource, record.c.key.in_(keys))
    wanted = wanted.where(record.c.deleted_at.is_(None)).order_by(record.c.key)
    rows = await conn.execute(wanted.with_for_update(read=True) if keep else wanted)
    return [Record(*row) for row in rows]


async def scan(conn: AsyncConnection, resource: str, *, after: str, limit: int) -> list[Record]:
    """The next live records of `resource` by key, after the key `after` (empty: from the first)."""
    wanted = select(*_COLUMNS).where(record.c.resource == resource, record.c.key > after, record.c.deleted_at.is_(None))
    return [Record(*row) for row in await conn.execute(wanted.order_by(record.c.key).limit(limit))]


async def unconsumed_changes(
    conn: AsyncConnection, *, limit: int = 1000, resource: str | None = None, after: int = 0
) -> list[Change]:
    """The oldest changes nobody has consumed, after the id `after`; others skip them while this transaction lives."""
    wanted: list[ColumnElement[bool]] = [record_change.c.consumed_at.is_(None), record_change.c.id > after]
    wanted += [record_change.c.resource == resource] if resource else []
    columns = [record_change.c[name] for name in ("id", "resource", "key", "op", "run_id", "at")]
    query = select(*columns).where(*wanted).order_by(record_change.c.id).limit(limit)
    return [Change(*row) for row in await conn.execute(query.with_for_update(skip_locked=True))]


async def consume_changes(conn: AsyncConnection, ids: Sequence[int], at: datetime) -> int:
    """Mark changes consumed; returns how many were not yet."""
    waiting = record_change.c.id.in_(ids) & record_change.c.consumed_at.is_(None)
    return (await conn.execute(update(record_change).where(waiting).values(consumed_at=at))).rowcount


async def freshness(conn: AsyncConnection, resource: str) -> Freshness | None:
    """The last completed run of `resource`, or None before the first."""
    live = select(func.count()).where(record.c.resource == resource, record.c.deleted_at.is_(None)).scalar_subquery()
    last = (
        select(run.c.resource, run.c.id, run.c.started_at, run.c.finished_at, run.c.upper_bound, live)
        .where(run.c.resource == resource, run.c.state == "completed")
        .order_by(run.c.started_at.desc(), run.c.finished_at.desc())
        .limit(1)
    )
    row = (await conn.execute(last)).one_or_none()
    return None if row is None else Freshness(*row)
