"""A strict XML reader for the parts of a package: UTF-8, no DOCTYPE, no processing instructions, bounded.

The parser is expat, which ships with Python and is patched with it, driven through its events: limits hold while the
text is read, and a DOCTYPE ends the reading at its first character, so that entities, external files and expansion
bombs are never reached. (defusedxml wraps the same parser, has had no release since 2021 and knows no limits; lxml
builds the tree before anything can be asked about it.) Nothing is ever written back: digests are over the bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from certs.ofd.errors import XmlRefused

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_NODES: Final = 500_000
NAMESPACE: Final = "http://www.ofdspec.org/2016"
_SEPARATOR: Final = "\n"
_BUFFER: Final = 64 * 1024  # text of one element arrives in pieces of this size: the lines of a ground are long


@dataclass(slots=True)
class Budget:
    """How many elements and attributes may still be read; one budget serves all parts of a package."""

    left: int = MAX_NODES


@dataclass(slots=True)
class Element:
    """An element. `tag` is the local name in OFD's namespace, else `{namespace}name`; `text` excludes children's.

    `pieces` is set when a comment or CDATA section stands inside: some readers then take a part for the whole text.
    """

    tag: str
    attributes: Mapping[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""
    pieces: bool = False

    def all(self, tag: str) -> list["Element"]:
        """The children of this name."""
        return [c for c in self.children if c.tag == tag]

    def one(self, tag: str) -> "Element":
        """The only child of this name; raises XmlRefused for none and for several."""
        found = self.all(tag)
        if len(found) != 1:
            raise XmlRefused(f"{len(found)} elements {tag} in {self.tag}")
        return found[0]

    def maybe(self, tag: str) -> "Element | None":
        """The only child of this name, None without one; raises XmlRefused for several."""
        return self.one(tag) if self.all(tag) else None

    def get(self, name: str) -> str:
        """An attribute; raises XmlRefused without it."""
        if name not in self.attributes:
            raise XmlRefused(f"{self.tag} has no {name}")
        return self.attributes[name]

    def value(self) -> str:
        """The trimmed text of an element that has no children, in one piece; raises XmlRefused."""
        if self.children or self.pieces:
            raise XmlRefused(f"elements, comments or CDATA inside {self.tag}")
        return self.text.strip(" \t\r\n")

    def walk(self) -> list["Element"]:
        """This element and all below it, level by level."""
        found = [self]
        for element in found:  # grows while it is walked
            found += element.children
        return found


def read_xml(data: bytes, root: str | None = None, budget: Budget | None = None) -> Element:
    """The root element.

    Args:
        data: the part's bytes.
        root: the name the root must have, in OFD's namespace.
        budget: what is left for this part; a full one of its own without.

    Raises:
        XmlRefused: not well formed, not UTF-8, a DOCTYPE or processing instruction, too large, too deep, another root.
    """
    if len(data) > MAX_BYTES:
        raise XmlRefused("a part of more than 16 MiB")
    reader = _Reader(budget or Budget())
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlRefused(f"not well formed: {expat.ErrorString(error.code)} in line {error.lineno}") from error
    found = reader.root
    if found is None or (root is not None and found.tag != root):
        raise XmlRefused(f"root {found.tag[:40]!r} instead of {root}" if found else "no root element")
    return found


class _Reader:
    """Builds elements from expat's events and refuses as they come."""

    def __init__(self, budget: Budget) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._budget = budget
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text, parser.buffer_size = True, _BUFFER
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.CommentHandler = self._interruption
        parser.StartCdataSectionHandler = self._interruption
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self.parser = parser

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
            raise XmlRefused(f"version {version[:8]!r}, encoding {str(encoding)[:20]!r}")

    def _doctype(self, *_: object) -> None:
        raise XmlRefused("a DOCTYPE")

    def _instruction(self, *_: object) -> None:
        raise XmlRefused("a processing instruction")

    def _interruption(self, *_: object) -> None:
        if self._open:
            self._open[-1].pieces = True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        budget, above = self._budget, self._open
        budget.left -= 1 + len(attributes)
        if len(above) >= MAX_DEPTH or budget.left < 0:
            raise XmlRefused("too deep, or too many elements and attributes")
        element = Element(_tag(name), attributes, [], "")
        if above:
            above[-1].children.append(element)
        else:
            self.root = element
        above.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, characters: str) -> None:
        self._open[-1].text += characters


@lru_cache(1024)
def _tag(name: str) -> str:
    """An element of another namespace, or of none, never passes for one of OFD's."""
    namespace, _, local = name.rpartition(_SEPARATOR)
    return local if namespace == NAMESPACE else f"{{{namespace}}}{local}"
