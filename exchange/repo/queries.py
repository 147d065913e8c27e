"""The hot path: one statement that reads all a decision needs, one that stores all that outcomes leave.

Both run on asyncpg itself, prepared once per connection: through SQLAlchemy the query has a third of the throughput
(measured). The price is that they name columns of other packages' tables; the tests run them on the real schema.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Case, CaseState, UseRecord
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


class StoredRecord(NamedTuple):
    """A record as the adapters stored it; `as_of` is the source's time, `pulled_at` ours."""

    body: Mapping[str, object]
    as_of: datetime
    pulled_at: datetime
    run_id: UUID


class Kept(NamedTuple):
    """An answer kept under a request id, and the digest of the body it answered."""

    body_digest: bytes
    sealed: bytes


class Found(NamedTuple):
    """Everything a decision needs, from one snapshot of the database."""

    revision: int
    active: bool
    kept: Kept | None
    case: Case | None
    wrapped_key: bytes | None
    records: tuple[StoredRecord, ...]


class Ask(NamedTuple):
    """What the read of one query needs to know, in the order of its statement; `client` is empty for a console."""

    client: str
    department: str
    officer: str
    scope: str
    request_id: str
    case_number: str
    subject: str
    subject_index: bytes
    resource: str


# LATERAL with LIMIT keeps every look-up a walk down one index, whatever the planner believes about the batch
_READ = f"""
SELECT q.n, coalesce((SELECT revision FROM catalog_revision), 0) AS revision,
       EXISTS (SELECT FROM exchange_officer o
                WHERE o.department = q.department AND o.officer = q.officer AND o.active)
         AND (q.client = '' OR EXISTS (SELECT FROM exchange_client l WHERE l.client_id = q.client AND l.active))
         AS active,
       a.body_digest, a.sealed,
       (SELECT k.wrapped_key FROM log_subject_key k WHERE k.subject_index = q.subject_index) AS wrapped_key,
       c.number, c.service_item, c.department, c.subject, c.opened_by, c.opened_at, c.state,
       (SELECT json_object_agg(p.role, p.subject) FROM exchange_case_subject p
         WHERE p.case_number = c.number) AS people,
       r.body, r.as_of, r.pulled_at, r.run_id
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[],
              $10::text[]) WITH ORDINALITY
    AS q(client, department, officer, scope, request_id, case_number, subject, subject_index, resource, n)
  LEFT JOIN LATERAL (SELECT * FROM exchange_answered
                      WHERE scope = q.scope AND request_id = q.request_id AND expires_at > $1 LIMIT 1) AS a ON true
  LEFT JOIN LATERAL (SELECT * FROM exchange_case WHERE number = q.case_number LIMIT 1) AS c ON true
  LEFT JOIN LATERAL (SELECT t.body, t.as_of, coalesce(u.started_at, t.as_of) AS pulled_at, t.run_id
                       FROM adapter_record_subject s JOIN adapter_record t USING (resource, key)
                       LEFT JOIN adapter_run u ON u.id = t.run_id
                      WHERE s.subject = q.subject AND s.resource = q.resource AND t.deleted_at IS NULL
                      ORDER BY t.key LIMIT {MOST_RECORDS + 1}) AS r ON true
"""  # noqa: S608 - the only value inserted is the constant above


async def read(pool: Pool, asks: Sequence[Ask], now: datetime) -> list[Found]:
    """Read standing, kept answer, case, log key and records of a batch of queries in one statement, in order."""
    found: list[list[Row]] = [[] for _ in asks]
    for row in await pool.fetch(_READ, now, *zip(*asks, strict=True)):
        found[row["n"] - 1].append(row)
    return [_found(rows) for rows in found]


def _found(rows: Sequence[Row]) -> Found:
    first = rows[0]
    kept = None if first["sealed"] is None else Kept(first["body_digest"], first["sealed"])
    records = tuple(_record(row) for row in rows if row["body"] is not None)
    return Found(first["revision"], first["active"], kept, _case(first), first["wrapped_key"], records)


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


class Outgoing(NamedTuple):
    """Everything one outcome leaves: the kept answer, the log entry and the use, all or none of them."""

    scope: str
    request_id: str
    body_digest: bytes
    sealed: bytes
    event_id: UUID
    entry: bytes
    leaf_hash: bytes
    subject: str
    use: UseRecord


_STORE = """
WITH batch AS (
  SELECT * FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::uuid[], $8::bytea[], $9::bytea[],
                       $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
                       $17::text[], $18::bool[])
    AS b(scope, request_id, body_digest, sealed, event_id, entry, leaf_hash,
         subject, use, department, officer, purpose, case_number, what, fields, released)
), kept AS (
  INSERT INTO exchange_answered AS a (scope, request_id, body_digest, sealed, expires_at)
  SELECT scope, request_id, body_digest, sealed, $2 FROM batch ORDER BY scope, request_id
  ON CONFLICT (scope, request_id) DO UPDATE
    SET body_digest = excluded.body_digest, sealed = excluded.sealed, expires_at = excluded.expires_at
    WHERE a.expires_at <= $1
  RETURNING scope, request_id
), won AS (
  SELECT batch.* FROM batch JOIN kept USING (scope, request_id)
), entries AS (
  INSERT INTO log_entry (id, body, leaf_hash) SELECT event_id, entry, leaf_hash FROM won
), used AS (
  INSERT INTO exchange_use
    (event_id, at, use, subject, department, officer, purpose, case_number, what, fields, released)
  SELECT event_id, $1, use, subject, department, officer, purpose, case_number, what,
         string_to_array(fields, chr(31)), released FROM won
)
SELECT event_id FROM won
"""


async def store(pool: Pool, outgoing: Sequence[Outgoing], *, now: datetime, expires_at: datetime) -> set[UUID]:
    """Make outcomes durable: one statement, hence one transaction and one round trip for the whole batch.

    Returns the event ids whose request id was free (or its earlier answer expired); the others left nothing. Rows go
    in one order in every process, so that two batches cannot wait for each other.
    """
    columns: tuple[tuple[object, ...], ...] = tuple(
        zip(*(_row(one) for one in outgoing), strict=True),
    )
    return {row["event_id"] for row in await pool.fetch(_STORE, now, expires_at, *columns)}


def _row(one: Outgoing) -> tuple[object, ...]:
    use = one.use
    return (
        one.scope,
        one.request_id,
        one.body_digest,
        one.sealed,
        one.event_id,
        one.entry,
        one.leaf_hash,
        one.subject,
        use.use.value,
        use.department,
        use.officer,
        use.purpose,
        use.case_number,
        use.what,
        "\x1f".join(use.fields),
        use.released,
    )


async def forget_expired(conn: AsyncConnection, now: datetime) -> int:
    """Delete kept answers whose day is over; returns how many."""
    return (await conn.execute(delete(answered).where(answered.c.expires_at <= now))).rowcount
