"""The worker: jobs run, the log is sequenced, one part's failure leaves the others, and it ends when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text

from exchange import worker
from exchange.app import App
from exchange.demo.world import Resource, body_of
from exchange.errors import LogUnsoundError
from exchange.model import PresentationState
from exchange.worker import run_worker
from tests.support.city import WORLD, City, built_city, city, put

__all__ = ["built_city", "city"]


@asynccontextmanager
async def working(app: App) -> AsyncIterator[None]:
    """A worker runs while the context lives; leaving it must not take long."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(app, stop))
    yield
    stop.set()
    await asyncio.wait_for(task, 8)


async def until(app: App, sql: str, limit: float = 20) -> None:
    """Wait until the database says so."""
    async with asyncio.timeout(limit), app.reads() as conn:
        while not (await conn.execute(text(sql))).scalar_one():  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.02)


async def test_a_deferred_job_runs_and_the_log_is_sequenced(city: City) -> None:
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    await put(city.app, Resource.HOUSEHOLD, [body_of(person) for person in WORLD.people[40:45]])
    number = await city.app.jobs.issue("household")
    failing = await city.app.jobs.pull("psb.household")  # no manifest fills it in this city
    code = await city.app.presentations.offer(city.citizen(), (await city.identifier("household"),))
    city.clock.forward(minutes=2)
    async with working(city.app):
        await until(city.app, f"SELECT status = 'succeeded' FROM procrastinate_jobs WHERE id = {number}")
        await until(city.app, f"SELECT attempts > 0 FROM procrastinate_jobs WHERE id = {failing}")
        await until(city.app, "SELECT count(*) = 0 FROM log_entry WHERE seq IS NULL")
        await until(city.app, "SELECT count(*) = 0 FROM adapter_record_change WHERE consumed_at IS NULL")
        await until(city.app, "SELECT state = 'expired' FROM exchange_presentation")
    assert len(await city.held(str(WORLD.people[44].citizen_id))) >= 1
    assert [item.certificate.version for item in await city.held(kind="household")] == [2, 1]
    status = await city.app.presentations.status(city.citizen(), code.presentation_id)
    assert status.state is PresentationState.EXPIRED
    assert (await city.app.evidence.head()).size == len(await city.entries())


async def test_a_worker_whose_queue_broke_runs_jobs_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HOUSEKEEPING_SECONDS", 0.1)
    async with working(city.app):
        await until(city.app, "SELECT count(*) > 0 FROM procrastinate_workers")
        async with city.app.units.engine.begin() as conn:  # every connection of the queue is cut
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            await conn.execute(text(f"{cut} AND pid <> pg_backend_pid() AND query LIKE '%procrastinate%'"))
        number = await again(city)
        await until(city.app, f"SELECT status = 'succeeded' FROM procrastinate_jobs WHERE id = {number}")


async def again(city: City) -> int:
    """Defer a job, when the pool has noticed that its connections are gone."""
    for _ in range(20):
        with suppress(ConnectorException):
            if number := await city.app.jobs.issue("household"):
                return number
        await asyncio.sleep(0.1)
    raise AssertionError("the queue never came back")


async def test_an_unsound_log_closes_the_gate_while_the_hub_runs(city: City) -> None:
    await city.case()
    async with city.app.units.engine.begin() as conn:
        await conn.execute(text("UPDATE log_head SET root = sha256(root)"))
    async with working(city.app):
        async with asyncio.timeout(10):
            while city.app.gate.reason is None:  # noqa: ASYNC110 - set by another task
                await asyncio.sleep(0.02)
        assert not (await city.app.operations.health()).ok
        with pytest.raises(LogUnsoundError):
            await city.case(number="C-2")
