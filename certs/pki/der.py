"""Writing DER (ITU-T X.690 §8-11): each function returns the complete encoding of one value."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31


def primitive(number: int) -> int:
    """The identifier of a context-specific primitive tag, `[number] IMPLICIT` over a primitive type."""
    return 0x80 | number


def constructed(number: int) -> int:
    """The identifier of a context-specific constructed tag: `[number] EXPLICIT`, or IMPLICIT over a SEQUENCE or SET."""
    return 0xA0 | number


def tlv(tag: int, content: bytes) -> bytes:
    """Identifier, shortest definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of already encoded values."""
    return tlv(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """SET OF in the ascending order of the encodings (X.690 §11.6)."""
    return tlv(tag, b"".join(sorted(parts)))


def explicit(number: int, value: bytes) -> bytes:
    """`[number] EXPLICIT` around an encoded value."""
    return tlv(constructed(number), value)


def integer(value: int, tag: int = INTEGER) -> bytes:
    """INTEGER in the fewest octets of two's complement."""
    length = (value + (value < 0)).bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(length, signed=True))


def boolean(value: bool) -> bytes:
    """BOOLEAN; TRUE is FF (X.690 §11.1)."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


def octets(value: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(OCTET_STRING, value)


def bits(value: bytes, unused: int = 0) -> bytes:
    """BIT STRING; `unused` low bits of the last octet, which must be zero (X.690 §11.2.1)."""
    return tlv(BIT_STRING, bytes((unused,)) + value)


def named_bits(positions: Iterable[int]) -> bytes:
    """BIT STRING of a named bit list: trailing zero bits are dropped (X.690 §11.2.2)."""
    number = sum(1 << position for position in set(positions))
    width = number.bit_length()
    reversed_bits = int(f"{number:0{max(width, 1)}b}"[::-1], 2) if number else 0
    count = (width + 7) // 8
    return bits((reversed_bits << (count * 8 - width)).to_bytes(count), count * 8 - width)


@cache
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))


def utf8(value: str) -> bytes:
    """UTF8String."""
    return tlv(UTF8_STRING, value.encode())


def printable(value: str) -> bytes:
    """PrintableString; the caller keeps to its alphabet."""
    return tlv(PRINTABLE_STRING, value.encode("ascii"))


def ia5(value: str) -> bytes:
    """IA5String."""
    return tlv(IA5_STRING, value.encode("ascii"))


def generalized_time(at: datetime) -> bytes:
    """GeneralizedTime in whole seconds UTC; an aware time is required, fractions are cut off."""
    return tlv(GENERALIZED_TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def x509_time(at: datetime) -> bytes:
    """Time of RFC 5280 §4.1.2.5: UTCTime from 1950 to 2049, GeneralizedTime outside."""
    utc = at.astimezone(UTC)
    return tlv(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode()) if 1950 <= utc.year < 2050 else generalized_time(utc)
