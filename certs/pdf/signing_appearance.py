"""How the seal looks on the page: the appearance of its field (ISO 32000-2, 12.5.5), drawn above everything else."""

import re
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol

_MAX_UNPACKED: Final = 64 * 1024 * 1024  # the largest picture that is drawn has 48 MiB of samples
_USUAL_BYTES: Final = 256 * 1024
_STEP: Final = 1024 * 1024
_LENGTH: Final = re.compile(rb"/Length \d+$")
_REFERENCE: Final = re.compile(rb"(\d{1,10}) 0 R")


class Adds(Protocol):
    """Takes new objects."""

    def add(self, body: bytes) -> int:
        """Returns the number of the new object."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The objects of an appearance as they stand in a file: consecutive numbers from `first`, the form last."""

    first: int
    bodies: tuple[bytes, ...] = field(repr=False)

    def digest(self) -> bytes:
        """SHA-256 of everything that is drawn, by which a trust list knows the picture of a seal.

        Streams count as they unpack, because how they are packed depends on the zlib of the computer, and references
        count from the first object. All else counts as written.

        Raises:
            ValueError: a stream is damaged, or unpacks to more than any picture of ours.
        """
        return sha256(b"".join(self._digest_of(body) for body in self.bodies)).digest()

    def _digest_of(self, body: bytes) -> bytes:
        head, separator, rest = body.partition(b">>stream\n")
        head = _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) - self.first), _LENGTH.sub(b"", head))
        data = rest.removesuffix(b"\nendstream")
        digest = _unpacked_digest if len(data) <= _USUAL_BYTES else _unpacked_digest.__wrapped__
        packed = b"/Filter/FlateDecode" in head
        return sha256(head + separator).digest() + digest(data, packed=packed)


@lru_cache(16)
def _unpacked_digest(data: bytes, *, packed: bool) -> bytes:
    """A batch bears one picture many times. Damaged ones are not remembered."""
    if not packed:
        return sha256(data).digest()
    machine, found, total = zlib.decompressobj(), sha256(), 0
    try:
        while not machine.eof:
            piece = machine.decompress(data, _STEP)
            data, total = machine.unconsumed_tail, total + len(piece)
            found.update(piece)
            if total > _MAX_UNPACKED or not (piece or data):
                raise ValueError("a picture cut short, or larger than any of ours")
    except zlib.error as error:
        raise ValueError("a picture is damaged") from error
    if machine.unused_data:
        raise ValueError("something follows a picture")
    return found.digest()


class _Collected:
    """Objects that are in no file."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def add(self, body: bytes) -> int:
        """Numbers from 0."""
        self.bodies.append(body)
        return len(self.bodies) - 1


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

    def digest(self) -> bytes:
        """`Drawn.digest` of what is drawn in any file."""
        collected = _Collected()
        self.add_to(collected)
        return Drawn(0, tuple(collected.bodies)).digest()


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
