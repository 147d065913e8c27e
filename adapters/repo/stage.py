"""Set-based storing of a chunk: COPY into a stage, then one statement that touches only what differs.

The stage is a temporary table of the session, emptied at the end of every transaction. Everything happens in the
caller's transaction.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.errors import DeleteLimitError
from adapters.model import Limit
from adapters.repo.copying import CopyText, copy_into, copy_text

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS adapter_stage (
    key text NOT NULL, digest bytea NOT NULL, body text NOT NULL, deleted boolean NOT NULL
) ON COMMIT DELETE ROWS
"""

# A stage has no statistics, and hashing the whole resource for every chunk would make a pull quadratic.
_SETTINGS = text("""
SELECT set_config(name, value, true) FROM (VALUES ('client_min_messages', 'warning'), ('enable_hashjoin', 'off'),
    ('plan_cache_mode', 'force_custom_plan'), ('enable_mergejoin', 'off'), ('work_mem', '32MB')) AS t(name, value)
""")

# All parts see the rows as they were before the statement, so `todo` holds the old bodies. Whoever merges holds the
# lock of the resource, so a row is new or known and cannot become so in between: ON CONFLICT would write each new row
# twice. The subject index is kept by difference of old and new subjects, which needs no index by key.
_MERGE = text("""
WITH todo AS MATERIALIZED (
    SELECT s.key, s.digest, s.body, r.key IS NOT NULL AS known, r.body AS old_body,
           r.deleted_at IS NOT NULL AS was_deleted
    FROM adapter_stage s LEFT JOIN adapter_record r ON r.resource = :resource AND r.key = s.key
    WHERE NOT s.deleted AND (r.key IS NULL OR r.deleted_at IS NOT NULL OR r.digest <> s.digest)
), put AS (
    INSERT INTO adapter_record AS r (resource, key, body, digest, as_of, run_id)
    SELECT :resource, key, body::jsonb, digest, :at, :run_id FROM todo WHERE NOT known
    RETURNING r.key, r.body
), changed AS (
    UPDATE adapter_record r SET body = todo.body::jsonb, digest = todo.digest, as_of = :at, run_id = :run_id,
        deleted_at = NULL
    FROM todo WHERE todo.known AND r.resource = :resource AND r.key = todo.key
    RETURNING r.key, r.body
), gone AS (
    UPDATE adapter_record r SET deleted_at = :at, as_of = :at, run_id = :run_id
    FROM adapter_stage s WHERE s.deleted AND r.resource = :resource AND r.key = s.key AND r.deleted_at IS NULL
    RETURNING r.key
), noted AS (
    INSERT INTO adapter_record_change (resource, key, op, run_id, at)
    SELECT :resource, key, CASE WHEN known AND NOT was_deleted THEN 'U' ELSE 'I' END, CAST(:run_id AS uuid),
        CAST(:at AS timestamptz) FROM todo
    UNION ALL SELECT :resource, key, 'D', :run_id, :at FROM gone
), unlinked AS (
    DELETE FROM adapter_record_subject d
    USING todo, unnest(:subjects) AS i(item)
    WHERE todo.known AND d.subject = todo.old_body ->> i.item AND d.resource = :resource AND d.key = todo.key
        AND NOT d.subject = ANY (SELECT todo.body::jsonb ->> n.item FROM unnest(:subjects) AS n(item)
                                 WHERE todo.body::jsonb ->> n.item IS NOT NULL)
), linked AS (
    INSERT INTO adapter_record_subject (subject, resource, key)
    SELECT stored.body ->> i.item, :resource, stored.key
    FROM (TABLE put UNION ALL TABLE changed) AS stored, unnest(:subjects) AS i(item)
    WHERE stored.body ->> i.item IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM todo), (SELECT count(*) FROM gone)
""").bindparams(bindparam("subjects", type_=ARRAY(TEXT)), bindparam("resource", type_=TEXT))

_UNLINK = text("DELETE FROM adapter_record_subject WHERE resource = :resource")
_LINK = text("""
INSERT INTO adapter_record_subject (subject, resource, key)
SELECT DISTINCT r.body ->> i.item, r.resource, r.key FROM adapter_record r, unnest(:subjects) AS i(item)
WHERE r.resource = :resource AND r.body ->> i.item IS NOT NULL
""").bindparams(bindparam("subjects", type_=ARRAY(TEXT)))

_SEEN = text("""
INSERT INTO adapter_run_key (run_id, key) SELECT :run_id, key FROM adapter_stage ON CONFLICT DO NOTHING
""").bindparams(bindparam("run_id", type_=Uuid))
_KEPT = text("""
INSERT INTO adapter_run_key (run_id, key) SELECT :run_id, key FROM unnest(:keys) AS k(key) ON CONFLICT DO NOTHING
""").bindparams(bindparam("run_id", type_=Uuid), bindparam("keys", type_=ARRAY(TEXT)))

# What this run wrote it has seen; of the others it noted the key.
_MISSING = """
    r.resource = :resource AND r.deleted_at IS NULL AND r.run_id <> :run_id
        AND NOT EXISTS (SELECT FROM adapter_run_key k WHERE k.run_id = :run_id AND k.key = r.key)
"""
_COUNT_MISSING = text(
    f"SELECT (SELECT count(*) FROM adapter_record r WHERE {_MISSING}), "  # noqa: S608  # constant text
    "(SELECT count(*) FROM adapter_record WHERE resource = :resource AND deleted_at IS NULL)"
).bindparams(bindparam("run_id", type_=Uuid))
_DELETE_MISSING = text(f"""
WITH gone AS (
    UPDATE adapter_record r SET deleted_at = :at, as_of = :at, run_id = :run_id WHERE {_MISSING} RETURNING r.key
)
INSERT INTO adapter_record_change (resource, key, op, run_id, at)
SELECT :resource, key, 'D', CAST(:run_id AS uuid), CAST(:at AS timestamptz) FROM gone
""").bindparams(bindparam("resource", type_=TEXT), bindparam("run_id", type_=Uuid))  # noqa: S608  # constant text


@dataclass(frozen=True, slots=True)
class Merged:
    """What a chunk did: records inserted or updated, records deleted by flag."""

    stored: int
    deleted: int


async def fill_stage(conn: AsyncConnection, rows: pl.DataFrame) -> None:
    """COPY rows (`~key`, `~digest` hex, `~body`, `~deleted`) into the stage of this transaction."""
    # The first statement also makes SQLAlchemy open the transaction that COPY must belong to.
    await conn.execute(_SETTINGS)
    await conn.execute(text(_STAGE))
    await copy_into(conn, "adapter_stage", await asyncio.to_thread(_staged, rows))


def _staged(rows: pl.DataFrame) -> CopyText:
    digest = pl.concat_str(pl.lit("\\x"), "~digest")
    return copy_text(rows.select(key="~key", digest=digest, body="~body", deleted="~deleted"))


async def merge_stage(
    conn: AsyncConnection, *, resource: str, subjects: Sequence[str], run_id: UUID, at: datetime
) -> Merged:
    """Bring the staged rows into the records, the subject index and the changes; equal digests touch nothing."""
    given = {"resource": resource, "subjects": list(subjects), "run_id": run_id, "at": at}
    stored, deleted = (await conn.execute(_MERGE, given)).one()
    return Merged(stored, deleted)


async def index_anew(conn: AsyncConnection, *, resource: str, subjects: Sequence[str]) -> None:
    """Make the subject index of a resource from the records: merging does so only for what differs."""
    await conn.execute(_UNLINK, {"resource": resource})
    await conn.execute(_LINK, {"resource": resource, "subjects": list(subjects)})


async def note_seen(conn: AsyncConnection, run_id: UUID) -> None:
    """Remember the staged keys as present in this full pull."""
    await conn.execute(_SEEN, {"run_id": run_id})


async def note_kept(conn: AsyncConnection, run_id: UUID, keys: Sequence[str]) -> None:
    """Remember keys of quarantined rows as present in this full pull."""
    await conn.execute(_KEPT, {"run_id": run_id, "keys": list(keys)})


async def delete_unseen(conn: AsyncConnection, *, resource: str, run_id: UUID, at: datetime, limit: Limit) -> int:
    """Mark the records deleted that the full pull did not see; returns their number.

    Raises:
        DeleteLimitError: more than `limit` of the live records would go.
    """
    missing, live = (await conn.execute(_COUNT_MISSING, {"resource": resource, "run_id": run_id})).one()
    if limit.exceeded(missing, live):
        raise DeleteLimitError(deletions=missing, live=live, limit=str(limit))
    if missing:
        await conn.execute(_DELETE_MISSING, {"resource": resource, "run_id": run_id, "at": at})
    return int(missing)
