"""Verification of many documents: uploads are sealed and kept until a job has verified them, results for a day.

Everything personal (files, their names, reports) is sealed; a verification is found only by who asked for it. A job
that dies is run again by another worker and goes on where results end; nothing is verified twice.
"""

import asyncio
import hmac
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Protocol
from uuid import UUID

import orjson

from certs.model import Verdict
from certs.verifier.batch import Document, Done, verify_all
from certs.verifier.collect import expanded
from certs.verifier.kinds import DocumentKind
from certs.verifier.plain import plain_report, report_of
from certs.verifier.signed import MAX_DOCUMENTS, Item
from certs.verifier.steps import ended
from certs.verify_findings import undetermined
from exchange.errors import BatchNotFoundError, BatchRefusedError, BatchRunningError, NotAllowedError
from exchange.model import Principal, Role
from exchange.model_verifications import BatchState, BatchView, ResultPage, ResultView
from exchange.repo import verifications as repo
from exchange.repo.verifications import BatchRow, ResultRow
from exchange.sealing import Sealer
from exchange.service.verification import Verification
from exchange.service.verification_views import document_view
from exchange.uow import Reads, Unit, Units

KEPT = timedelta(hours=24)
MAX_UPLOADS = 2000
MAX_NAME = 200
MOST_AT_ONCE = 3
UPLOADING = timedelta(minutes=10)  # no request lasts longer
_CHUNK = 50
_ASKERS = frozenset({Role.AUDITOR, Role.CLERK})


class Blobs(Protocol):
    """Where uploads wait."""

    async def put(self, name: str, data: bytes) -> None:
        """Store or replace."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes, None when there are none."""
        ...


class Queue(Protocol):
    """Defers jobs."""

    async def verify(self, batch_id: UUID) -> int | None:
        """Run `VerificationBatches.run` soon."""
        ...


class Numbered:
    """Documents with their numbers from 1, without those that have results; ten thousand at most.

    `count` is the highest number so far; `take` gives the numbers of results, which come in the same order.
    """

    def __init__(self, documents: Iterable[Document | Done], done: frozenset[int]) -> None:
        self._documents, self._done = documents, done
        self._given: deque[int] = deque()
        self.count = 0

    def __iter__(self) -> Iterator[Document | Done]:
        for document in self._documents:
            if self.count >= MAX_DOCUMENTS:
                return
            self.count += 1
            if self.count not in self._done:
                self._given.append(self.count)
                yield document

    def take(self, count: int) -> list[int]:
        """The numbers of the next results."""
        return [self._given.popleft() for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to verify: what its bearer calls it, and how to read it; read once, one after another."""

    name: str = field(repr=False)
    read: Callable[[], Awaitable[bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerificationBatches:
    """Takes, runs, shows and forgets verifications of many documents. `owners` keys the hash of who asked."""

    units: Units
    reads: Reads
    blobs: Blobs
    sealer: Sealer
    verification: Verification
    queue: Queue
    owners: bytes = field(repr=False)

    async def submit(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        """Take files (a ZIP stands for the documents inside) to verify as of `at` (None: now); a job does it.

        Raises:
            NotAllowedError: neither an auditor nor a clerk.
            BatchRefusedError: no file, too many, or too many verifications of theirs still running.
        """
        owner = self._owner(principal)
        if not 1 <= len(files) <= MAX_UPLOADS:
            raise BatchRefusedError("files")
        # the row first: what is uploaded is found by it and forgotten with it, whatever happens meanwhile
        row = await self._store(principal, owner, len(files), at)
        try:
            for number, file in enumerate(files):
                packed = _packed(file.name, await file.read())
                sealed = await asyncio.to_thread(self.sealer.seal, packed, f"{row.id}/{number}")
                await self.blobs.put(_blob(row.id, number), sealed)
        except BaseException:
            await self._forget(row)
            raise
        await self.queue.verify(row.id)
        return repo.view(row, {})

    async def _store(self, principal: Principal, owner: bytes, uploads: int, at: datetime | None) -> BatchRow:
        async def store(unit: Unit) -> BatchRow:
            await repo.one_by_one(unit.conn, owner)
            if await repo.unfinished(unit.conn, owner) >= MOST_AT_ONCE:
                raise BatchRefusedError("running")
            row = BatchRow(
                id=unit.new_id(),
                owner=owner,
                state=BatchState.WAITING,
                asked_at=unit.now,
                as_of=at or unit.now,
                uploads=uploads,
                total=uploads,
                trust_digest="",
                finished_at=None,
                expires_at=unit.now + KEPT,
            )
            await repo.add(unit.conn, row)
            detail = {"batch": str(row.id), "uploads": uploads, "as_of": row.as_of.isoformat()}
            unit.record("verification:submitted", detail, department=principal.department, officer=principal.officer)
            return row

        return await self.units.run(store)

    async def resume(self) -> int:
        """Hand what waits although nobody is uploading any more to a worker; returns how many. For the worker."""
        async with self.reads() as conn:
            left = await repo.waiting_since(conn, self.units.now() - UPLOADING)
        return len([job for job in [await self.queue.verify(id_) for id_ in left] if job is not None])

    async def run(self, id_: UUID) -> None:
        """Verify what has no result yet. Safe to run again after any crash."""
        async with self.reads() as conn:
            row = await repo.find(conn, id_)
            done = await repo.numbers(conn, id_)
        if row is None or row.state is BatchState.DONE:
            return
        believed = await self.verification.believed()
        await self._note(id_, "verification:started", state=BatchState.RUNNING, trust_digest=believed.digest)
        pool, known = self.verification.children.pool, self.verification.knowledge()
        loop = asyncio.get_running_loop()
        documents = Numbered(self._documents(row, loop), done)
        outcomes = verify_all(pool, documents, believed, at=row.as_of, known=known)
        try:
            while chunk := await asyncio.to_thread(lambda: list(islice(outcomes, _CHUNK))):
                await self._keep(row, documents, chunk)
        finally:  # its threads may be waiting for this event loop
            await asyncio.to_thread(outcomes.close)
        await self._finish(row, documents.count)

    async def status(self, principal: Principal, id_: UUID) -> BatchView:
        """How far it is. Raises BatchNotFoundError."""
        row = await self._own(principal, id_)
        async with self.reads() as conn:
            return repo.view(row, await repo.counts(conn, id_))

    async def mine(self, principal: Principal, limit: int = 20) -> tuple[BatchView, ...]:
        """The newest of this asker. Raises NotAllowedError."""
        owner = self._owner(principal)
        async with self.reads() as conn:
            rows = await repo.of_owner(conn, owner, limit)
            return tuple([repo.view(row, await repo.counts(conn, row.id)) for row in rows])

    async def results(
        self, principal: Principal, id_: UUID, *, after: int = 0, limit: int = 50, verdict: Verdict | None = None
    ) -> ResultPage:
        """Results in the order of the files, those after number `after`. Raises BatchNotFoundError."""
        row = await self._own(principal, id_)
        async with self.reads() as conn:
            found = await repo.results(conn, row.id, after=min(after, MAX_DOCUMENTS), limit=limit + 1, verdict=verdict)
        views = tuple(self._view(row.id, one) for one in found[:limit])
        return ResultPage(views, views[-1].number if len(found) > limit else None)

    async def result(self, principal: Principal, id_: UUID, number: int) -> ResultView:
        """The result of one file. Raises BatchNotFoundError."""
        if not 1 <= number <= MAX_DOCUMENTS:
            raise BatchNotFoundError
        page = await self.results(principal, id_, after=number - 1, limit=1)
        if not page.results or page.results[0].number != number:
            raise BatchNotFoundError
        return page.results[0]

    async def reported(self, principal: Principal, id_: UUID) -> tuple[BatchRow, list[Item]]:
        """Everything for a report. Raises BatchNotFoundError, BatchRunningError."""
        row = await self._own(principal, id_)
        if row.state is not BatchState.DONE:
            raise BatchRunningError
        async with self.reads() as conn:
            found = await repo.results(conn, row.id, after=0, limit=MAX_DOCUMENTS)
        return row, [self._item(row.id, one) for one in found]

    async def forget_expired(self) -> int:
        """Delete verifications whose day is over, with what was uploaded; returns how many. For the worker."""
        async with self.reads() as conn:
            over = await repo.expired(conn, self.units.now())
        for row in over:
            await self._forget(row)
        return len(over)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _documents(self, row: BatchRow, loop: asyncio.AbstractEventLoop) -> Iterator[Document | Done]:
        """Uploads one after another, archives opened; called from a thread."""
        pool = self.verification.children.pool
        for number in range(row.uploads):
            sealed = asyncio.run_coroutine_threadsafe(self.blobs.get(_blob(row.id, number)), loop).result()
            if not sealed:
                finding = undetermined("parser-failed", detail="the upload is gone")
                yield Done("", ended(DocumentKind.UNKNOWN, b"", finding, at=row.as_of))
                continue
            name, content = _unpacked(self.sealer.open(sealed, f"{row.id}/{number}"))
            yield from expanded(name, partial(_same, content), pool, at=row.as_of)

    async def _keep(self, row: BatchRow, documents: Numbered, chunk: Sequence[Done]) -> None:
        rows = [self._result(row, number, done) for number, done in zip(documents.take(len(chunk)), chunk, strict=True)]

        async def store(unit: Unit) -> None:
            await repo.add_results(unit.conn, row.id, rows)
            await repo.advance(unit.conn, row.id, total=max(documents.count, row.uploads))
            unit.record("verification:advanced", {"batch": str(row.id), "files": len(rows)})

        await self.units.run(store)

    async def _finish(self, row: BatchRow, total: int) -> None:
        async with self.reads() as conn:
            found = await repo.counts(conn, row.id)

        async def store(unit: Unit) -> None:
            await repo.advance(unit.conn, row.id, state=BatchState.DONE, total=total, finished_at=unit.now)
            unit.record("verification:completed", {"batch": str(row.id), "total": total, **found})

        await self.units.run(store)
        await self._erase(row)

    async def _note(self, id_: UUID, kind: str, **values: object) -> None:
        async def store(unit: Unit) -> None:
            await repo.advance(unit.conn, id_, **values)
            unit.record(kind, {"batch": str(id_)})

        await self.units.run(store)

    async def _forget(self, row: BatchRow) -> None:
        await self._erase(row)
        async with self.reads() as conn:
            await repo.forget(conn, row.id)

    async def _erase(self, row: BatchRow) -> None:
        """Uploads are needed no more; an object store that keeps the name keeps nothing else."""
        for number in range(row.uploads):
            await self.blobs.put(_blob(row.id, number), b"")

    async def _own(self, principal: Principal, id_: UUID) -> BatchRow:
        async with self.reads() as conn:
            row = await repo.find(conn, id_, self._owner(principal))
        if row is None or row.expires_at <= self.units.now():
            raise BatchNotFoundError
        return row

    def _owner(self, principal: Principal) -> bytes:
        if principal.role not in _ASKERS:
            raise NotAllowedError(principal.role)
        account = None if principal.account is None else str(principal.account)
        who = [principal.role, principal.department, principal.officer, principal.client, account or principal.name]
        return hmac.digest(self.owners, orjson.dumps(who), sha256)

    def _result(self, row: BatchRow, number: int, done: Done) -> ResultRow:
        assert done.report is not None, "an upload is in memory: it can always be read"
        deciding = done.report.deciding
        data = orjson.dumps({"name": done.name[:MAX_NAME], "report": plain_report(done.report)})
        sealed = self.sealer.seal(data, f"{row.id}/result/{number}")
        return ResultRow(number, done.report.verdict.value, deciding.code if deciding else None, sealed)

    def _item(self, id_: UUID, row: ResultRow) -> Item:
        kept = orjson.loads(self.sealer.open(row.sealed, f"{id_}/result/{row.number}"))
        return Item(kept["name"], report_of(kept["report"]))

    def _view(self, id_: UUID, row: ResultRow) -> ResultView:
        item = self._item(id_, row)
        return ResultView(row.number, item.name, document_view(item.report), row.code)


def _blob(id_: UUID, number: int) -> str:
    return f"verifications/{id_}/{number}"


def _packed(name: str, content: bytes) -> bytes:
    called = plain_name(name).encode()
    return len(called).to_bytes(2) + called + content


def _unpacked(data: bytes) -> tuple[str, bytes]:
    end = 2 + int.from_bytes(data[:2])
    return data[2:end].decode(), data[end:]


def _same(content: bytes) -> bytes:
    return content


def plain_name(name: str) -> str:
    """The last part of a file name without control characters; shown to its bearer, never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:MAX_NAME] or "document"
