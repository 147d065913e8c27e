"""PURE: the first rows of a source as they would be stored, masked for whoever only connects the system."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adapters.mapping import Mapped, Refused
from adapters.model import Function, Manifest


@dataclass(frozen=True, slots=True)
class PreviewRefusal:
    """A row that would be quarantined: its number, rules and items; the offending value masked."""

    row: int
    violations: tuple[tuple[str, str], ...]
    value: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows as items, refused rows, and the number of rows looked at."""

    rows: tuple[Mapping[str, str | None], ...]
    refused: tuple[PreviewRefusal, ...]
    read: int


def mask(value: str | None) -> str | None:
    """The first character and a star for each further one, at most ten."""
    return None if value is None else value[:1] + "*" * min(len(value) - 1, 10)


def preview_of(manifest: Manifest, mapped: Mapped, personal: Collection[str] | None) -> Preview:
    """The preview of a mapped chunk; `personal` items are masked, by default all but codes and numbers."""
    open_kinds = {Function.CODE, Function.NUMBER}
    masked = (
        set(personal)
        if personal is not None
        else {mapped_field.item for mapped_field in manifest.fields if mapped_field.function not in open_kinds}
    )
    items = [mapped_field.item for mapped_field in manifest.fields]
    rows = tuple(
        {item: mask(value) if item in masked else value for item, value in row.items()}
        for row in mapped.good.select(items).to_dicts()
    )
    return Preview(rows, tuple(_refusal(found, masked) for found in mapped.refused), mapped.read)


def _refusal(found: Refused, masked: Collection[str]) -> PreviewRefusal:
    violations = tuple((broken.rule, broken.item) for broken in found.violations)
    hidden = any(item in masked for _, item in violations)
    return PreviewRefusal(found.row, violations, mask(found.value) if hidden else found.value)
