"""One indirect object (ISO 32000-2, 7.3.8 and 7.3.10) where a cross-reference says it stands."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from certs.pdf.errors import PdfIrregular
from certs.pdf.strict_values import Budget, Ref, Scanner, Stream, Value

_AFTER_DATA: Final = re.compile(rb"(?:\r\n|\n|\r)?endstream(?=[\x00\t\n\x0c\r %e])")

# what an indirect /Length is; anything but a number is refused
LengthOf = Callable[[Ref], Value]


@dataclass(frozen=True, slots=True)
class Indirect:
    """An object as found, and the place after `endobj`."""

    number: int
    generation: int
    value: Value
    end: int


def indirect(data: bytes, at: int, limit: int, budget: Budget, length_of: LengthOf) -> Indirect:
    """Read the object that begins exactly here.

    Raises:
        PdfIrregular: none does, or it is damaged, or its stream is longer or shorter than it says.
    """
    if not data[at : at + 1].isdigit():
        raise PdfIrregular(f"no object at byte {at}")
    scanner = Scanner(data, at, limit, budget)
    number, generation = scanner.number(), scanner.number()
    if not scanner.word(b"obj"):
        raise PdfIrregular(f"no object at byte {at}")
    value = scanner.value()
    if scanner.word(b"stream"):
        if not isinstance(value, dict):
            raise PdfIrregular(f"object {number} is a stream without a dictionary")
        value = _stream(scanner, value, number, length_of)
    if not scanner.word(b"endobj"):
        raise PdfIrregular(f"object {number} does not end")
    return Indirect(number, generation, value, scanner.at)


def _stream(scanner: Scanner, entries: dict[str, Value], number: int, length_of: LengthOf) -> Stream:
    data, start = scanner.data, scanner.at
    start += 2 if data.startswith(b"\r\n", start) else 1 if data.startswith(b"\n", start) else 0
    length = entries.get("Length")
    if isinstance(length, Ref):
        length = length_of(length)
    if start == scanner.at or not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise PdfIrregular(f"stream {number} does not say how long it is")
    after = _AFTER_DATA.match(data, start + length, scanner.limit)
    if after is None:
        raise PdfIrregular(f"stream {number} is longer or shorter than it says")
    scanner.at = after.end()
    return Stream(entries, data[start : start + length])
