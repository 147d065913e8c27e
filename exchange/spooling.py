"""Forms with many files, held in one unnamed file of the disk: memory for a piece of one at a time, one descriptor."""

from contextlib import AbstractContextManager
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request


class FormUnreadable(ValueError):
    """The body is no form, or has too many fields. Next: send `multipart/form-data` (RFC 7578)."""


class TooManyFiles(FormUnreadable):
    """The form has more files than its sender may send; what follows was not read. Next: send fewer."""


class Spool(AbstractContextManager["Spool"]):
    """Files of one form on disk, until left."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def form(self, request: Request, *, max_files: int, max_fields: int) -> FormData:
        """Read the form of a request; its files can be read until the spool is left. Other forms hold no files.

        Raises:
            FormUnreadable, TooManyFiles: see there.
        """
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await request.form(max_fields=max_fields)
        parser = _Parser(self._file, request, max_files=max_files, max_fields=max_fields)
        try:
            return await parser.parse()
        except MultiPartException as error:
            raise (TooManyFiles if parser.too_many else FormUnreadable)(error.message) from None


class _Parser(MultiPartParser):
    """Puts every file behind the one before it: the parts of a form follow each other."""

    def __init__(self, spool: IO[bytes], request: Request, *, max_files: int, max_fields: int) -> None:
        super().__init__(request.headers, request.stream(), max_files=max_files, max_fields=max_fields)
        self._spool = spool

    @property
    def too_many(self) -> bool:
        """Whether it ended because of one file too many."""
        return self._current_files > self.max_files

    def on_headers_finished(self) -> None:
        """A part begins."""
        super().on_headers_finished()
        part = self._current_part.file
        if isinstance(part, UploadFile):
            part.file.close()
            part.file = _Slice(self._spool)  # type: ignore[assignment]  # the four methods an upload uses of a file


class _Slice:
    """One file: written once at the end of the spool, then read from its beginning."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._begin: int | None = None
        self._size = self._at = 0

    def write(self, data: bytes) -> int:
        """Append; nothing else is written to the spool between the first and the last piece."""
        end = self._spool.seek(0, 2)
        self._begin = end if self._begin is None else self._begin
        self._size += len(data)
        return self._spool.write(data)

    def seek(self, offset: int) -> int:
        """From the beginning."""
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; all that are left for -1."""
        left = max(0, self._size - self._at)
        wanted = left if size < 0 else min(size, left)
        self._spool.seek((self._begin or 0) + self._at)
        found = self._spool.read(wanted)
        self._at += len(found)
        return found

    def close(self) -> None:
        """The spool closes what it holds."""
