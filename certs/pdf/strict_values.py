"""Values of PDF (ISO 32000-2, 7.3), read from any software's file so that every reader would read the same.

No recursion and a budget for the number of tokens: nested brackets and endless arrays end in a refusal, not in a crash.
"""

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias, Union

from certs.pdf.errors import PdfIrregular, PdfTooCostly

MAX_DEPTH: Final = 64
_SPACE: Final = re.compile(rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+")
_TOKEN: Final = re.compile(rb"<<|>>|[\[\]]|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*|[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_HEX: Final = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>")
_TEXT_PIECE: Final = re.compile(rb"[^()\\]+")
_REFERENCE: Final = re.compile(
    rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"
)
_INTEGER: Final = re.compile(rb"[+-]?\d{1,19}")
_REAL: Final = re.compile(rb"[+-]?(?:\d{1,38}\.\d{0,38}|\.\d{1,38})")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OCTAL: Final = re.compile(rb"[0-7]{1,3}")
_WORDS: Final = {b"true": True, b"false": False, b"null": None}


class Name(str):
    """A name without its slash, escapes resolved; bytes beyond ASCII as Latin-1."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an indirect object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary and its bytes as they stand in the file."""

    entries: dict[str, "Value"]
    data: bytes = field(repr=False)


Value: TypeAlias = Union[bool, int, float, Name, bytes, Ref, Stream, tuple["Value", ...], dict[str, "Value"], None]  # noqa: UP007 - `|` cannot join a forward reference


class Budget:
    """Counts work down; shared by everything that is read from one file."""

    def __init__(self, tokens: int, inflated: int) -> None:
        self._tokens, self.inflated = tokens, inflated

    def token(self) -> None:
        """One more token; raises PdfTooCostly."""
        self._tokens -= 1
        if self._tokens < 0:
            raise PdfTooCostly("more values than any document has")

    def inflate(self, count: int) -> None:
        """So many bytes were unpacked; raises PdfTooCostly."""
        self.inflated -= count
        if self.inflated < 0:
            raise PdfTooCostly("unpacks to more than any document has")


class Scanner:
    """Reads values from a place in the file up to a limit."""

    def __init__(self, data: bytes, at: int, limit: int, budget: Budget) -> None:
        self.data, self.at, self.limit, self._budget = data, at, limit, budget

    def skip_space(self) -> None:
        """Over white space and comments."""
        match = _SPACE.match(self.data, self.at, self.limit)
        assert match is not None, "it matches nothing at all, too"
        self.at = match.end()

    def word(self, expected: bytes) -> bool:
        """Whether this keyword comes next; it is passed over if so."""
        self.skip_space()
        end = self.at + len(expected)
        if self.data[self.at : min(end, self.limit)] != expected:
            return False
        self.at = end
        return True

    def number(self) -> int:
        """The integer that comes next, not negative; raises PdfIrregular."""
        value = self.value()
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise PdfIrregular(f"no number at byte {self.at}")
        return value

    def value(self) -> Value:
        """The value that comes next.

        Raises:
            PdfIrregular: none, a dictionary with a key twice or a value missing, brackets that do not match.
            PdfTooCostly: nested too deeply, or more tokens than the budget has.
        """
        open_lists: list[tuple[bytes, list[Value]]] = []
        while True:
            token = self._token()
            if token in (b"[", b"<<"):
                if len(open_lists) == MAX_DEPTH:
                    raise PdfTooCostly(f"nested deeper than {MAX_DEPTH}")
                open_lists.append((token, []))
                continue
            value = self._closed(token, open_lists) if token in (b"]", b">>") else self._atom(token)
            if not open_lists:
                return value
            open_lists[-1][1].append(value)

    def _closed(self, token: bytes, open_lists: list[tuple[bytes, list[Value]]]) -> Value:
        if not open_lists or (open_lists[-1][0] == b"[") is not (token == b"]"):
            raise PdfIrregular(f"brackets do not match at byte {self.at}")
        _, items = open_lists.pop()
        return tuple(items) if token == b"]" else self._dictionary(items)

    def _dictionary(self, items: list[Value]) -> dict[str, Value]:
        keys = items[::2]
        names = [key for key in keys if isinstance(key, Name)]
        if len(items) % 2 or len(names) != len(keys) or len(set(names)) != len(names):
            raise PdfIrregular(f"a dictionary repeats a key or lacks a value before byte {self.at}")
        # An entry of null is as good as none (7.3.7).
        return {str(key): value for key, value in zip(names, items[1::2], strict=True) if value is not None}

    def _token(self) -> bytes:
        """The next token; empty where a string begins, which `_atom` reads itself."""
        self._budget.token()
        self.skip_space()
        match = _TOKEN.match(self.data, self.at, self.limit)
        if match is not None:
            self.at = match.end()
            return match[0]
        if self.data[self.at : self.at + 1] in (b"(", b"<") and self.at < self.limit:
            return b""
        raise PdfIrregular(f"no value at byte {self.at}")

    def _atom(self, token: bytes) -> Value:
        if not token:
            return self._text() if self.data[self.at : self.at + 1] == b"(" else self._hex()
        if token.startswith(b"/"):
            return _name(token[1:])
        if token in _WORDS:
            return _WORDS[token]
        if _INTEGER.fullmatch(token):
            reference = _REFERENCE.match(self.data, self.at - len(token), self.limit)
            if reference is None:
                return int(token)
            self.at = reference.end()
            return Ref(int(reference[1]), int(reference[2]))
        if _REAL.fullmatch(token):
            return float(token)
        raise PdfIrregular(f"{token[:20]!r} is no value, before byte {self.at}")

    def _hex(self) -> bytes:
        match = _HEX.match(self.data, self.at, self.limit)
        if match is None:
            raise PdfIrregular(f"a string in hexadecimal is none at byte {self.at}")
        self.at = match.end()
        digits = match[1].translate(None, b"\x00\t\n\x0c\r ")
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))

    def _text(self) -> bytes:
        start, depth, out = self.at, 0, bytearray()
        while self.at < self.limit:
            if piece := _TEXT_PIECE.match(self.data, self.at, self.limit):
                out += piece[0]
                self.at = piece.end()
                continue
            self._budget.token()
            mark = self.data[self.at : self.at + 1]
            self.at += 1
            depth += (mark == b"(") - (mark == b")")
            if depth == 0:
                return bytes(out[1:])  # without the opening bracket
            out += self._escape() if mark == b"\\" else mark
        raise PdfIrregular(f"the string at byte {start} does not end")

    def _escape(self) -> bytes:
        mark = self.data[self.at : self.at + 1]
        if octal := _OCTAL.match(self.data, self.at, self.limit):
            self.at = octal.end()
            return bytes((int(octal[0], 8) & 0xFF,))
        self.at += 2 if self.data[self.at : self.at + 2] == b"\r\n" else 1
        if mark in (b"\r", b"\n"):
            return b""
        return _ESCAPES.get(mark, mark)


def _name(raw: bytes) -> Name:
    return Name(_ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), raw).decode("latin-1"))
