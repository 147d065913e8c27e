"""Certificates that cannot be drawn: a character without a glyph, a text without room, a layout that is wrong."""

import unicodedata
from collections.abc import Sequence

from certs.errors.base import CertsError


class LayoutError(CertsError):
    """A certificate cannot be laid out. Next: see the subclass."""

    code = "layout-error"


class LayoutMissing(LayoutError):
    """The certificate type has no layout. Next: add a `[layout]` table to its type file."""

    code = "layout-missing"

    def __init__(self, type_code: str) -> None:
        super().__init__(f"{type_code} has no layout", type_code=type_code)
        self.type_code = type_code


class GlyphMissing(LayoutError):
    """No font of the stack has these characters. Next: correct the record, or add a font that has them.

    `missing` pairs the place (a field code) with the character.
    """

    code = "glyph-missing"

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        names = tuple(f"{where}: {character_name(char)}" for where, char in missing)
        super().__init__("no glyph for " + "; ".join(names), missing=names)
        self.missing = tuple(missing)


class LayoutOverflow(LayoutError):
    """A text does not fit its place even in its smallest size. Next: shorten the record, or give the field room."""

    code = "layout-overflow"

    def __init__(self, where: str, characters: int, smallest: float) -> None:
        super().__init__(
            f"{where}: {characters} characters do not fit at {smallest:g} pt",
            where=where,
            characters=characters,
            smallest=smallest,
        )
        self.where, self.characters, self.smallest = where, characters, smallest


class PhotoRefused(LayoutError):
    """The photo is no plain JPEG in grey or RGB. Next: convert it; the layout may also have no place for one."""

    code = "photo-refused"


class PhotoMissing(LayoutError):
    """The certificate states a photo that nobody has given. Next: pull the record again, so that its photo comes."""

    code = "photo-missing"

    def __init__(self, digest: str) -> None:
        super().__init__(f"there is no photo {digest}", digest=digest)
        self.digest = digest


class PhotoUnlike(LayoutError):
    """The photo is not the one the certificate states, or it states none. Next: give the one it states."""

    code = "photo-unlike"

    def __init__(self, stated: str, given: str) -> None:
        super().__init__(f"photo {given} given, {stated or 'none'} stated", stated=stated, given=given)
        self.stated, self.given = stated, given


class CodeTooLong(LayoutError):
    """The text of the QR code needs more modules than can be read at its printed size. Next: encode fewer fields."""

    code = "qr-too-long"


def character_name(char: str) -> str:
    """`䶮 U+4DAE CJK UNIFIED IDEOGRAPH-4DAE`; a character that does not print stands as its code point only."""
    point = ord(char)
    shown = f"{char} " if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else ""
    return f"{shown}U+{point:04X} {unicodedata.name(char, _class_name(char))}"


def _class_name(char: str) -> str:
    return {"Co": "PRIVATE USE", "Cc": "CONTROL", "Cs": "SURROGATE"}.get(unicodedata.category(char), "UNNAMED")
