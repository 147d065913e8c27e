"""PDF dictionaries as bytes (ISO 32000-2, 7.3.7): split at the top level, extended without touching what is there."""

import re
from collections.abc import Mapping
from typing import Final

from certs.pki.errors import PdfShapeRefused

_TOKEN: Final = re.compile(
    rb"[ \n]*(<<|>>|\[|\]|/[^\s<>\[\]()/%{}]+|<[0-9A-Fa-f]*>"
    rb"|\((?:[^()\\\r\n]|\\[()\\nrtbf])*\)|[^\s<>\[\]()/%{}]+)[ \n]*"
)
_MAX_BYTES: Final = 256 * 1024  # a catalogue with a long list of attachments has a few thousand
_OPEN: Final = frozenset((b"<<", b"["))
_CLOSE: Final = frozenset((b">>", b"]"))


def entries(body: bytes) -> dict[bytes, bytes]:
    """Key (with its slash) -> value, as written, of a dictionary.

    Raises:
        PdfShapeRefused: not a dictionary, a key twice, or anything the writers here do not write.
    """
    tokens = _tokens(body)
    if tokens[:1] != [b"<<"] or tokens[-1] != b">>":
        raise PdfShapeRefused("not a dictionary")
    found: dict[bytes, bytes] = {}
    position, last = 1, len(tokens) - 1
    while position < last:
        key = tokens[position]
        end = _value_end(tokens, position + 1, last)
        if not key.startswith(b"/") or key in found or end == position + 1:
            raise PdfShapeRefused(f"dictionary is not well formed at {key[:32]!r}")
        found[key] = b" ".join(tokens[position + 1 : end])
        position = end
    return found


def _tokens(body: bytes) -> list[bytes]:
    if len(body) > _MAX_BYTES:
        raise PdfShapeRefused(f"a dictionary of more than {_MAX_BYTES} bytes")
    tokens, position = [], 0
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            raise PdfShapeRefused("a token the writer does not write")
        tokens.append(match[1])
        position = match.end()
    return tokens


def _value_end(tokens: list[bytes], start: int, last: int) -> int:
    """Where the value that begins at `start` ends: one token, one bracketed group, or `n g R`."""
    if tokens[start] not in _OPEN:
        return start + 3 if tokens[start + 2 : start + 3] == [b"R"] and start + 3 <= last else start + 1
    depth = 0
    for position in range(start, last):
        depth += (tokens[position] in _OPEN) - (tokens[position] in _CLOSE)
        if depth == 0:
            return position + 1
    raise PdfShapeRefused("brackets do not match")


def extended(body: bytes, more: Mapping[bytes, bytes]) -> bytes:
    """The dictionary with further entries at its end; entries that are there already are replaced.

    Raises:
        PdfShapeRefused: not a dictionary.
    """
    there = entries(body)
    if there.keys() & more.keys():
        merged = {**there, **more}
        return b"<<%b>>" % b"".join(_entry(key, value) for key, value in merged.items())
    return body.rstrip()[:-2] + b"".join(_entry(key, value) for key, value in more.items()) + b">>"


def _entry(key: bytes, value: bytes) -> bytes:
    return key + (b"" if value[:1] in b"/<[(" else b" ") + value


def references(value: bytes) -> tuple[int, ...]:
    """The object numbers in an array of references `[n 0 R …]`; raises PdfShapeRefused."""
    if not re.fullmatch(rb"\[ ?(?:\d{1,10} 0 R ?)*\]", value):
        raise PdfShapeRefused("not an array of references")
    return tuple(int(number) for number in re.findall(rb"(\d+) 0 R", value))


def reference(value: bytes) -> int:
    """The object number of `n 0 R`; raises PdfShapeRefused."""
    match = re.fullmatch(rb"(\d{1,10}) 0 R", value)
    if match is None:
        raise PdfShapeRefused("not a reference")
    return int(match[1])


def reference_array(numbers: tuple[int, ...]) -> bytes:
    """`[n 0 R …]`."""
    return b"[%b]" % b" ".join(b"%d 0 R" % number for number in numbers)
