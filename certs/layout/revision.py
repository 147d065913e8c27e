"""Which layout drew a page, as a mark in the file: so that a verifier knows whether it could draw that page again.

Two hubs with one mark draw the same page from the same data. A page that differs although its mark is the verifier's
own was tampered with; a page under another mark, or none, was drawn by a layout the verifier may not have.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final

from certs.layout.fonts import FontStack
from certs.layout.model import Layout

DRAWING: Final = 1
"""Counts up whenever the same layout and data come out as another page or other parts, in either face."""

_MARK: Final = re.compile(r"[0-9]{1,4}-[0-9a-f]{16}", re.ASCII)
_CODES: Final = version("zxing-cpp")  # which of the eight masks a QR code gets is its decision


@lru_cache(maxsize=64)
def layout_mark(layout: Layout, fonts: FontStack) -> str:
    """The mark of pages drawn from this layout with these fonts by this program; says nothing about anybody."""
    seen = sha256(repr((_CODES, _plain(layout), tuple(_fonts(fonts)))).encode())
    return f"{DRAWING}-{seen.hexdigest()[:16]}"


def read_mark(text: str) -> str:
    """The text if it is such a mark, else ""."""
    return text if _MARK.fullmatch(text) else ""


def _plain(value: object) -> object:
    """Values only, with the names of what they mean."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if is_dataclass(value):
        return (type(value).__name__, *(_plain(getattr(value, f.name)) for f in fields(value)))
    return value


def _fonts(fonts: FontStack) -> Iterable[tuple[str, str, str]]:
    """Role, font and its `head` table, which holds the font's revision and the checksum of all of it."""
    for role, stack in sorted(fonts.roles.items()):
        for font in stack:
            yield role.value, font.id, font.tables["head"].hex()
