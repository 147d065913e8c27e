"""The work that goes on by itself: sequencing the log, jobs of the queue, housekeeping. Any number may run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from certs.journal.errors import LogUnsound
from exchange.app import App
from exchange.service.jobs import ISSUE, PULL

_log = logging.getLogger(__name__)
HOUSEKEEPING_SECONDS = 5.0
PUBLISH_SECONDS = 30.0


def register_tasks(app: App) -> None:
    """Teach the queue what the names of jobs mean."""

    async def pull(resource: str) -> None:
        await app.pulls.run(resource)

    async def issue(type_name: str) -> None:
        await app.issuing.bulk(type_name)

    app.jobs.queue.task(name=PULL)(pull)
    app.jobs.queue.task(name=ISSUE)(issue)


async def run_worker(app: App, stop: asyncio.Event) -> None:
    """Run until `stop` is set; a failing part is logged and tried again, the others go on."""
    register_tasks(app)
    loops = [
        asyncio.create_task(_sequence(app, stop)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.presentations.expire)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.issuing.sweep)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.pulls.cascade.run)),
        asyncio.create_task(_every(PUBLISH_SECONDS, stop, app.trust.publish)),
    ]
    jobs = asyncio.create_task(app.jobs.queue.run_worker_async(install_signal_handlers=False, wait=True))
    await stop.wait()
    jobs.cancel()
    with suppress(asyncio.CancelledError):
        await jobs
    await asyncio.gather(*loops)


async def _sequence(app: App, stop: asyncio.Event) -> None:
    """Sequence the log; an unsound log closes the gate, so that nothing more is promised."""
    try:
        await app.sequencer.run(stop)
    except LogUnsound as error:
        app.gate.reason = str(error)
        _log.critical("evidence log is unsound, writes are refused: %s", error)


async def _every(seconds: float, stop: asyncio.Event, work: Callable[[], Awaitable[object]]) -> None:
    """Do `work` again and again with a pause; what goes wrong once may go right the next time."""
    while not stop.is_set():
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - housekeeping must outlive any one failure
            _log.warning("%s waits: %s", getattr(work, "__qualname__", "work"), type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
