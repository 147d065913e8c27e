"""A log in a real database, files in memory with the invariants of an object store, and scripted faults."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certs.crypto.ed25519 import Ed25519Signer
from certs.evidence.audit import audit_tiles
from certs.evidence.findings import LogHealth
from certs.evidence.note import NoteSigner
from certs.journal.append import Journal
from certs.journal.audit import audit
from certs.journal.keys import FixedKeys
from certs.journal.proofs import LogReader
from certs.journal.sequencer import Sequencer
from certs.journal.subjects import SubjectKeys

ORIGIN = "log.339900.example/evidence"
HUB = "hub.339900.example"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class BlobsDown(OSError):
    """The scripted failure."""


@dataclass
class MemoryBlobs:
    """Files in memory. A published tile never changes; `fail` decides per name: None, 'lost' or 'stored'."""

    files: dict[str, bytes] = field(default_factory=dict)
    fail: Callable[[str], str | None] = lambda _name: None
    puts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def put(self, name: str, data: bytes) -> None:
        outcome = self.fail(name)
        if outcome == "lost":
            raise BlobsDown(name)
        if name != "checkpoint":
            assert self.files.get(name, data) == data, f"{name} was published with other bytes"
        self.files[name] = data
        self.puts[name] += 1
        if outcome == "stored":
            raise BlobsDown(name)

    async def get(self, name: str) -> bytes | None:
        return self.files.get(name)


class MemoryNote:
    """Remembered checkpoint, in memory."""

    def __init__(self) -> None:
        self.note: str | None = None

    def read(self) -> str | None:
        return self.note

    def write(self, checkpoint: str) -> None:
        self.note = checkpoint


@dataclass(frozen=True)
class SomeEvent:
    id: UUID
    kind: str = "exchange:answered"
    at: datetime = START
    detail: Mapping[str, object] = field(default_factory=lambda: {"resource": "psb.household", "fields": ["name"]})
    subject: str | None = None
    department: str | None = "11339900MB9000015P"
    officer: str | None = "psb-0142"
    case: str | None = None


@dataclass
class LogWorld:
    engine: AsyncEngine
    blobs: MemoryBlobs
    memory: MemoryNote
    signer: NoteSigner
    journal: Journal
    count: int = 0

    def sequencer(self) -> Sequencer:
        return Sequencer(self.engine, self.blobs, FixedKeys.of(self.signer), lambda: START, memory=self.memory)

    @property
    def reader(self) -> LogReader:
        return LogReader(self.blobs, FixedKeys.of(self.signer))

    async def append(self, count: int, **more: str) -> list[UUID]:
        first, self.count = self.count, self.count + count
        ids = [UUID(int=at + 1) for at in range(first, first + count)]
        events = [SomeEvent(i, at=START + timedelta(milliseconds=i.int), **more) for i in ids]  # type: ignore[arg-type]  # only texts
        async with self.engine.begin() as conn:
            await self.journal.append(conn, events)
        return ids

    async def audit(self) -> LogHealth:
        async with self.engine.connect() as conn:
            return await audit(conn, self.blobs, self.sequencer().log)

    async def assert_whole(self, size: int) -> None:
        """Rows, tiles and signature agree, and everything is published."""
        health = await self.audit()
        assert health.ok, health
        assert health.size == size
        outside, checkpoint = audit_tiles(self.blobs.files.get, self.sequencer().log)
        assert outside.ok, outside
        assert checkpoint.size == size

    async def sql(self, statement: str, **values: object) -> None:
        """What a person with the database password could do."""
        async with self.engine.begin() as conn:
            await conn.execute(text(statement), values)


def new_world(engine: AsyncEngine) -> LogWorld:
    signer = NoteSigner.of(ORIGIN, Ed25519Signer.generate())
    keys = SubjectKeys(index_key=b"i" * 32, data_key=b"d" * 32)
    return LogWorld(engine, MemoryBlobs(), MemoryNote(), signer, Journal(HUB, keys))
