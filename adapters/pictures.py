"""Pictures in a department's rows: checked, packed anew without anything hidden in them, kept apart from the record.

A cell holds a JPEG or PNG file as base64. What is kept is a plain JPEG; what stands in the record is the SHA-256 of
its bytes. A cell that is no such picture is replaced by the reason, and the mapping quarantines its row.
"""

import asyncio
import binascii
import struct
from base64 import b64decode
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from typing import Final

import PIL.Image
import PIL.ImageFile
import PIL.ImageOps
import polars as pl

from adapters.errors import PictureRefusedError
from adapters.marks import plain
from adapters.model import Manifest
from adapters.ports import Pictures

MAX_BYTES: Final = 1024 * 1024
MAX_KEPT_BYTES: Final = 512 * 1024
MIN_SIDE: Final = 60
MAX_SIDE: Final = 2000

_AT_ONCE: Final = 4
_QUALITY: Final = 90
_MODES: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_CLEAR: Final = frozenset({"LA", "RGBA"})
# Whatever a decoder says to a broken file: one row of one department must not end the pull of all others.
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    struct.error,
    PIL.Image.DecompressionBombError,
    PIL.Image.DecompressionBombWarning,
)


class Intake:
    """Takes the pictures out of chunks, one chunk after another: `take` it, map it, `keep` what is good of it."""

    def __init__(self, manifest: Manifest, store: Pictures | None) -> None:
        """Without a `store` pictures are only checked."""
        self._columns, self._items, self._store = manifest.picture_columns(), manifest.picture_items(), store
        self._new: dict[str, tuple[str, bytes]] = {}

    async def take(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with a digest, or a reason, for every picture; the same frame if the manifest has none.

        Raises:
            BlobStoreError: the store cannot be asked.
        """
        self._new.clear()
        for column in self._columns:
            cells = frame[column].unique().drop_nulls().to_list()
            taken = await self._take(cell for cell in cells if cell.strip())
            frame = frame.with_columns(pl.col(column).replace(taken)) if taken else frame
        return frame

    async def keep(self, good: pl.DataFrame) -> None:
        """Keep the pictures of these rows of the chunk, before any of them is stored; of rows put aside none.

        Raises:
            BlobStoreError: a picture could not be kept.
        """
        if self._store is None or not self._new:
            return
        wanted = {digest for item in self._items for digest in good[item].drop_nulls().to_list()}
        places, store = asyncio.Semaphore(_AT_ONCE), self._store

        async def one(source: str, picture: bytes) -> None:
            async with places:
                await store.keep(source, picture)

        new = [one(source, picture) for source, (digest, picture) in self._new.items() if digest in wanted]
        await asyncio.gather(*new)

    async def _take(self, cells: Iterable[str]) -> dict[str, str]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(cell: str) -> tuple[str, str]:
            async with places:
                try:
                    return cell, await self._taken(cell)
                except PictureRefusedError as error:
                    return cell, plain(error.reason)

        return dict(await asyncio.gather(*map(one, cells)))

    async def _taken(self, cell: str) -> str:
        source = _unpacked(cell)
        origin = sha256(source).hexdigest()
        known = await self._store.known(origin) if self._store else None
        if known is not None:
            return known
        picture = await asyncio.to_thread(plain_picture, source)
        digest = sha256(picture).hexdigest()
        self._new[origin] = digest, picture
        return digest


def plain_picture(source: bytes) -> bytes:
    """The picture as a baseline JPEG without metadata, upright, on white where it is clear.

    Raises:
        PictureRefusedError: it is no JPEG or PNG, damaged, of several pictures, too large or too small.
    """
    if len(source) > MAX_BYTES:
        raise PictureRefusedError(f"larger than {MAX_BYTES} bytes")
    PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False  # half a face is no photo, whatever another library asked for
    try:
        with PIL.Image.open(BytesIO(source), formats=("JPEG", "PNG")) as image:
            _check(image)
            image.load()
            packed = _packed(PIL.ImageOps.exif_transpose(image))
    except _BROKEN as error:
        raise PictureRefusedError("not a sound JPEG or PNG file") from error
    if len(packed) > MAX_KEPT_BYTES:
        raise PictureRefusedError(f"larger than {MAX_KEPT_BYTES} bytes when packed")
    return packed


def _unpacked(cell: str) -> bytes:
    if len(cell) > 2 * MAX_BYTES:
        raise PictureRefusedError(f"larger than {MAX_BYTES} bytes")
    try:
        return b64decode("".join(cell.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureRefusedError("not base64") from error


def _check(image: PIL.Image.Image) -> None:
    """Asked before anything is unpacked."""
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in image.size):
        raise PictureRefusedError(f"{image.width} × {image.height} pixels; a side has {MIN_SIDE} to {MAX_SIDE}")
    if image.mode not in _MODES:
        raise PictureRefusedError(f"colours of the kind {image.mode}")
    if getattr(image, "n_frames", 1) != 1:
        raise PictureRefusedError("several pictures in one file")


def _packed(image: PIL.Image.Image) -> bytes:
    clear = image.mode in _CLEAR or "transparency" in image.info
    if clear:
        shown = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", shown.size, "white"), shown)
    out = BytesIO()
    # a fresh image: what the file said besides its pixels stays behind
    flat = PIL.Image.new("RGB", image.size)
    flat.paste(image.convert("RGB"))
    flat.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
