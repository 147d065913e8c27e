"""Which certificates lack their sealed documents (OFD, PDF); beside `certs.repo`, of the same tables.

A certificate's row says how its documents stand, and it is written with the documents in one transaction, under the
lock everybody takes who changes a certificate. What is committed late, reinstated, or issued in place of one whose key
was lost therefore shows as missing at once, and one partial index holds just what is missing: nothing is remembered
between two looks, and a look costs what it finds.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from certs import tables as t
from certs.model import SEALED_FACES, Documents, State

_C, _F = t.certificate.c, t.face.c
_FILED = (
    sa.select(sa.func.count())
    .where(_F.identifier == _C.identifier, _F.kind.in_([kind.value for kind in SEALED_FACES]))
    .scalar_subquery()
)


async def missing(conn: AsyncConnection, type_code: str, *, on: date, limit: int) -> tuple[str, ...]:
    """At most so many 有效 certificates of a type, in their term on a day, that lack documents nobody refused to make.

    Reads about as many rows as it returns, whatever there is on file.
    """
    return tuple((await conn.execute(_missing(type_code, on, limit))).scalars())


def _missing(type_code: str, on: date, limit: int) -> sa.CompoundSelect[str]:
    wanted = (_C.type_code == type_code, _C.state == State.VALID.value, _C.documents == Documents.MISSING.value)
    # two ranges of the index, so that what ended without documents is not read again and again
    ranges = (_C.valid_until.is_(None), _C.valid_until >= on)
    parts = [sa.select(_C.identifier).where(*wanted, term).limit(limit).subquery() for term in ranges]
    return sa.union_all(*(sa.select(part.c.identifier) for part in parts)).limit(limit)


async def without(conn: AsyncConnection, type_code: str, *, on: date, after: str, limit: int) -> tuple[str, ...]:
    """Identifiers of 有效 certificates of a type, in their term on a day, that lack documents, also refused ones.

    In order, those after `after`.
    """
    query = sa.select(_C.identifier).where(
        _C.type_code == type_code,
        _C.state == State.VALID.value,
        sa.or_(_C.valid_until.is_(None), _C.valid_until >= on),
        _C.identifier > after,
        _C.documents != Documents.COMPLETE.value,
    )
    return tuple((await conn.execute(query.order_by(_C.identifier).limit(limit))).scalars())


async def lock(conn: AsyncConnection, identifiers: Sequence[str]) -> None:
    """Let nobody else change these certificates until the unit ends, as `certs.repo.lock_intents` does."""
    c = t.intent.c
    await conn.execute(sa.select(c.id).where(_among(c.identifier, identifiers)).order_by(c.id).with_for_update())


async def note_complete(conn: AsyncConnection, identifiers: Sequence[str]) -> None:
    """Say of those certificates whose documents are all on file that they are; they are locked."""
    done = (_C.documents != Documents.COMPLETE.value, sa.literal(len(SEALED_FACES)) == _FILED)
    await _write(conn, identifiers, Documents.COMPLETE, *done)


async def note_refused(conn: AsyncConnection, identifiers: Sequence[str], *, for_good: bool) -> None:
    """Say why documents were not made; the certificates are locked.

    `for_good`: for what is in the certificate, so that only a person asks again. Otherwise they go on missing.
    """
    state = Documents.REFUSED if for_good else Documents.MISSING
    await _write(conn, identifiers, state, _C.documents.not_in([state.value, Documents.COMPLETE.value]))


async def _write(
    conn: AsyncConnection, identifiers: Sequence[str], state: Documents, *where: sa.ColumnElement[bool]
) -> None:
    statement = t.certificate.update().where(_among(_C.identifier, identifiers), *where)
    await conn.execute(statement.values(documents=state.value))


def _among(column: sa.Column[str], identifiers: Sequence[str]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.bindparam(None, list(identifiers), sa.ARRAY(sa.Text)))
