"""The public halves of the hub's keys, with role, owner and window."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.tables.keys import key


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key: `role` says what it signs, `owner` (USCC) for whom, `uri` where its private half is.

    `chain` is PEM, its certificate first; `distrusted_at` the instant since when its signatures prove nothing (失密).
    """

    kid: str
    role: str
    owner: str
    alg: str
    uri: str
    jwk: Mapping[str, str]
    not_before: datetime
    not_after: datetime
    retired_at: datetime | None = None
    chain: bytes | None = field(default=None, repr=False)
    distrusted_at: datetime | None = None


async def add(conn: AsyncConnection, row: KeyRow) -> None:
    """Store a key; a kid is stored once."""
    await conn.execute(insert(key).values({name: getattr(row, name) for name in KeyRow.__slots__}))


async def retire(conn: AsyncConnection, kid: str, at: datetime) -> None:
    """From `at` on the key signs nothing more; what it signed before still verifies."""
    await conn.execute(update(key).where(key.c.kid == kid, key.c.retired_at.is_(None)).values(retired_at=at))


async def distrust(conn: AsyncConnection, kid: str, since: datetime) -> None:
    """From `since` on nothing the key signed proves anything; of two instants the earlier one stands."""
    await conn.execute(update(key).where(key.c.kid == kid).values(distrusted_at=func.least(key.c.distrusted_at, since)))


async def attach_chain(conn: AsyncConnection, kid: str, chain: bytes) -> None:
    """Store the certificates of a key."""
    await conn.execute(update(key).where(key.c.kid == kid).values(chain=chain))


async def all_keys(conn: AsyncConnection) -> tuple[KeyRow, ...]:
    """Every key that ever signed, newest first; of one second the name of the file, which holds the moment, decides."""
    found = await conn.execute(select(key).order_by(key.c.not_before.desc(), key.c.uri.desc()))
    return tuple(KeyRow(**row) for row in found.mappings())
