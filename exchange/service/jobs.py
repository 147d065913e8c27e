"""The job queue (Procrastinate on our own PostgreSQL): work that outlives a request is deferred here.

A job carries names only, never a person's data; every job is idempotent, because a worker that dies leaves it to
another one which runs it again.
"""

from dataclasses import dataclass
from uuid import UUID

from procrastinate import App as Queue
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from sqlalchemy import make_url

PULL = "pull"
ISSUE = "issue"
SEAL = "seal"
VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Jobs:
    """Defers jobs; `exchange.worker` runs them."""

    queue: Queue

    async def pull(self, resource: str) -> int | None:
        """Pull a resource soon; returns the job's number, None when one waits already."""
        return await self._defer(PULL, resource, {"resource": resource})

    async def pulling(self, resource: str) -> bool:
        """Whether a pull of the resource is running now."""
        lock = f"{PULL}:{resource}"
        return bool(list(await self.queue.job_manager.list_jobs_async(lock=lock, status=Status.DOING.value)))

    async def issue(self, type_name: str) -> int | None:
        """Issue certificates for every record of a type that has none; None when such a job waits already."""
        return await self._defer(ISSUE, type_name, {"type_name": type_name})

    async def seal(self, job_id: UUID) -> int | None:
        """Go on with a sealing job, one job at a time; None when that waits already."""
        return await self._defer(SEAL, str(job_id), {"job_id": str(job_id)}, lock=SEAL)

    async def verify(self, batch_id: UUID) -> int | None:
        """Verify the documents of a batch, one batch at a time; None when that waits already."""
        return await self._defer(VERIFY, str(batch_id), {"batch_id": str(batch_id)}, lock=VERIFY)

    async def rescue(self) -> int:
        """Give jobs whose worker died (no heartbeat for half a minute) back to the queue; returns how many."""
        manager = self.queue.job_manager
        stalled = list(await manager.get_stalled_jobs())
        for job in stalled:
            try:
                await manager.retry_job(job)
            except ConnectorException:
                # the same job waits already and will do this one's work
                await manager.finish_job(job, Status.FAILED, delete_job=False)
        return len(stalled)

    async def _defer(self, task: str, name: str, arguments: dict[str, str], lock: str | None = None) -> int | None:
        """One job of a name (of a `lock`) runs at a time, and at most one more of the name waits."""
        named = f"{task}:{name}"
        configured = self.queue.configure_task(task, lock=lock or named, queueing_lock=named)
        try:
            return await configured.defer_async(**arguments)
        except AlreadyEnqueued:
            return None


def queue_on(database_url: str) -> Queue:
    """A queue on the hub's database, not opened yet."""
    url = make_url(database_url)
    host = url.query.get("host", url.host)
    parameters = {
        "host": host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    given = {name: value for name, value in parameters.items() if value is not None}
    return Queue(connector=PsycopgConnector(kwargs=given, min_size=1, max_size=4))
