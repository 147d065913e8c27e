"""Rows of believed authorities and revocation lists.

Every change bumps `exchange_authority_revision` in the same transaction, so one number validates what is held of them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.tables.authorities import authority, revision, revocation_list


class AuthorityKind(StrEnum):
    """A root (根证书) is believed for itself, an intermediate (中间证书) as far as a root stands above it."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """One authority: SHA-256 and octets of its certificate, its name for people, the end of its validity."""

    sha256: bytes
    kind: AuthorityKind
    subject: str
    not_after: datetime
    der: bytes
    added_at: datetime


@dataclass(frozen=True, slots=True)
class RevocationListRow:
    """One list: SHA-256 and octets, its issuer's name as DER, the two dates it speaks for."""

    sha256: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime
    der: bytes
    added_at: datetime


async def read_revision(conn: AsyncConnection) -> int:
    """How many changes there were so far."""
    return int(await conn.scalar(select(revision.c.revision)) or 0)


async def _bump(conn: AsyncConnection) -> None:
    statement = insert(revision).values(id=1, revision=1)
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"revision": revision.c.revision + 1})
    )


async def is_known(conn: AsyncConnection, sha256: bytes) -> bool:
    """Whether an authority or a list with these octets is on file."""
    for table in (authority, revocation_list):
        if (await conn.execute(select(table.c.sha256).where(table.c.sha256 == sha256))).first() is not None:
            return True
    return False


async def add_authority(conn: AsyncConnection, row: AuthorityRow) -> None:
    """Store an authority."""
    values = {name: getattr(row, name) for name in AuthorityRow.__slots__}
    await conn.execute(insert(authority).values(values | {"kind": row.kind.value}))
    await _bump(conn)


async def add_list(conn: AsyncConnection, row: RevocationListRow) -> None:
    """Store a revocation list."""
    await conn.execute(insert(revocation_list).values({name: getattr(row, name) for name in row.__slots__}))
    await _bump(conn)


async def remove(conn: AsyncConnection, sha256: bytes) -> bool:
    """Forget the authority or the list with this digest; False when there is none."""
    for table in (authority, revocation_list):
        query = delete(table).where(table.c.sha256 == sha256).returning(table.c.sha256)
        if (await conn.execute(query)).first() is not None:
            await _bump(conn)
            return True
    return False


async def authorities(conn: AsyncConnection) -> tuple[AuthorityRow, ...]:
    """Every authority, roots first, then by name."""
    order = (authority.c.kind.desc(), authority.c.subject, authority.c.added_at)
    found = await conn.execute(select(authority).order_by(*order))
    return tuple(AuthorityRow(**{**row, "kind": AuthorityKind(row["kind"])}) for row in found.mappings())


async def lists(conn: AsyncConnection) -> tuple[RevocationListRow, ...]:
    """Every revocation list, newest first."""
    order = (revocation_list.c.this_update.desc(), revocation_list.c.added_at.desc())
    found = await conn.execute(select(revocation_list).order_by(*order))
    return tuple(RevocationListRow(**row) for row in found.mappings())
