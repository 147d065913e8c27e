"""Answers kept for a day under an Idempotency-Key, written in the unit of work whose effect they stand for.

The same rows are written by `exchange.repo.queries`, many in one statement; see `exchange.service.repeats` for why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.tables.queries import answered

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer is kept: whose, and under which key."""

    scope: str
    request_id: str

    @property
    def context(self) -> str:
        """What the sealed answer is bound to, so that it opens for its own request only."""
        return f"{self.scope}\n{self.request_id}"


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
