"""Subset fonts in a PDF: composite fonts by glyph number with a map back to Unicode (ISO 32000-2, 9.7 and 9.10.3)."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from certs.layout.subset import Subset
from certs.pdf.render_objects import Objects, name, pack, reals

_SYMBOLIC = 4
_BLOCK = 100  # most entries of one bfchar block

_CMAP_HEAD = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000><FFFF>
endcodespacerange
"""
_CMAP_TAIL = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"


def add_font(objects: Objects, small: Subset) -> int:
    """Write a subset as a Type 0 font; returns its object number."""
    base = _tagged_name(small)
    descendant = objects.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont%b"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/DW 1000/W[0[%b]]/CIDToGIDMap/Identity>>"
        % (base, _add_descriptor(objects, small, base), reals(*small.widths))
    )
    to_unicode = objects.add_stream(_to_unicode(small.glyphs))
    return objects.add(
        b"<</Type/Font/Subtype/Type0/BaseFont%b/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (base, descendant, to_unicode)
    )


def _add_descriptor(objects: Objects, small: Subset, base: bytes) -> int:
    font, scale = small.font, 1000 / small.font.units
    program = objects.add_stream(_packed(small), b"/Length1 %d" % len(small.data), packed=True)
    return objects.add(
        b"<</Type/FontDescriptor/FontName%b/Flags %d/FontBBox[%b]/ItalicAngle 0/Ascent %b/Descent %b/CapHeight %b"
        b"/StemV %d/FontFile2 %d 0 R>>"
        % (
            base,
            _SYMBOLIC,
            reals(*(value * scale for value in font.bounds)),
            reals(font.ascent * scale),
            reals(font.descent * scale),
            reals(font.cap_height * scale),
            font.weight // 5,
            program,
        )
    )


@lru_cache(maxsize=64)
def _packed(small: Subset) -> bytes:
    """The subset compressed; that of a form is asked for again with every certificate."""
    return pack(small.data)


def _tagged_name(small: Subset) -> bytes:
    """`ABCDEF+Name` (9.9.2); the letters follow from the subset itself."""
    number = int.from_bytes(sha256(small.data).digest()[:8], "big")
    tag = "".join(chr(ord("A") + number // 26**i % 26) for i in range(6))
    return b"/" + tag.encode() + b"+" + name(small.font.id)[1:]


def _to_unicode(glyphs: Mapping[str, int]) -> bytes:
    pairs = [
        b"<%04X><%b>\n" % (glyph, char.encode("utf-16-be").hex().upper().encode())
        for char, glyph in sorted(glyphs.items(), key=lambda item: item[1])
    ]
    blocks = [pairs[i : i + _BLOCK] for i in range(0, len(pairs), _BLOCK)]
    body = b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
    return _CMAP_HEAD + body + _CMAP_TAIL
