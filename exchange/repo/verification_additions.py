"""Additions to verifications that are being collected: which upload numbers were handed out, and which count."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model_verifications import BatchState
from exchange.repo.verifications import BatchRow, row_of
from exchange.tables.verifications import verification_addition as addition
from exchange.tables.verifications import verification_batch as batch


@dataclass(frozen=True, slots=True)
class Addition:
    """`count` uploads with numbers from `first` on."""

    first: int
    count: int

    @property
    def numbers(self) -> range:
        """The numbers of its uploads."""
        return range(self.first, self.first + self.count)


async def reserve(conn: AsyncConnection, id_: UUID, count: int, *, now: datetime, expires_at: datetime) -> int | None:
    """Hand out so many numbers, never the same twice; the first of them, None when nothing can be added any more."""
    query = (
        update(batch)
        .where(batch.c.id == id_, batch.c.state == BatchState.COLLECTING, batch.c.expires_at > now)
        .values(reserved=batch.c.reserved + count, expires_at=func.greatest(batch.c.expires_at, expires_at))
        .returning(batch.c.reserved)
    )
    after = (await conn.execute(query)).scalar_one_or_none()
    return None if after is None else int(after) - count


async def taken(conn: AsyncConnection, id_: UUID, since: datetime) -> int:
    """How many uploads count or are on their way; an addition begun before `since` and not complete never will be."""
    query = select(func.coalesce(func.sum(addition.c.count), 0)).where(
        addition.c.batch_id == id_, or_(addition.c.complete, addition.c.begun_at > since)
    )
    return int((await conn.execute(query)).scalar_one())


async def begin(conn: AsyncConnection, id_: UUID, one: Addition, now: datetime) -> None:
    """Note an addition before its uploads are stored, so that they are found and forgotten whatever happens."""
    values = {"batch_id": id_, "first": one.first, "count": one.count, "begun_at": now, "complete": False}
    await conn.execute(insert(addition).values(values))


async def complete(
    conn: AsyncConnection, id_: UUID, one: Addition, *, now: datetime, since: datetime, expires_at: datetime
) -> BatchRow | None:
    """Let an addition count; the verification with it, None when that collects no more or the addition is too old."""
    changed = await conn.execute(
        update(batch)
        .where(batch.c.id == id_, batch.c.state == BatchState.COLLECTING, batch.c.expires_at > now)
        .values(
            uploads=batch.c.uploads + one.count,
            total=batch.c.total + one.count,
            expires_at=func.greatest(batch.c.expires_at, expires_at),
        )
        .returning(*batch.c)
    )
    row = changed.mappings().first()
    this = and_(addition.c.batch_id == id_, addition.c.first == one.first, addition.c.begun_at > since)
    noted = await conn.execute(update(addition).where(this).values(complete=True).returning(addition.c.first))
    return None if row is None or noted.first() is None else row_of(row)


async def drop(conn: AsyncConnection, id_: UUID, one: Addition) -> None:
    """Forget an addition that is not complete."""
    this = and_(addition.c.batch_id == id_, addition.c.first == one.first, addition.c.complete.is_(False))
    await conn.execute(delete(addition).where(this))


async def of(conn: AsyncConnection, id_: UUID, *, only_complete: bool = False) -> tuple[Addition, ...]:
    """The additions of a verification in the order of their numbers."""
    query = select(addition.c.first, addition.c.count).where(addition.c.batch_id == id_).order_by(addition.c.first)
    if only_complete:
        query = query.where(addition.c.complete)
    return tuple(Addition(first, count) for first, count in await conn.execute(query))
