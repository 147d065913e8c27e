"""A photo for a certificate: only the plain kind of JPEG that every face can embed as it is."""

import struct

from certs.errors.layout import PhotoRefused
from certs.layout.operations import Box, Image, mm

MAX_BYTES = 512 * 1024
MAX_SIDE = 4000

_BASELINE = 0xC0
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_OTHER_FRAMES = frozenset(range(0xC1, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_photo(data: bytes, box: Box | None) -> Image:
    """A baseline JPEG, grey or YCbCr, in the middle of a box and in its own proportions.

    Raises:
        PhotoRefused: it is something else or too large, or there is no place for it.
    """
    if box is None:
        raise PhotoRefused("the layout has no place for a photo")
    if not data.startswith(b"\xff\xd8\xff") or not data.endswith(b"\xff\xd9") or len(data) > MAX_BYTES:
        raise PhotoRefused("not a JPEG file of at most 512 KiB")
    try:
        rows, columns, components = _frame(data)
    except (struct.error, IndexError) as error:
        raise PhotoRefused("the JPEG file is damaged") from error
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE) or components not in {1, 3}:
        raise PhotoRefused(f"{columns} × {rows} pixels with {components} components")
    return Image(_within(box, columns, rows), data, columns, rows, components)


def _within(box: Box, columns: int, rows: int) -> Box:
    """As large as the box allows, in its middle: nobody's face is stretched."""
    scale = min(box.width / columns, box.height / rows)
    width, height = mm(columns * scale), mm(rows * scale)
    return Box(mm(box.x + (box.width - width) / 2), mm(box.y + (box.height - height) / 2), width, height)


def _frame(data: bytes) -> tuple[int, int, int]:
    """Rows, columns and components from the frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _STANDALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker == _BASELINE:
            precision, rows, columns, components = struct.unpack_from(">BHHB", data, at + 4)
            if precision != 8:
                break
            return rows, columns, components
        if marker in _OTHER_FRAMES:
            raise PhotoRefused("not a baseline JPEG")
        at += 2 + length
    raise PhotoRefused("the JPEG file has no frame")
