"""Runs one pull in a process of its own, so that a test can kill it: `python -m tests.adapters.pull_child HUB PSB`."""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from adapters.ports import Connection
from adapters.sources import postgres
from tests.adapters.world import RealUnits, persons, pull_of


async def main(hub: str, psb: str) -> None:
    postgres.CHUNK_BYTES = 4000
    engine = create_async_engine(hub)
    print("ready", flush=True)  # noqa: T201  # tells the test when to start its clock
    await pull_of(engine, persons(more='deletes = "snapshot"'), psb=Connection(psb)).run(RealUnits(engine))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
