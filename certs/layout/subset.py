"""Subset of a TrueType font: only the glyphs a page uses, the same bytes for the same characters.

Own code instead of `fontTools.subset` because outlines are copied as stored and no table of 30 000 entries is parsed
again: a third of a millisecond instead of 130 per font (docs/adr/0011). fontTools reads the result back in the tests.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from certs.layout.fontfile import FontFile
from certs.layout.fonts import FontStack
from certs.layout.operations import Page, TextRun

_MORE_COMPONENTS, _WIDE_ARGUMENTS = 0x0020, 0x0001
_SCALES = ((0x0008, 2), (0x0040, 4), (0x0080, 8))
_LAST_BMP = 0xFFFF
_MAGIC = 0xB1B0AFBA


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """A small font. `glyphs` maps each character to its glyph id here; `widths` are in thousandths of the em.

    Compared by identity; `name` is what its runs call it (`subset_name`).
    """

    name: str

    font: FontFile
    data: bytes
    glyphs: Mapping[str, int]
    widths: tuple[float, ...]


def subset_name(run: TextRun) -> str:
    """Which subset prints a run: the form's own texts have one of their own, which all certificates of a type share."""
    return run.font if run.source else f"{run.font}-form"


def subsets_of(page: Page, fonts: FontStack) -> dict[str, Subset]:
    """The subsets a page needs by name, in the order of their names."""
    chars: dict[str, set[str]] = {}
    font_ids: dict[str, str] = {}
    for run in page.runs():
        name = subset_name(run)
        chars.setdefault(name, set()).update(run.text)
        font_ids[name] = run.font
    made: dict[str, Subset] = {}
    for name in sorted(chars):
        make = subset if font_ids[name] == name else _form_subset
        made[name] = make(fonts.font(font_ids[name]), frozenset(chars[name]), name)
    return made


def subset(font: FontFile, chars: Iterable[str], name: str = "") -> Subset:
    """Make the subset for characters the font has.

    Every character gets a glyph id of its own, also where two share an outline: that way the text can be read back
    from the glyphs alone.
    """
    ordered = sorted(set(chars))
    origin = [0, *(font.glyph(char) for char in ordered)]
    outlines = _closed(font, origin)
    metrics = [font.metrics[glyph] for glyph in origin]
    glyphs = {char: i + 1 for i, char in enumerate(ordered)}
    tables = {
        "OS/2": font.tables["OS/2"],
        "cmap": _cmap({ord(char): glyph for char, glyph in glyphs.items()}),
        "glyf": b"".join(outlines),
        "head": _patched(font.tables["head"], {8: b"\0\0\0\0", 50: b"\0\1"}),
        "hhea": _patched(font.tables["hhea"], {34: struct.pack(">H", len(metrics))}),
        "hmtx": b"".join(struct.pack(">Hh", *metric) for metric in metrics),
        "loca": _loca(outlines),
        "maxp": _patched(font.tables["maxp"], {4: struct.pack(">H", len(origin))}),
        "name": _name(font),
        "post": struct.pack(">I", 0x00030000) + font.tables["post"][4:32],
    }
    widths = tuple(round(1000 * width / font.units, 3) for width, _ in metrics)
    return Subset(name or font.id, font, _file(tables), glyphs, widths)


_form_subset = lru_cache(maxsize=256)(subset)


def _closed(font: FontFile, origin: list[int]) -> list[bytes]:
    """The outlines, padded to 4 bytes; `origin` and the outlines grow by the parts composite glyphs are made of."""
    outlines: list[bytes] = []
    own: dict[int, int] = {}
    for glyph in origin:  # grows while it is walked
        outline = font.outline(glyph)
        if outline[:2] >= b"\x80":  # a negative number of contours: composite
            outline = _renumbered(outline, origin, own)
        outlines.append(outline + b"\0" * (-len(outline) % 4))
    return outlines


def _renumbered(outline: bytes, origin: list[int], own: dict[int, int]) -> bytes:
    data, at = bytearray(outline), 10
    while True:
        flags, part = struct.unpack_from(">HH", data, at)
        if part not in own:
            own[part] = len(origin)
            origin.append(part)
        struct.pack_into(">H", data, at + 2, own[part])
        at += 8 if flags & _WIDE_ARGUMENTS else 6
        at += next((size for flag, size in _SCALES if flags & flag), 0)
        if not flags & _MORE_COMPONENTS:
            return bytes(data)


def _patched(table: bytes, changes: Mapping[int, bytes]) -> bytes:
    data = bytearray(table)
    for at, value in changes.items():
        data[at : at + len(value)] = value
    return bytes(data)


def _loca(outlines: list[bytes]) -> bytes:
    places = [0]
    for outline in outlines:
        places.append(places[-1] + len(outline))
    return struct.pack(f">{len(places)}I", *places)


def _cmap(points: Mapping[int, int]) -> bytes:
    """Format 4 for the first plane and 12 for all, each character a segment of its own."""
    basic, full = _format_4(points), _format_12(points)
    header = struct.pack(">HH", 0, 2) + struct.pack(">HHI", 3, 1, 20) + struct.pack(">HHI", 3, 10, 20 + len(basic))
    return header + basic + full


def _format_4(points: Mapping[int, int]) -> bytes:
    pairs = sorted((point, glyph) for point, glyph in points.items() if point < _LAST_BMP)
    codes = [point for point, _ in pairs] + [_LAST_BMP]
    deltas = [(glyph - point) % 0x10000 for point, glyph in pairs] + [1]
    count = len(codes)
    power = 1 << (count.bit_length() - 1)
    body = struct.pack(">HHHH", 2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power))
    body += struct.pack(f">{count}HH{count}H", *codes, 0, *codes)
    body += struct.pack(f">{count}H{count}H", *deltas, *([0] * count))
    return struct.pack(">HHH", 4, 6 + len(body), 0) + body


def _format_12(points: Mapping[int, int]) -> bytes:
    groups = b"".join(struct.pack(">III", point, point, glyph) for point, glyph in sorted(points.items()))
    return struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(points)) + groups


@lru_cache(maxsize=16)
def _name(font: FontFile) -> bytes:
    """Copyright (kept, as the OFL asks), family, style, unique id, full and PostScript name."""
    texts = {0: font.copyright, 1: font.family, 2: "Regular", 3: font.id, 4: font.id, 6: font.id}
    records, strings = b"", b""
    for name_id, text in texts.items():
        encoded = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, name_id, len(encoded), len(strings))
        strings += encoded
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + strings


def _file(tables: Mapping[str, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = struct.pack(">IHHHH", 0x00010000, count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    at, directory, bodies, sums = 12 + 16 * count, header, [], 0
    for tag in sorted(tables):
        data = tables[tag]
        padded = data + b"\0" * (-len(data) % 4)
        checksum = _checksum(padded)
        directory += struct.pack(">4sIII", tag.encode(), checksum, at, len(data))
        if tag == "head":
            head = at
        at, sums = at + len(padded), sums + checksum
        bodies.append(padded)
    whole = bytearray(directory + b"".join(bodies))
    # every table is padded to whole words, so that the sum of the file is the sum of its pieces
    struct.pack_into(">I", whole, head + 8, (_MAGIC - sums - _checksum(directory)) & 0xFFFFFFFF)
    return bytes(whole)


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF
