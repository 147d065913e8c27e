"""A process that appends and sequences until it is killed: `python -m tests.certs.journal.victim URL DIRECTORY KEY`.

Prints the number of an entry once its commit was acknowledged.
"""

import asyncio
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import create_async_engine

from certs.crypto.ed25519 import Ed25519Signer
from certs.evidence.note import NoteSigner
from certs.journal.append import Journal
from certs.journal.keys import FixedKeys
from certs.journal.memory import CheckpointFile
from certs.journal.sequencer import Sequencer
from certs.journal.subjects import SubjectKeys
from tests.certs.journal.world import HUB, ORIGIN, START, SomeEvent


@dataclass(frozen=True)
class DirectoryBlobs:
    """Files in a directory, each whole or absent."""

    root: Path

    async def put(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(data)
        await asyncio.sleep(0.001)  # a place to die between two files
        fresh.replace(path)

    async def get(self, name: str) -> bytes | None:
        return self.read(name)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None


def note_signer(key: str) -> NoteSigner:
    return NoteSigner.of(ORIGIN, Ed25519Signer.from_pkcs8(bytes.fromhex(key)))


async def work(url: str, directory: Path, key: str) -> None:
    engine = create_async_engine(url)
    memory = CheckpointFile(directory / "remembered")
    sequencer = Sequencer(
        engine, DirectoryBlobs(directory), FixedKeys.of(note_signer(key)), lambda: START, memory=memory
    )
    journal = Journal(HUB, SubjectKeys(b"i" * 32, b"d" * 32))
    run = asyncio.create_task(sequencer.run(asyncio.Event(), interval=0.001))
    for number in count(int(sys.argv[4])):
        async with engine.begin() as conn:
            await journal.append(conn, [SomeEvent(UUID(int=number), subject=f"subject {number % 7}")])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if run.done():
            run.result()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
