"""Read a PDF that was written here, revision by revision, so strictly that nothing can hide in it.

Each revision's cross-reference table must name objects that lie side by side and fill the revision to the last byte.
There is no room for shadow objects, a second table, bytes between objects or after the end (pdf-insecurity.org);
what other software wrote is refused, whether it is harmless or not.
"""

import re
from dataclasses import dataclass
from typing import Final

from certs.pdf.signing_dict import entries, reference
from certs.pki.errors import PdfShapeRefused

MAX_BYTES: Final = 32 * 1024 * 1024
_MAX_REVISIONS: Final = 64
_MAX_OBJECTS: Final = 50_000
_HEADER: Final = re.compile(rb"%PDF-(?:1\.7|2\.0)\n%\xe2\xe3\xcf\xd3\n")
_END: Final = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n")
_SECTION: Final = re.compile(rb"(\d{1,8}) (\d{1,8})\n")
_ENTRY_BYTES: Final = 20
_ENTRY: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf]) \n")
_FREE: Final = b"0000000000 65535 f \n"
_STREAM: Final = re.compile(rb"/Length (\d{1,9})>>stream\n")
_TRAILER_KEYS: Final = frozenset((b"/Size", b"/Root", b"/ID", b"/Prev"))
_TAIL_BYTES: Final = 64
_ACTIVE: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|OpenAction|AA|A|URI|SubmitForm|ImportData|GoToR|GoToE|RichMedia|XFA|Encrypt|ObjStm)\b"
)


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: where it begins and ends in the file, its objects (number -> body), its table's position."""

    start: int
    end: int
    objects: dict[int, bytes]
    offsets: dict[int, int]
    xref: int
    size: int
    root: int
    file_id: bytes


def read_revisions(data: bytes) -> tuple[Revision, ...]:
    """All revisions, the first one first.

    Raises:
        PdfShapeRefused: anything that the writers of this package do not write.
    """
    if len(data) > MAX_BYTES:
        raise PdfShapeRefused(f"more than {MAX_BYTES} bytes")
    revisions: list[Revision] = []
    end, expected = len(data), None
    while end:
        revision, previous = _revision(data, end)
        if len(revisions) == _MAX_REVISIONS or (expected is not None and revision.xref != expected):
            raise PdfShapeRefused("revisions do not follow each other")
        revisions.append(revision)
        header = _HEADER.match(data)
        first = header is not None and revision.start == header.end()
        if first is not (previous is None):
            raise PdfShapeRefused("the first revision is not the first, or the header is another")
        end, expected = (0 if first else revision.start), previous
    revisions.reverse()
    if not revisions or len({revision.root for revision in revisions}) != 1:
        raise PdfShapeRefused("no revision, or several catalogues")
    return tuple(revisions)


def current(revisions: tuple[Revision, ...]) -> dict[int, bytes]:
    """The objects that are in force after the last of these revisions."""
    merged: dict[int, bytes] = {}
    for revision in revisions:
        merged |= revision.objects
    return merged


def _revision(data: bytes, end: int) -> tuple[Revision, int | None]:
    tail_from = max(0, end - _TAIL_BYTES)
    at = data.rfind(b"startxref\n", tail_from, end)
    match = _END.fullmatch(data, at, end) if at >= 0 else None
    if match is None:
        raise PdfShapeRefused("the revision does not end with startxref and %%EOF")
    xref = int(match[1])
    offsets, position = _table(data, xref, at)
    if data[position : position + 8] != b"trailer\n" or data[at - 1 : at] != b"\n":
        raise PdfShapeRefused("no trailer where it belongs")
    trailer = entries(data[position + 8 : at])
    if trailer.keys() - _TRAILER_KEYS or not {b"/Size", b"/Root", b"/ID"} <= trailer.keys():
        raise PdfShapeRefused("the trailer says more or less than it should")
    previous = _number(trailer[b"/Prev"]) if b"/Prev" in trailer else None
    size, start = _number(trailer[b"/Size"]), min(offsets.values(), default=xref)
    if not offsets or max(offsets) >= size:
        raise PdfShapeRefused("the table is empty or names objects beyond its size")
    objects = _objects(data, offsets, xref)
    root = reference(trailer[b"/Root"])
    return Revision(start, end, objects, offsets, xref, size, root, trailer[b"/ID"]), previous


def _number(text: bytes) -> int:
    if not re.fullmatch(rb"\d{1,10}", text):
        raise PdfShapeRefused("a number of the trailer is none")
    return int(text)


def _table(data: bytes, xref: int, limit: int) -> tuple[dict[int, int], int]:
    if data[xref : xref + 5] != b"xref\n" or xref >= limit:
        raise PdfShapeRefused("no cross-reference table where startxref points")
    position, offsets = xref + 5, dict[int, int]()
    while section := _SECTION.match(data, position, limit):
        first, count = int(section[1]), int(section[2])
        position = section.end()
        if count > min((limit - position) // _ENTRY_BYTES, _MAX_OBJECTS - len(offsets)):
            raise PdfShapeRefused("the table is longer than the file, or than any of ours")
        for number in range(first, first + count):
            line = data[position : position + _ENTRY_BYTES]
            position += _ENTRY_BYTES
            if number == 0 and line == _FREE:
                continue
            entry = _ENTRY.fullmatch(line)
            if entry is None or entry[3] != b"n" or entry[2] != b"00000" or number in offsets or number == 0:
                raise PdfShapeRefused("an entry of the table is freed, repeated or of another generation")
            offsets[number] = int(entry[1])
    return offsets, position


def _objects(data: bytes, offsets: dict[int, int], xref: int) -> dict[int, bytes]:
    """The bodies; object ends where the next one begins, the last where the table begins."""
    in_order = sorted(offsets, key=offsets.__getitem__)
    ends = [*(offsets[number] for number in in_order[1:]), xref]
    bodies: dict[int, bytes] = {}
    for number, end in zip(in_order, ends, strict=True):
        head = b"%d 0 obj\n" % number
        start = offsets[number]
        if not data.startswith(head, start) or data[end - 8 : end] != b"\nendobj\n" or end - start < len(head) + 8:
            raise PdfShapeRefused(f"object {number} is not where the table says, or something stands beside it")
        bodies[number] = _checked(data[start + len(head) : end - 8], number)
    return bodies


def _checked(body: bytes, number: int) -> bytes:
    stream = _STREAM.search(body)
    plain = body
    if stream is not None:
        plain = body[: stream.end() - len(b"stream\n")]
        if body[stream.end() + int(stream[1]) :] != b"\nendstream":
            raise PdfShapeRefused(f"stream {number} is longer or shorter than it says")
    elif b"endobj" in body or b"stream" in body:
        raise PdfShapeRefused(f"object {number} holds more than one object")
    if active := _ACTIVE.search(plain):
        raise PdfShapeRefused(f"object {number} does something: {active[0].decode()}")
    return body
