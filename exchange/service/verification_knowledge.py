"""What the hub knows beyond its trust list, for verifications in threads: decisions, uses of seals, the log."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from certs.errors import CertsError
from certs.journal import repo as journal
from certs.journal.keys import LogKeys
from certs.journal.ports import Blobs
from certs.journal.proofs import LogReader
from certs.seals import repo as seals
from certs.trust import StatusHistory
from exchange.repo import copies
from exchange.service.trust import Trust
from exchange.uow import Reads

_SECONDS = 20.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HubKnowledge:
    """`certs.verifier.model.Knowledge` over the database; its methods are called from threads, never from `loop`."""

    loop: asyncio.AbstractEventLoop
    reads: Reads
    blobs: Blobs
    trust: Trust
    log: LogKeys
    knows_log: bool = True

    def decisions(self, identifier: str) -> StatusHistory | None:
        """Every decision about one certificate up to now."""
        return self._wait(self.trust.history(identifier))

    def withdrawn(self, code: str) -> datetime | None:
        """When a purpose-marked copy was withdrawn."""
        return self._wait(self._withdrawn(code))

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use log noted a stamp."""
        return self._wait(self._used(stamp_digest))

    def entry(self, event: UUID) -> bytes | None:
        """The body of a log entry."""
        return self._wait(self._entry(event))

    def entry_at(self, index: int) -> bytes | None:
        """The body of the entry at a place of the tree."""
        return self._wait(self._entry_at(index))

    def proof(self, event: UUID) -> str | None:
        """The tlog-proof of an event, None while it is not under a published checkpoint."""
        return self._wait(self._proof(event))

    async def _withdrawn(self, code: str) -> datetime | None:
        async with self.reads() as conn:
            return await copies.withdrawn_at(conn, code)

    async def _used(self, stamp_digest: bytes) -> datetime | None:
        async with self.reads() as conn:
            return (await seals.uses(conn, [stamp_digest])).get(stamp_digest)

    async def _entry(self, event: UUID) -> bytes | None:
        async with self.reads() as conn:
            row = await journal.find(conn, event)
        return None if row is None else row.body

    async def _entry_at(self, index: int) -> bytes | None:
        async with self.reads() as conn:
            rows = await journal.rows(conn, index, index + 1)
        return rows[0].body if rows else None

    async def _proof(self, event: UUID) -> str | None:
        try:
            async with self.reads() as conn:
                return await LogReader(self.blobs, self.log).tlog_proof(conn, event)
        except CertsError:
            return None

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_SECONDS)
