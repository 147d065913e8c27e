"""Documents follow their certificates (电子文件随证照更新): what is newly in force gets its sealed faces by itself.

Types that are sealed at all are kept sealed: the next version after a change at the source, and certificates issued
since. What was refused or stopped waits for a person, who sees why at the job; it is not ordered again and again.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from exchange.model_sealing import SealingJob
from exchange.repo import sealing as repo
from exchange.service.sealing_jobs import SealingJobs, file_order, unsealed
from exchange.uow import Unit

ORDERED_BY: Final = "automatic"


@dataclass(frozen=True, slots=True)
class SealingUpkeep:
    """Looks for certificates whose documents are missing; any number of workers may."""

    sealing: SealingJobs

    async def follow(self) -> tuple[SealingJob, ...]:
        """Order what is missing, event `sealing:ordered`, and hand it to a worker; returns the new jobs.

        Nothing is ordered for a type with a job that has not come to its end: it goes on, or says what stopped it.
        """
        async with self.sealing.reads() as conn:
            types = await repo.sealed_types(conn)
        found = [await self.sealing.units.run(partial(_missing, type_code=code)) for code in types]
        ordered = tuple(job for job in found if job is not None)
        for job in ordered:
            await self.sealing.jobs.seal(job.id)
        return ordered


async def _missing(unit: Unit, type_code: str) -> SealingJob | None:
    await repo.lock_orders(unit.conn, type_code)
    if await repo.unfinished(unit.conn, type_code) is not None:
        return None
    wanted = []
    for portion in await unsealed(unit, type_code):
        refused = await repo.refused_before(unit.conn, portion)
        wanted.append(tuple(name for name in portion if name not in refused))
    portions = [portion for portion in wanted if portion]
    return await file_order(unit, type_code, ORDERED_BY, portions) if portions else None
