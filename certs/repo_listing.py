"""Certificates of a type listed, in pages; reads `certs.tables` beside `certs.repo`."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from certs import tables as t
from certs.model import State

_IN_TERM = (State.VALID, State.SUSPENDED)


async def identifiers_of(
    conn: AsyncConnection, type_code: str, state: State | None, *, on: date, after: str, limit: int
) -> Sequence[str]:
    """Identifiers of a type in their order, those after `after`; of one state, or all.

    What is 有效 or 暂扣 with a term that ended before the day `on` counts as 过期 and as nothing else.
    """
    c = t.certificate.c
    query = sa.select(c.identifier).where(c.type_code == type_code, c.identifier > after)
    over = c.valid_until.is_not(None) & (c.valid_until < on)
    if state is State.EXPIRED:
        query = query.where(c.state.in_([s.value for s in _IN_TERM]), over)
    elif state is not None:
        query = query.where(c.state == state.value)
        query = query.where(~over) if state in _IN_TERM else query
    return (await conn.execute(query.order_by(c.identifier).limit(limit))).scalars().all()
