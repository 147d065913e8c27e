"""F-01, F-02, F-18, F-30: a process dies by SIGKILL at any moment; the next one goes on, nothing is lost or doubled."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from exchange.demo.world import Resource
from exchange.wiring import open_app
from exchange.worker import run_worker
from tests.support.city import City, put, running_at
from tests.support.dropping import drop_files, people, pulling
from tests.support.killing import kill, settings_file, start

RECORDS = 3000


async def one(city: City, sql: str) -> int:
    async with city.app.reads() as conn:
        return int((await conn.execute(text(sql))).scalar_one())


async def until(city: City, sql: str) -> None:
    """Wait until the database says so."""
    async with asyncio.timeout(40):
        while not await one(city, sql):  # noqa: ASYNC110 - another process tells us through the database only
            await asyncio.sleep(0.02)


async def certificates_are_whole(city: City) -> None:
    """Exactly one per record, no identifier twice, none without its entry and no entry without it."""
    stored = await one(city, "SELECT count(*) FROM cert_certificate")
    distinct = await one(city, "SELECT count(DISTINCT (type_code, resource, key)) FROM cert_certificate")
    issued = [str(entry.detail["identifier"]) for entry in await city.entries("certificate:issued")]
    async with city.app.reads() as conn:
        identifiers = set((await conn.execute(text("SELECT identifier FROM cert_certificate"))).scalars())
    assert stored == distinct == len(issued) == len(identifiers)
    assert set(issued) == identifiers
    faces = await one(city, "SELECT count(DISTINCT identifier) FROM cert_face")
    assert faces == stored


@pytest.mark.slow
async def test_bulk_issue_survives_kills_at_random_moments(city: City, tmp_path: Path) -> None:
    random, settings = Random(339900), settings_file(city, tmp_path)
    before = await one(city, "SELECT count(*) FROM cert_certificate")
    await put(city.app, Resource.HOUSEHOLD, people(RECORDS))
    kills = 0
    for _ in range(6):
        kills += await kill(await start("issue", city, settings), random.uniform(0.05, 0.4))
        await certificates_are_whole(city)
    assert kills >= 3
    city.clock.forward(hours=1)
    await city.app.issuing.sweep()
    assert await one(city, "SELECT count(*) FROM cert_intent WHERE outcome IS NULL") == 0
    await city.app.issuing.bulk("household")
    await certificates_are_whole(city)
    assert await one(city, "SELECT count(*) FROM cert_certificate") == before + RECORDS


@pytest.mark.slow
async def test_a_pull_survives_kills_and_resumes_exactly_once(city: City, tmp_path: Path) -> None:
    random = Random(339900)
    town = pulling(city, tmp_path)
    settings, before = settings_file(town, tmp_path), await one(city, "SELECT count(*) FROM adapter_record")
    drop_files(tmp_path / "dropped", people(RECORDS), 100)
    kills = 0
    for _ in range(6):
        kills += await kill(await start("pull", town, settings), random.uniform(0.05, 0.35))
    assert kills >= 2
    async with open_app(town.settings, now=city.clock, database=running_at(city.url)) as app:
        await app.pulls.run("psb.household")
    assert await one(city, "SELECT count(*) FROM adapter_record") == before + RECORDS
    twice = "SELECT count(*) - count(DISTINCT key) FROM adapter_record_change WHERE key > '3399001901'"
    assert await one(city, "SELECT count(*) FROM adapter_record_change WHERE op <> 'I'") == 0
    assert await one(city, twice.replace(" WHERE key > '3399001901'", "")) == 0
    stored = sum(int(str(e.detail.get("stored", 0))) for e in await city.entries("adapter:chunk-stored"))
    assert stored == RECORDS


@pytest.mark.slow
async def test_another_worker_finishes_the_job_of_a_killed_one(city: City, tmp_path: Path) -> None:
    town = pulling(city, tmp_path)
    settings, before = settings_file(town, tmp_path), await one(city, "SELECT count(*) FROM adapter_record")
    drop_files(tmp_path / "dropped", people(RECORDS), 20)
    async with open_app(town.settings, now=city.clock, database=running_at(city.url)) as app:
        number = await app.jobs.pull("psb.household")
        victim = await start("worker", town, settings)
        await until(city, f"SELECT count(*) > {before} FROM adapter_record")
        assert await kill(victim, 0.01)
        job = f"FROM procrastinate_jobs WHERE id = {number}"
        assert await one(city, f"SELECT (status = 'doing')::int {job}")
        async with city.app.units.engine.begin() as conn:
            # half a minute without a heartbeat
            await conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'"))
        stop = asyncio.Event()
        worker = asyncio.create_task(run_worker(app, stop))
        await until(city, f"SELECT status = 'succeeded' {job}")
        stop.set()
        await asyncio.wait_for(worker, 10)
    assert await one(city, "SELECT count(*) FROM adapter_record") == before + RECORDS
    assert await one(city, "SELECT count(*) FROM log_entry WHERE seq IS NULL") < 50
