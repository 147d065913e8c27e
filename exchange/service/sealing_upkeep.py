"""Documents follow their certificates (电子文件随证照更新): what is newly in force gets its sealed faces by itself.

Types that are sealed at all are kept sealed: the next version after a change at the source, and certificates issued
since. What was refused or stopped waits for a person, who sees why at the job; it is not ordered again and again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from certs import repo_documents as documents
from certs.model import law_day
from exchange.model_sealing import SealingJob
from exchange.repo import sealing as repo
from exchange.service.sealing_jobs import SealingJobs, file_order
from exchange.uow import Unit

ORDERED_BY: Final = "automatic"
AT_ONCE: Final = 10_000
"""Certificates in one job, at most: what else is missing is ordered when that one has ended."""


@dataclass(frozen=True, slots=True)
class SealingUpkeep:
    """Looks for certificates whose documents are missing; any number of workers may.

    A look without a finding reads a few rows, however many certificates there are, and writes none.
    """

    sealing: SealingJobs

    async def follow(self) -> tuple[SealingJob, ...]:
        """Order what is missing, event `sealing:ordered`, and hand it to a worker; returns the new jobs.

        Nothing is ordered for a type with a job that has not come to its end: it goes on, or says what stopped it.
        """
        found = [await self.sealing.units.run(partial(_order, type_code=code)) for code in await self._types()]
        ordered = tuple(job for job in found if job is not None)
        for job in ordered:
            await self.sealing.jobs.seal(job.id)
        return ordered

    async def _types(self) -> Sequence[str]:
        """Types that are sealed, of which something is to be ordered."""
        codes, today = [kind.code for kind in self.sealing.types], law_day(self.sealing.units.now())
        async with self.sealing.reads() as conn:
            sealed = [code for code in codes if await repo.was_sealed(conn, code)]
            idle = [code for code in sealed if await repo.unfinished(conn, code) is None]
            return [code for code in idle if await documents.missing(conn, code, on=today, limit=1)]


async def _order(unit: Unit, type_code: str) -> SealingJob | None:
    """Look again when nobody else may order: another worker may have been faster."""
    await repo.lock_orders(unit.conn, type_code)
    if await repo.unfinished(unit.conn, type_code) is not None:
        return None
    found = await documents.missing(unit.conn, type_code, on=law_day(unit.now), limit=AT_ONCE)
    return await file_order(unit, type_code, ORDERED_BY, [found]) if found else None
