"""Verifications of many documents in and out of their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model_verifications import BatchState, BatchView
from exchange.tables.verifications import verification_batch as batch
from exchange.tables.verifications import verification_result as result


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A verification as stored; `owner` is a keyed hash of who asked, `reserved` counts upload numbers handed out."""

    id: UUID
    owner: bytes
    state: BatchState
    asked_at: datetime
    as_of: datetime
    uploads: int
    reserved: int
    total: int
    trust_digest: str
    finished_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result; `sealed` holds name and report."""

    number: int
    verdict: str
    code: str | None
    sealed: bytes


async def add(conn: AsyncConnection, row: BatchRow) -> None:
    """Store a verification."""
    await conn.execute(insert(batch).values(**{name: getattr(row, name) for name in BatchRow.__slots__}))


async def find(
    conn: AsyncConnection, id_: UUID, owner: bytes | None = None, *, locked: bool = False
) -> BatchRow | None:
    """The verification; with `owner`, only if that is who asked; `locked` until the transaction ends."""
    query = select(batch).where(batch.c.id == id_)
    if owner is not None:
        query = query.where(batch.c.owner == owner)
    if locked:
        query = query.with_for_update()
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else row_of(row)


async def of_owner(conn: AsyncConnection, owner: bytes, limit: int, now: datetime) -> tuple[BatchRow, ...]:
    """The newest verifications of one asker whose time is not over."""
    query = (
        select(batch)
        .where(batch.c.owner == owner, batch.c.expires_at > now)
        .order_by(batch.c.asked_at.desc())
        .limit(limit)
    )
    return tuple(map(row_of, (await conn.execute(query)).mappings()))


async def one_by_one(conn: AsyncConnection, owner: bytes) -> None:
    """Let verifications of one asker follow each other until this unit ends, so that each counts all before."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"verifications:{owner.hex()}", 0))))


async def waiting_since(conn: AsyncConnection, before: datetime) -> tuple[UUID, ...]:
    """Verifications no worker began, asked for before a time, oldest first."""
    query = select(batch.c.id).where(batch.c.state == BatchState.WAITING, batch.c.asked_at <= before)
    return tuple((await conn.execute(query.order_by(batch.c.asked_at))).scalars())


async def unfinished(conn: AsyncConnection, owner: bytes, now: datetime) -> int:
    """How many verifications of one asker are being collected or have not ended."""
    query = select(func.count()).where(
        batch.c.owner == owner, batch.c.state != BatchState.DONE, batch.c.expires_at > now
    )
    return int((await conn.execute(query)).scalar_one())


async def counts(conn: AsyncConnection, id_: UUID) -> dict[str, int]:
    """Verdict -> how many."""
    query = select(result.c.verdict, func.count()).where(result.c.batch_id == id_).group_by(result.c.verdict)
    return {row[0]: row[1] for row in await conn.execute(query)}


async def advance(conn: AsyncConnection, id_: UUID, **values: object) -> None:
    """Change a verification's state, total or end."""
    await conn.execute(update(batch).where(batch.c.id == id_).values(**values))


async def add_results(conn: AsyncConnection, id_: UUID, rows: Sequence[ResultRow]) -> None:
    """Store results; one that is there already stays, so that a second run of a job doubles nothing."""
    values: list[Mapping[str, object]] = [
        {"batch_id": id_, "number": r.number, "verdict": r.verdict, "code": r.code, "sealed": r.sealed} for r in rows
    ]
    await conn.execute(upsert(result).on_conflict_do_nothing(), values)


async def numbers(conn: AsyncConnection, id_: UUID) -> frozenset[int]:
    """Which results are there."""
    return frozenset((await conn.execute(select(result.c.number).where(result.c.batch_id == id_))).scalars())


async def results(
    conn: AsyncConnection, id_: UUID, *, after: int, limit: int, verdict: str | None = None
) -> tuple[ResultRow, ...]:
    """Results in order, those after a number."""
    query = select(result).where(result.c.batch_id == id_, result.c.number > after)
    if verdict is not None:
        query = query.where(result.c.verdict == verdict)
    rows = (await conn.execute(query.order_by(result.c.number).limit(limit))).mappings()
    return tuple(ResultRow(r["number"], r["verdict"], r["code"], bytes(r["sealed"])) for r in rows)


async def expired(conn: AsyncConnection, now: datetime) -> tuple[BatchRow, ...]:
    """Verifications whose time is over."""
    return tuple(map(row_of, (await conn.execute(select(batch).where(batch.c.expires_at <= now))).mappings()))


async def forget(conn: AsyncConnection, id_: UUID) -> None:
    """Delete a verification with its results."""
    await conn.execute(delete(batch).where(batch.c.id == id_))


async def forget_empty(conn: AsyncConnection, id_: UUID) -> None:
    """Delete a verification nothing was collected for."""
    this = (batch.c.id == id_, batch.c.state == BatchState.COLLECTING, batch.c.uploads == 0)
    await conn.execute(delete(batch).where(*this))


def view(row: BatchRow, found: Mapping[str, int]) -> BatchView:
    """The verification as its asker sees it."""
    return BatchView(
        id=row.id,
        state=row.state,
        asked_at=row.asked_at,
        at=row.as_of,
        uploads=row.uploads,
        total=row.total,
        done=sum(found.values()),
        counts={name: found.get(name, 0) for name in ("valid", "invalid", "indeterminate")},
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )


def row_of(row: RowMapping) -> BatchRow:
    """A verification from its table."""
    fields = dict(row)
    return BatchRow(**{**fields, "owner": bytes(fields["owner"]), "state": BatchState(fields["state"])})
