"""The documents named by paths: files, folders (recursively, bounded), and the files inside ZIPs of documents."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from certs.verifier.batch import Document, Done
from certs.verifier.kinds import DocumentKind, recognise
from certs.verifier.model import MAX_BYTES
from certs.verifier.process import ArchiveRefused, Pool
from certs.verifier.steps import ended
from certs.verify_findings import failed

MAX_FILES: Final = 200_000
MAX_DEPTH: Final = 16


class TooManyFiles(OSError):
    """A folder holds more files, or is nested deeper, than one run verifies. Next: verify its parts."""


def files_under(paths: Iterable[Path]) -> list[tuple[str, Path]]:
    """Name and path of every file; folders are walked in the order of names, without links and hidden files.

    Raises:
        OSError: a path is not there or cannot be listed. TooManyFiles: see there.
    """
    found: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            found += _walk(path)
        else:
            path.stat()
            found.append((path.name, path))
        if len(found) > MAX_FILES:
            raise TooManyFiles(f"more than {MAX_FILES} files")
    return found


def read_bounded(path: Path) -> bytes:
    """The content, cut just beyond what is verified; raises OSError, also for what is no plain file (a pipe hangs)."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(None, "not a plain file", str(path))
        return file.read(MAX_BYTES + 1)


def expanded(name: str, load: Callable[[], bytes], pool: Pool, *, at: datetime) -> Iterator[Document | Done]:
    """The file itself, or the files inside when it is a ZIP of documents; a refused ZIP gives its report.

    An evidence bundle and an OFD are ZIPs too and stay whole. A ZIP inside is not opened again.
    """
    try:
        content = load()
    except OSError as error:
        yield Done(name, None, error)
        return
    if recognise(content) is not DocumentKind.ARCHIVE:
        yield Document(name, lambda: content)
        return
    try:
        inside = pool.unpack(content)
    except ArchiveRefused as error:
        finding = failed("archive-irregular", detail=str(error))
        yield Done(name, ended(DocumentKind.ARCHIVE, content, finding, at=at))
        return
    for inner, body in inside:
        yield Document(f"{name}/{inner}", partial(_given, body))


def documents_of(files: Iterable[tuple[str, Path]], pool: Pool, *, at: datetime) -> Iterator[Document | Done]:
    """Every file of a list, ZIPs of documents expanded; others are read only when their turn comes."""
    for name, path in files:
        if _may_be_archive(path):
            yield from expanded(name, partial(read_bounded, path), pool, at=at)
        else:
            yield Document(name, partial(read_bounded, path))


def _given(body: bytes) -> bytes:
    return body


def _may_be_archive(path: Path) -> bool:
    """By the first two bytes and the size of what would have to be held; only such files are read twice or ahead."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return stat.S_ISREG(os.fstat(handle).st_mode) and file.read(2) == b"PK"
    except OSError:
        return False


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    base = len(folder.parts)
    count = 0
    for at, folders, names in os.walk(folder, onerror=_raise):
        here = Path(at)
        if len(here.parts) - base > MAX_DEPTH:
            raise TooManyFiles(f"folders nested deeper than {MAX_DEPTH}")
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                count += 1
                if count > MAX_FILES:
                    raise TooManyFiles(f"more than {MAX_FILES} files")
                yield str(Path(folder.name) / path.relative_to(folder)), path


def _raise(error: OSError) -> None:
    raise error
