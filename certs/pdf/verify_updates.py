"""Steps 4 and 6 for files of other software: what came after a signature, and what its certification allows.

After a signature only validation data and time-stamps may follow, invisible; under a certification not even another
signature. Everything else is 签署后被修改: a page, an annotation, a field, the catalogue, an object replaced or freed.
"""

from collections.abc import Callable, Iterator
from typing import Final

from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_values import Name, Ref, Stream, Value
from certs.pdf.verify_content import pages
from certs.pdf.verify_signatures import Found

_FIELD_KEYS: Final = frozenset(
    {"Type", "Subtype", "FT", "T", "TU", "V", "P", "Rect", "F", "Ff", "AP", "MK", "DA", "Border", "Parent"}
)
_CATALOG_MAY: Final = frozenset({"AcroForm", "DSS", "Extensions", "Version"})
_FORM_MAY: Final = frozenset({"Fields", "SigFlags"})
_INFO_MAY: Final = frozenset({"ModDate", "Producer"})
_DEFAULT_ALLOWANCE: Final = 2

# (before, after) -> whether an object may have changed so
Allowed = Callable[[Value, Value], bool]


def certification(file: StrictFile, found: Found) -> int | None:
    """What a certification allows: 1 nothing, 2 filling in, 3 annotating (12.8.2.2). None: it certifies nothing."""
    for item in file.array(found.entries.get("Reference")):
        reference = file.dictionary(item)
        if reference.get("TransformMethod") == Name("DocMDP"):
            allowed = file.dictionary(reference.get("TransformParams")).get("P", _DEFAULT_ALLOWANCE)
            return allowed if isinstance(allowed, int) else _DEFAULT_ALLOWANCE
    return None


def changes_after(file: StrictFile, revision: int, *, certified: bool) -> tuple[str, ...]:
    """What was changed after a revision that may not be, in words; empty if only validation data was added."""
    if revision == len(file.revisions) - 1:
        return ()
    return tuple(_Changes(file, revision, certified=certified).found())


class _Changes:
    """Compares the file after one revision with the file as it is."""

    def __init__(self, file: StrictFile, revision: int, *, certified: bool) -> None:
        self._file, self._then, self._certified = file, revision, certified
        self._roles = self._allowed()

    def found(self) -> Iterator[str]:
        """Every change that is not allowed."""
        before, after = self._file.revisions[self._then], self._file.revisions[-1]
        if before.trailer.get("Root") != after.trailer.get("Root"):
            yield "another catalogue"
        for number, entry in before.objects.items():
            if after.objects.get(number) != entry and not self._may_change(number):
                yield f"object {number} was {'changed' if number in after.objects else 'removed'}"
        for number in sorted(self._awaited() & after.objects.keys()):
            yield f"object {number}, which was referred to, was added"

    def _may_change(self, number: int) -> bool:
        if number not in self._file.revisions[-1].objects:
            return False
        (old, first), (new, second) = self._value(number, self._then), self._value(number, -1)
        return first == second and (old == new or self._roles.get(number, _never)(old, new))

    def _awaited(self) -> set[int]:
        """Numbers the earlier state refers to without having them: what is given to them later is seen."""
        waiting: list[Value] = [value for _, value in self._file.content_objects(self._then)]
        missing: set[int] = set()
        while waiting:
            value = waiting.pop()
            if isinstance(value, Ref):
                missing |= {value.number} - self._file.revisions[self._then].objects.keys()
            elif isinstance(value, tuple):
                waiting += value
            elif isinstance(value, dict | Stream):
                waiting += (value.entries if isinstance(value, Stream) else value).values()
        return missing

    def _value(self, number: int, revision: int) -> tuple[Value, int]:
        """An object and its generation; what only holds other objects counts as nothing."""
        generation: int = getattr(self._file.revisions[revision].objects[number], "generation", 0)
        value = self._file.object(Ref(number, generation), revision)
        structural = isinstance(value, Stream) and value.entries.get("Type") in (Name("XRef"), Name("ObjStm"))
        return (None if structural else value), generation

    def _allowed(self) -> dict[int, Allowed]:
        file, then = self._file, self._then
        catalog, root = file.catalog(then), file.revisions[then].trailer.get("Root")
        form = file.dictionary(catalog.get("AcroForm"), then)
        roles: list[tuple[Value, Allowed]] = [
            (root, self._catalog),
            (catalog.get("AcroForm"), self._form),
            (form.get("Fields"), self._list),
            (file.revisions[then].trailer.get("Info"), _differing(_INFO_MAY)),
        ]
        for ref, page in pages(file, then):
            roles += [(ref, self._page), (page.get("Annots"), self._list)]
        allowed = {value.number: rule for value, rule in roles if isinstance(value, Ref)}
        return allowed | dict.fromkeys(self._store(catalog.get("DSS")), _always)

    def _store(self, dss: Value) -> Iterator[int]:
        """Numbers of the security store's dictionary and arrays; nothing on a page is drawn from them."""
        if isinstance(dss, Ref):
            yield dss.number
        for value in self._file.dictionary(dss, self._then).values():
            if isinstance(value, Ref):
                yield value.number

    def _catalog(self, old: Value, new: Value) -> bool:
        forms = [self._file.dictionary(_entry(value, "AcroForm"), r) for value, r in ((old, self._then), (new, -1))]
        return _differing(_CATALOG_MAY)(old, new) and self._form(*forms)

    def _form(self, old: Value, new: Value) -> bool:
        return _differing(_FORM_MAY)(old, new) and self._list(_entry(old, "Fields"), _entry(new, "Fields"))

    def _page(self, old: Value, new: Value) -> bool:
        return _differing(frozenset({"Annots"}))(old, new) and self._list(_entry(old, "Annots"), _entry(new, "Annots"))

    def _list(self, old: Value, new: Value) -> bool:
        """Fields were added at the end, each of them an invisible signature's."""
        before, after = self._file.array(old, self._then), self._file.array(new)
        return after[: len(before)] == before and all(map(self._is_quiet_field, after[len(before) :]))

    def _is_quiet_field(self, value: Value) -> bool:
        field = self._file.dictionary(value)
        signature = self._file.dictionary(field.get("V"))
        quiet = field.get("FT") == Name("Sig") and not field.keys() - _FIELD_KEYS and self._is_invisible(field)
        return quiet and (signature.get("Type") == Name("DocTimeStamp") or not self._certified)

    def _is_invisible(self, field: dict[str, Value]) -> bool:
        box = self._file.array(field.get("Rect"))
        if len(box) != 4:
            return False
        return box[0] == box[2] and box[1] == box[3]


def _entry(value: Value, key: str) -> Value:
    return value.get(key) if isinstance(value, dict) else None


def _differing(may: frozenset[str]) -> Allowed:
    def rule(old: Value, new: Value) -> bool:
        if not isinstance(old, dict) or not isinstance(new, dict):
            return False
        return all(old.get(key) == new.get(key) for key in (old.keys() | new.keys()) - may)

    return rule


def _always(_old: Value, _new: Value) -> bool:
    return True


def _never(_old: Value, _new: Value) -> bool:
    return False
