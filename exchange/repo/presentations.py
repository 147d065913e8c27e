"""Presentations in and out of their table; a move is one conditional UPDATE, so of parallel attempts one wins."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Presentation, PresentationState
from exchange.tables.presentations import code_miss, presentation

_COLUMNS = (
    presentation.c.id,
    presentation.c.subject,
    presentation.c.certificates,
    presentation.c.state,
    presentation.c.expires_at,
    presentation.c.department,
    presentation.c.officer,
    presentation.c.case_number,
    presentation.c.service_item,
    presentation.c.requested,
)


_ALIVE = (PresentationState.SHOWN, PresentationState.CLAIMED, PresentationState.CONFIRMED)


def _value(row: RowMapping) -> Presentation:
    fields = dict(row)
    requested: Mapping[str, list[str]] | None = fields.pop("requested")
    return Presentation(
        **{
            **fields,
            "certificates": tuple(fields["certificates"]),
            "state": PresentationState(fields["state"]),
            "requested": None if requested is None else {key: tuple(names) for key, names in requested.items()},
        }
    )


async def code_is_live(conn: AsyncConnection, code_hash: bytes) -> bool:
    """Whether a code with this hash is being shown now; a new code must not collide with it."""
    found = select(presentation.c.id).where(presentation.c.code_hash == code_hash, presentation.c.state == "shown")
    return (await conn.execute(found)).first() is not None


async def add(conn: AsyncConnection, offered: Presentation, *, code_hash: bytes, at: datetime) -> None:
    """Store a presentation that is being shown."""
    await conn.execute(
        insert(presentation).values(
            id=offered.id,
            subject=offered.subject,
            certificates=list(offered.certificates),
            code_hash=code_hash,
            state=PresentationState.SHOWN,
            offered_at=at,
            expires_at=offered.expires_at,
        )
    )


async def shown(conn: AsyncConnection, code_hash: bytes, subject: str) -> Presentation | None:
    """What this person shows under the code, None when nothing is shown."""
    found = select(*_COLUMNS).where(
        presentation.c.code_hash == code_hash,
        presentation.c.state == PresentationState.SHOWN,
        presentation.c.subject == subject,
    )
    row = (await conn.execute(found)).mappings().first()
    return None if row is None else _value(row)


async def claim(
    conn: AsyncConnection,
    id_: UUID,
    *,
    department: str,
    officer: str,
    case_number: str,
    service_item: str,
    requested: Mapping[str, tuple[str, ...]],
    now: datetime,
    answer_by: datetime,
) -> Presentation | None:
    """Take what is shown for a case and fix what will be released if the holder agrees; None: taken, or dead."""
    statement = (
        update(presentation)
        .where(
            presentation.c.id == id_,
            presentation.c.state == PresentationState.SHOWN,
            presentation.c.expires_at > now,
        )
        .values(
            state=PresentationState.CLAIMED,
            department=department,
            officer=officer,
            case_number=case_number,
            service_item=service_item,
            requested={key: list(names) for key, names in requested.items()},
            expires_at=answer_by,
        )
        .returning(*_COLUMNS)
    )
    row = (await conn.execute(statement)).mappings().first()
    return None if row is None else _value(row)


async def move(
    conn: AsyncConnection,
    id_: UUID,
    *,
    before: PresentationState,
    after: PresentationState,
    now: datetime,
    subject: str | None = None,
    officer: str | None = None,
    department: str | None = None,
) -> Presentation | None:
    """Move one step if it is in `before`, alive and theirs; None when another attempt won or it died."""
    conditions = [
        presentation.c.id == id_,
        presentation.c.state == before,
        presentation.c.expires_at > now,
    ]
    if subject is not None:
        conditions.append(presentation.c.subject == subject)
    if officer is not None:
        conditions += [presentation.c.officer == officer, presentation.c.department == department]
    statement = update(presentation).where(and_(*conditions)).values(state=after, decided_at=now).returning(*_COLUMNS)
    row = (await conn.execute(statement)).mappings().first()
    return None if row is None else _value(row)


async def find(conn: AsyncConnection, id_: UUID) -> Presentation | None:
    """The presentation with this id."""
    row = (await conn.execute(select(*_COLUMNS).where(presentation.c.id == id_))).mappings().first()
    return None if row is None else _value(row)


async def any_over(conn: AsyncConnection, now: datetime) -> bool:
    """Whether some presentation's time is over and nobody noticed yet."""
    found = select(presentation.c.id).where(presentation.c.state.in_(_ALIVE), presentation.c.expires_at <= now).limit(1)
    return (await conn.execute(found)).first() is not None


async def expire(conn: AsyncConnection, now: datetime) -> tuple[Presentation, ...]:
    """End every presentation whose time is over before it was collected; returns them."""
    statement = (
        update(presentation)
        .where(presentation.c.state.in_(_ALIVE), presentation.c.expires_at <= now)
        .values(state=PresentationState.EXPIRED, decided_at=now)
        .returning(*_COLUMNS)
    )
    return tuple(_value(row) for row in (await conn.execute(statement)).mappings())


async def one_by_one(conn: AsyncConnection, officer: str) -> None:
    """Let attempts of one officer follow each other until this transaction ends, so that each sees all misses."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"code-miss:{officer}", 0))))


async def count_miss(conn: AsyncConnection, officer: str, window_start: datetime) -> int:
    """Count a wrong code by this officer in the window and return the window's total."""
    statement = (
        upsert(code_miss)
        .values(officer=officer, window_start=window_start, misses=1)
        .on_conflict_do_update(
            index_elements=[code_miss.c.officer, code_miss.c.window_start],
            set_={"misses": code_miss.c.misses + 1},
        )
        .returning(code_miss.c.misses)
    )
    return int((await conn.execute(statement)).scalar_one())


async def misses(conn: AsyncConnection, officer: str, *, now: datetime, window: timedelta) -> int:
    """Wrong codes by this officer in the window that `now` lies in."""
    found = select(code_miss.c.misses).where(
        code_miss.c.officer == officer, code_miss.c.window_start > now - window, code_miss.c.window_start <= now
    )
    return sum((await conn.execute(found)).scalars())
