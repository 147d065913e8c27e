"""Taking in the documents of a verification: all in one request, or collected in several and then started.

Additions take their numbers before they store anything, so two at the same time do not touch each other's uploads; what
an addition stored counts from the moment it is whole. A process that dies in the middle loses that addition alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from certs.verifier.signed import MAX_DOCUMENTS
from exchange.errors import BatchFullError, BatchNotFoundError, BatchRefusedError, BatchRunningError, BatchStartedError
from exchange.model import Principal
from exchange.model_verifications import BatchState, BatchView
from exchange.repo import verification_additions as additions
from exchange.repo import verifications as repo
from exchange.repo.verification_additions import Addition
from exchange.repo.verifications import BatchRow
from exchange.service.verification_askers import Askers
from exchange.service.verification_uploads import Upload, Uploads
from exchange.uow import Reads, Unit, Units

KEPT = timedelta(hours=24)
COLLECTING = timedelta(hours=2)  # without an addition; with any number of them, as long as results are kept
MAX_UPLOADS = 2000
MOST_AT_ONCE = 3
UPLOADING = timedelta(minutes=10)  # no request lasts longer


class Queue(Protocol):
    """Defers jobs."""

    async def verify(self, batch_id: UUID) -> int | None:
        """Run `VerificationBatches.run` soon."""
        ...


@dataclass(frozen=True, slots=True)
class VerificationIntake:
    """Takes what is to be verified; `exchange.service.verification_batches` verifies it."""

    units: Units
    reads: Reads
    uploads: Uploads
    askers: Askers
    queue: Queue

    async def submit(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        """Take files (a ZIP stands for the documents inside) to verify as of `at` (None: now); a job does it.

        Raises:
            NotAllowedError: neither an auditor nor a clerk.
            BatchRefusedError: no file, too many, or too many verifications of theirs still running.
        """
        _check_count(principal, self.askers, files)
        row = await self._open(principal, at, patience=UPLOADING)
        try:
            await self._add(row, files, patience=UPLOADING)
            return await self.start(principal, row.id)
        except BaseException:
            await self._abandon(row)
            raise

    async def open(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        """Begin to collect files, with some or none already; `at` None stands for the moment of the start.

        Raises:
            NotAllowedError, BatchRefusedError: as for `submit`; nothing is kept then.
        """
        if files:
            _check_count(principal, self.askers, files)
        row = await self._open(principal, at, patience=COLLECTING)
        try:
            return repo.view(await self._add(row, files, patience=COLLECTING) if files else row, {})
        except BaseException:
            await self._abandon(row)
            raise

    async def expect(self, principal: Principal, id_: UUID) -> BatchRow:
        """The verification files can be added to, for who asks before reading them.

        Raises:
            NotAllowedError, BatchNotFoundError: see `Askers`. BatchStartedError: it collects no more.
            BatchFullError: it holds as many as one may.
        """
        row = await self.askers.own(principal, id_)
        if row.state is not BatchState.COLLECTING:
            raise BatchStartedError
        if row.uploads >= MAX_DOCUMENTS:
            raise BatchFullError
        return row

    async def add(self, principal: Principal, id_: UUID, files: Sequence[Upload]) -> BatchView:
        """Add files: all of them or, when anything is wrong, none.

        Raises:
            NotAllowedError, BatchNotFoundError, BatchStartedError, BatchFullError: as `expect`.
            BatchRefusedError: no file, or too many for one request.
        """
        _check_count(principal, self.askers, files)
        row = await self.expect(principal, id_)
        return repo.view(await self._add(row, files, patience=COLLECTING), {})

    async def start(self, principal: Principal, id_: UUID) -> BatchView:
        """Have what was collected verified by a job; what has started already stays as it is.

        Raises:
            NotAllowedError, BatchNotFoundError: see `Askers`. BatchRefusedError: nothing was collected.
        """
        await self.askers.own(principal, id_)
        before, row = await self.units.run(lambda unit: self._start(unit, principal, id_))
        if before is BatchState.COLLECTING:
            await self.queue.verify(id_)
            return repo.view(row, {})
        async with self.reads() as conn:
            return repo.view(row, await repo.counts(conn, id_))

    async def discard(self, principal: Principal, id_: UUID) -> None:
        """Forget what is being collected, or has ended, at once and with its files.

        Raises:
            NotAllowedError, BatchNotFoundError: see `Askers`. BatchRunningError: it has started and not ended.
        """
        await self.askers.own(principal, id_)

        async def end(unit: Unit) -> None:
            row = await repo.find(unit.conn, id_, locked=True)
            if row is not None and row.state in {BatchState.WAITING, BatchState.RUNNING}:
                raise BatchRunningError
            await repo.advance(unit.conn, id_, expires_at=unit.now)
            detail = {"batch": str(id_)}
            unit.record("verification:discarded", detail, department=principal.department, officer=principal.officer)

        await self.units.run(end)
        await self._forget(id_)

    async def resume(self) -> int:
        """Hand what was started and no job works at to a worker; returns how many. For the worker."""
        async with self.reads() as conn:
            left = await repo.waiting_since(conn, self.units.now() - UPLOADING)
        return len([job for job in [await self.queue.verify(id_) for id_ in left] if job is not None])

    async def forget_expired(self) -> int:
        """Delete verifications whose time is over, with what was uploaded; returns how many. For the worker."""
        async with self.reads() as conn:
            over = await repo.expired(conn, self.units.now())
        for row in over:
            await self._forget(row.id)
        return len(over)

    # ---- inside -------------------------------------------------------------------------------------------------

    async def _open(self, principal: Principal, at: datetime | None, *, patience: timedelta) -> BatchRow:
        owner = self.askers.hashed(principal)

        async def store(unit: Unit) -> BatchRow:
            await repo.one_by_one(unit.conn, owner)
            if await repo.unfinished(unit.conn, owner, unit.now) >= MOST_AT_ONCE:
                raise BatchRefusedError("running")
            row = BatchRow(
                id=unit.new_id(),
                owner=owner,
                state=BatchState.COLLECTING,
                asked_at=unit.now,
                as_of=at or unit.now,
                uploads=0,
                reserved=0,
                total=0,
                trust_digest="",
                finished_at=None,
                expires_at=unit.now + patience,
            )
            await repo.add(unit.conn, row)
            detail = {"batch": str(row.id)}
            unit.record("verification:opened", detail, department=principal.department, officer=principal.officer)
            return row

        return await self.units.run(store)

    async def _add(self, row: BatchRow, files: Sequence[Upload], *, patience: timedelta) -> BatchRow:
        first = await self.units.run(lambda unit: self._reserve(unit, row, len(files), patience))
        try:
            for number, file in enumerate(files, first):
                await self.uploads.put(row.id, number, file)
            return await self.units.run(lambda unit: self._added(unit, row, Addition(first, len(files)), patience))
        except BaseException:
            await self._take_back(row.id, Addition(first, len(files)))
            raise

    async def _reserve(self, unit: Unit, row: BatchRow, count: int, patience: timedelta) -> int:
        """The number of the first upload; the row stays locked while the room is counted."""
        expires_at = min(unit.now + patience, row.asked_at + KEPT)
        first = await additions.reserve(unit.conn, row.id, count, now=unit.now, expires_at=expires_at)
        if first is None:
            raise await self._over(row.id)
        if await additions.taken(unit.conn, row.id, unit.now - UPLOADING) + count > MAX_DOCUMENTS:
            raise BatchFullError
        await additions.begin(unit.conn, row.id, Addition(first, count), unit.now)
        unit.record("verification:reserved", {"batch": str(row.id), "uploads": count})
        return first

    async def _added(self, unit: Unit, row: BatchRow, one: Addition, patience: timedelta) -> BatchRow:
        """From here on they count, unless it was started or forgotten meanwhile."""
        expires_at = min(unit.now + patience, row.asked_at + KEPT)
        since = unit.now - UPLOADING
        after = await additions.complete(unit.conn, row.id, one, now=unit.now, since=since, expires_at=expires_at)
        if after is None:
            raise await self._over(row.id)
        unit.record("verification:added", {"batch": str(row.id), "uploads": one.count})
        return after

    async def _over(self, id_: UUID) -> BatchStartedError | BatchNotFoundError:
        async with self.reads() as conn:
            row = await repo.find(conn, id_)
        gone = row is None or row.expires_at <= self.units.now()
        return BatchNotFoundError() if gone else BatchStartedError()

    async def _start(self, unit: Unit, principal: Principal, id_: UUID) -> tuple[BatchState, BatchRow]:
        """The state before and the row after."""
        row = await repo.find(unit.conn, id_, locked=True)
        if row is None or row.expires_at <= unit.now:
            raise BatchNotFoundError
        if row.state is not BatchState.COLLECTING:
            return row.state, row
        if not row.uploads:
            raise BatchRefusedError("files")
        as_of = unit.now if row.as_of == row.asked_at else row.as_of  # no time was given: that of the start
        changed: dict[str, object] = {"state": BatchState.WAITING, "as_of": as_of, "expires_at": unit.now + KEPT}
        await repo.advance(unit.conn, id_, **changed)
        detail = {"batch": str(id_), "uploads": row.uploads, "as_of": as_of.isoformat()}
        unit.record("verification:submitted", detail, department=principal.department, officer=principal.officer)
        after = await repo.find(unit.conn, id_)
        assert after is not None, "its row is locked"
        return row.state, after

    async def _take_back(self, id_: UUID, one: Addition) -> None:
        """Nothing of an addition that failed is kept; its numbers are not given out again."""
        await self.uploads.erase(id_, one.numbers)
        async with self.reads() as conn:
            await additions.drop(conn, id_, one)

    async def _abandon(self, row: BatchRow) -> None:
        """What could not be begun does not count; anything added to it from elsewhere stays."""
        async with self.reads() as conn:
            await repo.forget_empty(conn, row.id)

    async def _forget(self, id_: UUID) -> None:
        async with self.reads() as conn:
            found = await additions.of(conn, id_)
        for one in found:
            await self.uploads.erase(id_, one.numbers)
        async with self.reads() as conn:
            await repo.forget(conn, id_)


def _check_count(principal: Principal, askers: Askers, files: Sequence[Upload]) -> None:
    askers.hashed(principal)  # who may not, is told so first
    if not 1 <= len(files) <= MAX_UPLOADS:
        raise BatchRefusedError("files")
