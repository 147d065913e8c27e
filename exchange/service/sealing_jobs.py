"""Sealing the certificates of a type in bulk: an order, then chunks, until every row has its result.

A job may be killed at any moment and run again by anybody: one at a time works on it, what was filed stays, what was
not still waits. Refused rows keep their reason and can be tried again without the others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from certs import repo_documents as documents
from certs.errors import CertsError
from certs.model import law_day
from certs.type_catalogue import TypeCatalogue
from exchange.errors import SealingJobNotFoundError, SealingStoppedError
from exchange.model import Principal, Role
from exchange.model_sealing import JobState, RowState, SealingJob, SealingRow
from exchange.repo import sealing as repo
from exchange.service import roles
from exchange.service.jobs import Jobs
from exchange.service.repeats import Repeats
from exchange.service.sealing_pool import WORTH_A_PROCESS, SealingPool
from exchange.service.sealing_work import Chunk, SealingWork
from exchange.uow import Reads, Unit, Units

CHUNK: Final = 200
_PORTION: Final = 5000
_LOOK_AGAIN: Final = 0.5

Progress = Callable[[SealingJob], None]


@dataclass(frozen=True, slots=True)
class SealingJobs:
    """Orders, runs and shows sealing jobs. `pool` makes a pool of so many processes, usually `processes`."""

    units: Units
    reads: Reads
    types: TypeCatalogue
    work: SealingWork
    jobs: Jobs
    repeats: Repeats
    pool: Callable[[int], SealingPool]
    processes: int
    chunk: int = CHUNK

    async def order(self, principal: Principal, type_name: str, *, key: str | None = None) -> SealingJob:
        """An operator orders sealing; a worker does it soon. What is under way for the type is returned instead.

        `key` is an Idempotency-Key: one key, one order.

        Raises:
            NotAllowedError: not an operator.
            TypeUnknown: there is no such type.
            RequestReusedError: the key was used for another order.
        """
        roles.require(principal, Role.OPERATOR)
        code, by = self.types.get(type_name).code, principal.officer or principal.name

        async def ordered(unit: Unit) -> str:
            return str((await _ordered(unit, code, by)).id)

        made = await self.repeats.once(principal, key, {"seal-certificates": code}, ordered)
        job = await self.get(UUID(made))
        await self.jobs.seal(job.id)
        return job

    async def order_again(self, principal: Principal, job_id: UUID) -> SealingJob:
        """An operator lets the refused rows be tried again, and a stopped job go on.

        Raises:
            NotAllowedError: not an operator.
            SealingJobNotFoundError: no such job.
        """
        roles.require(principal, Role.OPERATOR)
        job = await self.retry(job_id, by=principal.officer or principal.name)
        await self.jobs.seal(job.id)
        return job

    async def start(self, type_name: str, *, by: str = "") -> SealingJob:
        """The job for all 有效 certificates of the type without sealed faces, event `sealing:ordered`.

        A job of the type that has not come to its end is returned instead: run it, and it goes on.

        Raises:
            TypeUnknown: there is no such type.
        """
        code = self.types.get(type_name).code
        return await self.units.run(lambda unit: _ordered(unit, code, by))

    async def retry(self, job_id: UUID, *, by: str = "") -> SealingJob:
        """Let the refused rows of a job wait again, event `sealing:retried`; the sealed ones are not touched.

        Raises:
            SealingJobNotFoundError: no such job.
        """

        async def again(unit: Unit) -> None:
            count = await repo.reopen(unit.conn, job_id)
            unit.record("sealing:retried", {"job": str(job_id), "certificates": count}, officer=by or None)

        await self.get(job_id)
        await self.units.run(again)
        return await self.get(job_id)

    async def resume(self) -> int:
        """Hand every job that nobody works on any more to a worker; returns how many wait for one now."""
        async with self.reads() as conn:
            left = await repo.left(conn)
        return len([job for job in [await self.jobs.seal(job_id) for job_id in left] if job is not None])

    async def get(self, job_id: UUID) -> SealingJob:
        """The job with its progress; raises SealingJobNotFoundError."""
        async with self.reads() as conn:
            found = await repo.find(conn, job_id)
        if found is None:
            raise SealingJobNotFoundError
        return found

    async def newest(self, limit: int, before: tuple[datetime, UUID] | None = None) -> tuple[SealingJob, ...]:
        """Jobs, newest first, after the position `before`."""
        async with self.reads() as conn:
            return await repo.newest(conn, limit, before)

    async def rows(
        self, job_id: UUID, state: RowState | None = None, *, after: str = "", limit: int
    ) -> tuple[SealingRow, ...]:
        """What came of each certificate, by identifier; raises SealingJobNotFoundError."""
        await self.get(job_id)
        async with self.reads() as conn:
            return await repo.rows(conn, job_id, state, after=after, limit=limit)

    async def run(
        self, job_id: UUID, progress: Progress = lambda _: None, *, processes: int | None = None, wait: bool = True
    ) -> SealingJob:
        """Work on a job until every row has its result or something keeps all of them from having one.

        While another process works on it, its progress is reported and taken over should it die; without `wait` the
        job is returned as it is.

        Raises:
            SealingJobNotFoundError: no such job.
        """
        while (job := await self.get(job_id)).state is not JobState.FINISHED:
            async with self._alone(job_id) as alone:
                if alone:
                    return await self._run(job, progress, self.processes if processes is None else processes)
            if not wait:
                break
            progress(job)
            await asyncio.sleep(_LOOK_AGAIN)
        return job

    @asynccontextmanager
    async def _alone(self, job_id: UUID) -> AsyncIterator[bool]:
        """Hold the job's session lock, if nobody has it; the server releases it when this process dies."""
        key = func.hashtextextended(f"sealing-job:{job_id}", 0)
        async with self.reads() as conn:
            alone = bool((await conn.execute(select(func.pg_try_advisory_lock(key)))).scalar_one())
            try:
                yield alone
            finally:
                if alone:
                    await conn.execute(select(func.pg_advisory_unlock(key)))

    async def _run(self, job: SealingJob, progress: Progress, processes: int) -> SealingJob:
        few = job.total - job.done < WORTH_A_PROCESS
        async with self.pool(1 if few else processes) as pool:
            try:
                await self._seal_all(job.id, pool, progress)
            except SealingStoppedError as error:
                await self._stop(job.id, error.reason, error.detail)
            except CertsError as error:  # the seal was stopped while it was used
                await self._stop(job.id, error.code, str(error))
            else:
                await self.units.run(lambda unit: _finish(unit, job.id))
        finished = await self.get(job.id)
        progress(finished)
        return finished

    async def _seal_all(self, job_id: UUID, pool: SealingPool, progress: Progress) -> None:
        """Chunk by chunk; while one is filed, the next is sealed."""
        since, ahead = monotonic(), await self._begin(job_id, "", pool)
        try:
            while ahead is not None:
                last, sealing = ahead
                ahead = await self._begin(job_id, last, pool)
                chunk = await sealing
                await self._file(job_id, chunk, seconds=monotonic() - since)
                since = monotonic()
                progress(await self.get(job_id))
                if chunk.stopped is not None:
                    raise chunk.stopped
        finally:
            if ahead is not None:
                ahead[1].cancel()
                with suppress(asyncio.CancelledError):
                    await ahead[1]

    async def _begin(self, job_id: UUID, after: str, pool: SealingPool) -> tuple[str, "asyncio.Task[Chunk]"] | None:
        async with self.reads() as conn:
            rows = await repo.rows(conn, job_id, RowState.WAITING, after=after, limit=self.chunk)
        if not rows:
            return None
        return rows[-1].identifier, asyncio.create_task(self.work.seal([row.identifier for row in rows], pool))

    async def _file(self, job_id: UUID, chunk: Chunk, *, seconds: float) -> None:
        await self.units.run(lambda unit: self.work.file(unit, job_id, chunk, seconds=seconds))

    async def _stop(self, job_id: UUID, reason: str, detail: str) -> None:
        async def note(unit: Unit) -> None:
            await repo.stop(unit.conn, job_id, reason, detail)
            unit.record("sealing:stopped", {"job": str(job_id), "reason": reason})

        await self.units.run(note)


async def _ordered(unit: Unit, type_code: str, by: str) -> SealingJob:
    await repo.lock_orders(unit.conn, type_code)
    going = await repo.unfinished(unit.conn, type_code)
    if going is not None:
        detail = {"job": str(going.id), "type": type_code, "certificates": going.total, "joined": True}
        unit.record("sealing:ordered", detail, officer=by or None)
        return going
    return await file_order(unit, type_code, by, await _unsealed(unit, type_code), officer=by)


async def file_order(
    unit: Unit, type_code: str, by: str, portions: Sequence[tuple[str, ...]], *, officer: str = ""
) -> SealingJob:
    """A new job for these certificates, event `sealing:ordered`; finished at once if there are none."""
    total = sum(map(len, portions))
    done = None if total else unit.now
    job = SealingJob(unit.new_id(), type_code, by, unit.now, done, None, None, total, 0, 0, 0, 0.0)
    await repo.add_job(unit.conn, job, portions)
    detail = {"job": str(job.id), "type": type_code, "certificates": total, "joined": False}
    unit.record("sealing:ordered", detail, officer=officer or None)
    return job


async def _finish(unit: Unit, job_id: UUID) -> None:
    if not await repo.finish(unit.conn, job_id, unit.now):
        return  # rows were ordered again meanwhile: whoever did has it run again
    job = await repo.find(unit.conn, job_id)
    assert job is not None, "its rows refer to it"
    counts = {"sealed": job.sealed, "existing": job.existing, "refused": job.refused}
    unit.record("sealing:finished", {"job": str(job_id), **counts})


async def _unsealed(unit: Unit, type_code: str) -> Sequence[tuple[str, ...]]:
    """In portions, the 有效 certificates of a type that lack a sealed face."""
    portions: list[tuple[str, ...]] = []
    after, today = "", law_day(unit.now)
    while found := await documents.without(unit.conn, type_code, on=today, after=after, limit=_PORTION):
        portions.append(found)
        after = found[-1]
    return portions
