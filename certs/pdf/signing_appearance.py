"""How the seal looks on the page: the appearance of its field (ISO 32000-2, 12.5.5), drawn above everything else."""

import zlib
from dataclasses import dataclass
from typing import Protocol


class Adds(Protocol):
    """Takes new objects."""

    def add(self, body: bytes) -> int:
        """Returns the number of the new object."""


@dataclass(frozen=True, slots=True)
class SealAppearance:
    """Prepared once per seal, used for many documents.

    Attributes:
        operators: content stream in a box of `width` x `height`; an image, if there is one, is `/I0`.
        image, mask: complete bodies of the image and of its alpha, or empty.
    """

    operators: bytes
    width: float
    height: float
    image: bytes = b""
    mask: bytes = b""

    def add_to(self, update: Adds) -> int:
        """Add the form XObject and what it needs; returns its number."""
        resources = b""
        if self.image:
            mask = b"/SMask %d 0 R" % update.add(self.mask) if self.mask else b""
            image = update.add(self.image.replace(b"<<", b"<<%b" % mask, 1))
            resources = b"/XObject<</I0 %d 0 R>>" % image
        box = b"[0 0 %g %g]" % (self.width, self.height)
        head = b"/Type/XObject/Subtype/Form/BBox%b/Resources<<%b>>" % (box, resources)
        return update.add(_stream(head, self.operators))


def drawn_appearance(operators: bytes, width: float, height: float) -> SealAppearance:
    """From PDF operators in a box of this size; no fonts: text in seals is drawn as paths."""
    return SealAppearance(operators, width, height)


def picture_appearance(columns: int, rows: int, rgb: bytes, alpha: bytes) -> SealAppearance:
    """From samples, 8 bits each, top row first: three per pixel, and one of opacity.

    Raises:
        ValueError: the samples do not fill the picture.
    """
    if len(rgb) != 3 * columns * rows or len(alpha) != columns * rows:
        raise ValueError("samples do not fill the picture")
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/Filter/FlateDecode" % (columns, rows)
    image = _stream(head + b"/ColorSpace/DeviceRGB", zlib.compress(rgb, 9))
    mask = _stream(head + b"/ColorSpace/DeviceGray", zlib.compress(alpha, 9))
    return SealAppearance(b"/I0 Do", 1, 1, image, mask)


def jpeg_appearance(columns: int, rows: int, components: int, data: bytes) -> SealAppearance:
    """From a baseline JPEG of one (grey) or three components, embedded as it is; it has no transparency."""
    space = b"/DeviceGray" if components == 1 else b"/DeviceRGB"
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/Filter/DCTDecode" % (columns, rows)
    return SealAppearance(b"/I0 Do", 1, 1, _stream(head + b"/ColorSpace" + space, data))


def _stream(head: bytes, data: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (head, len(data), data)


NOTHING = drawn_appearance(b"", 1, 1)
