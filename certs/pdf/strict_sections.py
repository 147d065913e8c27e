"""Cross-reference sections of any software's PDF (ISO 32000-2, 7.5.4 to 7.5.8): tables and streams, one per revision.

What two readers could resolve differently is refused: a table beside a stream (hybrid files), a second `startxref`,
bytes after the end, an entry that points out of its own revision, a loop.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.pdf.errors import PdfEncrypted, PdfIrregular, PdfNotUnderstood, PdfTooCostly
from certs.pdf.strict_filters import unpacked
from certs.pdf.strict_objects import indirect
from certs.pdf.strict_values import Budget, Name, Scanner, Stream, Value

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_OBJECTS: Final = 50_000
_MAX_SIZE: Final = 8_388_608
_MAX_REVISIONS: Final = 64
_HEADER: Final = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n]")
_LAST: Final = re.compile(rb"startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF[\r\n ]{0,2}")
_END: Final = re.compile(rb"[\r\n ]*startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF(\r\n|\n|\r|)")
_RANGE: Final = re.compile(rb"(\d{1,10}) (\d{1,10}) *(?:\r\n|\n|\r)")
_ENTRY: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?:\r\n| \n| \r)")
_TAIL: Final = 128
_FIRST: Final = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """An object that stands in the file by itself."""

    offset: int
    generation: int


@dataclass(frozen=True, slots=True)
class Packed:
    """An object in an object stream, as listed by the revision of this index."""

    revision: int
    container: int
    index: int


Entry = Place | Packed


@dataclass(frozen=True, slots=True)
class Section:
    """One revision's section: where it stands, what it lists (None: freed), its trailer.

    `eof` is the place after `%%EOF`, `end` the place after the line's end too; `own` is the section's own span.
    """

    xref: int
    own: tuple[int, int]
    eof: int
    end: int
    listed: Mapping[int, Place | tuple[int, int] | None]
    trailer: Mapping[str, Value] = field(repr=False)


def read_sections(data: bytes, budget: Budget) -> tuple[Section, ...]:
    """All sections, the oldest first.

    Raises:
        PdfIrregular: no PDF, damaged, or to be read in two ways.
        PdfNotUnderstood: linearised files and others whose sections do not follow each other.
        PdfEncrypted, PdfTooCostly.
    """
    if len(data) > MAX_BYTES:
        raise PdfTooCostly(f"more than {MAX_BYTES} bytes")
    if not _HEADER.match(data):
        raise PdfIrregular("the file does not begin as a PDF")
    if b"/Linearized" in data[:_FIRST]:
        raise PdfNotUnderstood("linearised: its cross-references do not stand in the order of its revisions")
    at, limit = _newest(data), len(data)
    sections: list[Section] = []
    while True:
        section = _section(data, at, limit, budget)
        sections.append(section)
        previous = section.trailer.get("Prev")
        if previous is None:
            break
        if not isinstance(previous, int) or len(sections) == _MAX_REVISIONS:
            raise PdfIrregular("revisions do not follow each other")
        if previous >= at:
            raise PdfNotUnderstood("revisions are not in order")
        at, limit = previous, section.own[0]
    sections.reverse()
    return tuple(sections)


def _newest(data: bytes) -> int:
    at = data.rfind(b"startxref", max(0, len(data) - _TAIL))
    last = _LAST.fullmatch(data, at) if at >= 0 else None
    if last is None:
        raise PdfIrregular("something follows the end of the file, or the end is missing")
    return int(last[1])


def _section(data: bytes, at: int, limit: int, budget: Budget) -> Section:
    if not 0 < at < limit:
        raise PdfIrregular("a cross-reference section is outside of the file")
    table = data.startswith(b"xref", at)
    listed, trailer, after = _table(data, at, limit, budget) if table else _stream(data, at, limit, budget)
    end = _END.match(data, after, limit)
    if end is None or int(end[1]) != at:
        raise PdfIrregular("a cross-reference section is not followed by its own startxref and %%EOF")
    if "Encrypt" in trailer:
        raise PdfEncrypted("the file is encrypted")
    if "XRefStm" in trailer:
        raise PdfIrregular("two cross-references for two kinds of readers (hybrid file)")
    size = trailer.get("Size")
    if not isinstance(size, int) or not 0 < size <= _MAX_SIZE or max(listed, default=0) >= size:
        raise PdfIrregular("the trailer's size is impossible, or objects are beyond it")
    return Section(at, (at, after), end.start(2), end.end(), listed, trailer)


_Listed = dict[int, Place | tuple[int, int] | None]


def _table(data: bytes, at: int, limit: int, budget: Budget) -> tuple[_Listed, dict[str, Value], int]:
    scanner, listed = Scanner(data, at + 4, limit, budget), _Listed()
    scanner.skip_space()
    while part := _RANGE.match(data, scanner.at, limit):
        first, count = int(part[1]), int(part[2])
        scanner.at = part.end()
        if count > MAX_OBJECTS - len(listed):
            raise PdfTooCostly("more objects than any document has")
        for number in range(first, first + count):
            entry = _ENTRY.match(data, scanner.at, limit)
            if entry is None or number in listed:
                raise PdfIrregular("an entry of the cross-reference table is damaged or repeated")
            listed[number] = Place(int(entry[1]), int(entry[2])) if entry[3] == b"n" else None
            scanner.at = entry.end()
    trailer = scanner.value() if scanner.word(b"trailer") else None
    if not isinstance(trailer, dict):
        raise PdfIrregular("no trailer after the cross-reference table")
    return listed, trailer, scanner.at


def _stream(data: bytes, at: int, limit: int, budget: Budget) -> tuple[_Listed, dict[str, Value], int]:
    found = indirect(data, at, limit, budget, lambda _: None)
    stream = found.value
    if not isinstance(stream, Stream) or stream.entries.get("Type") != Name("XRef"):
        raise PdfIrregular("no cross-reference section where one belongs")
    widths, size = stream.entries.get("W"), stream.entries.get("Size")
    if not isinstance(widths, tuple) or len(widths) != 3 or not isinstance(size, int):
        raise PdfIrregular("a cross-reference stream lacks its widths or size")
    lengths = [width for width in widths if isinstance(width, int) and 0 <= width <= 8]
    numbers = _numbers(stream.entries.get("Index", (0, size)))
    rows = unpacked(stream, budget)
    if len(lengths) != 3 or len(rows) != len(numbers) * sum(lengths) or len(set(numbers)) != len(numbers):
        raise PdfIrregular("a cross-reference stream has too many rows or too few")
    return _rows(rows, lengths, numbers), stream.entries, found.end


def _numbers(index: Value) -> list[int]:
    numbers: list[int] = []
    pairs = index if isinstance(index, tuple) else ()
    if not pairs or len(pairs) % 2:
        raise PdfIrregular("a cross-reference stream does not say what it lists")
    for first, count in zip(pairs[::2], pairs[1::2], strict=True):
        if not isinstance(first, int) or not isinstance(count, int) or first < 0 or count < 0:
            raise PdfIrregular("a cross-reference stream does not say what it lists")
        if count > MAX_OBJECTS - len(numbers):
            raise PdfTooCostly("more objects than any document has")
        numbers += range(first, first + count)
    return numbers


def _rows(rows: bytes, lengths: list[int], numbers: list[int]) -> _Listed:
    listed, at = _Listed(), 0
    for number in numbers:
        fields = []
        for length in lengths:
            fields.append(int.from_bytes(rows[at : at + length]))
            at += length
        kind = fields[0] if lengths[0] else 1
        if kind > 2:
            raise PdfIrregular("a cross-reference stream lists something unheard of")
        listed[number] = (None, Place(fields[1], fields[2]), (fields[1], fields[2]))[kind]
    return listed
