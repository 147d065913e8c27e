"""A process that works on a hub's database until it is killed: `python -m tests.faults.victim WHAT SETTINGS URL`."""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from exchange.app import App
from exchange.settings import Settings
from exchange.wiring import open_app
from exchange.worker import run_worker
from tests.support.city import START, Clock, running_at
from tests.support.copies import make_and_fetch


async def work(app: App, what: str) -> None:
    """Do it, saying `ready` first: the killer waits for that."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if what == "issue":
        await app.issuing.bulk("household")
    elif what == "seal":
        await seal(app)
    elif what == "copies":
        await make_and_fetch(app, 40)
    elif what == "pull":
        await app.pulls.run("psb.household")
    else:
        await run_worker(app, asyncio.Event())
    sys.stdout.write("done\n")


async def seal(app: App) -> None:
    """Small chunks, so that many moments to die lie between them."""
    sealing = replace(app.documents.sealing, chunk=20)
    await sealing.run((await sealing.start("household")).id, processes=1)


async def main(what: str, settings: Settings, url: str) -> None:
    """Open the hub and work."""
    clock = Clock(START + timedelta(hours=1))
    async with open_app(settings, now=clock, database=running_at(url)) as app:
        await work(app, what)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Settings.model_validate_json(Path(sys.argv[2]).read_bytes()), sys.argv[3]))
