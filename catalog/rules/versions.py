"""What changes between two versions of a resource, and whether it takes something away from its consumers."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from catalog.model import DataItem, ItemCode, Resource, SharingClass

_STRICTNESS = {SharingClass.UNCONDITIONAL: 0, SharingClass.CONDITIONAL: 1, SharingClass.WITHHELD: 2, None: 3}
_SERVER_SET = frozenset({"state", "version", "published_at"})
_BREAKING_ITEM_FIELDS = frozenset({"type", "is_subject"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `breaking` when a consumer of the old version may fail or lose data."""

    what: str
    breaking: bool


def diff(old: Resource, new: Resource) -> tuple[Change, ...]:
    """List the differences from `old` to `new`, server-set fields (state, version, time) left out.

    Breaking: an item removed, its type or subject role changed, its length or code list changed, the
    record key changed, a sharing mode removed, a stricter sharing class, another condition.
    """
    return (*_field_changes(old, new), *_mode_changes(old, new), *_item_changes(old, new))


def breaking(old: Resource, new: Resource) -> tuple[str, ...]:
    """Texts of the breaking differences only."""
    return tuple(change.what for change in diff(old, new) if change.breaking)


def _field_changes(old: Resource, new: Resource) -> Iterator[Change]:
    for field in fields(Resource):
        if field.name in _SERVER_SET or field.name in ("items", "modes"):
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield Change(f"{field.name} changed", _field_breaks(field.name, old, new))


def _field_breaks(name: str, old: Resource, new: Resource) -> bool:
    if name == "sharing":
        return _STRICTNESS[new.sharing] > _STRICTNESS[old.sharing]
    return name in ("key", "condition")


def _mode_changes(old: Resource, new: Resource) -> Iterator[Change]:
    for mode in old.modes:
        if mode not in new.modes:
            yield Change(f"mode {mode} removed", breaking=True)
    for mode in new.modes:
        if mode not in old.modes:
            yield Change(f"mode {mode} added", breaking=False)


def _item_changes(old: Resource, new: Resource) -> Iterator[Change]:
    before: dict[ItemCode, DataItem] = {item.code: item for item in old.items}
    after: dict[ItemCode, DataItem] = {item.code: item for item in new.items}
    for code, item in before.items():
        if code not in after:
            yield Change(f"item {code} removed", breaking=True)
        elif item != after[code]:
            yield from _one_item_changes(item, after[code])
    for code in after:
        if code not in before:
            yield Change(f"item {code} added", breaking=False)
    common = [code for code in before if code in after]
    if common != [code for code in after if code in before]:
        yield Change("items reordered", breaking=False)


def _one_item_changes(old: DataItem, new: DataItem) -> Iterator[Change]:
    for field in fields(DataItem):
        if getattr(old, field.name) != getattr(new, field.name):
            breaks = field.name in _BREAKING_ITEM_FIELDS or _narrows(field.name, old, new)
            yield Change(f"item {old.code}: {field.name} changed", breaks)


def _narrows(name: str, old: DataItem, new: DataItem) -> bool:
    if name == "length":
        return new.length is not None and (old.length is None or new.length < old.length)
    if name == "values":  # an empty list is open; a consumer must also know every value it may meet
        return set(new.values) != set(old.values)
    return False
