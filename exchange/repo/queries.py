"""The hot path's one read, and the answers kept for repetition.

The read runs on asyncpg itself: through SQLAlchemy it costs half the throughput (reference measurements in
docs/adr). Its text is constant, so every connection prepares it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Case, CaseState
from exchange.tables.queries import answered

MOST_RECORDS = 50
"""More records of one subject in one resource than this are not an answer but a bulk pull."""


class Row(Protocol):
    """The part of `asyncpg.Record` the read needs."""

    def __getitem__(self, name: str) -> Any:
        """The value of a column."""
        ...


class Pool(Protocol):
    """The part of `asyncpg.Pool` the read needs."""

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """Every row of a prepared statement."""
        ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as the adapters stored it; `as_of` is the source's time, `pulled_at` ours."""

    body: Mapping[str, object]
    as_of: datetime
    pulled_at: datetime
    run_id: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer kept under a request id, and the digest of the body it answered."""

    body_digest: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a decision needs, from one snapshot of the database."""

    revision: int
    active: bool
    kept: Kept | None
    case: Case | None
    records: tuple[StoredRecord, ...]


_READ = f"""
SELECT coalesce((SELECT revision FROM catalog_revision), 0) AS revision,
       EXISTS (SELECT FROM exchange_officer o WHERE o.department = $2 AND o.officer = $3 AND o.active)
         AND ($1 = '' OR EXISTS (SELECT FROM exchange_client l WHERE l.client_id = $1 AND l.active)) AS active,
       a.body_digest, a.sealed,
       c.number, c.service_item, c.department, c.subject, c.opened_by, c.opened_at, c.state,
       (SELECT json_object_agg(p.role, p.subject) FROM exchange_case_subject p
         WHERE p.case_number = c.number) AS people,
       r.body, r.as_of, r.pulled_at, r.run_id
  FROM (VALUES (1)) AS one(row)
  LEFT JOIN exchange_answered a ON a.scope = $4 AND a.request_id = $5 AND a.expires_at > $6
  LEFT JOIN exchange_case c ON c.number = $7
  LEFT JOIN (SELECT t.body, t.as_of, coalesce(u.started_at, t.as_of) AS pulled_at, t.run_id
               FROM adapter_record_subject s JOIN adapter_record t USING (resource, key)
               LEFT JOIN adapter_run u ON u.id = t.run_id
              WHERE s.subject = $8 AND s.resource = $9 AND t.deleted_at IS NULL
              ORDER BY t.key LIMIT {MOST_RECORDS + 1}) AS r ON true
"""  # noqa: S608 - the only value inserted is the constant above


async def read(
    pool: Pool,
    *,
    client: str,
    department: str,
    officer: str,
    scope: str,
    request_id: str,
    now: datetime,
    case_number: str,
    subject: str,
    resource: str,
) -> Found:
    """Read standing, kept answer, case and records in one statement; `client` is empty for a console."""
    rows = await pool.fetch(_READ, client, department, officer, scope, request_id, now, case_number, subject, resource)
    first = rows[0]
    kept = None if first["sealed"] is None else Kept(first["body_digest"], first["sealed"])
    records = tuple(_record(row) for row in rows if row["body"] is not None)
    return Found(first["revision"], first["active"], kept, _case(first), records)


def _case(row: Row) -> Case | None:
    if row["number"] is None:
        return None
    return Case(
        number=row["number"],
        service_item=row["service_item"],
        department=row["department"],
        subject=row["subject"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        state=CaseState(row["state"]),
        people={} if row["people"] is None else orjson.loads(row["people"]),
    )


def _record(row: Row) -> StoredRecord:
    return StoredRecord(orjson.loads(row["body"]), row["as_of"], row["pulled_at"], row["run_id"])


@dataclass(frozen=True, slots=True)
class Keep:
    """An answer to keep; `expires_at` says how long the same request gets it again."""

    scope: str
    request_id: str
    body_digest: bytes
    sealed: bytes
    expires_at: datetime


async def keep(conn: AsyncConnection, answers: Sequence[Keep], now: datetime) -> set[tuple[str, str]]:
    """Store answers; returns the (scope, request id) pairs that were free, or whose earlier answer had expired."""
    # one order in every process, so that two rounds with the same two ids cannot wait for each other
    rows = [
        {name: getattr(answer, name) for name in Keep.__slots__}
        for answer in sorted(answers, key=lambda answer: (answer.scope, answer.request_id))
    ]
    statement = upsert(answered).values(rows)
    stored = await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["scope", "request_id"],
            set_={name: statement.excluded[name] for name in ("body_digest", "sealed", "expires_at")},
            where=answered.c.expires_at <= now,
        ).returning(answered.c.scope, answered.c.request_id)
    )
    return {(row.scope, row.request_id) for row in stored}


async def forget_expired(conn: AsyncConnection, now: datetime) -> int:
    """Delete kept answers whose day is over; returns how many."""
    return (await conn.execute(delete(answered).where(answered.c.expires_at <= now))).rowcount
