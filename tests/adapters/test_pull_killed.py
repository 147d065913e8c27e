"""kill -9 in the middle of a pull: a later run finishes the same run, nothing lost and nothing twice."""

import asyncio
import os
import random
import signal
import sys

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import PullAlreadyRunningError
from adapters.ports import Connection
from adapters.pull import RunReport
from tests.adapters.world import Department, RealUnits, one, person_id, persons, pull_of, rows

ROWS, BAD = 6000, 60


async def kill_in_the_middle(hub_url: str, psb_url: str, seconds: float) -> bool:
    """Start a pull and kill it; true if it was still alive."""
    arguments = (sys.executable, "-m", "tests.adapters.pull_child", hub_url, psb_url)
    child = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    await asyncio.sleep(seconds)
    alive = child.returncode is None
    if alive:
        os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    return alive


async def resume(hub: AsyncEngine, psb: Department) -> RunReport:
    while True:
        try:
            manifest = persons(more='deletes = "snapshot"')
            return await pull_of(hub, manifest, psb=Connection(psb.url)).run(RealUnits(hub))
        except PullAlreadyRunningError:
            await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_a_killed_pull_resumes_exactly_once(
    hub: AsyncEngine, database_url: str, psb: Department, seed: int
) -> None:
    chance = random.Random(seed)
    psb.add(0, ROWS)
    psb.do("UPDATE ry_jbxx SET xm = '' WHERE sfzh = ANY(%s)", [person_id(n * 100) for n in range(BAD)])
    partial = 0
    for _ in range(4):
        await kill_in_the_middle(database_url, psb.url, chance.uniform(0.1, 0.8))
        stored = await one(hub, "SELECT count(*) FROM adapter_record")
        partial += 0 < stored < ROWS - BAD
    report = await resume(hub, psb)
    stored_keys = {key for (key,) in await rows(hub, "SELECT key FROM adapter_record")}
    assert stored_keys == {person_id(n) for n in range(ROWS) if n % 100 or n // 100 >= BAD}
    counted = "SELECT id, read, stored + unchanged, quarantined FROM adapter_run WHERE finished_at IS NOT NULL"
    completed = await rows(hub, counted)
    assert report.run_id in {run[0] for run in completed}
    assert all(tuple(counts) == (ROWS, ROWS - BAD, BAD) for _, *counts in completed)
    per_run = await rows(hub, "SELECT count(*), count(DISTINCT raw->>'sfzh') FROM adapter_quarantine GROUP BY run_id")
    assert per_run == [(BAD, BAD)] * len(completed)
    changes = await rows(hub, "SELECT count(*), count(DISTINCT key) FROM adapter_record_change WHERE op = 'I'")
    assert changes == [(ROWS - BAD, ROWS - BAD)]
    assert await one(hub, "SELECT count(*) FROM adapter_record_change WHERE op <> 'I'") == 0
    assert await one(hub, "SELECT count(*) FROM adapter_run_key") == 0
    assert partial or seed  # at least the first seed must have been caught in the middle
