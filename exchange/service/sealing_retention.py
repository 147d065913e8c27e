"""Sealing jobs that ended long ago are forgotten, with what came of each of their certificates.

The documents they made, the uses of seals (用印记录) and the log's account of every chunk stay: a job only shows how
the work went. What could not be sealed is marked at its certificate, and the next order of its type tries it again. Of
each type the newest job that sealed anything stays, as what keeps the type sealed (`exchange.service.sealing_upkeep`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from exchange.repo import sealing as repo
from exchange.uow import Reads, Unit, Units

JOBS_AT_ONCE: Final = 500
ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class SealingRetention:
    """Forgets jobs that ended longer than `kept` ago; any number of workers may."""

    units: Units
    reads: Reads
    kept: timedelta

    async def forget_old(self) -> int:
        """Delete the oldest such jobs, event `sealing:forgotten`; returns how many. For the worker.

        Their rows go before them, in steps that hold nothing up; a job that is ordered again meanwhile stays.
        """
        before = self.units.now() - self.kept
        async with self.reads() as conn:
            over = await repo.over(conn, before, JOBS_AT_ONCE)
            for job_id in over:
                while await repo.drop_rows(conn, job_id, before, ROWS_AT_ONCE):
                    pass
        return await self.units.run(lambda unit: _forget(unit, over, before)) if over else 0


async def _forget(unit: Unit, over: tuple[UUID, ...], before: datetime) -> int:
    totals = await repo.forget(unit.conn, over, before)
    detail = {"jobs": len(totals), "certificates": sum(totals), "ended_before": before.isoformat()}
    unit.record("sealing:forgotten", detail)
    return len(totals)
