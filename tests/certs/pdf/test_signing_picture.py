"""A seal's picture in a PDF: the pixels are those another decoder sees, and what is no good picture is refused."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from certs.pdf.signing_appearance import NOTHING, SealAppearance, picture_appearance
from certs.pdf.signing_picture import MAX_SIDE, PictureRefused, seal_appearance
from certs.seals.model import Picture

WIDTH, HEIGHT = 13, 9


def picture(data: bytes, kind: str = "PNG") -> Picture:
    return Picture(kind, data, 42, 42)


def image(mode: str, **more: object) -> bytes:
    """A picture with a gradient in every channel, so that encoders choose different filters per row."""
    made = Image.new("RGBA", (WIDTH, HEIGHT))
    for x in range(WIDTH):
        for y in range(HEIGHT):
            made.putpixel((x, y), (x * 19 % 256, y * 27 % 256, x * y % 256, (x + y) * 11 % 256))
    out = io.BytesIO()
    made.convert(mode).save(out, "PNG", **more)
    return out.getvalue()


def expected(data: bytes) -> SealAppearance:
    """By an implementation that is not ours."""
    seen = Image.open(io.BytesIO(data)).convert("RGBA")
    return picture_appearance(*seen.size, seen.convert("RGB").tobytes(), seen.getchannel("A").tobytes())


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "LA", "P"])
def test_the_pixels_are_those_another_decoder_sees(mode: str) -> None:
    data = image(mode)
    assert seal_appearance(picture(data)) == expected(data)


def png(*rows: bytes, columns: int = 4, count: int | None = None, depth: int = 8, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", columns, len(rows) if count is None else count, depth, 2, 0, 0, interlaced)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in parts)
    return b"\x89PNG\r\n\x1a\n" + body


@given(st.lists(st.tuples(st.integers(0, 4), st.binary(min_size=12, max_size=12)), min_size=1, max_size=6))
def test_every_filter_is_undone(rows: list[tuple[int, bytes]]) -> None:
    data = png(*(bytes([kind]) + row for kind, row in rows))
    assert seal_appearance(picture(data)) == expected(data)


ROW = b"\0" + bytes(12)
BAD = {
    "no PNG": b"GIF89a",
    "nothing": b"",
    "cut off": image("RGBA")[:-20],
    "a bit flipped": image("RGBA")[:60] + b"\xff" + image("RGBA")[61:],
    "a filter that does not exist": png(b"\x05" + bytes(12)),
    "more rows than it says": png(ROW, ROW, count=1),
    "fewer rows than it says": png(ROW, count=9),
    "16 bits": png(ROW, depth=16),
    "interlaced": png(ROW, interlaced=1),
    "no columns": png(ROW, columns=0),
    "huge": png(ROW, count=MAX_SIDE + 1),
    "a bomb": png(bytes(50_000_000), columns=4, count=1),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_good_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused):
        seal_appearance(picture(data))


@settings(max_examples=200)
@given(st.integers(0, len(image("RGBA")) - 1), st.integers(1, 255))
def test_a_damaged_picture_is_refused_or_the_same(position: int, change: int) -> None:
    data = bytearray(image("RGBA"))
    data[position] ^= change
    try:
        found = seal_appearance(picture(bytes(data)))
    except PictureRefused:
        return
    assert found == expected(image("RGBA"))


def test_a_jpeg_is_embedded_as_it_is_and_other_kinds_are_not_drawn() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 4), (200, 0, 0)).save(out, "JPEG")
    jpeg = out.getvalue()
    found = seal_appearance(picture(jpeg, "jpg"))
    assert jpeg in found.image
    assert b"/DCTDecode" in found.image
    assert found.mask == b""
    for kind in ("SVG", "OFD", "GIF", "BMP"):
        assert seal_appearance(picture(b"anything", kind)) == NOTHING
    with pytest.raises(PictureRefused):
        seal_appearance(picture(b"no JPEG", "JPG"))
