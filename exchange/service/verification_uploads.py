"""Uploads of a verification of many documents: sealed while they wait in the object store, under number after number.

Nothing here knows which numbers count: that is the table of additions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from exchange.sealing import Sealer

MAX_NAME = 200


class Blobs(Protocol):
    """Where uploads wait."""

    async def put(self, name: str, data: bytes) -> None:
        """Store or replace."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes, None when there are none."""
        ...

    async def delete(self, name: str) -> None:
        """Remove what has that name, if anything has."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to verify: what its bearer calls it, and how to read it; read once, one after another."""

    name: str = field(repr=False)
    read: Callable[[], Awaitable[bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Uploads:
    """Stores, gives back and erases uploads by verification and number; names are sealed with the content."""

    blobs: Blobs
    sealer: Sealer

    async def put(self, batch: UUID, number: int, file: Upload) -> None:
        """Read and store one file. Raises what reading it raises."""
        packed = _packed(file.name, await file.read())
        await self.blobs.put(
            _blob(batch, number), await asyncio.to_thread(self.sealer.seal, packed, _purpose(batch, number))
        )

    async def get(self, batch: UUID, number: int) -> tuple[str, bytes] | None:
        """Name and content, None when it is gone."""
        sealed = await self.blobs.get(_blob(batch, number))
        if sealed is None:
            return None
        return _unpacked(await asyncio.to_thread(self.sealer.open, sealed, _purpose(batch, number)))

    async def erase(self, batch: UUID, numbers: Iterable[int]) -> None:
        """What is needed no more; what is gone already is no error."""
        for number in numbers:
            await self.blobs.delete(_blob(batch, number))


def plain_name(name: str) -> str:
    """The last part of a file name without control characters; shown to its bearer, never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:MAX_NAME] or "document"


def _purpose(batch: UUID, number: int) -> str:
    return f"{batch}/{number}"


def _blob(batch: UUID, number: int) -> str:
    return f"verifications/{batch}/{number}"


def _packed(name: str, content: bytes) -> bytes:
    called = plain_name(name).encode()
    return len(called).to_bytes(2) + called + content


def _unpacked(data: bytes) -> tuple[str, bytes]:
    end = 2 + int.from_bytes(data[:2])
    return data[2:end].decode(), data[end:]
