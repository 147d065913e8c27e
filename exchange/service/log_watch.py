"""Watches that the evidence log in the database is still the one that was published; closes the write gate when not.

Every process that writes looks at its start and twice a minute, so that a rolled-back log is noticed within a minute
whoever serves.
"""

import asyncio
from dataclasses import dataclass

from certs.evidence.checkpoint import LogIdentity
from certs.evidence.findings import LogHealth
from certs.journal.health import check_on_start
from certs.journal.keys import LogKeys, judged
from certs.journal.ports import Blobs, Memory
from exchange.uow import LogGate, Reads


@dataclass(frozen=True, slots=True)
class LogWatch:
    """Compares the database with the published files and with this machine's memory."""

    reads: Reads
    blobs: Blobs
    memory: Memory
    keys: LogKeys
    gate: LogGate

    async def look(self) -> LogHealth:
        """Look now. When the log is unsound, writes are refused from now on, saying why; reads go on.

        Nothing reopens the gate but a start on a log that is whole again.
        """
        health = await judged(self.keys, self._check)
        self.gate.reason = health.reason or self.gate.reason
        return health

    async def _check(self, log: LogIdentity) -> LogHealth:
        async with self.reads() as conn:
            remembered = await asyncio.to_thread(self.memory.read)
            return await check_on_start(conn, self.blobs, remembered, log)
