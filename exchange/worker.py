"""The work that goes on by itself: sequencing the log, jobs of the queue, housekeeping. Any number may run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from procrastinate import RetryStrategy

from certs.journal.errors import LogUnsound
from exchange.app import App
from exchange.errors import SealingStoppedError
from exchange.service.jobs import ISSUE, PULL, SEAL, VERIFY

_log = logging.getLogger(__name__)
HOUSEKEEPING_SECONDS = 5.0
PUBLISH_SECONDS = 30.0
FORGET_SECONDS = 600.0
FRESHNESS_SECONDS = 60.0
WATCH_SECONDS = 30.0
RESUME_SECONDS = 60.0
FOLLOW_SECONDS = 30.0
GRACE_SECONDS = 5.0
JOBS_AT_ONCE = 3  # sealing takes one of them for as long as it lasts; pulls must not wait for it
_RETRY = RetryStrategy(max_attempts=5, linear_wait=10)


def register_tasks(app: App) -> None:
    """Teach the queue what the names of jobs mean."""

    async def pull(resource: str) -> None:
        await app.pulls.run(resource)

    async def issue(type_name: str) -> None:
        await app.issuing.bulk(type_name)

    async def seal(job_id: str) -> None:
        job = await app.documents.sealing.run(UUID(job_id), wait=False)
        if job.stopped is not None:
            raise SealingStoppedError(job.stopped)  # the queue tries again a little later: a TSA may be back

    async def verify(batch_id: str) -> None:
        await app.documents.batches.run(UUID(batch_id))

    app.jobs.queue.task(name=VERIFY, retry=_RETRY)(verify)
    app.jobs.queue.task(name=SEAL, retry=_RETRY)(seal)
    app.jobs.queue.task(name=PULL, retry=_RETRY)(pull)
    app.jobs.queue.task(name=ISSUE, retry=_RETRY)(issue)


async def run_worker(app: App, stop: asyncio.Event) -> None:
    """Run until `stop` is set; a failing part is logged and tried again, the others go on."""
    register_tasks(app)
    loops = [
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, partial(_sequence, app, stop))),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, partial(_run_jobs, app, stop))),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.jobs.rescue)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.presentations.expire)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.issuing.sweep)),
        asyncio.create_task(_every(HOUSEKEEPING_SECONDS, stop, app.pulls.cascade.run)),
        asyncio.create_task(_every(PUBLISH_SECONDS, stop, app.trust.publish)),
        asyncio.create_task(_every(FORGET_SECONDS, stop, app.queries.forget_expired)),
        asyncio.create_task(_every(FORGET_SECONDS, stop, app.documents.intake.forget_expired)),
        asyncio.create_task(_every(FORGET_SECONDS, stop, app.documents.copies.drop_unclaimed)),
        asyncio.create_task(_every(RESUME_SECONDS, stop, app.documents.sealing.resume)),
        asyncio.create_task(_every(FOLLOW_SECONDS, stop, app.documents.upkeep.follow)),
        asyncio.create_task(_every(FORGET_SECONDS, stop, app.documents.retention.forget_old)),
        asyncio.create_task(_every(RESUME_SECONDS, stop, app.documents.intake.resume)),
        asyncio.create_task(_keep_fresh(app, stop)),
        asyncio.create_task(attend(app, stop)),
    ]
    await asyncio.gather(*loops)


async def attend(app: App, stop: asyncio.Event) -> None:
    """Look after the log and learn of new, retired and lost keys until told to stop; every process that serves does."""
    await asyncio.gather(
        _every(WATCH_SECONDS, stop, app.log_watch.look),
        _every(HOUSEKEEPING_SECONDS, stop, app.keys.reload),
    )


async def _keep_fresh(app: App, stop: asyncio.Event) -> None:
    """Not at once: jobs that waited for a worker come first, and say what is being pulled."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), FRESHNESS_SECONDS)
    await _every(FRESHNESS_SECONDS, stop, app.operations.keep_fresh)


async def _run_jobs(app: App, stop: asyncio.Event) -> None:
    """Run jobs until told to stop; a job that does not end in time goes back to the queue."""
    queue = app.jobs.queue.run_worker_async(
        concurrency=JOBS_AT_ONCE, install_signal_handlers=False, shutdown_graceful_timeout=GRACE_SECONDS
    )
    jobs, told = asyncio.create_task(queue), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((jobs, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        jobs.cancel()
        told.cancel()
    with suppress(asyncio.CancelledError):
        await jobs


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
