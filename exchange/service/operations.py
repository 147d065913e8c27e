"""The running of the hub: connected systems, quarantine, keys, health."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from adapters.preview import mask
from adapters.repo import records, runs
from adapters.repo.runs import QuarantinedRow, Run, RunState
from catalog.model import ResourceId, UpdateCycle
from catalog.snapshot import CatalogueSnapshot
from exchange.errors import ManifestMissingError
from exchange.model import Principal, Role
from exchange.model_views import HealthCheck, HealthReport, KeyDirectory, KeyView, QuarantineRow, SourceView
from exchange.service import roles
from exchange.service.authorities import Authorities
from exchange.service.catalogue import Catalogue
from exchange.service.jobs import Jobs
from exchange.service.keys import HubKeys, KeyRole
from exchange.service.pulls import Pulls
from exchange.uow import LogGate, Reads, Unit, Units

_MAX_AGE = {
    UpdateCycle.REALTIME: timedelta(hours=1),
    UpdateCycle.DAILY: timedelta(days=1),
    UpdateCycle.WEEKLY: timedelta(days=7),
    UpdateCycle.MONTHLY: timedelta(days=31),
    UpdateCycle.QUARTERLY: timedelta(days=92),
    UpdateCycle.YEARLY: timedelta(days=366),
}
_QUARANTINE = UUID("6f1f6f0a-2c1f-5c56-9d6e-0d7f3a6f7a10")
_SIGNING = (KeyRole.ACCESS, KeyRole.RECEIPT, KeyRole.LOG, KeyRole.STATUS, KeyRole.TRUST)


@dataclass(frozen=True, slots=True)
class Operations:
    """What an operator sees and may start."""

    units: Units
    reads: Reads
    catalogue: Catalogue
    keys_held: HubKeys
    authorities: Authorities
    pulls: Pulls
    jobs: Jobs
    gate: LogGate
    objects_answer: Callable[[], Awaitable[bool]]

    async def sources(self) -> tuple[SourceView, ...]:
        """Every connected system, by resource."""
        snapshot = await self.catalogue.snapshot()
        return tuple([await self._source(name, snapshot) for name in sorted(self.pulls.manifests)])

    async def quarantine(self, resource: str, limit: int) -> tuple[QuarantineRow, ...]:
        """Rows put aside, newest first, values masked."""
        async with self.reads() as conn:
            rows = await runs.list_quarantine(conn, resource=resource, limit=limit)
        return tuple(_quarantined(row) for row in rows)

    async def keys(self) -> tuple[KeyView, ...]:
        """Every key in force and the days it still may sign."""
        return self.keys_held.views()

    async def key_directory(self) -> KeyDirectory:
        """Keys in use, historic keys, and the authorities with their revocation lists."""
        keys, every = self.keys_held.views(), self.keys_held.views(every=True)
        in_use = {view.kid for view in keys}
        historic = tuple(view for view in every if view.kid not in in_use)
        return KeyDirectory(keys, historic, await self.authorities.list())

    async def run(self, principal: Principal, resource: str) -> int | None:
        """Queue a pull; a worker runs it soon. The operator's act is recorded first; returns the job's number,
        None when one waits already.

        Raises:
            ManifestMissingError: no manifest fills this resource.
        """
        roles.require(principal, Role.OPERATOR)
        if resource not in self.pulls.manifests:
            raise ManifestMissingError(resource)

        async def note(unit: Unit) -> None:
            unit.record("operator:action-taken", {"act": "pull", "resource": resource}, officer=principal.officer)

        await self.units.run(note)
        return await self.jobs.pull(resource)

    async def keep_fresh(self) -> int:
        """Queue a pull of every catalogued source older than its update cycle (更新周期) allows; returns how many."""
        due = [source.resource for source in await self.sources() if _is_due(source, self.units.now())]
        idle = [resource for resource in due if not await self.jobs.pulling(resource)]
        return len([job for job in [await self.jobs.pull(resource) for resource in idle] if job is not None])

    async def health(self) -> HealthReport:
        """Whether the hub can keep its promises now; never good while it cannot sign, log or store."""
        checks = (
            await self._database(),
            self._signing(),
            HealthCheck("log", self.gate.reason is None, self.gate.reason or "sound"),
            HealthCheck("objects", await self.objects_answer(), "object store"),
        )
        return HealthReport(all(check.ok for check in checks), checks, self.units.now())

    async def _database(self) -> HealthCheck:
        try:
            async with self.reads() as conn:
                await conn.execute(select(1))
        except Exception as error:  # noqa: BLE001 - whatever keeps the database away, the hub is not well
            return HealthCheck("database", ok=False, detail=type(error).__name__)
        return HealthCheck("database", ok=True, detail="answers")

    def _signing(self) -> HealthCheck:
        try:
            for role in _SIGNING:
                signer = self.keys_held.signer(role)
                signer.verifier().verify(b"health", signer.sign(b"health"))
        except Exception as error:  # noqa: BLE001 - whatever keeps a key from signing, the hub is not well
            return HealthCheck("signing", ok=False, detail=str(error) or type(error).__name__)
        return HealthCheck("signing", ok=True, detail="every role signs")

    async def _source(self, name: str, snapshot: CatalogueSnapshot) -> SourceView:
        async with self.reads() as conn:
            latest = await runs.list_runs(conn, resource=name, limit=1)
            fresh = await records.freshness(conn, name)
            put_aside = await runs.quarantined(conn, name)
        resource = snapshot.resources.get(ResourceId(name))
        cycle = None if resource is None else resource.update_cycle
        max_age = None if cycle is None else _MAX_AGE[cycle]
        run = latest[0] if latest else None
        department = "" if resource is None else str(resource.provider)
        return SourceView(
            resource=name,
            name_zh=name if resource is None else resource.name_zh,
            name_en=name if resource is None else resource.name_en,
            department=department,
            department_name=await self.catalogue.department_name(department),
            state=_state(run, None if fresh is None else fresh.finished_at, max_age, self.units.now()),
            records=0 if fresh is None else fresh.records,
            quarantined=put_aside,
            last_run_at=None if run is None else run.started_at,
            newest_as_of=None if fresh is None else fresh.started_at,
            max_age_hours=None if max_age is None else int(max_age.total_seconds() // 3600),
            error=None if run is None else run.reason,
        )


def _is_due(source: SourceView, now: datetime) -> bool:
    """Not fresh, and no run was begun within the update cycle; one under way or just failed is left to its job."""
    if source.max_age_hours is None or source.state == "fresh":
        return False
    return source.last_run_at is None or now - source.last_run_at >= timedelta(hours=source.max_age_hours)


def _state(run: Run | None, finished: datetime | None, max_age: timedelta | None, now: datetime) -> str:
    if run is None:
        return "never-run"
    if run.state not in {RunState.COMPLETED, RunState.RUNNING}:
        return "failed"
    if finished is None or (max_age is not None and now - finished > max_age):
        return "stale"
    return "fresh"


def _quarantined(row: QuarantinedRow) -> QuarantineRow:
    return QuarantineRow(
        id=uuid5(_QUARANTINE, f"{row.run_id}/{row.row_no}"),
        resource=row.resource,
        at=row.at,
        key=mask(row.key) or "",
        reason=row.rule,
        item=row.item,
        values={name: mask(value) or "" for name, value in row.raw.items()},
    )
