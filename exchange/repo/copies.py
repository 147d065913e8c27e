"""Purpose-marked copies in and out of their tables. Taking the file is one DELETE: of any number, one gets it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.model import FaceKind
from exchange.model_copies import Copy
from exchange.tables.copies import copy, copy_file

_STORED = tuple(name for name in Copy.__dataclass_fields__ if name != "drop_at")
_COPIES = select(*(copy.c[name] for name in _STORED), copy_file.c.drop_at).outerjoin(
    copy_file, copy_file.c.copy_id == copy.c.id
)


def _value(row: RowMapping) -> Copy:
    fields = dict(row)
    return Copy(**{**fields, "format": FaceKind(fields["format"]), "digest": bytes(fields["digest"])})


async def add(conn: AsyncConnection, made: Copy, *, sealed: bytes, drop_at: datetime) -> None:
    """Store a copy with its encrypted file."""
    values = {name: getattr(made, name) for name in _STORED} | {"format": made.format.value}
    await conn.execute(insert(copy).values(values))
    await conn.execute(insert(copy_file).values(copy_id=made.id, sealed=sealed, drop_at=drop_at))


async def find(conn: AsyncConnection, id_: UUID, subject: str) -> Copy | None:
    """A copy of this person's."""
    return await _one(conn, and_(copy.c.id == id_, copy.c.subject == subject))


async def by_code(conn: AsyncConnection, code: str) -> Copy | None:
    """A copy by its verification code, once it was downloaded: before, nobody can have one."""
    return await _one(conn, and_(copy.c.code == code, copy.c.downloaded_at.is_not(None)))


async def of_subject(conn: AsyncConnection, subject: str, limit: int) -> tuple[Copy, ...]:
    """The newest copies a person made."""
    found = _COPIES.where(copy.c.subject == subject).order_by(copy.c.made_at.desc(), copy.c.id).limit(limit)
    return tuple(_value(row) for row in (await conn.execute(found)).mappings())


async def one_by_one(conn: AsyncConnection, subject: str) -> None:
    """Let copies of one person follow each other until this unit ends, so that each sees all made before."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"copies:{subject}", 0))))


async def made_since(conn: AsyncConnection, subject: str, since: datetime) -> int:
    """How many copies a person made since."""
    found = select(func.count()).select_from(copy).where(copy.c.subject == subject, copy.c.made_at >= since)
    return int((await conn.execute(found)).scalar_one())


async def take_file(conn: AsyncConnection, id_: UUID, now: datetime) -> bytes | None:
    """Take the encrypted file away, if it is there and may still be had; None when another attempt has it."""
    taken = delete(copy_file).where(copy_file.c.copy_id == id_, copy_file.c.drop_at > now).returning(copy_file.c.sealed)
    sealed = (await conn.execute(taken)).scalar_one_or_none()
    if sealed is not None:
        await conn.execute(update(copy).where(copy.c.id == id_).values(downloaded_at=now))
    return sealed


async def withdraw(conn: AsyncConnection, id_: UUID, subject: str, now: datetime) -> bool:
    """End a copy of this person's and drop its file; False when it was withdrawn before or is not theirs."""
    mine = and_(copy.c.id == id_, copy.c.subject == subject, copy.c.withdrawn_at.is_(None))
    # the file first, in the order a download locks them
    await conn.execute(delete(copy_file).where(copy_file.c.copy_id.in_(select(copy.c.id).where(mine))))
    done = update(copy).where(mine).values(withdrawn_at=now).returning(copy.c.id)
    return (await conn.execute(done)).first() is not None


async def withdrawn(conn: AsyncConnection) -> dict[str, datetime]:
    """Every copy that was withdrawn: its code, and when."""
    found = select(copy.c.code, copy.c.withdrawn_at).where(copy.c.withdrawn_at.is_not(None)).order_by(copy.c.code)
    return {row.code: row.withdrawn_at for row in await conn.execute(found)}


async def withdrawn_at(conn: AsyncConnection, code: str) -> datetime | None:
    """When the copy with this code was withdrawn; None when it was not, or there is none."""
    return (await conn.execute(select(copy.c.withdrawn_at).where(copy.c.code == code))).scalar_one_or_none()


async def note_check(conn: AsyncConnection, id_: UUID, *, now: datetime, pause: timedelta) -> bool:
    """Note that the copy was checked; False when that was noted within `pause`."""
    due = or_(copy.c.checked_at.is_(None), copy.c.checked_at <= now - pause)
    noted = update(copy).where(copy.c.id == id_, due).values(checked_at=now).returning(copy.c.id)
    return (await conn.execute(noted)).first() is not None


async def any_file_over(conn: AsyncConnection, now: datetime) -> bool:
    """Whether some file waited long enough."""
    found = select(copy_file.c.copy_id).where(copy_file.c.drop_at <= now).limit(1)
    return (await conn.execute(found)).first() is not None


async def drop_files(conn: AsyncConnection, now: datetime) -> tuple[UUID, ...]:
    """Drop every file that waited long enough; ids of the copies."""
    dropped = delete(copy_file).where(copy_file.c.drop_at <= now).returning(copy_file.c.copy_id)
    return tuple((await conn.execute(dropped)).scalars())


async def _one(conn: AsyncConnection, which: ColumnElement[bool]) -> Copy | None:
    row = (await conn.execute(_COPIES.where(which))).mappings().first()
    return None if row is None else _value(row)
