"""Which pictures of seals may be shown in a browser: raster images that are what they say. Pure.

A seal's picture is a foreign file. SVG and OFD can carry scripts or more than is seen, so they are never shown; the
kind written in the seal is believed only if the first octets agree, and no picture may claim absurd dimensions.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.seals.model import Picture

MAX_SIDE: Final = 4096
_SIGNATURES: Final[Mapping[str, tuple[str, bytes]]] = MappingProxyType(
    {
        "PNG": ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
        "GIF": ("image/gif", b"GIF8"),
        "JPG": ("image/jpeg", b"\xff\xd8\xff"),
        "BMP": ("image/bmp", b"BM"),
    }
)


def media_type(picture: Picture) -> str | None:
    """The media type the picture may be shown as; None if it may not be shown."""
    found = _SIGNATURES.get(picture.kind.upper())
    if found is None or not picture.data.startswith(found[1]):
        return None
    return found[0] if all(0 < side <= MAX_SIDE for side in _sides(picture)) else None


def _sides(picture: Picture) -> tuple[int, int]:
    """Width and height in pixels as the header says; (1, 1) for JPEG, whose header comes anywhere."""
    data, kind = picture.data, picture.kind.upper()
    if kind == "PNG":
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if kind == "GIF":
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if kind == "BMP":
        height = int.from_bytes(data[22:26], "little", signed=True)
        return int.from_bytes(data[18:22], "little", signed=True), abs(height)
    return 1, 1
