"""What a page drawn by our renderer is made of, read back from the file: texts, fonts, pictures, code.

Everything here is asked of revision 0 of a file in our own shape, and believed only after drawing it again.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import zxingcpp

from certs.layout.revision import read_mark
from certs.pdf.render_xmp import PRODUCER, Part
from certs.pdf.signing_revisions import read_revisions
from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_filters import inflated, unpacked
from certs.pdf.strict_values import Budget, Stream, Value
from certs.pdf.verify_content import pages

_MAX_UNPACKED: Final = 16 * 1024 * 1024
_DOCUMENT_ID: Final = re.compile(rb"uuid:[0-9a-f-]{36}")
_CREATOR: Final = re.compile(b"<xmp:CreatorTool>%b ([^<]*)</xmp:CreatorTool>" % PRODUCER.encode())
_SHOWN: Final = re.compile(rb"/(F\d+) [\d.-]+ Tf [^\[\n]*\[([^\]\n]*)\] TJ")
_CODES: Final = re.compile(rb"<((?:[0-9A-F]{4})+)>")
_MAPPED: Final = re.compile(rb"<([0-9A-F]{4})><((?:[0-9A-F]{4}){1,2})>\n")
_CODE: Final = re.compile(rb"cm 0 0 0 rg ((?:\d{1,3} \d{1,3} \d{1,3} 1 re ?)+)f Q")
_RECTANGLE: Final = re.compile(rb"(\d+) (\d+) (\d+) 1 re")
_LENGTH: Final = re.compile(rb"/Length \d+$")
_QUIET, _SCALE, _MAX_MODULES = 4, 3, 177


@dataclass(frozen=True, slots=True)
class PageFont:
    """An embedded font: the id behind its tag, which character each code stands for, the program."""

    id: str
    characters: Mapping[int, str] = field(repr=False)
    program: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was read back.

    Attributes:
        text: everything shown, in the order of drawing, white space left out.
        qr: what the code says, "" if there is none.
        pictures: of the page, as in the file.
        version: mark of the layout that drew it (`certs.layout.revision`), "" without one.
    """

    text: str = field(repr=False)
    fonts: tuple[PageFont, ...]
    qr: str
    pictures: list[bytes] = field(repr=False)
    part: Part
    version: str = ""


def read_drawing(file: StrictFile) -> Drawing:
    """Read the first revision's page.

    Raises:
        PdfUnreadable: something is packed in a way that our renderer does not use.
        ValueError: it does not have exactly one page.
    """
    (_, page), *more = pages(file, 0)
    if more:
        raise ValueError("more than one page")
    budget = Budget(0, _MAX_UNPACKED)
    resources = file.dictionary(page.get("Resources"), 0)
    by_name = {key: _font(file, font, budget) for key, font in file.dictionary(resources.get("Font"), 0).items()}
    streams = [file.get(item, 0) for item in file.array(page.get("Contents"), 0)]
    marks = b"\n".join(unpacked(stream, budget) for stream in streams[1:] if isinstance(stream, Stream))
    return Drawing(
        text=_text(marks, by_name),
        fonts=tuple(by_name.values()),
        qr=_code(marks),
        pictures=_pictures(file, resources),
        part=Part.A4F if file.data.startswith(b"%PDF-2.0") else Part.A3B,
        version=_version(file, budget),
    )


def alike(ours: bytes, theirs: bytes) -> bool:
    """Whether two files of one revision hold the same objects, byte for byte as our renderer writes them.

    Streams are compared unpacked, because how they are packed depends on the zlib of the computer; the document's own
    number follows from that and may differ. Another spelling of the same value is a difference: readers disagree on it.

    Raises:
        PdfUnreadable: a stream is damaged or too large. PdfShapeRefused: as reading revisions may.
    """
    (mine,), (others,) = (read_revisions(data) for data in (ours, theirs))
    budget = Budget(0, 4 * _MAX_UNPACKED)
    same = mine.objects.keys() == others.objects.keys()
    return same and all(_same(body, others.objects[number], budget) for number, body in mine.objects.items())


def _same(ours: bytes, theirs: bytes, budget: Budget) -> bool:
    if ours == theirs:
        return True
    (head, data), (their_head, their_data) = map(_stream_of, (ours, theirs))
    if head != their_head:
        return False
    if b"/Filter/FlateDecode" in head:
        return inflated(data, budget) == inflated(their_data, budget)
    if b"/Type/Metadata" in head:
        return _DOCUMENT_ID.sub(b"uuid:", data) == _DOCUMENT_ID.sub(b"uuid:", their_data)  # one stays one
    return False


def _stream_of(body: bytes) -> tuple[bytes, bytes]:
    """Dictionary without its length, and data; a body that is no stream is all dictionary."""
    head, separator, rest = body.partition(b">>stream\n")
    return (_LENGTH.sub(b"", head) + separator, rest.removesuffix(b"\nendstream")) if separator else (body, b"")


def _font(file: StrictFile, value: Value, budget: Budget) -> PageFont:
    font = file.dictionary(value, 0)
    (descendant,) = file.array(font.get("DescendantFonts"), 0)
    descriptor = file.dictionary(file.dictionary(descendant, 0).get("FontDescriptor"), 0)
    mapped, program = file.get(font.get("ToUnicode"), 0), file.get(descriptor.get("FontFile2"), 0)
    if not isinstance(mapped, Stream) or not isinstance(program, Stream):
        raise ValueError("a font without program or characters")
    pairs = _MAPPED.findall(unpacked(mapped, budget))
    characters = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
    return PageFont(str(font.get("BaseFont", ""))[7:], characters, unpacked(program, budget))


def _text(marks: bytes, fonts: Mapping[str, PageFont]) -> str:
    out: list[str] = []
    for name, shown in _SHOWN.findall(marks):
        characters = fonts[name.decode("ascii")].characters
        codes = b"".join(_CODES.findall(shown))
        out += (characters.get(int(codes[i : i + 4], 16), "\ufffd") for i in range(0, len(codes), 4))
    return "".join("".join(out).split())


def _code(marks: bytes) -> str:
    """What the QR code on the page says, read from its modules as a reader would."""
    found = _CODE.search(marks)
    if found is None:
        return ""
    dark = [(int(x), int(y), int(length)) for x, y, length in _RECTANGLE.findall(found[1])]
    count = max(max(x + length, y + 1) for x, y, length in dark)
    if count > _MAX_MODULES:
        return ""
    side = (count + 2 * _QUIET) * _SCALE
    pixels = bytearray(b"\xff" * side * side)
    for x, y, length in dark:
        start, stretch = (x + _QUIET) * _SCALE, b"\0" * (length * _SCALE)
        for row in range((count - 1 - y + _QUIET) * _SCALE, (count - y + _QUIET) * _SCALE):
            pixels[row * side + start : row * side + start + len(stretch)] = stretch
    data = bytes(pixels)  # the view keeps no reference of its own
    codes = zxingcpp.read_barcodes(zxingcpp.ImageView(data, side, side, zxingcpp.ImageFormat.Lum))
    return codes[0].text if len(codes) == 1 else ""


def _version(file: StrictFile, budget: Budget) -> str:
    packet = file.get(file.catalog(0).get("Metadata"), 0)
    found = _CREATOR.search(unpacked(packet, budget)) if isinstance(packet, Stream) else None
    return read_mark(found[1].decode("ascii", "replace")) if found else ""


def _pictures(file: StrictFile, resources: dict[str, Value]) -> list[bytes]:
    images = [file.get(value, 0) for value in file.dictionary(resources.get("XObject"), 0).values()]
    return [image.data for image in images if isinstance(image, Stream)]


def glyph_data(program: bytes) -> tuple[bytes, list[bytes]]:
    """Revision number and outlines, as stored, of a TrueType font (OpenType 1.9: head, loca, glyf).

    Raises:
        ValueError, struct.error: it is none.
    """
    (count,) = struct.unpack_from(">H", program, 4)
    tables = dict[bytes, bytes]()
    for i in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", program, 12 + 16 * i)
        tables[tag] = program[offset : offset + length]
    if not {b"head", b"loca", b"glyf"} <= tables.keys():
        raise ValueError("not a TrueType font")
    head, loca, outlines = tables[b"head"], tables[b"loca"], tables[b"glyf"]
    long = struct.unpack_from(">h", head, 50)[0] == 1
    places = [place if long else 2 * place for (place,) in struct.iter_unpack(">I" if long else ">H", loca)]
    if places != sorted(places):  # outlines that overlap are how a small font becomes endless work
        raise ValueError("outlines are not in order")
    return head[4:8], [outlines[start:end] for start, end in pairwise(places)]
