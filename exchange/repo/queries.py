"""The hot path: one statement that reads all a decision needs, one that stores all that outcomes leave.

Both run on asyncpg itself, prepared once per connection: through SQLAlchemy the query has a third of the throughput
(measured). The price is that they name columns of other packages' tables; the tests run them on the real schema.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Case, CaseState, UseRecord
from exchange.tables.queries import answered, grant_minute

MOST_RECORDS = 50
"""More records of one subject in one resource than this are not an answer but a bulk pull."""


_COUNTS_KEPT = timedelta(hours=1)  # longer than any two clocks of one hub differ


class Row(Protocol):
    """The part of `asyncpg.Record` the read needs."""

    def __getitem__(self, name: str) -> Any:
        """The value of a column."""
        ...


class Statements(Protocol):
    """The part of an asyncpg connection the hot path needs."""

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """Every row of a prepared statement."""
        ...


class Pool(Protocol):
    """The part of `asyncpg.Pool` the hot path needs."""

    def acquire(self) -> AbstractAsyncContextManager[Statements]:
        """A connection for one round."""
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


async def read(conn: Statements, asks: Sequence[Ask], now: datetime) -> list[Found]:
    """Read standing, kept answer, case, log key and records of a batch of queries in one statement, in order."""
    found: list[list[Row]] = [[] for _ in asks]
    for row in await conn.fetch(_READ, now, *zip(*asks, strict=True)):
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
    """Everything one outcome leaves: the kept answer, the log entry and the use, all or none of them.

    With a `rate`, it is one of those that count against the ceiling of `grant`.
    """

    scope: str
    request_id: str
    body_digest: bytes
    sealed: bytes
    event_id: UUID
    entry: bytes
    leaf_hash: bytes
    subject: str
    use: UseRecord
    grant: str | None = None
    rate: int | None = None


class Stored(NamedTuple):
    """Event ids: of what is durable, and of what was beyond the ceiling of its grant and left nothing."""

    won: set[UUID]
    beyond: set[UUID]


_ARRAYS = """$3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::uuid[], $8::bytea[], $9::bytea[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
              $17::text[], $18::bool[]"""
_NAMES = """scope, request_id, body_digest, sealed, event_id, entry, leaf_hash,
            subject, use, department, officer, purpose, case_number, what, fields, released"""


def _storing(batch: str, beyond: str = "") -> str:
    return f"""
WITH {batch}, kept AS (
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
SELECT event_id, true AS within FROM won {beyond}
"""  # noqa: S608 - made of constants of this module only


_STORE = _storing(f"batch AS (SELECT * FROM unnest({_ARRAYS}) AS b({_NAMES}))")  # noqa: S608 - likewise

# For a batch in which grants with a ceiling answer. `counted` adds what the batch asks of each grant to the row of this
# minute, which then stays locked until the commit: so the batch knows which numbers of the minute are its own. A minute
# that is used up is seen without a lock. Counters come before request ids, in one order, in every process.
_COUNTED = f"""asked AS (
  SELECT * FROM unnest({_ARRAYS}, $20::text[], $21::int[]) WITH ORDINALITY AS b({_NAMES}, grant_id, rate, n)
), counted AS (
  INSERT INTO exchange_grant_minute AS m (grant_id, minute, used)
  SELECT grant_id, $19, count(*) FROM asked
   WHERE rate IS NOT NULL AND NOT EXISTS
         (SELECT FROM exchange_grant_minute f WHERE f.grant_id = asked.grant_id AND f.minute = $19 AND f.used >= rate)
   GROUP BY grant_id ORDER BY grant_id
  ON CONFLICT (grant_id, minute) DO UPDATE SET used = m.used + excluded.used
  RETURNING grant_id, used
), batch AS (
  SELECT a.* FROM (SELECT *, row_number() OVER (PARTITION BY grant_id ORDER BY n DESC) AS behind FROM asked) AS a
    LEFT JOIN counted USING (grant_id)
   WHERE a.rate IS NULL OR counted.used - a.behind < a.rate
)"""  # noqa: S608 - likewise
_BEYOND = "UNION ALL SELECT event_id, false FROM asked WHERE event_id NOT IN (SELECT event_id FROM batch)"
_STORE_COUNTED = _storing(_COUNTED, _BEYOND)


async def store(
    conn: Statements, outgoing: Sequence[Outgoing], *, now: datetime, expires_at: datetime, minute: datetime
) -> Stored:
    """Make outcomes durable: one statement, hence one transaction and one round trip for the whole batch.

    What is neither won nor beyond lost its request id to a twin. `minute` is the one ceilings are counted in; who asks
    the same twice at the same moment in two processes takes two of it. Rows go in one order in every process, so that
    two batches cannot wait for each other.
    """
    columns = tuple(zip(*(_row(one) for one in outgoing), strict=True))
    if any(one.rate is not None for one in outgoing):
        terms = zip(*((one.grant, one.rate) for one in outgoing), strict=True)
        rows = await conn.fetch(_STORE_COUNTED, now, expires_at, *columns, minute, *terms)
    else:
        rows = await conn.fetch(_STORE, now, expires_at, *columns)
    won = {row["event_id"] for row in rows if row["within"]}
    return Stored(won, {row["event_id"] for row in rows} - won)


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
    """Delete kept answers whose day is over, and the counts of past minutes; returns how many answers."""
    await conn.execute(delete(grant_minute).where(grant_minute.c.minute < now - _COUNTS_KEPT))
    return (await conn.execute(delete(answered).where(answered.c.expires_at <= now))).rowcount
