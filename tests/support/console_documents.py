"""Sealing jobs and originals of the in-memory hub."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from exchange.errors import CertificateNotHeldError, FaceNotMadeError, SealingJobNotFoundError
from exchange.model import Principal
from exchange.model_sealing import RowState, SealingJob, SealingRow
from exchange.service.documents import OriginalFile
from tests.support.console_world import CERTIFICATES, HOSTILE, HOUSEHOLD, START

OPEN_JOB, STOPPED_JOB, DONE_JOB = UUID(int=71), UUID(int=72), UUID(int=73)
_KIND = "11339900MB9000015P001"
_JOBS = (
    SealingJob(OPEN_JOB, _KIND, "OPS1", START, None, None, None, 400, 120, 0, 0, 1.5),
    SealingJob(STOPPED_JOB, _KIND, "OPS1", START, None, "seal-unavailable", HOSTILE, 400, 0, 0, 0, 0.0),
    SealingJob(DONE_JOB, _KIND, "", START - timedelta(days=1), START, None, None, 100, 30, 10, 60, 2.0),
)


@dataclass
class MemorySealing:
    """Three jobs: under way, stopped, and finished with more refusals than a page holds."""

    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def order(self, principal: Principal, type_name: str, *, key: str | None = None) -> SealingJob:
        self.calls.append(("order", principal.name, type_name, key))
        return _JOBS[0]

    async def order_again(self, principal: Principal, job_id: UUID) -> SealingJob:
        self.calls.append(("again", principal.name, job_id))
        return replace(await self.get(job_id), finished_at=None)

    async def get(self, job_id: UUID) -> SealingJob:
        for job in _JOBS:
            if job.id == job_id:
                return job
        raise SealingJobNotFoundError

    async def newest(self, limit: int, before: tuple[datetime, UUID] | None = None) -> tuple[SealingJob, ...]:
        return _JOBS[:limit]

    async def rows(
        self, job_id: UUID, state: RowState | None = None, *, after: str = "", limit: int
    ) -> tuple[SealingRow, ...]:
        if job_id != DONE_JOB:
            return ()
        names = (f"1.2.156.3005.2.{number:03d}" for number in range(60))
        detail = f"no glyph for name: {HOSTILE}"
        rows = [SealingRow(name, RowState.REFUSED, "glyph-missing", detail, START) for name in names if name > after]
        return tuple(rows[:limit])


@dataclass
class MemoryOriginals:
    """The household register is sealed, nothing else is."""

    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def available(self, principal: Principal, identifier: str) -> tuple[str, ...]:
        self._held(identifier)
        return ("ofd", "pdf") if identifier == HOUSEHOLD else ()

    async def preview(self, principal: Principal, identifier: str) -> bytes:
        self._held(identifier)
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 297"><rect width="210" height="297"/></svg>'

    async def download(self, principal: Principal, identifier: str, original: str) -> OriginalFile:
        if original not in await self.available(principal, identifier):
            raise FaceNotMadeError
        self.calls.append((principal.name, identifier, original))
        return OriginalFile(f"household.{original}", f"application/{original}", b"sealed")

    def _held(self, identifier: str) -> None:
        if identifier not in {item.identifier for item in CERTIFICATES}:
            raise CertificateNotHeldError
