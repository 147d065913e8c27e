"""A seal's picture as the appearance of a PDF signature: PNG (ISO/IEC 15948) with its transparency, or baseline JPEG.

The picture comes from a seal somebody else made, so it is read with limits and every fault is a refusal.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from certs.errors import CertsError
from certs.layout.operations import Box
from certs.layout.photo import read_photo
from certs.pdf.signing_appearance import NOTHING, SealAppearance, jpeg_appearance, picture_appearance
from certs.seals.model import Picture

MAX_SIDE: Final = 4096
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples per pixel, 8 bits each
_PALETTE, _GREY, _GREY_ALPHA, _RGB_ALPHA = 3, 0, 4, 6
_ANYWHERE: Final = Box(0, 0, 1, 1)


class PictureRefused(CertsError):
    """A seal's picture cannot be drawn. Next: have the seal made with an 8-bit PNG picture that is not interlaced."""

    code = "seal-picture-refused"


@dataclass(frozen=True, slots=True)
class _Header:
    columns: int
    rows: int
    colour: int


def seal_appearance(picture: Picture) -> SealAppearance:
    """The picture to draw; nothing is drawn for kinds PDF cannot hold as they are (GIF, BMP, SVG, OFD).

    Raises:
        PictureRefused: damaged, larger than 4096 pixels a side, interlaced, or not of 8 bits.
    """
    kind = picture.kind.upper()
    if kind == "PNG":
        return _png(picture.data)
    if kind in {"JPG", "JPEG"}:
        return _jpeg(picture.data)
    return NOTHING


def picture_digest(picture: Picture) -> bytes | None:
    """SHA-256 of how the picture is drawn in a PDF (`Drawn.digest`); None if it cannot be drawn."""
    try:
        return seal_appearance(picture).digest()
    except PictureRefused:
        return None


def _jpeg(data: bytes) -> SealAppearance:
    try:
        image = read_photo(data, _ANYWHERE)
    except CertsError as error:
        raise PictureRefused(str(error)) from error
    return jpeg_appearance(image.columns, image.rows, image.components, data)


def _png(data: bytes) -> SealAppearance:
    try:
        chunks = list(_chunks(data))
        header = _header(chunks)
        samples = _unfiltered(b"".join(body for kind, body in chunks if kind == b"IDAT"), header)
    except (struct.error, zlib.error, IndexError, KeyError) as error:
        raise PictureRefused("the PNG is damaged") from error
    rgb, alpha = _split(header, samples, dict(chunks))
    return picture_appearance(header.columns, header.rows, rgb, alpha)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise PictureRefused("not a PNG")
    at = len(_SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + body) != check:
            raise PictureRefused("the PNG is damaged")
        yield kind, body
        at += 12 + length
        if kind == b"IEND":
            return


def _header(chunks: list[tuple[bytes, bytes]]) -> _Header:
    kind, body = chunks[0]
    columns, rows, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", body)
    if kind != b"IHDR" or not (0 < columns <= MAX_SIDE and 0 < rows <= MAX_SIDE):
        raise PictureRefused(f"a PNG of {columns} × {rows} pixels")
    if depth != 8 or colour not in _SAMPLES or (compression, filtering, interlaced) != (0, 0, 0):
        raise PictureRefused("a PNG that is interlaced or has not 8 bits per sample")
    return _Header(columns, rows, colour)


def _unfiltered(packed: bytes, header: _Header) -> bytes:
    """The samples, row by row (ISO/IEC 15948 §9.2)."""
    step = _SAMPLES[header.colour]
    width = header.columns * step
    unpacker, expected = zlib.decompressobj(), header.rows * (width + 1)
    filtered = unpacker.decompress(packed, expected + 1)
    if len(filtered) != expected:
        raise PictureRefused("the PNG has more or fewer samples than pixels")
    out, above = bytearray(), bytearray(width)
    for start in range(0, expected, width + 1):
        row = bytearray(filtered[start + 1 : start + 1 + width])
        _unfilter(filtered[start], row, above, step)
        out += row
        above = row
    return bytes(out)


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    if kind > 4:
        raise PictureRefused("the PNG uses a filter that does not exist")
    if kind == 0:
        return
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        row[i] = (row[i] + _predicted(kind, left, above[i], corner)) & 0xFF


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 2:
        return up
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _split(header: _Header, samples: bytes, chunks: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """Colour and opacity apart."""
    opaque = b"\xff" * (header.columns * header.rows)
    if header.colour == _PALETTE:
        return _from_palette(samples, chunks)
    if header.colour in {_GREY, _GREY_ALPHA}:
        step = _SAMPLES[header.colour]
        grey, alpha = samples[::step], samples[1::step] if header.colour == _GREY_ALPHA else opaque
        return bytes(value for sample in grey for value in (sample, sample, sample)), alpha
    if header.colour == _RGB_ALPHA:
        rgb = bytearray(3 * len(opaque))
        for channel in range(3):
            rgb[channel::3] = samples[channel::4]
        return bytes(rgb), samples[3::4]
    return samples, opaque


def _from_palette(samples: bytes, chunks: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    palette, clear = chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b"")
    if not palette or len(palette) % 3 or max(samples) >= len(palette) // 3:
        raise PictureRefused("the PNG's palette has fewer colours than it uses")
    colours = [palette[i : i + 3] for i in range(0, len(palette), 3)]
    opacity = clear.ljust(256, b"\xff")
    return b"".join(colours[sample] for sample in samples), bytes(opacity[sample] for sample in samples)
