"""A TrueType font as the layout needs it: which characters it has, how wide they are, and their outlines as stored."""

import mmap
import struct
import sys
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont

# Private-use characters look different on every computer, invisible ones hide what a text says, and marks that
# combine with the character before them need a shaping engine.
_REFUSED = {"Co", "Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Mc", "Me"}

_COPIED = ("head", "hhea", "maxp", "OS/2", "post")


@dataclass(frozen=True, slots=True, eq=False)
class FontFile:
    """One font, compared by identity. Metrics are in units of the em square (`units` of them).

    Attributes:
        id: short name used in drawings, the same as its file's stem.
        glyphs: Unicode code point -> glyph id, without private-use, invisible and combining ones.
        tables: the small tables as stored, for subsets.
    """

    id: str
    family: str
    copyright: str
    units: int
    ascent: int
    descent: int
    cap_height: int
    bounds: tuple[int, int, int, int]
    weight: int
    glyphs: Mapping[int, int]
    metrics: Sequence[tuple[int, int]]
    tables: Mapping[str, bytes]
    _data: mmap.mmap
    _places: Sequence[int]
    _start: int

    def has(self, char: str) -> bool:
        """Whether the font has a glyph for the character that says the same to everybody."""
        return ord(char) in self.glyphs

    def glyph(self, char: str) -> int:
        """Glyph id of a character the font has."""
        return self.glyphs[ord(char)]

    def advance(self, glyph: int) -> float:
        """Width of a glyph in em."""
        return self.metrics[glyph][0] / self.units

    def outline(self, glyph: int) -> bytes:
        """The glyph's entry in `glyf`, as stored; empty for a space."""
        first, last = self._places[glyph], self._places[glyph + 1]
        return self._data[self._start + first : self._start + last]


def read_font(path: Path) -> FontFile:
    """Read a TrueType font with `glyf` outlines. The file stays mapped: processes share its pages."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with TTFont(path, lazy=True) as font:
        order = {name: i for i, name in enumerate(font.getGlyphOrder())}
        head, hhea, os2, names = font["head"], font["hhea"], font["OS/2"], font["name"]
        widths = font["hmtx"].metrics
        return FontFile(
            id=path.stem,
            family=str(names.getDebugName(1)),
            copyright=str(names.getDebugName(0)),
            units=head.unitsPerEm,
            ascent=hhea.ascent,
            descent=hhea.descent,
            cap_height=getattr(os2, "sCapHeight", 0) or hhea.ascent,
            bounds=(head.xMin, head.yMin, head.xMax, head.yMax),
            weight=os2.usWeightClass,
            glyphs={point: order[name] for point, name in font.getBestCmap().items() if _means_one_thing(point)},
            metrics=[widths[name] for name in font.getGlyphOrder()],
            tables={tag: font.reader[tag] for tag in _COPIED},
            _data=data,
            _places=_places(font.reader["loca"], head.indexToLocFormat),
            _start=font.reader.tables["glyf"].offset,
        )


def _means_one_thing(point: int) -> bool:
    return unicodedata.category(chr(point)) not in _REFUSED


def _places(loca: bytes, form: int) -> Sequence[int]:
    if form == 0:
        return [2 * n for (n,) in struct.iter_unpack(">H", loca)]
    places = array("I", loca)
    if sys.byteorder == "little":
        places.byteswap()  # the file is big-endian
    return places
