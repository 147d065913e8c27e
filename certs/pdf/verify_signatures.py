"""Step 3 for files of other software: which signatures there are, and what exactly each of them covers.

A signature covers the whole file up to the end of a revision but its own value, or it is refused: ranges that leave a
gap, overlap, are negative or missing are how signatures are forged and wrapped (pdf-insecurity.org: USF, SWA).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_values import Name, Ref, Value
from certs.pdf.verify_content import file_name

_BEFORE_VALUE: Final = re.compile(rb"/Contents[\x00\t\n\x0c\r ]*\Z")
_HOLE: Final = re.compile(rb"<[0-9A-Fa-f]*>")
_KEY_BYTES: Final = 64
_MAX_FIELDS: Final = 1000


class RangeRefused(ValueError):
    """A signature's ranges do not cover what they must; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A signature dictionary: the name of its field ("" if none leads to it), its entries, the object it stands in."""

    name: str
    entries: dict[str, Value] = field(repr=False)
    holder: int

    @property
    def is_timestamp(self) -> bool:
        """Whether it is a document time-stamp."""
        return self.entries.get("Type") == Name("DocTimeStamp") or self.filter == "ETSI.RFC3161"

    @property
    def filter(self) -> str:
        """How the value is made (/SubFilter)."""
        return str(self.entries.get("SubFilter", ""))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a signature covers: up to the end of which revision, which stretches, and its value (DER and padding)."""

    revision: int
    parts: tuple[bytes, bytes] = field(repr=False)
    value: bytes = field(repr=False)


def signatures(file: StrictFile) -> tuple[Found, ...]:
    """Every signature: values of signature fields, and dictionaries with ranges that no field leads to."""
    found: dict[int, Found] = {}
    for name, holder, field_entries in _fields(file):
        value = field_entries.get("V")
        if value is not None:
            number = value.number if isinstance(value, Ref) else holder
            found[number] = Found(name, file.dictionary(value), number)
    for number, value in file.content_objects():
        if isinstance(value, dict) and "ByteRange" in value and number not in found:
            found[number] = Found("", value, number)
    return tuple(found.values())


def _fields(file: StrictFile) -> Iterator[tuple[str, int, dict[str, Value]]]:
    """Name, object number and entries of every signature field."""
    form = file.dictionary(file.catalog().get("AcroForm"))
    waiting: list[tuple[Value, Value]] = [(item, None) for item in file.array(form.get("Fields"))]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_FIELDS:
        ref, inherited = waiting.pop()
        if not isinstance(ref, Ref) or ref.number in seen:
            continue
        seen.add(ref.number)
        entries = file.dictionary(ref)
        kind = entries.get("FT", inherited)
        waiting += [(kid, kind) for kid in file.array(entries.get("Kids"))]
        if kind == Name("Sig"):
            yield file_name(file.get(entries.get("T"))), ref.number, entries


def coverage(file: StrictFile, found: Found) -> Coverage:
    """What a signature covers.

    Raises:
        RangeRefused: not everything up to a revision's end but its own value.
    """
    numbers = file.array(found.entries.get("ByteRange"))
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    if len(numbers) != 4 or len(whole) != 4:
        raise RangeRefused(f"{len(numbers)} numbers where two stretches are expected")
    start, length, second, rest = whole
    if start != 0 or length <= 0 or second <= length or rest <= 0 or second + rest > len(file.data):
        raise RangeRefused("the stretches are empty, overlap, or do not begin with the file")
    value = _value(file, found, length, second)
    end = second + rest
    covered = [i for i, revision in enumerate(file.revisions) if revision.eof <= end <= revision.end]
    if not covered:
        raise RangeRefused("the second stretch does not reach the end of a revision")
    return Coverage(covered[0], (file.data[:length], file.data[second:end]), value)


def _value(file: StrictFile, found: Found, opening: int, closing: int) -> bytes:
    """The value; it must be the dictionary's own /Contents and fill the gap between the stretches."""
    value, span = file.get(found.entries.get("Contents")), file.span(found.holder)
    gap = file.data[opening:closing]
    if span is None or not span[0] < opening < closing < span[1]:
        raise RangeRefused("the gap between the stretches is not inside of the signature")
    if not _HOLE.fullmatch(gap) or len(gap) % 2 or not isinstance(value, bytes) or bytes.fromhex(_digits(gap)) != value:
        raise RangeRefused("the gap between the stretches holds more or less than the signature's value")
    if not _BEFORE_VALUE.search(file.data[max(span[0], opening - _KEY_BYTES) : opening]):
        raise RangeRefused("the gap between the stretches is not where the signature's value belongs")
    return value


def _digits(gap: bytes) -> str:
    return gap[1:-1].decode("ascii")
