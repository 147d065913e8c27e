"""Objects in a local directory, for the embedded profile: whole or not at all, durable on return."""

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from adapters.blobs.names import checked


@dataclass(frozen=True, slots=True)
class LocalBlobs:
    """A directory; made when the first object is stored."""

    root: Path

    async def put(self, name: str, data: bytes) -> None:
        """Store bytes under a name, replacing what was there."""
        await asyncio.to_thread(self._write, self.root / checked(name), data)

    async def get(self, name: str) -> bytes | None:
        """The bytes of that name, None when there are none."""
        return await asyncio.to_thread(self._read, self.root / checked(name))

    async def exists(self, name: str) -> bool:
        """Whether something is stored under the name."""
        return await asyncio.to_thread((self.root / checked(name)).is_file)

    async def list(self, prefix: str) -> tuple[str, ...]:
        """The names below a prefix, sorted."""
        folder = self.root / checked(prefix)
        return await asyncio.to_thread(self._names, folder)

    def _names(self, folder: Path) -> tuple[str, ...]:
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".tmp-"))
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in found))

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        """Beside, flushed, renamed, directory flushed: after a crash the old or the new bytes are there whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".tmp-{secrets.token_hex(8)}")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
