"""Pulls one resource of one department's system into the hub.

Reading, mapping and writing overlap with bounded queues in between. Every chunk is one unit of work: records,
subject index, changes, quarantine, position and evidence event commit together. Several chunks may be written at
once, but they commit in reading order, each only at the position its predecessor left; so a killed run resumes with
nothing lost and nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chunks import Writer
from adapters.errors import (
    AdaptersError,
    DeleteLimitError,
    PullAlreadyRunningError,
    QuarantineLimitError,
    SourceDriftedError,
    SourceError,
    SourceSchemaError,
)
from adapters.mapping import BODY, DELETED, DIGEST, KEY, Mapped, Mapper
from adapters.model import DeleteMode, Manifest
from adapters.pictures import Intake
from adapters.ports import Chunk, Pictures, Position, SecretLookup, Source, Unit, Units, Window
from adapters.preview import Preview, preview_of
from adapters.repo import load, runs, stage
from adapters.repo.runs import Counts, Run, RunState
from adapters.sources.opening import open_source

LAW_TIME = ZoneInfo("Asia/Shanghai")
_AHEAD = 1
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A source that answered: the columns it offers, those the manifest wants and does not find, and its bound now."""

    columns: tuple[str, ...]
    missing: tuple[str, ...]
    upper_bound: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A completed run. See `Counts` for the sums; `resumed`: it went on where a killed run had stopped."""

    run_id: UUID
    resource: str
    counts: Counts
    chunks: int
    resumed: bool
    deletes_held: bool
    lower_bound: str | None
    upper_bound: str | None
    started_at: datetime
    finished_at: datetime


class Pull:
    """The verbs of one manifest: check, preview, run."""

    def __init__(
        self,
        engine: AsyncEngine,
        manifest: Manifest,
        secrets: SecretLookup,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        pictures: Pictures | None = None,
    ) -> None:
        """`pictures` is where those of a manifest with `image` items are kept."""
        self._pictures = pictures
        self._engine, self._manifest, self._secrets = engine, manifest, secrets
        self._now, self._new_id = now, new_id

    def _open(self) -> Source:
        return open_source(self._manifest, self._secrets, self._now)

    async def check(self) -> CheckReport:
        """Reach the source and compare its columns with the manifest; nothing is pulled.

        Raises:
            SourceError: it cannot be reached or gives garbage.
        """
        source = self._open()
        offered = await source.columns()
        cursor = [self._manifest.cursor.column] if self._manifest.cursor else []
        wanted = dict.fromkeys([*self._manifest.source_columns(), *cursor])
        missing = tuple(name for name in wanted if name not in offered) if offered else ()
        if missing:
            return CheckReport(offered, missing, None)
        return CheckReport(offered, (), await source.upper_bound())

    async def preview(self, rows: int = 20, *, personal: Collection[str] | None = None) -> Preview:
        """Map the first rows without storing anything; values of `personal` items are masked.

        By default every item but codes and numbers counts as personal.
        """
        source = self._open()
        window = Window(upper=await source.upper_bound(), limit=rows)
        taken: list[pl.DataFrame] = []
        async with aclosing(source.chunks(window, None)) as chunks:
            async for chunk in chunks:
                taken.append(chunk.frame)
                if sum(frame.height for frame in taken) >= rows:
                    break
        if not taken:
            return Preview((), (), 0)
        head = await Intake(self._manifest, None).take(pl.concat(taken).head(rows))
        mapped = await asyncio.to_thread(Mapper(self._manifest).apply, head, self._law_day())
        return preview_of(self._manifest, mapped, personal)

    async def run(self, units: Units, *, writers: int = 3) -> RunReport:
        """Pull everything new, or resume the run that was killed. Needs `writers` + 1 connections of the engine.

        Raises:
            PullAlreadyRunningError: another run of the resource is alive.
            QuarantineLimitError: too many rows were refused; the old data stays served.
            SourceError: the source failed; the next run resumes.
        """
        assert self._pictures or not self._manifest.picture_columns(), "pictures need a place where they are kept"
        async with self._exclusive():
            source = self._open()
            run, resumed, first = await self._begin(units, source)
            try:
                if resumed and run.position is not None:
                    await source.committed(run.position)
                writer = Writer(units, self._manifest, run, source, writers=writers, first=first)
                await self._stream(source, run, writer)
                return await self._finish(units, run, resumed=resumed)
            except AdaptersError as error:
                await self._fail(units, run, error)
                raise

    @asynccontextmanager
    async def _exclusive(self) -> AsyncIterator[None]:
        """Hold the session lock of the resource; the server releases it when this process dies."""
        name = {"name": f"adapter:{self._manifest.resource}"}
        locking = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        async with locking.connect() as conn:
            if not await conn.scalar(_TRY_LOCK, name):
                raise PullAlreadyRunningError(self._manifest.resource)
            try:
                yield
            finally:
                await conn.execute(_UNLOCK, name)

    async def _begin(self, units: Units, source: Source) -> tuple[Run, bool, bool]:
        """The run, whether it resumes, and whether its records look new."""
        # Fixed before anything is read; asked outside the unit because the source may be slow.
        upper = await source.upper_bound()

        async def work(unit: Unit) -> tuple[Run, bool, bool]:
            run, resumed = await self._run_to_do(unit, upper)
            return run, resumed, await load.looks_new(unit.conn, run.resource, run.id)

        return await units.run(work)

    async def _run_to_do(self, unit: Unit, upper: str | None) -> tuple[Run, bool]:
        old = await runs.open_run(unit.conn, self._manifest.resource)
        if old is not None and old.manifest_digest == self._manifest.digest:
            await runs.set_state(unit.conn, old.id, RunState.RUNNING, at=None)
            unit.record("adapter:run-started", self._detail(old, resumed=True))
            return old, True
        if old is not None:
            reason = "the manifest changed"
            await runs.set_state(unit.conn, old.id, RunState.FAILED, at=unit.now, reason=reason)
            unit.record("adapter:run-failed", {**self._detail(old), "reason": "ManifestChanged"})
        run = await self._new_run(unit, upper)
        await runs.start_run(unit.conn, run)
        unit.record("adapter:run-started", self._detail(run, resumed=False))
        return run, False

    async def _new_run(self, unit: Unit, upper: str | None) -> Run:
        lower = None
        if await runs.stored_otherwise(unit.conn, self._manifest.resource, self._manifest.digest):
            # Only reading every row again tells what this manifest makes of it, and its subjects may be others.
            await stage.index_anew(unit.conn, resource=self._manifest.resource, subjects=self._manifest.subjects)
        elif self._manifest.cursor is not None:
            lower = await runs.last_bound(unit.conn, self._manifest.resource)
        return Run(
            id=self._new_id(),
            resource=self._manifest.resource,
            manifest_digest=self._manifest.digest,
            state=RunState.RUNNING,
            reason=None,
            started_at=unit.now,
            finished_at=None,
            lower_bound=lower,
            upper_bound=upper,
            position=None,
            counts=Counts(),
            chunks=0,
        )

    def _detail(self, run: Run, **more: object) -> dict[str, object]:
        """What evidence says about a run: names, digests, counts; never a value of a record."""
        digest = run.manifest_digest.hex()
        return {"resource": run.resource, "run_id": str(run.id), "manifest_digest": digest, **more}

    def _law_day(self) -> date:
        return self._now().astimezone(LAW_TIME).date()

    async def _stream(self, source: Source, run: Run, writer: Writer) -> None:
        """Read, map and write side by side; the first failure ends all three."""
        chunks: asyncio.Queue[Chunk | None] = asyncio.Queue(_AHEAD)
        mapped: asyncio.Queue[tuple[Position, Mapped] | None] = asyncio.Queue(_AHEAD)
        mapper, intake = Mapper(self._manifest), Intake(self._manifest, self._pictures)
        window = Window(run.lower_bound, run.upper_bound)

        async def read() -> None:
            async with aclosing(source.chunks(window, run.position)) as found:
                async for chunk in found:
                    await chunks.put(chunk)
            await chunks.put(None)

        async def judge() -> None:
            while (chunk := await chunks.get()) is not None:
                await mapped.put(await self._judged(mapper, intake, chunk))
            await mapped.put(None)

        async def write() -> None:
            while (pair := await mapped.get()) is not None:
                await writer.write(*pair)
            await writer.drain()

        try:
            async with asyncio.TaskGroup() as group:
                for step in (read, judge, write):
                    group.create_task(step())
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    async def _judged(self, mapper: Mapper, intake: Intake, chunk: Chunk) -> tuple[Position, Mapped]:
        """A mapped chunk. Several wait to be written, so they travel light: the items are in the body."""
        frame = await intake.take(chunk.frame)
        found = await asyncio.to_thread(mapper.apply, frame, self._law_day())
        await intake.keep(found.good)
        kept = dict.fromkeys((KEY, BODY, DIGEST, DELETED, *self._manifest.subjects))
        return chunk.position, replace(found, good=found.good.select(*kept))

    async def _finish(self, units: Units, run: Run, *, resumed: bool) -> RunReport:
        async def work(unit: Unit) -> RunReport:
            done = await runs.find_run(unit.conn, run.id)
            assert done is not None
            snapshot = self._manifest.deletes.mode is DeleteMode.SNAPSHOT
            # An unread source or a row of unknown key says nothing about what is missing.
            held = snapshot and (done.chunks == 0 or done.counts.unkeyed > 0)
            gone = 0
            if snapshot and not held:
                gone = await stage.delete_unseen(
                    unit.conn,
                    resource=run.resource,
                    run_id=run.id,
                    at=unit.now,
                    limit=self._manifest.deletes.stop_above,
                )
                await runs.add_deleted(unit.conn, run.id, gone)
            await runs.forget_keys(unit.conn, run.id)
            await runs.set_state(unit.conn, run.id, RunState.COMPLETED, at=unit.now)
            counts = replace(done.counts, deleted=done.counts.deleted + gone)
            unit.record(
                "adapter:run-completed",
                self._detail(run, chunks=done.chunks, deletes_held=held, **counts.as_detail()),
            )
            return RunReport(
                run_id=run.id,
                resource=run.resource,
                counts=counts,
                chunks=done.chunks,
                resumed=resumed,
                deletes_held=held,
                lower_bound=run.lower_bound,
                upper_bound=run.upper_bound,
                started_at=run.started_at,
                finished_at=unit.now,
            )

        return await units.run(work)

    async def _fail(self, units: Units, run: Run, error: AdaptersError) -> None:
        state = _state_after(error)

        async def work(unit: Unit) -> None:
            await runs.set_state(unit.conn, run.id, state, at=unit.now, reason=f"{type(error).__name__}: {error}")
            unit.record("adapter:run-failed", self._detail(run, state=str(state), reason=type(error).__name__))

        await units.run(work)


def _state_after(error: AdaptersError) -> RunState:
    if isinstance(error, QuarantineLimitError | DeleteLimitError):
        return RunState.STOPPED
    if isinstance(error, SourceDriftedError | SourceSchemaError):
        return RunState.FAILED
    return RunState.INTERRUPTED if isinstance(error, SourceError) else RunState.FAILED


def _first(failures: "BaseExceptionGroup[BaseException]") -> BaseException:
    """The cause worth telling: an error of ours before others."""
    flat = [_first(failure) if isinstance(failure, BaseExceptionGroup) else failure for failure in failures.exceptions]
    ours = [failure for failure in flat if isinstance(failure, AdaptersError)]
    return (ours or flat)[0]
