"""QR codes as modules, so that every face draws them as shapes (ISO/IEC 18004, error correction M)."""

import re

import zxingcpp

from certs.errors.layout import CodeTooLong
from certs.layout.operations import Box, Code, mm

QUIET_ZONE = 4  # modules on each side, part of the box
SMALLEST_MODULE = 0.33  # mm: what a phone reads from paper

_DARK = re.compile(b"\x01+")
_is_dark = (0).__eq__  # a black pixel


def qr_code(text: str, box: Box) -> Code:
    """The code of a text in a square box that includes the quiet zone.

    Raises:
        CodeTooLong: its modules would be smaller than a phone can read from paper.
    """
    modules = _modules(text)
    module = box.width / (len(modules) + 2 * QUIET_ZONE)
    if module < SMALLEST_MODULE:
        raise CodeTooLong(f"{len(modules)} modules in {box.width:g} mm", modules=len(modules), width=box.width)
    margin, size = QUIET_ZONE * module, len(modules) * module
    return Code(Box(mm(box.x + margin), mm(box.y + margin), mm(size), mm(size)), modules, text)


def dark_stretches(modules: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Start and length of each stretch of dark modules in a row."""
    return [(found.start(), len(found[0])) for found in _DARK.finditer(bytes(modules))]


def _modules(text: str) -> tuple[tuple[bool, ...], ...]:
    try:
        barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    except ValueError as error:
        raise CodeTooLong(f"{len(text)} characters", characters=len(text)) from error
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    pixels = bytes(memoryview(image))  # type: ignore[arg-type]  # it has the buffer interface; its stub forgets it
    side = image.shape[0]
    return tuple(tuple(map(_is_dark, pixels[i : i + side])) for i in range(0, len(pixels), side))
