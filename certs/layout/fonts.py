"""The font stack: which font prints a character in which role, and the refusal when none can.

A missing glyph would print as an empty box on somebody's name. So nothing is drawn, and nothing should be signed,
before `check_printable` has passed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from certs.errors.layout import GlyphMissing
from certs.layout.fontfile import FontFile, read_font
from certs.layout.model import Role

VENDORED = Path(__file__).parent / "fonts"


# In each role the first font that has the character prints it.
_ORDER = {
    Role.SANS: ("NotoSansSC-Regular", "LXGWWenKai-Regular"),
    Role.BOLD: ("NotoSansSC-Bold", "NotoSansSC-Regular", "LXGWWenKai-Regular"),
    Role.KAI: ("LXGWWenKai-Regular", "NotoSansSC-Regular"),
}


@dataclass(frozen=True, slots=True, eq=False)
class FontStack:
    """Fonts by role, in order of preference; `printable` is what prints in every role. Compared by identity."""

    roles: Mapping[Role, tuple[FontFile, ...]]
    printable: frozenset[str]

    def font_for(self, char: str, role: Role) -> FontFile | None:
        """The font that prints this character, None when none has it."""
        for font in self.roles[role]:
            if font.has(char):
                return font
        return None

    def font(self, font_id: str) -> FontFile:
        """The font with this id.

        Raises:
            KeyError: no role uses it.
        """
        for fonts in self.roles.values():
            for font in fonts:
                if font.id == font_id:
                    return font
        raise KeyError(font_id)

    def check(self, texts: Iterable[tuple[str, str]]) -> None:
        """Make sure that every character of (place, text) pairs prints, whatever role it is set in.

        Raises:
            GlyphMissing: some do not; all of them are named.
        """
        missing = {(where, char) for where, text in texts for char in set(text) - self.printable}
        if missing:
            raise GlyphMissing(sorted(missing))


@cache
def load_fonts(directory: Path = VENDORED) -> FontStack:
    """The fonts that come with the hub. Read once per process; their files stay mapped, not copied."""
    names = {name for order in _ORDER.values() for name in order}
    fonts = {name: read_font(directory / f"{name}.ttf") for name in sorted(names)}
    return make_stack({role: tuple(fonts[name] for name in order) for role, order in _ORDER.items()})


def make_stack(roles: Mapping[Role, tuple[FontFile, ...]]) -> FontStack:
    """A stack of these fonts."""
    points = (frozenset().union(*(font.glyphs.keys() for font in fonts)) for fonts in roles.values())
    return FontStack(roles, frozenset(map(chr, frozenset.intersection(*points))))


def check_printable(face: Mapping[str, str], fonts: FontStack | None = None) -> None:
    """The question to ask before issuing: can every character of a face (field code -> text) be printed?

    Raises:
        GlyphMissing: no; every field with its characters is named.
    """
    (fonts or load_fonts()).check(face.items())
