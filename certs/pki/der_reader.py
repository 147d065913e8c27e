"""Reading DER strictly: what another encoder could have written differently is refused (X.690 §10, §11).

The whole tree is checked before anything is read from it: definite shortest lengths, low tag numbers, no
constructed strings, shortest integers, canonical booleans, zero padding bits, sorted SET OF, no byte left over.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from certs.pki import der
from certs.pki.errors import MalformedDer

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 500_000
_SMALL: Final = 64
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_TIME: Final = {
    der.UTC_TIME: re.compile(rb"\d{12}Z"),
    der.GENERALIZED_TIME: re.compile(rb"\d{14}(\.\d{0,5}[1-9])?Z"),
}
_TEXT: Final = {der.UTF8_STRING: "utf-8", der.PRINTABLE_STRING: "ascii", der.IA5_STRING: "ascii"}


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its identifier octet, its complete encoding, its content octets, the values inside it."""

    tag: int
    raw: bytes
    content: bytes
    children: tuple["Node", ...]

    def integer(self) -> int:
        """The number of an INTEGER or ENUMERATED."""
        return int.from_bytes(self.content, signed=True)

    def small_integer(self) -> int:
        """The number of an INTEGER of at most 64 octets; raises MalformedDer."""
        if len(self.require(der.INTEGER).content) > _SMALL:
            raise MalformedDer("a number of more than 64 octets")
        return self.integer()

    def positive(self) -> int:
        """The number of an INTEGER that may not be negative; raises MalformedDer."""
        value = self.integer()
        if value < 0:
            raise MalformedDer("negative number where none may be")
        return value

    def truth(self) -> bool:
        """The truth of a BOOLEAN."""
        return self.content == b"\xff"

    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER."""
        arcs, arc = [], 0
        for octet in self.content:
            arc = arc << 7 | octet & 0x7F
            if octet < 0x80:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

    def octets_of_bits(self) -> bytes:
        """The octets of a BIT STRING that fills them; raises MalformedDer."""
        if self.content[0]:
            raise MalformedDer("bit string does not fill its octets")
        return self.content[1:]

    def bit_positions(self) -> frozenset[int]:
        """Positions of the ones in a BIT STRING, counted from the first bit."""
        data = self.content[1:]
        return frozenset(n for n in range(len(data) * 8) if data[n // 8] & 0x80 >> n % 8)

    def string(self) -> str:
        """The text of a string type."""
        return self.content.decode(_TEXT.get(self.tag, "utf-8"))

    def text(self, tag: int) -> str:
        """The text of one string type, in its alphabet; raises MalformedDer."""
        found = self.require(tag).string()
        if tag == der.PRINTABLE_STRING and not _PRINTABLE.fullmatch(found):
            raise MalformedDer("text has characters outside its type")
        return found

    def moment(self) -> datetime:
        """The aware UTC time of a UTCTime (1950 to 2049) or GeneralizedTime."""
        digits = self.content.decode("ascii").rstrip("Z")
        if self.tag == der.UTC_TIME:
            digits = ("19" if digits >= "50" else "20") + digits
        whole, _, fraction = digits.partition(".")
        at = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return at.replace(microsecond=int(fraction.ljust(6, "0"))) if fraction else at

    def members(self, least: int, most: int) -> tuple["Node", ...]:
        """The values inside a SEQUENCE, between `least` and `most` of them; raises MalformedDer."""
        if not least <= len(self.require(der.SEQUENCE).children) <= most:
            raise MalformedDer(f"{len(self.children)} members instead of {least} to {most}")
        return self.children

    def only(self) -> "Node":
        """The single value inside an EXPLICIT tag; raises MalformedDer."""
        if len(self.children) != 1:
            raise MalformedDer(f"{len(self.children)} values where one is expected")
        return self.children[0]

    def require(self, tag: int) -> "Node":
        """This value, if it carries the tag; raises MalformedDer."""
        if self.tag != tag:
            raise MalformedDer(f"tag {self.tag:#04x} where {tag:#04x} is expected")
        return self


class Fields:
    """The members of a SEQUENCE, taken in order; whoever is done says so, and nothing may be left."""

    def __init__(self, node: Node, tag: int = der.SEQUENCE) -> None:
        self._left = list(reversed(node.require(tag).children))

    def take(self, *tags: int) -> Node:
        """The next member, of one of these tags (any tag if none is given); raises MalformedDer."""
        if not self._left:
            raise MalformedDer("a member is missing")
        node = self._left.pop()
        if tags and node.tag not in tags:
            raise MalformedDer(f"tag {node.tag:#04x} where {tags[0]:#04x} is expected")
        return node

    def maybe(self, *tags: int) -> Node | None:
        """The next member if it has one of these tags."""
        return self._left.pop() if self._left and self._left[-1].tag in tags else None

    def done(self) -> None:
        """Nothing is left; raises MalformedDer."""
        if self._left:
            raise MalformedDer(f"unexpected member with tag {self._left[-1].tag:#04x}")


def read(data: bytes, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES) -> Node:
    """The one value these bytes encode.

    Raises:
        MalformedDer: too large, of too many values, nested too deeply, not DER, or followed by anything.
    """
    if len(data) > max_bytes:
        raise MalformedDer(f"more than {max_bytes} bytes")
    node, end = _Walk(data, max_values).node(0, len(data), 0)
    if end != len(data):
        raise MalformedDer(f"{len(data) - end} bytes follow the value")
    return node


def encoded_length(data: bytes) -> int:
    """Octets of the first value in `data`, header included, without looking inside it.

    Raises:
        MalformedDer: no shortest definite length, or cut short.
    """
    body, end = _header(data, 0, len(data))
    return end if body else 0


def _header(data: bytes, start: int, limit: int) -> tuple[int, int]:
    if limit - start < 2:
        raise MalformedDer("cut short")
    if data[start] & 0x1F == 0x1F or not data[start]:
        raise MalformedDer("high tag number, or the mark of an indefinite length")
    length, body = data[start + 1], start + 2
    if length >= 0x80:
        count = length & 0x7F
        number = data[body : min(body + count, limit)]
        if not 1 <= count <= 4 or len(number) != count or not number[0]:
            raise MalformedDer("indefinite, overlong or cut length")
        length, body = int.from_bytes(number), body + count
        if length < 0x80:
            raise MalformedDer("length is not in its shortest form")
    if body + length > limit:
        raise MalformedDer("value is cut short")
    return body, body + length


@dataclass(slots=True)
class _Walk:
    """One walk through an encoding; `left` bounds what small values can make of memory."""

    data: bytes
    left: int

    def node(self, start: int, limit: int, depth: int) -> tuple[Node, int]:
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            raise MalformedDer(f"nested deeper than {MAX_DEPTH}, or too many values")
        data = self.data
        body, end = _header(data, start, limit)
        tag = data[start]
        children: list[Node] = []
        if tag & 0x20:
            if tag & 0xC0 == 0 and tag not in (der.SEQUENCE, der.SET):
                raise MalformedDer("constructed form of a primitive type")
            position = body
            while position < end:
                child, position = self.node(position, end, depth + 1)
                children.append(child)
        elif tag in (der.SEQUENCE & ~0x20, der.SET & ~0x20):
            raise MalformedDer("primitive form of a constructed type")
        node = Node(tag, data[start:end], data[body:end], tuple(children))
        if check := _CHECKS.get(tag):
            check(node)
        return node, end


def _boolean(node: Node) -> None:
    if node.content not in (b"\x00", b"\xff"):
        raise MalformedDer("boolean is neither 00 nor FF")


def _integer(node: Node) -> None:
    content = node.content
    if not content or (len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1))):
        raise MalformedDer("integer is not in its shortest form")


def _bit_string(node: Node) -> None:
    content = node.content
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        raise MalformedDer("bit string has an impossible count of unused bits")
    if content[0] and content[-1] & (1 << content[0]) - 1:
        raise MalformedDer("unused bits are not zero")


def _oid(node: Node) -> None:
    content = node.content
    starts = [n for n in range(len(content)) if not n or content[n - 1] < 0x80]
    if not content or content[-1] >= 0x80 or any(content[n] == 0x80 for n in starts) or len(content) > 64:
        raise MalformedDer("object identifier is not well formed")


def _null(node: Node) -> None:
    if node.content:
        raise MalformedDer("null with content")


def _text(node: Node) -> None:
    try:
        node.content.decode(_TEXT[node.tag])
    except UnicodeDecodeError as error:
        raise MalformedDer("text is not in its alphabet") from error


def _time(node: Node) -> None:
    try:
        well_formed = _TIME[node.tag].fullmatch(node.content) and node.moment()
    except ValueError as error:
        raise MalformedDer("no such time") from error
    if not well_formed:
        raise MalformedDer("time is not in seconds UTC")


def _sorted(node: Node) -> None:
    encodings = [child.raw for child in node.children]
    if encodings != sorted(encodings):
        raise MalformedDer("set is not in order")


_CHECKS: Final[Mapping[int, Callable[[Node], None]]] = MappingProxyType(
    {
        der.BOOLEAN: _boolean,
        der.INTEGER: _integer,
        der.ENUMERATED: _integer,
        der.BIT_STRING: _bit_string,
        der.OID: _oid,
        der.NULL: _null,
        der.UTF8_STRING: _text,
        der.PRINTABLE_STRING: _text,
        der.IA5_STRING: _text,
        der.UTC_TIME: _time,
        der.GENERALIZED_TIME: _time,
        der.SET: _sorted,
    }
)
