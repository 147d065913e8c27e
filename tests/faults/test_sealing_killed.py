"""A process that seals dies by SIGKILL at any moment: no document is lost, doubled, or without its evidence."""

import asyncio
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from exchange.demo.world import Resource
from exchange.model_sealing import JobState
from tests.support.city import PSB, City, put
from tests.support.dropping import people
from tests.support.killing import kill, settings_file, start

RECORDS = 300
KILLS = 4


async def number(city: City, sql: str) -> int:
    async with city.app.reads() as conn:
        return int((await conn.execute(text(sql))).scalar_one())


async def documents_are_whole(city: City) -> int:
    """Both faces, their two events, one use of the seal and one result per sealed row, and nothing without the rest."""
    async with city.app.reads() as conn:
        sealed = "SELECT identifier FROM exchange_sealing_row WHERE state = 'sealed' ORDER BY 1"
        rows = list((await conn.execute(text(sealed))).scalars())
        faces = "SELECT identifier || '/' || kind FROM cert_face WHERE kind IN ('ofd', 'pdf')"
        filed = sorted((await conn.execute(text(faces))).scalars())
        uses = sorted((await conn.execute(text("SELECT document FROM seal_use"))).scalars())
    added = sorted(f"{e.detail['identifier']}/{e.detail['face']}" for e in await city.entries("certificate:face-added"))
    assert filed == added == sorted(f"{row}/{kind}" for row in rows for kind in ("ofd", "pdf"))
    assert uses == rows
    assert await number(city, "SELECT coalesce(sum(sealed), 0) FROM exchange_sealing_job") == len(rows)
    return len(rows)


async def more_than(city: City, sealed: int) -> None:
    """Wait until another process has sealed more."""
    async with asyncio.timeout(60):
        while await number(city, "SELECT count(*) FROM seal_use") <= sealed:  # noqa: ASYNC110 - only the database tells
            await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_sealing_survives_kills_at_random_moments(city: City, tmp_path: Path) -> None:
    random = Random(339900)
    await city.app.documents.development.init()
    await city.app.documents.enrolment.enrol(PSB)
    settings = settings_file(city, tmp_path)
    await put(city.app, Resource.HOUSEHOLD, people(RECORDS))
    await city.app.issuing.bulk("household")
    sealed = [0]
    for _ in range(KILLS):
        victim = await start("seal", city, settings)
        await more_than(city, sealed[-1])
        assert await kill(victim, random.uniform(0.0, 0.3)), "it was at work"
        sealed.append(await documents_are_whole(city))
    assert all(before < after for before, after in pairwise(sealed))
    job = await city.app.documents.sealing.start("household")
    assert len(await city.app.documents.sealing.newest(10)) == 1, "every process went on with the first one's job"
    done = await city.app.documents.sealing.run(job.id)
    assert (done.state, done.refused) == (JobState.FINISHED, 0)
    assert done.sealed == done.total == await documents_are_whole(city) > RECORDS
