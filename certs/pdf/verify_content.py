"""Step 5: what a PDF holds besides plain pages: hidden objects, things that act, files, layers, foreign annotations.

Nothing is run, fetched or unpacked: dictionaries are looked at, whatever names they hide behind.
"""

from collections.abc import Callable, Iterator
from typing import Final

from certs.ofd.certificate import COPY_NAME, JSON_NAME
from certs.pdf.errors import PdfIrregular
from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_values import Name, Ref, Stream, Value

ATTACHED: Final = frozenset({JSON_NAME, COPY_NAME})
_MAX_NAMED: Final = 5
_ACTIONS: Final = frozenset(
    {"JavaScript", "Launch", "URI", "SubmitForm", "ResetForm", "ImportData", "GoToR", "GoToE", "GoTo3DView", "Hide"}
    | {"Movie", "Sound", "Rendition", "Named", "RichMediaExecute", "SetOCGState", "Trans", "Thread"}
)
_KEYS: Final = {
    "JS": "a script",
    "JavaScript": "a script",
    "OpenAction": "an action on opening",
    "AA": "an action",
    "URI": "a link to elsewhere",
    "XFA": "an XFA form",
    "OCProperties": "layers",
    "OC": "a layer",
    "FS": "a file elsewhere",
    "OPI": "a picture elsewhere",
    "Collection": "a portfolio of files",
    "Alternates": "alternate pictures",
    "RichMediaContent": "rich media",
    "RichMediaSettings": "rich media",
    "Movie": "a film",
    "Rendition": "a film",
}
_TYPES: Final = {
    Name("PS"): "a PostScript program",
    Name("RichMedia"): "rich media",
    Name("Screen"): "a screen",
    Name("3D"): "a three-dimensional model",
}


def surprises(file: StrictFile, attached: frozenset[str] = ATTACHED) -> tuple[str, ...]:
    """What a plain sealed certificate does not have, in words; empty if nothing was found.

    `attached` are the names of files that may be attached.

    Raises:
        PdfIrregular: the pages run in a circle. PdfUnreadable: as reading objects may.
    """
    found = dict.fromkeys(f"bytes {start} to {end} belong to no object" for start, end in _loose(file))
    reached = _Reach(file, attached)
    found |= dict.fromkeys(reached.walk())
    found |= dict.fromkeys(_annotations(file))
    hidden = [n for n, value in file.content_objects() if n not in reached.seen and value is not None]
    if hidden:
        found[f"nothing refers to objects {', '.join(map(str, hidden[:_MAX_NAMED]))}"] = None
    return tuple(found)


def pages(file: StrictFile, revision: int = -1) -> Iterator[tuple[Ref, dict[str, Value]]]:
    """The pages in order.

    Raises:
        PdfIrregular: the tree runs in a circle, or something in it is neither page nor branch.
    """
    waiting: list[Value] = [file.catalog(revision).get("Pages")]
    seen: set[int] = set()
    while waiting:
        ref = waiting.pop()
        if not isinstance(ref, Ref) or ref.number in seen:
            raise PdfIrregular("the pages run in a circle, or one is repeated or missing")
        seen.add(ref.number)
        node = file.dictionary(ref, revision)
        if node.get("Type") == Name("Page"):
            yield ref, node
        elif node.get("Type") == Name("Pages"):
            waiting += reversed(file.array(node.get("Kids"), revision))
        else:
            raise PdfIrregular("something among the pages is none")


def _loose(file: StrictFile) -> list[tuple[int, int]]:
    return [stretch for revision in file.revisions for stretch in revision.loose]


def _annotations(file: StrictFile) -> Iterator[str]:
    """Everything that lies on a page but a signature's field."""
    for _, page in pages(file):
        for item in file.array(page.get("Annots")):
            annotation = file.dictionary(item)
            kind = annotation.get("Subtype")
            if kind != Name("Widget"):
                yield f"an annotation of kind {str(kind)[:20]}"
            elif _inherited(file, annotation, "FT") != Name("Sig"):
                yield "a field to fill in"


def _inherited(file: StrictFile, field: dict[str, Value], key: str) -> Value:
    parent = file.dictionary(field.get("Parent"))
    return field.get(key, parent.get(key))


class _Reach:
    """Walks from the trailer to everything it leads to; `seen` are the numbers met on the way."""

    def __init__(self, file: StrictFile, attached: frozenset[str]) -> None:
        self._file, self._attached = file, attached
        self.seen: set[int] = set()

    def walk(self) -> Iterator[str]:
        """What was found on the way."""
        trailer = self._file.revisions[-1].trailer
        waiting: list[Value] = [trailer.get("Root"), trailer.get("Info")]
        while waiting:
            value = waiting.pop()
            if isinstance(value, Ref):
                if value.number not in self.seen:
                    self.seen.add(value.number)
                    waiting.append(self._file.object(value))
            elif isinstance(value, tuple):
                waiting += value
            elif isinstance(value, Stream):
                waiting += value.entries.values()
                yield from self._inspect(value.entries, stream=True)
            elif isinstance(value, dict):
                waiting += value.values()
                yield from self._inspect(value, stream=False)

    def _inspect(self, entries: dict[str, Value], *, stream: bool) -> Iterator[str]:
        yield from (_KEYS[key] for key in entries.keys() & _KEYS.keys())
        action = self._file.get(entries.get("S"))
        if isinstance(action, Name) and action in _ACTIONS:
            yield f"an action {action}"
        yield from (_TYPES[kind] for kind in self._kinds(entries) if kind in _TYPES)
        if stream and "F" in entries:
            yield "a stream kept elsewhere"
        if "Ref" in entries and Name("Form") in self._kinds(entries):
            yield "a page from elsewhere"
        yield from self._attachment(entries)

    def _kinds(self, entries: dict[str, Value]) -> list[Name]:
        kinds = (self._file.get(entries.get(key)) for key in ("Type", "Subtype"))
        return [kind for kind in kinds if isinstance(kind, Name)]

    def _attachment(self, entries: dict[str, Value]) -> Iterator[str]:
        if "EF" not in entries and Name("Filespec") not in self._kinds(entries):
            return
        names = {file_name(self._file.get(entries[key])) for key in ("F", "UF") if key in entries}
        if "EF" not in entries:
            yield "a file elsewhere"
        elif len(names) != 1 or not names <= self._attached:
            yield f"an attached file {'/'.join(sorted(names))[:40]}"


def file_name(value: Value) -> str:
    """The text of a string (7.9.2.2): UTF-16BE or UTF-8 by its mark, else Latin-1; "" if it is none."""
    if not isinstance(value, bytes):
        return ""
    decoders: tuple[tuple[bytes, Callable[[bytes], str]], ...] = (
        (b"\xfe\xff", lambda rest: rest.decode("utf-16-be", "replace")),
        (b"\xef\xbb\xbf", lambda rest: rest.decode("utf-8", "replace")),
    )
    for mark, decode in decoders:
        if value.startswith(mark):
            return decode(value[len(mark) :])
    return value.decode("latin-1")
