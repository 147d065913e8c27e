"""Writes mapped chunks: several at once, committed strictly in the order they were read."""

import asyncio
import hashlib
from collections import deque
from dataclasses import dataclass

import polars as pl

from adapters.errors import QuarantineLimitError
from adapters.mapping import DELETED, DIGEST, KEY, Mapped
from adapters.model import DeleteMode, Manifest
from adapters.ports import Position, Source, Unit, Units
from adapters.repo import load, runs, stage
from adapters.repo.runs import Counts, Run


@dataclass(frozen=True, slots=True)
class _Flight:
    """A chunk being written: its keys, and the task that ends when it is durable."""

    keys: pl.Series
    task: "asyncio.Task[None]"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chunk stands in its run: number of its first row, position before and after."""

    first_row: int
    before: Position | None
    after: Position | None


class Writer:
    """The writing end of one run. `first` supposes that its records are new, until a known one turns up."""

    def __init__(
        self, units: Units, manifest: Manifest, run: Run, source: Source, *, writers: int, first: bool
    ) -> None:
        self._units, self._manifest, self._run, self._source = units, manifest, run, source
        self._writers, self._first = writers, first
        self._flights: deque[_Flight] = deque()
        self._position = run.position
        self._read, self._quarantined = run.counts.read, run.counts.quarantined

    async def write(self, position: Position, mapped: Mapped) -> None:
        """Start writing a chunk that ends at `position`; returns as soon as another writer is free.

        Raises:
            QuarantineLimitError: too many rows were refused; this chunk's are in quarantine, its sound ones not stored.
        """
        place = _Place(self._read, self._position, position)
        read, quarantined = self._read + mapped.read, self._quarantined + len(mapped.refused)
        if self._manifest.stop_above.exceeded(quarantined, read):
            await self.drain()
            await self._units.run(lambda unit: self._withhold(unit, mapped, place))
            limit = str(self._manifest.stop_above)
            raise QuarantineLimitError(quarantined=quarantined, read=read, limit=limit)
        await self._make_room(mapped.good[KEY])
        before = self._flights[-1].task if self._flights else None
        task = asyncio.create_task(self._write(mapped, place, before))
        self._flights.append(_Flight(mapped.good[KEY], task))
        self._read, self._quarantined, self._position = read, quarantined, position

    async def drain(self) -> None:
        """Wait until every started chunk is durable; the first failure is raised after all have ended."""
        tasks = [flight.task for flight in self._flights]
        self._flights.clear()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _make_room(self, keys: pl.Series) -> None:
        """Two open transactions must not wait for each other over one key: a chunk that shares one goes alone."""
        while len(self._flights) >= self._writers or any(_share(keys, flight.keys) for flight in self._flights):
            try:
                await self._flights[0].task
            except BaseException:
                await self.drain()
                raise
            self._flights.popleft()

    async def _write(self, mapped: Mapped, place: _Place, before: "asyncio.Task[None] | None") -> None:
        await self._units.run(lambda unit: self._store(unit, mapped, place, before))
        assert place.after is not None
        await self._source.committed(place.after)

    async def _store(self, unit: Unit, mapped: Mapped, place: _Place, before: "asyncio.Task[None] | None") -> None:
        run, conn = self._run, unit.conn
        merged = await self._bring_in(unit, mapped.good)
        kept = [found.key for found in mapped.refused if found.key is not None]
        if kept and self._manifest.deletes.mode is DeleteMode.SNAPSHOT:
            await stage.note_kept(conn, run.id, kept)
        await runs.add_refused(conn, run, place.first_row, mapped.refused, unit.now)
        if before is not None:
            await asyncio.shield(before)
        counts = _counts(mapped, merged)
        await runs.advance(conn, run.id, before=place.before, after=place.after, counts=counts)
        unit.record("adapter:chunk-stored", self._detail(mapped, place, counts))

    async def _bring_in(self, unit: Unit, rows: pl.DataFrame) -> stage.Merged:
        """Load what is new, merge the rest."""
        run, subjects, loaded = self._run, self._manifest.subjects, 0
        if self._first:
            fresh = rows.filter(~pl.col(DELETED)) if rows[DELETED].any() else rows
            if await load.load_new(
                unit.conn, fresh, resource=run.resource, subjects=subjects, run_id=run.id, at=unit.now
            ):
                loaded, rows = fresh.height, rows.filter(DELETED) if rows.height > fresh.height else rows.clear()
            else:
                self._first = False
        if loaded and not rows.height:
            return stage.Merged(stored=loaded, deleted=0)
        await stage.fill_stage(unit.conn, rows)
        merged = await stage.merge_stage(
            unit.conn, resource=run.resource, subjects=subjects, run_id=run.id, at=unit.now
        )
        if self._manifest.deletes.mode is DeleteMode.SNAPSHOT:
            await stage.note_seen(unit.conn, run.id)
        return stage.Merged(loaded + merged.stored, merged.deleted)

    async def _withhold(self, unit: Unit, mapped: Mapped, place: _Place) -> None:
        """The last chunk of a run that stops: its refused rows can be read, its sound rows are not stored."""
        await runs.add_refused(unit.conn, self._run, place.first_row, mapped.refused, unit.now)
        counts = Counts(read=mapped.read, quarantined=len(mapped.refused), withheld=mapped.read - len(mapped.refused))
        await runs.advance(unit.conn, self._run.id, before=place.before, after=place.before, counts=counts)
        unit.record("adapter:chunk-stored", self._detail(mapped, place, counts))

    def _detail(self, mapped: Mapped, place: _Place, counts: Counts) -> dict[str, object]:
        return {
            "resource": self._run.resource,
            "run_id": str(self._run.id),
            "first_row": place.first_row,
            "digest": _chunk_digest(mapped),
            **counts.as_detail(),
        }


def _share(some: pl.Series, others: pl.Series) -> bool:
    """Whether two chunks have a key in common. Of a source read in key order the ends tell, at no cost."""
    if not len(some) or not len(others):
        return False
    if str(some.min()) > str(others.max()) or str(some.max()) < str(others.min()):
        return False
    return bool(some.is_in(others.implode()).any())


def _counts(mapped: Mapped, merged: stage.Merged) -> Counts:
    refused = len(mapped.refused)
    return Counts(
        read=mapped.read,
        stored=merged.stored,
        unchanged=mapped.read - refused - merged.stored - merged.deleted,
        quarantined=refused,
        deleted=merged.deleted,
        unkeyed=sum(found.key is None for found in mapped.refused),
    )


def _chunk_digest(mapped: Mapped) -> str:
    """SHA-256 over the record digests of the chunk in reading order, hex."""
    return hashlib.sha256("".join(mapped.good[DIGEST]).encode()).hexdigest()
