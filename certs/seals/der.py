"""Strict DER (ITU-T X.690 §10-11): the few types seals are made of, read and written.

Written here because general decoders accept what DER forbids (long lengths, indefinite length, padded integers,
trailing bytes), and every such freedom is a second spelling of a signed value. Readers take a whole value and refuse
what is left over. Nothing recurses: depth is that of the structure being read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from certs.seals.errors import DerMalformed

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
UTF8: Final = 0x0C
PRINTABLE: Final = 0x13
IA5: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
EXPLICIT_0: Final = 0xA0

_SHORT: Final = 0x80
_TIME: Final = re.compile(r"(\d{14})(\.\d{0,5}[1-9])?Z", re.ASCII)
_PRINTABLE_TEXT: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")


@dataclass(frozen=True, slots=True)
class Value:
    """One element: tag, content, and the exact bytes it was read from."""

    tag: int
    content: bytes
    raw: bytes


def read(data: bytes) -> Value:
    """The single value these bytes are.

    Raises:
        DerMalformed: not strict DER, or bytes follow.
    """
    value, end = _next(data, 0)
    if end != len(data):
        raise DerMalformed(f"{len(data) - end} bytes after the value")
    return value


def members(value: Value, least: int, most: int) -> list[Value]:
    """The members of a SEQUENCE, between `least` and `most` of them.

    Raises:
        DerMalformed: not a sequence, or another number of members.
    """
    if value.tag != SEQUENCE:
        raise DerMalformed(f"tag {value.tag:#04x} instead of a sequence")
    found, position = [], 0
    while position < len(value.content):
        member, position = _next(value.content, position)
        found.append(member)
        if len(found) > most:
            break
    if not least <= len(found) <= most:
        raise DerMalformed(f"{len(found)} members instead of {least} to {most}")
    return found


def _next(data: bytes, start: int) -> tuple[Value, int]:
    try:
        tag, length, body = data[start], data[start + 1], start + 2
        if tag & 0x1F == 0x1F:
            raise DerMalformed("a tag of several bytes")
        if length == _SHORT:
            raise DerMalformed("indefinite length")
        if length > _SHORT:
            size = length - _SHORT
            encoded = data[body : body + size]
            length, body = int.from_bytes(encoded), body + size
            if size > 4 or encoded[0] == 0 or length < _SHORT:
                raise DerMalformed("length is not in its shortest form")
    except IndexError:
        raise DerMalformed("the value is cut off") from None
    end = body + length
    if end > len(data):
        raise DerMalformed("the value is cut off")
    return Value(tag, data[body:end], data[start:end]), end


def content(value: Value, tag: int) -> bytes:
    """The content of a value that must have this tag; raises DerMalformed."""
    if value.tag != tag:
        raise DerMalformed(f"tag {value.tag:#04x} instead of {tag:#04x}")
    return value.content


def read_integer(value: Value) -> int:
    """An INTEGER in its shortest form; raises DerMalformed."""
    octets = content(value, INTEGER)
    padded = len(octets) > 1 and (octets[0], octets[1] >> 7) in {(0, 0), (0xFF, 1)}
    if not octets or padded or len(octets) > 64:
        raise DerMalformed("integer is not in its shortest form")
    return int.from_bytes(octets, signed=True)


def read_boolean(value: Value) -> bool:
    """A BOOLEAN, 00 or FF; raises DerMalformed."""
    octets = content(value, BOOLEAN)
    if octets not in (b"\x00", b"\xff"):
        raise DerMalformed("boolean is neither 00 nor FF")
    return octets == b"\xff"


def read_bits(value: Value) -> bytes:
    """The octets of a BIT STRING without unused bits; raises DerMalformed."""
    octets = content(value, BIT_STRING)
    if octets[:1] != b"\x00":
        raise DerMalformed("bit string with unused bits")
    return octets[1:]


def read_oid(value: Value) -> str:
    """An OBJECT IDENTIFIER in dotted form; raises DerMalformed."""
    octets = content(value, OID)
    if not octets or octets[-1] & _SHORT or len(octets) > 64:
        raise DerMalformed("object identifier is cut off")
    arcs, arc, fresh = [], 0, True
    for octet in octets:
        if fresh and octet == _SHORT:
            raise DerMalformed("object identifier is not in its shortest form")
        arc, fresh = arc << 7 | octet & 0x7F, not octet & _SHORT
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def read_text(value: Value, tag: int) -> str:
    """An IA5String, PrintableString or UTF8String; raises DerMalformed."""
    try:
        text = content(value, tag).decode("utf-8" if tag == UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise DerMalformed("text has characters outside its type") from error
    if tag == PRINTABLE and not _PRINTABLE_TEXT.fullmatch(text):
        raise DerMalformed("text has characters outside its type")
    return text


def read_time(value: Value) -> datetime:
    """A GeneralizedTime as aware UTC; raises DerMalformed unless it ends in Z and is in its shortest form."""
    match = _TIME.fullmatch(content(value, GENERALIZED_TIME).decode("ascii", "replace"))
    if match is None:
        raise DerMalformed("time is not YYYYMMDDhhmmssZ")
    digits, fraction = match.groups()
    try:
        whole = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise DerMalformed("time does not exist") from error
    return whole.replace(microsecond=int((fraction or ".0")[1:].ljust(6, "0")))


def write(tag: int, octets: bytes) -> bytes:
    """One value."""
    size = len(octets)
    if size < _SHORT:
        return bytes((tag, size)) + octets
    encoded = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _SHORT | len(encoded))) + encoded + octets


def write_sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded values; empty parts (absent optional members) leave no trace."""
    return write(SEQUENCE, b"".join(parts))


def write_integer(number: int) -> bytes:
    """An INTEGER."""
    return write(INTEGER, number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, signed=True))


def write_boolean(truth: bool) -> bytes:
    """A BOOLEAN."""
    return write(BOOLEAN, b"\xff" if truth else b"\x00")


def write_bits(octets: bytes) -> bytes:
    """A BIT STRING without unused bits."""
    return write(BIT_STRING, b"\x00" + octets)


def write_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return write(OID, b"".join(map(_arc, (40 * first + second, *rest))))


def write_text(tag: int, text: str) -> bytes:
    """An IA5String, PrintableString or UTF8String.

    Raises:
        DerMalformed: the text has characters the type has not.
    """
    try:
        encoded = write(tag, text.encode("utf-8" if tag == UTF8 else "ascii"))
    except UnicodeEncodeError as error:
        raise DerMalformed(f"{text[:40]!r} has characters outside its type") from error
    read_text(read(encoded), tag)
    return encoded


def write_time(at: datetime) -> bytes:
    """A GeneralizedTime in whole seconds; `at` is aware."""
    return write(GENERALIZED_TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def _arc(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | _SHORT)
    return bytes(reversed(octets))
