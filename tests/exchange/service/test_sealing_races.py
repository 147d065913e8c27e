"""Two who work on one sealing job: nothing is counted twice, and no row waits in a job that says it is finished."""

from collections.abc import Awaitable, Callable

import pytest

from exchange.model_sealing import JobState, RowState, SealingJob, SealingRow
from exchange.repo import sealing as repo
from exchange.service.sealing_jobs import SealingJobs
from exchange.uow import Unit
from tests.support.city import City


@pytest.fixture
async def job(city: City) -> SealingJob:
    """A job nobody works on."""
    return await city.app.documents.sealing.start("household")


async def names(sealing: SealingJobs, job: SealingJob) -> list[str]:
    return [row.identifier for row in await sealing.rows(job.id, limit=1000)]


def settling(job: SealingJob, rows: list[SealingRow]) -> Callable[[Unit], Awaitable[None]]:
    async def work(unit: Unit) -> None:
        await repo.settle(unit.conn, job.id, rows, seconds=1.0, now=unit.now)
        unit.record("sealing:chunk-filed", {"job": str(job.id)})

    return work


async def test_a_second_worker_whose_lock_was_lost_counts_nothing_twice(city: City, job: SealingJob) -> None:
    sealing = city.app.documents.sealing
    first, *rest = await names(sealing, job)
    done = [SealingRow(first, RowState.SEALED), *(SealingRow(name, RowState.REFUSED, "glyph-missing") for name in rest)]
    for _ in range(2):
        await city.app.units.run(settling(job, done))
    found = await sealing.get(job.id)
    assert (found.sealed, found.refused, found.done) == (1, len(rest), found.total)
    late = [SealingRow(first, RowState.EXISTING)]
    await city.app.units.run(settling(job, late))
    (row,) = [row for row in await sealing.rows(job.id, limit=1000) if row.identifier == first]
    assert row.state is RowState.SEALED, "what came of it first stays"


async def test_a_retry_just_before_the_end_keeps_the_job_open(city: City, job: SealingJob) -> None:
    sealing = city.app.documents.sealing
    refused = [SealingRow(name, RowState.REFUSED, "glyph-missing") for name in await names(sealing, job)]
    await city.app.units.run(settling(job, refused))
    await sealing.retry(job.id)  # the operator, while the worker that found nothing waiting is about to say so

    async def finish(unit: Unit) -> None:
        assert not await repo.finish(unit.conn, job.id, unit.now)
        unit.record("sealing:chunk-filed", {"job": str(job.id)})

    await city.app.units.run(finish)
    assert (await sealing.get(job.id)).state is JobState.OPEN
