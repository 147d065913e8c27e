"""Any software's PDF, read strictly: every revision, every object, and every byte that belongs to none.

The reader is independent of the one that guards our own files (`signing_revisions`), which knows one shape only. It
refuses rather than repairs: what a lenient reader would guess, an attacker would have arranged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.pdf.errors import PdfIrregular, PdfNotUnderstood
from certs.pdf.strict_filters import unpacked
from certs.pdf.strict_objects import Indirect, indirect
from certs.pdf.strict_sections import MAX_OBJECTS, Entry, Packed, Place, Section, read_sections
from certs.pdf.strict_values import Budget, Name, Ref, Scanner, Stream, Value

_MAX_TOKENS: Final = 300_000
_MAX_UNPACKED: Final = 64 * 1024 * 1024
_MAX_HOPS: Final = 8
_STRUCTURAL: Final = frozenset({Name("XRef"), Name("ObjStm")})


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: the stretch it fills, what is in force after it, and which of that it brought.

    Attributes:
        start, eof, end: first byte; the place after `%%EOF`; the place after that line's end.
        objects: number -> where the object in force after this revision stands.
        changed: numbers this revision lists.
        loose: stretches between objects that are neither white space nor comments.
        trailer: its trailer, or the dictionary of its cross-reference stream.
    """

    start: int
    eof: int
    end: int
    objects: Mapping[int, Entry] = field(repr=False)
    changed: frozenset[int]
    loose: tuple[tuple[int, int], ...]
    trailer: Mapping[str, Value] = field(repr=False)


class StrictFile:
    """A file that was read to its last byte.

    Raises (when made): PdfIrregular, PdfNotUnderstood, PdfTooCostly, PdfEncrypted.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.budget = data, Budget(_MAX_TOKENS, _MAX_UNPACKED)
        self._found: dict[Place, Indirect] = {}
        self._unpacked: dict[tuple[int, int], tuple[Value, ...]] = {}
        revisions: list[Revision] = []
        self.revisions: tuple[Revision, ...] = ()
        for section in read_sections(data, self.budget):
            revisions.append(self._revision(section, revisions))
            self.revisions = tuple(revisions)

    def get(self, value: Value, revision: int = -1) -> Value:
        """What a value stands for after a revision: references are followed, missing objects are null."""
        for _ in range(_MAX_HOPS):
            if not isinstance(value, Ref):
                return value
            value = self.object(value, revision)
        raise PdfIrregular("a reference leads to references without end")

    def object(self, ref: Ref, revision: int = -1) -> Value:
        """The object in force after a revision, None if there is none."""
        entry = self.revisions[revision].objects.get(ref.number)
        if isinstance(entry, Place):
            return self._found[entry].value if entry.generation == ref.generation else None
        return self._packed(entry, ref.number) if entry and not ref.generation else None

    def span(self, number: int, revision: int = -1) -> tuple[int, int] | None:
        """Where an object stands in the file, None if it is packed or missing."""
        entry = self.revisions[revision].objects.get(number)
        return (entry.offset, self._found[entry].end) if isinstance(entry, Place) else None

    def dictionary(self, value: Value, revision: int = -1) -> dict[str, Value]:
        """The dictionary a value stands for (a stream's too), empty if it is none."""
        found = self.get(value, revision)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}

    def array(self, value: Value, revision: int = -1) -> tuple[Value, ...]:
        """The array a value stands for, empty if it is none."""
        found = self.get(value, revision)
        return found if isinstance(found, tuple) else ()

    def catalog(self, revision: int = -1) -> dict[str, Value]:
        """The catalogue after a revision."""
        return self.dictionary(self.revisions[revision].trailer.get("Root"), revision)

    def content_objects(self, revision: int = -1) -> Iterator[tuple[int, Value]]:
        """Every object in force but cross-reference and object streams."""
        for number, entry in self.revisions[revision].objects.items():
            value = self.object(Ref(number, entry.generation if isinstance(entry, Place) else 0), revision)
            if not (isinstance(value, Stream) and value.entries.get("Type") in _STRUCTURAL):
                yield number, value

    def _revision(self, section: Section, before: list[Revision]) -> Revision:
        start = before[-1].end if before else 0
        objects = dict(before[-1].objects) if before else {}
        for number, listed in section.listed.items():
            entry = Packed(len(before), *listed) if isinstance(listed, tuple) else listed
            if entry is None:
                objects.pop(number, None)
            elif (
                isinstance(entry, Place) and not start <= entry.offset <= section.xref and objects.get(number) != entry
            ):
                raise PdfIrregular(f"object {number} is listed outside of its revision")
            else:
                objects[number] = entry
        if len(objects) > MAX_OBJECTS:
            raise PdfIrregular("more objects than any document has")
        spans = [section.own, *self._read(section, objects, start)]
        loose = self._loose(spans, start, section.own[1])
        return Revision(start, section.eof, section.end, objects, frozenset(section.listed), loose, section.trailer)

    def _read(self, section: Section, objects: dict[int, Entry], start: int) -> Iterator[tuple[int, int]]:
        """Read what the section lists; the spans of what it brought."""
        for number, listed in section.listed.items():
            if isinstance(listed, Place) and (listed.offset >= start or listed not in self._found):
                found = self._indirect(listed, section.eof, objects)
                if (found.number, found.generation) != (number, listed.generation):
                    raise PdfIrregular(f"object {number} is not where the cross-reference says")
                if listed.offset != section.xref:
                    yield listed.offset, found.end

    def _indirect(self, place: Place, limit: int, objects: Mapping[int, Entry]) -> Indirect:
        def length_of(ref: Ref) -> Value:
            entry = objects.get(ref.number)
            if not isinstance(entry, Place):
                return None
            return indirect(self.data, entry.offset, limit, self.budget, lambda _: None).value

        if place not in self._found:
            self._found[place] = indirect(self.data, place.offset, limit, self.budget, length_of)
        return self._found[place]

    def _loose(self, spans: list[tuple[int, int]], start: int, end: int) -> tuple[tuple[int, int], ...]:
        loose, at = [], start
        for first, after in sorted(spans):
            if first < at:
                raise PdfIrregular(f"objects overlap at byte {first}")
            scanner = Scanner(self.data, at, first, self.budget)
            scanner.skip_space()
            if scanner.at < first:
                loose.append((scanner.at, first))
            at = after
        if at != end:
            raise PdfIrregular("objects stand behind their cross-reference section")
        return tuple(loose)

    def _packed(self, entry: Packed, number: int) -> Value:
        key = (entry.revision, entry.container)
        if key not in self._unpacked:
            self._unpacked[key] = self._contents(self.object(Ref(entry.container, 0), entry.revision))
        pairs = self._unpacked[key]
        if not 2 * entry.index < len(pairs) or pairs[2 * entry.index] != number:
            raise PdfIrregular(f"object {number} is not in the object stream that is said to hold it")
        return pairs[2 * entry.index + 1]

    def _contents(self, stream: Value) -> tuple[Value, ...]:
        """Number, value, number, value, … of an object stream (7.5.7)."""
        if not isinstance(stream, Stream) or stream.entries.get("Type") != Name("ObjStm"):
            raise PdfIrregular("an object stream is missing")
        count, first = stream.entries.get("N"), stream.entries.get("First")
        if "Extends" in stream.entries:
            raise PdfNotUnderstood("object streams that build on each other")
        if not isinstance(count, int) or not isinstance(first, int) or not 0 <= count <= MAX_OBJECTS:
            raise PdfIrregular("an object stream does not say what it holds")
        data = unpacked(stream, self.budget)
        head, pairs = Scanner(data, 0, min(max(first, 0), len(data)), self.budget), list[Value]()
        for _ in range(count):
            number, offset = head.number(), head.number()
            pairs += [number, Scanner(data, first + offset, len(data), self.budget).value()]
        return tuple(pairs)
