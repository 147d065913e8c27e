"""Objects as files of one directory. A put that returned survives a crash; a torn one is never seen."""

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from adapters.blobs.names import checked_name, checked_prefix
from adapters.errors import BlobStoreError

_UNFINISHED = ".unfinished-"
_ATTEMPTS = 100


class LocalBlobs:
    """An object store in `root`, which is created at the first put. Names map to paths below it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, data: bytes) -> None:
        """Store or replace an object, durably.

        Raises:
            BlobNameError: `name` is not an object name.
            BlobStoreError: the disk refused; an older object of that name is still whole.
        """
        path = self._path(name)
        try:
            await asyncio.to_thread(self._put, path, data)
        except OSError as error:
            raise BlobStoreError("put", name, str(error)) from error

    async def get(self, name: str) -> bytes | None:
        """The object, or None."""
        path = self._path(name)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise BlobStoreError("get", name, str(error)) from error

    async def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        return await asyncio.to_thread(self._path(name).is_file)

    async def delete(self, name: str) -> None:
        """Remove an object, durably; one that is not there is no error.

        Raises:
            BlobNameError: `name` is not an object name.
            BlobStoreError: the disk refused.
        """
        path = self._path(name)
        try:
            await asyncio.to_thread(self._delete, path)
        except OSError as error:
            raise BlobStoreError("delete", name, str(error)) from error

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """The names that begin with `prefix`, in order."""
        checked_prefix(prefix)
        for name in await asyncio.to_thread(self._names):
            if name.startswith(prefix):
                yield name

    def _path(self, name: str) -> Path:
        return self._root.joinpath(*checked_name(name).split("/"))

    def _names(self) -> tuple[str, ...]:
        files = (path for path in self._root.rglob("*") if path.is_file() and not path.name.startswith(_UNFINISHED))
        return tuple(sorted(path.relative_to(self._root).as_posix() for path in files))

    def _put(self, path: Path, data: bytes) -> None:
        handle, unfinished = self._begin(path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(unfinished).unlink()
            raise
        _sync_directory(path.parent)

    def _begin(self, directory: Path) -> tuple[int, str]:
        """An unfinished file in a directory, which a `delete` may take away as empty until the file is there."""
        for _ in range(_ATTEMPTS):
            # gone between two steps: looked for and not there, or found there and gone when asked what it is
            with suppress(FileNotFoundError, FileExistsError):
                self._make_directory(directory)
                return tempfile.mkstemp(prefix=_UNFINISHED, dir=directory)
        raise FileNotFoundError(errno.ENOENT, "no directory can be made", str(directory))

    def _delete(self, path: Path) -> None:
        """The file, and the directories it leaves empty below the root."""
        try:
            path.unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return
        for directory in path.parents[: len(path.relative_to(self._root).parts) - 1]:
            try:
                directory.rmdir()
            except FileNotFoundError:
                continue
            except OSError:  # there is something else in it
                _sync_directory(directory)
                return
        if self._root.is_dir():
            _sync_directory(self._root)

    def _make_directory(self, directory: Path) -> None:
        """Create missing directories and make their entries durable, from the top down."""
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        directory.mkdir(parents=True, exist_ok=True)
        for path in reversed(missing):
            _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Make its entries durable; one that is gone was emptied and removed meanwhile, and has none."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
