"""Answers kept for a day under an Idempotency-Key, written in the unit of work whose effect they stand for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.tables.queries import answered


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer is kept: whose, and under which key."""

    scope: str
    request_id: str


async def claim(conn: AsyncConnection, place: Place, digest: bytes, *, now: datetime, expires_at: datetime) -> bool:
    """Take a key for this unit; False when its day is not over. Waits for a unit that is about to take the same."""
    values = {"body_digest": digest, "sealed": b"", "expires_at": expires_at}
    row = {"scope": place.scope, "request_id": place.request_id, **values}
    taken = (
        insert(answered)
        .values(row)
        .on_conflict_do_update(index_elements=["scope", "request_id"], set_=values, where=answered.c.expires_at <= now)
        .returning(answered.c.scope)
    )
    return (await conn.execute(taken)).first() is not None


async def keep(conn: AsyncConnection, place: Place, sealed: bytes) -> None:
    """Store the answer under a key taken in this unit."""
    mine = (answered.c.scope == place.scope) & (answered.c.request_id == place.request_id)
    await conn.execute(update(answered).where(mine).values(sealed=sealed))


async def kept(conn: AsyncConnection, place: Place, now: datetime) -> tuple[bytes, bytes] | None:
    """Digest of the request and the sealed answer; None when nothing is kept, or its day is over."""
    mine = (answered.c.scope == place.scope) & (answered.c.request_id == place.request_id)
    query = select(answered.c.body_digest, answered.c.sealed).where(mine, answered.c.expires_at > now)
    row = (await conn.execute(query)).first()
    return None if row is None else (bytes(row.body_digest), bytes(row.sealed))
