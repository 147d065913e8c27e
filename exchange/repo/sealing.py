"""Sealing jobs and their rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model_sealing import RowState, SealingJob, SealingRow
from exchange.tables.sealing import job, row

_COLUMNS = [job.c[name] for name in SealingJob.__dataclass_fields__]


async def lock_orders(conn: AsyncConnection, type_code: str) -> None:
    """Let nobody else order the sealing of this type until the unit ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sealing-order:{type_code}", 0))))


async def add_job(conn: AsyncConnection, new: SealingJob, identifiers: Sequence[Sequence[str]]) -> None:
    """File a job with its certificates, given in portions."""
    await conn.execute(insert(job).values({name: getattr(new, name) for name in SealingJob.__dataclass_fields__}))
    for portion in identifiers:
        rows = [{"job_id": new.id, "identifier": name, "state": RowState.WAITING.value} for name in portion]
        await conn.execute(insert(row), rows)


async def find(conn: AsyncConnection, job_id: UUID) -> SealingJob | None:
    """The job of this number."""
    return _job((await conn.execute(select(*_COLUMNS).where(job.c.id == job_id))).one_or_none())


async def unfinished(conn: AsyncConnection, type_code: str) -> SealingJob | None:
    """The newest job of a type that has not come to its end."""
    query = select(*_COLUMNS).where(job.c.type_code == type_code, job.c.finished_at.is_(None))
    return _job((await conn.execute(query.order_by(job.c.created_at.desc(), job.c.id.desc()).limit(1))).one_or_none())


async def left(conn: AsyncConnection) -> tuple[UUID, ...]:
    """Jobs that are not finished and not stopped, oldest first."""
    query = select(job.c.id).where(job.c.finished_at.is_(None), job.c.stopped.is_(None)).order_by(job.c.created_at)
    return tuple((await conn.execute(query)).scalars())


async def was_sealed(conn: AsyncConnection, type_code: str) -> bool:
    """Whether any certificate of this type was ever sealed."""
    query = select(job.c.id).where(job.c.type_code == type_code, job.c.sealed > 0).limit(1)
    return (await conn.execute(query)).first() is not None


async def newest(conn: AsyncConnection, limit: int, before: tuple[datetime, UUID] | None) -> tuple[SealingJob, ...]:
    """Jobs, newest first, those after the position `before`."""
    query = select(*_COLUMNS).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(job.c.created_at, job.c.id) < tuple_(*before))
    return tuple(SealingJob(**found) for found in (await conn.execute(query)).mappings())


async def rows(
    conn: AsyncConnection, job_id: UUID, state: RowState | None, *, after: str, limit: int
) -> tuple[SealingRow, ...]:
    """Rows of a job by identifier, those after `after`; all states unless one is asked for."""
    wanted: list[ColumnElement[bool]] = [row.c.job_id == job_id, row.c.identifier > after]
    if state is not None:
        wanted.append(row.c.state == state.value)
    columns = [row.c[name] for name in SealingRow.__dataclass_fields__]
    found = await conn.execute(select(*columns).where(*wanted).order_by(row.c.identifier).limit(limit))
    return tuple(SealingRow(**{**each, "state": RowState(each["state"])}) for each in found.mappings())


async def settle(
    conn: AsyncConnection, job_id: UUID, results: Sequence[SealingRow], *, seconds: float, now: datetime
) -> None:
    """Write what came of waiting rows, and count it; what came of a row first stays."""
    waits = [row.c.job_id == job_id, row.c.state == RowState.WAITING.value]
    waiting = select(row.c.identifier).where(*waits, row.c.identifier.in_([r.identifier for r in results]))
    still = frozenset((await conn.execute(waiting.with_for_update())).scalars())
    results = [r for r in results if r.identifier in still]
    statement = (
        update(row)
        .where(row.c.job_id == job_id, row.c.identifier == bindparam("which"))
        .values(state=bindparam("to"), reason=bindparam("why"), detail=bindparam("more"), done_at=now)
    )
    values = [{"which": r.identifier, "to": r.state.value, "why": r.reason, "more": r.detail} for r in results]
    if values:
        await conn.execute(statement, values)
    count = {state: sum(r.state is state for r in results) for state in RowState}
    await conn.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(
            sealed=job.c.sealed + count[RowState.SEALED],
            existing=job.c.existing + count[RowState.EXISTING],
            refused=job.c.refused + count[RowState.REFUSED],
            busy_seconds=job.c.busy_seconds + seconds,
            stopped=None,
            stopped_detail=None,
        )
    )


async def stop(conn: AsyncConnection, job_id: UUID, reason: str, detail: str) -> None:
    """Note what keeps a job from going on."""
    await conn.execute(update(job).where(job.c.id == job_id).values(stopped=reason[:60], stopped_detail=detail))


async def finish(conn: AsyncConnection, job_id: UUID, now: datetime) -> bool:
    """Note that every row has its result; False when one waits (again), and nothing is noted."""
    complete = select(job.c.sealed + job.c.existing + job.c.refused == job.c.total).where(job.c.id == job_id)
    if not (await conn.execute(complete.with_for_update())).scalar_one():
        return False
    values = {"finished_at": now, "stopped": None, "stopped_detail": None}
    await conn.execute(update(job).where(job.c.id == job_id).values(values))
    return True


async def reopen(conn: AsyncConnection, job_id: UUID) -> int:
    """Let the refused rows wait again; returns how many."""
    cleared = {"state": RowState.WAITING.value, "reason": None, "detail": None, "done_at": None}
    refused = (row.c.job_id == job_id, row.c.state == RowState.REFUSED.value)
    count = (await conn.execute(update(row).where(*refused).values(cleared))).rowcount
    if count:
        values = {"refused": job.c.refused - count, "finished_at": None, "stopped": None, "stopped_detail": None}
        await conn.execute(update(job).where(job.c.id == job_id).values(values))
    return count


async def over(conn: AsyncConnection, before: datetime, limit: int) -> tuple[UUID, ...]:
    """Jobs that ended before a time, oldest first; never the newest of a type that sealed anything."""
    later = job.alias()
    newer = exists().where(
        later.c.type_code == job.c.type_code,
        later.c.sealed > 0,
        tuple_(later.c.created_at, later.c.id) > tuple_(job.c.created_at, job.c.id),
    )
    ended = (job.c.created_at <= before, job.c.finished_at <= before)  # the first is what the index is over
    query = select(job.c.id).where(*ended, or_(job.c.sealed == 0, newer))
    return tuple((await conn.execute(query.order_by(job.c.created_at, job.c.id).limit(limit))).scalars())


async def drop_rows(conn: AsyncConnection, job_id: UUID, before: datetime, limit: int) -> int:
    """Delete so many rows of a job that ended before a time; returns how many there were.

    The job is held meanwhile, so that none of its rows waits again.
    """
    held = select(job.c.id).where(job.c.id == job_id, job.c.finished_at <= before).with_for_update().cte("held")
    some = select(row.c.identifier).where(row.c.job_id == job_id).limit(limit)
    dropped = delete(row).where(row.c.job_id.in_(select(held.c.id)), row.c.identifier.in_(some))
    return (await conn.execute(dropped)).rowcount


async def forget(conn: AsyncConnection, jobs: Sequence[UUID], before: datetime) -> list[int]:
    """Delete jobs without rows that ended before a time; returns how many certificates each was about."""
    gone = delete(job).where(job.c.id.in_(jobs), job.c.finished_at <= before).returning(job.c.total)
    return list((await conn.execute(gone)).scalars())


def _job(found: object) -> SealingJob | None:
    return None if found is None else SealingJob(**found._mapping)  # type: ignore[attr-defined]  # a row
