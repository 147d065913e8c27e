"""The picture of a test seal: a red ring, a star and 测试 below it, so that nobody takes it for a real one."""

import struct
import zlib
from functools import cache
from math import atan2, cos, hypot, pi
from typing import Final

PICTURE_MM: Final = 42
_SIDE: Final = 336  # 200 dots per inch
_RED: Final = b"\xd9\x1e\x18"
_SAMPLES: Final = (0.25, 0.75)
_CENTRE: Final = _SIDE / 2
_RING: Final = (152, 164)
_STAR_AT: Final = 138  # pixels from the top
_STAR: Final = 58
_TEXT_LEFT, _TEXT_TOP, _SCALE = 96, 212, 2.25
_GRID: Final = 32
# 测 and 试 as 32 × 32 dots, from Noto Sans SC Bold (certs/layout/fonts)
_GLYPHS: Final = (
    0xE00001C1FBFF81C1FFFF9DC07BFF9DC03B839DC003BB9DC003BB9DC003BB9DC183BB9DC3C3BB9DC7F3BB9DC3F3BB9DC0F3BB9DC023BB9DC003BB9DC003BB9DC003BB9DC063BB9DC07BBB9DC07BBB9DC0F3BB9DC0F3BB9DC1F07001C1E07E01C1E0FF01C3C1E781C3C7C39FC1C783CFC003010F80000000000000000,
    0x40007900E0007F81F0007F80F8007BC07C0079C03C00798019FFFFE011FFFFE001FFFFE001FFFFE7F8007807F8007807F8007807F8FF780078FF780078FF780078FF7800783C7800783C3C00783C3C00783C3C00783C3CC07F3CBCE07F3FBCE07FFFDFE0FFFFDFE1FCFE1FC0F0E00FC060000F80000007000000000,
)


@cache
def trial_seal_picture() -> bytes:
    """A PNG with transparency, 336 × 336 pixels, the same every time."""
    rows = bytearray()
    for y in range(_SIDE):
        rows.append(0)
        for x in range(_SIDE):
            inked = sum(_inked(x + dx, y + dy) for dx in _SAMPLES for dy in _SAMPLES)
            rows += _RED + bytes([inked * 255 // len(_SAMPLES) ** 2])
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 6, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(bytes(rows), 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _inked(x: float, y: float) -> bool:
    if _RING[0] <= hypot(x - _CENTRE, y - _CENTRE) <= _RING[1]:
        return True
    return _in_star(x - _CENTRE, y - _STAR_AT) or _in_text(x - _TEXT_LEFT, y - _TEXT_TOP)


def _in_star(x: float, y: float) -> bool:
    """A pentagram with one point up: within a tenth of the circle its edge is a straight line."""
    angle = abs((atan2(x, -y) + pi / 5) % (2 * pi / 5) - pi / 5)
    return hypot(x, y) * cos(angle - 2 * pi / 5) <= _STAR * cos(2 * pi / 5)


def _in_text(x: float, y: float) -> bool:
    column, row = int(x // _SCALE), int(y // _SCALE)
    which, column = divmod(column, _GRID)
    if not (0 <= which < len(_GLYPHS) and 0 <= row < _GRID):
        return False
    return bool(_GLYPHS[which] >> (_GRID * _GRID - 1 - row * _GRID - column) & 1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
