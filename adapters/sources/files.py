"""A directory where files are dropped: CSV and XLSX, read whole, in name order.

A file is taken when its ready marker stands beside it, or, without one in the manifest, when it has been still for
a while. It is archived only after its last chunk is durable. Numbers in a workbook cell where text is expected are
marked: leading zeros and the last digits of long numbers are already lost, so there is nothing to repair.
"""

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fastexcel
import polars as pl

from adapters.errors import SourceGarbageError, SourceSchemaError, SourceTooLargeError, SourceUnreachableError
from adapters.marks import NUMBER_CELL, decode
from adapters.model import FileSource, Manifest
from adapters.ports import Chunk, Connection, Position, Window
from adapters.sources.threads import within

CHUNK_ROWS = 50_000
ARCHIVE = "archive"
_DEADLINE = 300.0


class Files:
    """See the module."""

    def __init__(
        self, manifest: Manifest, source: FileSource, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._manifest, self._source, self._now = manifest, source, now
        parts = urlsplit(connection.url)
        self._directory = Path(unquote(parts.path) if parts.scheme == "file" else connection.url)

    async def columns(self) -> tuple[str, ...]:
        """The headings of the first ready file; none when no file is ready."""
        ready = await within(_DEADLINE, self._ready)
        if not ready:
            return ()
        frame, _ = await within(_DEADLINE, lambda: self._load(ready[0]))
        return tuple(frame.columns)

    async def upper_bound(self) -> str | None:
        """Files have no cursor."""
        return None

    async def chunks(self, window: Window, position: Position | None) -> AsyncGenerator[Chunk, None]:
        """See `Source`."""
        for path in await within(_DEADLINE, self._ready):
            behind = _behind(position, path.name)
            if behind is None:
                continue
            name, sha, start = behind
            frame, digest = await within(_DEADLINE, lambda path=path: self._load(path))  # type: ignore[misc]  # binds the loop variable
            first = start if name == path.name and sha == digest else 0
            for chunk in self._slices(frame, path.name, digest, first, window.limit or CHUNK_ROWS):
                yield chunk

    async def committed(self, position: Position) -> None:
        """Archive the file whose last chunk is durable."""
        if self._source.after == "archive" and position["last"]:
            await within(_DEADLINE, lambda: self._archive(str(position["file"])))

    def _ready(self) -> list[Path]:
        if not self._directory.is_dir():
            raise SourceUnreachableError("the directory does not exist or cannot be entered")
        try:
            found = sorted(path for path in self._directory.glob(self._source.glob) if self._is_ready(path))
        except OSError as error:
            raise SourceUnreachableError(type(error).__name__) from error
        known = {".csv", ".xlsx"}
        return [path for path in found if self._source.format != "by-suffix" or path.suffix.lower() in known]

    def _is_ready(self, path: Path) -> bool:
        if path.is_symlink() or not path.is_file():
            return False
        if self._source.ready is not None:
            marker = self._marker(path)
            return marker != path and marker.is_file()
        age = self._now().timestamp() - path.stat().st_mtime
        return age >= self._source.settle

    def _marker(self, path: Path) -> Path:
        assert self._source.ready is not None
        return path.with_name(self._source.ready.format(name=path.name, stem=path.stem))

    def _archive(self, name: str) -> None:
        path = self._directory / name
        archive = self._directory / ARCHIVE
        archive.mkdir(exist_ok=True)
        for old in (path, self._marker(path) if self._source.ready else path):
            if old.is_file():
                stamp = f"{self._now():%Y%m%dT%H%M%S%f}"
                old.rename(archive / f"{stamp}-{old.name}")

    def _load(self, path: Path) -> tuple[pl.DataFrame, str]:
        """The rows of a file as text, and the SHA-256 of its bytes."""
        if path.stat().st_size > self._source.max_bytes:
            raise SourceTooLargeError(f"{path.name} is larger than {self._source.max_bytes} bytes")
        data = path.read_bytes()
        kind = self._source.format
        if kind == "by-suffix":
            kind = path.suffix.lower().removeprefix(".")
        try:
            frame = self._csv(data) if kind == "csv" else self._xlsx(data)
        except (pl.exceptions.PolarsError, fastexcel.FastExcelError) as error:
            raise SourceGarbageError(f"{path.name}: {str(error).splitlines()[0]}") from error
        frame = frame.rename({name: name.strip() for name in frame.columns})
        if missing := [name for name in self._manifest.source_columns() if name not in frame.columns]:
            raise SourceSchemaError(missing, frame.columns)
        return frame, hashlib.sha256(data).hexdigest()

    def _csv(self, data: bytes) -> pl.DataFrame:
        text = self._text(data)
        return pl.read_csv(text.encode(), separator=self._source.delimiter, infer_schema=False)

    def _text(self, data: bytes) -> str:
        """By the first encoding that fits the whole file; else by the last, line by line, broken bytes marked."""
        for encoding in self._source.encodings:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
        last = self._source.encodings[-1]
        # No multi-byte form of GB 18030 or UTF-8 contains a line feed.
        return "".join(decode(line, last) for line in data.splitlines(keepends=True))

    def _xlsx(self, data: bytes) -> pl.DataFrame:
        book = fastexcel.read_excel(data)
        sheet = self._source.sheet if self._source.sheet is not None else 0
        if isinstance(sheet, str) and sheet not in book.sheet_names:
            raise SourceGarbageError(f"no sheet is named {sheet!r}; there are: {', '.join(book.sheet_names)}")
        texts = book.load_sheet(sheet, dtypes="string").to_polars()
        # Read as booleans, exactly the cells that hold a number (or a truth value) are not null.
        numbers = book.load_sheet(sheet, dtypes="boolean").to_polars()
        marked = [self._marked(texts[name], numbers[name]) for name in texts.columns]
        frame = pl.DataFrame(marked)
        return frame.filter(pl.any_horizontal(pl.all().is_not_null()))

    @staticmethod
    def _marked(texts: pl.Series, numbers: pl.Series) -> pl.Series:
        day = texts.str.strip_suffix(" 00:00:00")
        return (
            pl.select(
                pl.when(numbers.is_not_null() & texts.is_not_null()).then(pl.lit(NUMBER_CELL) + texts).otherwise(day)
            )
            .to_series()
            .alias(texts.name)
        )

    def _slices(self, frame: pl.DataFrame, name: str, digest: str, first: int, size: int) -> Iterator[Chunk]:
        wanted = frame.select(self._manifest.source_columns())
        # An empty file still gives one chunk, so that it is archived.
        for start in range(first, max(wanted.height, first + 1), size):
            end = min(start + size, wanted.height)
            position = {"file": name, "sha256": digest, "row": end, "last": end >= wanted.height}
            yield Chunk(wanted.slice(start, size), position)


def _behind(position: Position | None, name: str) -> tuple[str, str, int] | None:
    """Where to go on in file `name`: None when this run has it behind it."""
    if position is None or name > str(position["file"]):
        return "", "", 0
    if name < str(position["file"]):
        return None
    row = position["row"]
    assert isinstance(row, int)
    return None if position["last"] else (name, str(position["sha256"]), row)
