"""Verification of many documents: uploads are sealed and kept until a job has verified them, results for a day.

Everything personal (files, their names, reports) is sealed; a verification is found only by who asked for it. A job
that dies is run again by another worker and goes on where results end; nothing is verified twice.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from uuid import UUID

import orjson

from certs.model import Verdict
from certs.verifier.batch import Document, Done, verify_all
from certs.verifier.collect import expanded
from certs.verifier.kinds import DocumentKind
from certs.verifier.plain import plain_report, report_of
from certs.verifier.signed import FULL, MAX_DOCUMENTS, Item, brief
from certs.verifier.steps import ended
from certs.verify_findings import undetermined
from exchange.errors import BatchNotFoundError, BatchRunningError
from exchange.model import Principal
from exchange.model_verifications import BatchState, BatchView, ResultPage, ResultView
from exchange.repo import verification_additions as additions
from exchange.repo import verifications as repo
from exchange.repo.verifications import BatchRow, ResultRow
from exchange.sealing import Sealer
from exchange.service.verification import Verification
from exchange.service.verification_askers import Askers
from exchange.service.verification_uploads import MAX_NAME, Uploads
from exchange.service.verification_views import document_view
from exchange.uow import Reads, Unit, Units

_CHUNK = 50
_PAGE = 500


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
class VerificationBatches:
    """Runs and shows verifications of many documents; `exchange.service.verification_intake` takes them in."""

    units: Units
    reads: Reads
    uploads: Uploads
    sealer: Sealer
    verification: Verification
    askers: Askers

    async def run(self, id_: UUID) -> None:
        """Verify what has no result yet. Safe to run again after any crash."""
        async with self.reads() as conn:
            row = await repo.find(conn, id_)
            done = await repo.numbers(conn, id_)
            parts = await additions.of(conn, id_, only_complete=True)
        if row is None or row.state in {BatchState.COLLECTING, BatchState.DONE}:
            return
        believed = await self.verification.believed()
        await self._note(id_, "verification:started", state=BatchState.RUNNING, trust_digest=believed.digest)
        pool, known = self.verification.children.pool, self.verification.knowledge()
        loop = asyncio.get_running_loop()
        numbers = chain.from_iterable(one.numbers for one in parts)
        documents = Numbered(self._documents(row, numbers, loop), done)
        outcomes = verify_all(pool, documents, believed, at=row.as_of, known=known)
        try:
            while chunk := await asyncio.to_thread(lambda: list(islice(outcomes, _CHUNK))):
                await self._keep(row, documents, chunk)
        finally:  # its threads may be waiting for this event loop
            await asyncio.to_thread(outcomes.close)
        await self._finish(row, documents.count)
        for one in parts:
            await self.uploads.erase(id_, one.numbers)

    async def status(self, principal: Principal, id_: UUID) -> BatchView:
        """How far it is. Raises BatchNotFoundError."""
        row = await self.askers.own(principal, id_)
        async with self.reads() as conn:
            return repo.view(row, await repo.counts(conn, id_))

    async def mine(self, principal: Principal, limit: int = 20) -> tuple[BatchView, ...]:
        """The newest of this asker. Raises NotAllowedError."""
        owner = self.askers.hashed(principal)
        async with self.reads() as conn:
            rows = await repo.of_owner(conn, owner, limit, self.units.now())
            return tuple([repo.view(row, await repo.counts(conn, row.id)) for row in rows])

    async def results(
        self, principal: Principal, id_: UUID, *, after: int = 0, limit: int = 50, verdict: Verdict | None = None
    ) -> ResultPage:
        """Results in the order of the files, those after number `after`. Raises BatchNotFoundError."""
        row = await self.askers.own(principal, id_)
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
        """Everything a report says, no more in memory. Raises BatchNotFoundError, BatchRunningError."""
        row = await self.askers.own(principal, id_)
        if row.state is not BatchState.DONE:
            raise BatchRunningError
        last, items = 0, list[Item]()
        async with self.reads() as conn:
            while found := await repo.results(conn, row.id, after=last, limit=_PAGE):
                items += await asyncio.to_thread(self._items, row, found)
                last = found[-1].number
        return row, items

    # ---- inside -------------------------------------------------------------------------------------------------

    def _documents(
        self, row: BatchRow, numbers: Iterable[int], loop: asyncio.AbstractEventLoop
    ) -> Iterator[Document | Done]:
        """Uploads one after another, archives opened; called from a thread."""
        pool = self.verification.children.pool
        for number in numbers:
            given = asyncio.run_coroutine_threadsafe(self.uploads.get(row.id, number), loop).result()
            if given is None:
                finding = undetermined("parser-failed", detail="the upload is gone")
                yield Done("", ended(DocumentKind.UNKNOWN, b"", finding, at=row.as_of))
                continue
            name, content = given
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

    async def _note(self, id_: UUID, kind: str, **values: object) -> None:
        async def store(unit: Unit) -> None:
            await repo.advance(unit.conn, id_, **values)
            unit.record(kind, {"batch": str(id_)})

        await self.units.run(store)

    def _result(self, row: BatchRow, number: int, done: Done) -> ResultRow:
        assert done.report is not None, "an upload is in memory: it can always be read"
        deciding = done.report.deciding
        data = orjson.dumps({"name": done.name[:MAX_NAME], "report": plain_report(done.report)})
        sealed = self.sealer.seal(data, f"{row.id}/result/{number}")
        return ResultRow(number, done.report.verdict.value, deciding.code if deciding else None, sealed)

    def _items(self, row: BatchRow, found: Iterable[ResultRow]) -> list[Item]:
        items = (self._item(row.id, one) for one in found)
        return [brief(item) for item in items] if row.total > FULL else list(items)

    def _item(self, id_: UUID, row: ResultRow) -> Item:
        kept = orjson.loads(self.sealer.open(row.sealed, f"{id_}/result/{row.number}"))
        return Item(kept["name"], report_of(kept["report"]))

    def _view(self, id_: UUID, row: ResultRow) -> ResultView:
        item = self._item(id_, row)
        return ResultView(row.number, item.name, document_view(item.report), row.code)


def _same(content: bytes) -> bytes:
    return content
