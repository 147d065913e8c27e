"""Append a revision to a PDF (ISO 32000-2, 7.5.6), with a signature whose value comes last (12.8.1)."""

from collections.abc import Callable
from hashlib import sha256
from itertools import groupby
from typing import Final

from certs.pdf.signing_revisions import Revision
from certs.pki.errors import ReserveTooSmall

_BYTE_RANGE: Final = b"/ByteRange[0 %-10d %-10d %-10d]"
_CONTENTS: Final = b"/Contents<"

# the two covered stretches of the file -> DER of the signature
MakeSignature = Callable[[bytes, bytes], bytes]


class Update:
    """The objects of one new revision, in the order they were put."""

    def __init__(self, data: bytes, last: Revision) -> None:
        self._base, self._last, self._next = data, last, last.size
        self._bodies: dict[int, bytes] = {}

    def add(self, body: bytes) -> int:
        """A new object; returns its number."""
        number = self.reserve()
        self._bodies[number] = body
        return number

    def reserve(self) -> int:
        """The number of a new object that is put later."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, body: bytes) -> None:
        """The body of a reserved number, or a new body for an object that exists."""
        self._bodies[number] = body

    def finish(self) -> bytes:
        """The file with the new revision."""
        return self._written()[0]

    def finish_signed(self, number: int, make: MakeSignature, reserve: int) -> bytes:
        """The file with the new revision, whose object `number` (from `signature_body`) was given its value.

        Raises:
            ReserveTooSmall: the value has more than `reserve` bytes.
        """
        data, offsets = self._written()
        file = bytearray(data)
        opening = file.index(_CONTENTS, offsets[number]) + len(_CONTENTS) - 1
        closing = opening + 2 * reserve + 2
        ranges = _BYTE_RANGE % (opening, closing, len(file) - closing)
        at = file.index(b"/ByteRange[", offsets[number])
        file[at : at + len(ranges)] = ranges
        value = make(bytes(file[:opening]), bytes(file[closing:]))
        if len(value) > reserve:
            raise ReserveTooSmall(f"{len(value)} bytes do not fit in {reserve}", needed=len(value), reserve=reserve)
        file[opening + 1 : opening + 1 + 2 * len(value)] = value.hex().encode()
        return bytes(file)

    def _written(self) -> tuple[bytes, dict[int, int]]:
        out, offsets, at = bytearray(), dict[int, int](), len(self._base)
        for number, body in self._bodies.items():
            offsets[number] = at + len(out)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        xref = at + len(out)
        out += b"xref\n" + _sections(offsets)
        first_id = self._last.file_id.split(b">", 1)[0].lstrip(b"[ ") + b">"
        new_id = sha256(self._base[-512:] + bytes(out)).hexdigest()[:32].upper().encode()
        out += b"trailer\n<</Size %d/Root %d 0 R/Prev %d/ID[%b<%b>]>>\n" % (
            self._next,
            self._last.root,
            self._last.xref,
            first_id,
            new_id,
        )
        out += b"startxref\n%d\n%%%%EOF\n" % xref
        return self._base + bytes(out), offsets


def _sections(offsets: dict[int, int]) -> bytes:
    """Consecutive numbers share a section."""
    out = b""
    for _, group in groupby(enumerate(sorted(offsets)), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in group]
        out += b"%d %d\n" % (numbers[0], len(numbers))
        out += b"".join(b"%010d 00000 n \n" % offsets[number] for number in numbers)
    return out


def signature_body(entries: bytes, reserve: int) -> bytes:
    """A signature dictionary with these entries and room for a value of `reserve` bytes."""
    return b"<<%b%b%b%b>>>" % (entries, _BYTE_RANGE % (0, 0, 0), _CONTENTS, b"0" * (2 * reserve))
