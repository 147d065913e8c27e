"""Runs of pulls, their positions and their quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.errors import PositionMovedError
from adapters.mapping import Refused
from adapters.tables import quarantine, run, run_key


class RunState(StrEnum):
    """RUNNING and INTERRUPTED resume at their position; the others are final."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of a chunk or run.

    `read == stored + unchanged + quarantined + withheld + flagged`, where flagged rows are those that a deletion
    flag took out (`deleted` also counts records missing from a full pull, which are no rows). `withheld`: sound rows
    of the chunk at which a run stopped. `unkeyed`: quarantined rows whose key cannot be trusted.
    """

    read: int = 0
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    withheld: int = 0
    deleted: int = 0
    unkeyed: int = 0

    def as_detail(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in _COUNTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One pull of one resource. `position` is None before the first chunk."""

    id: UUID
    resource: str
    manifest_digest: bytes
    state: RunState
    reason: str | None
    started_at: datetime
    finished_at: datetime | None
    lower_bound: str | None
    upper_bound: str | None
    position: Mapping[str, object] | None
    counts: Counts
    chunks: int


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A refused row: the first rule and item, all violations, the source row as text. Holds personal data."""

    run_id: UUID
    row_no: int
    resource: str
    key: str | None
    rule: str
    item: str
    value: str | None
    violations: Sequence[Mapping[str, str]]
    raw: Mapping[str, str | None]
    at: datetime


_COUNTS = ("read", "stored", "unchanged", "quarantined", "withheld", "deleted", "unkeyed")
_BASE = (
    "id",
    "resource",
    "manifest_digest",
    "reason",
    "started_at",
    "finished_at",
    "lower_bound",
    "upper_bound",
    "position",
    "chunks",
)


def _run(row: Row[tuple[object, ...]]) -> Run:
    values = row._mapping  # the documented name of SQLAlchemy's mapping view
    counts = Counts(**{name: values[name] for name in _COUNTS})
    return Run(state=RunState(values["state"]), counts=counts, **{name: values[name] for name in _BASE})


async def open_run(conn: AsyncConnection, resource: str) -> Run | None:
    """The run of `resource` that can resume, locked: waits for a dying writer of it to commit or roll back."""
    wanted = select(run).where(run.c.resource == resource, run.c.state.in_([RunState.RUNNING, RunState.INTERRUPTED]))
    row = (await conn.execute(wanted.order_by(run.c.started_at.desc()).limit(1).with_for_update())).one_or_none()
    return None if row is None else _run(row)


async def start_run(conn: AsyncConnection, new: Run) -> None:
    """Store a new run without counts."""
    values = {name: getattr(new, name) for name in (*_BASE, "state")}
    await conn.execute(insert(run).values(**values))


async def last_bound(conn: AsyncConnection, resource: str) -> str | None:
    """The upper bound of the last completed run: the lower bound of the next."""
    done = select(run.c.upper_bound).where(run.c.resource == resource, run.c.state == RunState.COMPLETED)
    bound: str | None = await conn.scalar(done.order_by(run.c.started_at.desc()).limit(1))
    return bound


async def stored_otherwise(conn: AsyncConnection, resource: str, manifest_digest: bytes) -> bool:
    """Whether another manifest stored records since a run last completed, or completed that run."""
    done = select(func.max(run.c.started_at)).where(run.c.resource == resource, run.c.state == RunState.COMPLETED)
    others = select(run.c.id).where(run.c.resource == resource, run.c.manifest_digest != manifest_digest)
    since = others.where(run.c.started_at >= func.coalesce(done.scalar_subquery(), text("'-infinity'::timestamptz")))
    return bool(await conn.scalar(select(since.exists())))


async def advance(
    conn: AsyncConnection,
    run_id: UUID,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    counts: Counts,
) -> None:
    """Move a running run from one position to the next and add the counts of the chunk.

    Raises:
        PositionMovedError: it is not at `before`, so this chunk is stored by someone else already.
    """
    at = run.c.position.is_not_distinct_from(bindparam("before", before, type_=JSONB(none_as_null=True)))
    sums = {name: run.c[name] + getattr(counts, name) for name in _COUNTS}
    moved = update(run).where(run.c.id == run_id, run.c.state == RunState.RUNNING, at)
    result = await conn.execute(moved.values(position=after, chunks=run.c.chunks + 1, **sums))
    if result.rowcount != 1:
        raise PositionMovedError(run_id)


async def set_state(
    conn: AsyncConnection, run_id: UUID, state: RunState, *, at: datetime | None, reason: str | None = None
) -> None:
    """Write the state of a run; `at` is its end, None while it may go on."""
    await conn.execute(update(run).where(run.c.id == run_id).values(state=state, finished_at=at, reason=reason))


async def add_deleted(conn: AsyncConnection, run_id: UUID, count: int) -> None:
    """Add records that a full pull found missing."""
    await conn.execute(update(run).where(run.c.id == run_id).values(deleted=run.c.deleted + count))


async def find_run(conn: AsyncConnection, run_id: UUID) -> Run | None:
    """One run."""
    row = (await conn.execute(select(run).where(run.c.id == run_id))).one_or_none()
    return None if row is None else _run(row)


async def list_runs(conn: AsyncConnection, *, resource: str | None = None, limit: int = 50) -> list[Run]:
    """Runs, latest first."""
    wanted = select(run).order_by(run.c.started_at.desc()).limit(limit)
    if resource is not None:
        wanted = wanted.where(run.c.resource == resource)
    return [_run(row) for row in await conn.execute(wanted)]


async def add_refused(
    conn: AsyncConnection, owner: Run, first_row: int, refused: Sequence[Refused], at: datetime
) -> None:
    """Store quarantined rows of a run; `first_row` is the number of the chunk's row 0 in it."""
    if not refused:
        return
    rows = [
        {
            "run_id": owner.id,
            "row_no": first_row + found.row,
            "resource": owner.resource,
            "key": found.key,
            "rule": found.violations[0].rule,
            "item": found.violations[0].item,
            "value": found.value,
            "violations": [{"rule": broken.rule, "item": broken.item} for broken in found.violations],
            "raw": dict(found.raw),
            "at": at,
        }
        for found in refused
    ]
    await conn.execute(insert(quarantine), rows)


async def list_quarantine(
    conn: AsyncConnection, *, run_id: UUID | None = None, resource: str | None = None, limit: int = 100, offset: int = 0
) -> list[QuarantinedRow]:
    """Quarantined rows, latest run first, in row order."""
    wanted = select(*(quarantine.c[name] for name in QuarantinedRow.__dataclass_fields__))
    if run_id is not None:
        wanted = wanted.where(quarantine.c.run_id == run_id)
    if resource is not None:
        wanted = wanted.where(quarantine.c.resource == resource)
    ordered = wanted.order_by(quarantine.c.at.desc(), quarantine.c.run_id, quarantine.c.row_no)
    return [QuarantinedRow(*row) for row in await conn.execute(ordered.limit(limit).offset(offset))]


async def quarantined(conn: AsyncConnection, resource: str) -> int:
    """Rows of all runs of a resource that were put aside and are still kept."""
    counted = select(func.count()).select_from(quarantine).where(quarantine.c.resource == resource)
    return int((await conn.execute(counted)).scalar_one())


async def quarantine_counts(conn: AsyncConnection, run_id: UUID) -> dict[str, int]:
    """Rule to number of rows of a run, by the first rule each row broke."""
    counted = select(quarantine.c.rule, func.count()).where(quarantine.c.run_id == run_id)
    return {row[0]: row[1] for row in await conn.execute(counted.group_by(quarantine.c.rule))}


async def forget_keys(conn: AsyncConnection, run_id: UUID) -> None:
    """Drop the keys seen by a full pull, when it has ended."""
    await conn.execute(delete(run_key).where(run_key.c.run_id == run_id))
