"""Pictures in rows: a plain JPEG is kept, the record holds its digest, a bad one quarantines the row."""

import struct
import zlib
from base64 import b64encode
from datetime import date
from hashlib import sha256
from io import BytesIO

import polars as pl
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from adapters.errors import BlobStoreError, PictureRefusedError
from adapters.manifest import parse_manifest
from adapters.mapping import BODY, Mapped, Mapper
from adapters.model import Manifest
from adapters.pictures import MAX_BYTES, MAX_SIDE, MIN_SIDE, Intake, plain_picture
from adapters.preview import preview_of

MANIFEST = """
adapter = 1
resource = "mca.marriage"
key = ["number"]
subjects = ["number"]
[source]
type = "relational"
connection = "x"
table = "t"
[map]
number = "no"
photo_digest = {image = "zp"}
"""


def manifest() -> Manifest:
    return parse_manifest(MANIFEST.encode())


class Store:
    """Keeps pictures in memory and counts what it is asked."""

    def __init__(self) -> None:
        self.photos: dict[str, bytes] = {}
        self.origins: dict[str, str] = {}
        self.kept = 0

    async def known(self, source: str) -> str | None:
        return self.origins.get(source)

    async def keep(self, source: str, photo: bytes) -> None:
        self.kept += 1
        digest = sha256(photo).hexdigest()
        self.photos[digest], self.origins[source] = photo, digest


class Broken(Store):
    async def keep(self, source: str, photo: bytes) -> None:
        raise BlobStoreError("put", source, f"{len(photo)} bytes too many")


def drawn(size: tuple[int, int] = (120, 84), mode: str = "RGB", colour: object = (200, 40, 40)) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]  # one colour per mode


def file_of(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def cell(data: bytes) -> str:
    return b64encode(data).decode()


async def mapped(cells: list[str | None], store: Store | None) -> Mapped:
    frame = pl.DataFrame({"no": [f"n{i}" for i in range(len(cells))], "zp": pl.Series(cells, dtype=pl.String)})
    intake = Intake(manifest(), store)
    found = Mapper(manifest()).apply(await intake.take(frame), date(2026, 11, 22))
    await intake.keep(found.good)
    return found


async def test_the_record_says_the_digest_of_what_is_kept() -> None:
    store, noisy = Store(), Image.effect_noise((150, 105), 30).convert("RGB")
    files = [file_of(noisy), file_of(noisy, "PNG"), file_of(noisy, "JPEG", progressive=True)]
    wrapped = "\n".join(cell(files[0])[i : i + 76] for i in range(0, len(cell(files[0])), 76))
    found = await mapped([*map(cell, files), wrapped, None, "", " "], store)
    assert (found.read, len(found.refused), found.good.height) == (7, 0, 7)
    digests = found.good["photo_digest"].to_list()
    assert digests[4:] == [None, None, None], "a row may come without a picture"
    assert digests[0] == digests[3]
    assert set(digests[:3]) == set(store.photos)
    assert store.kept == 3
    for digest, photo in store.photos.items():
        assert sha256(photo).hexdigest() == digest
        image = Image.open(BytesIO(photo))
        assert (image.format, image.mode, image.size, "progressive" in image.info) == ("JPEG", "RGB", (150, 105), False)
    assert not any(photo in body.encode() for body in found.good[BODY] for photo in store.photos.values())


async def test_the_same_file_stays_the_same_picture_for_ever() -> None:
    """Whatever a later version of the packing library would make of it: no certificate is superseded for that."""
    source, store = file_of(drawn()), Store()
    store.origins[sha256(source).hexdigest()] = "ab" * 32
    found = await mapped([cell(source)], store)
    assert (found.good["photo_digest"].to_list(), store.kept) == (["ab" * 32], 0)
    assert plain_picture(source) == plain_picture(source)


async def test_a_preview_keeps_nothing_and_shows_no_digest() -> None:
    found = await mapped([cell(file_of(drawn())), "nonsense"], None)
    shown = preview_of(manifest(), found, None)
    assert str(shown.rows[0]["photo_digest"]).endswith("*")
    assert shown.refused[0].violations == (("image", "photo_digest"),)


def test_nothing_hidden_is_kept() -> None:
    secret, info = b"GPS 30.1 N 120.2 E", PngImagePlugin.PngInfo()
    info.add_text("where", secret.decode())
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    for source in (
        file_of(drawn(), "JPEG", comment=secret, exif=exif),
        file_of(drawn()) + secret + b"<script>",
        file_of(drawn(), "PNG", pnginfo=info),
        file_of(drawn(), "PNG") + secret,
    ):
        assert secret in source
        kept = plain_picture(source)
        assert secret not in kept
        assert b"Exif" not in kept
        assert b"<script>" not in kept


def test_a_turned_picture_stands_upright_and_a_clear_one_on_white() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert Image.open(BytesIO(plain_picture(file_of(drawn(), "JPEG", exif=exif)))).size == (84, 120)
    clear = Image.open(BytesIO(plain_picture(file_of(drawn(mode="RGBA", colour=(0, 0, 0, 0)), "PNG"))))
    assert min(clear.getpixel((5, 5))) > 250  # type: ignore[arg-type]  # three numbers of RGB


def huge_header() -> bytes:
    """A PNG that says it is 60,000 × 60,000 pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


BAD = {
    "no picture": b"hello",
    "empty": b"",
    "half": file_of(Image.effect_noise((120, 84), 40))[:600],
    "half a PNG": file_of(drawn(), "PNG")[:-30],
    "another format": file_of(drawn(), "GIF"),
    "a vector": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a PDF": b"%PDF-1.4\n%%EOF",
    "too many pixels": huge_header(),
    "too broad": file_of(drawn((MAX_SIDE + 1, 84)), "PNG"),
    "too small": file_of(drawn((120, MIN_SIDE - 1))),
    "too heavy": file_of(drawn()) + bytes(MAX_BYTES),
    "for print": file_of(drawn(mode="CMYK", colour=(1, 2, 3, 4))),
    "moving": file_of(drawn(), "PNG", save_all=True, append_images=[drawn(colour=(1, 2, 3))]),
    "of noise that stays large": file_of(Image.effect_noise((1000, 1000), 200)),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_picture_puts_its_row_aside_with_the_reason(name: str) -> None:
    source, store = BAD[name], Store()
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as other libraries of the process may
    with pytest.raises(PictureRefusedError) as refusal:
        plain_picture(source)
    good = cell(file_of(drawn()))
    found = await mapped([good, cell(source) or "====", "no base64 é"], store)
    assert (found.good.height, len(store.photos)) == (1, 1)
    assert [refused.violations[0].rule for refused in found.refused] == ["image", "image"]
    if source:
        assert found.refused[0].value == refusal.value.reason == found.refused[0].raw["zp"]
    assert found.refused[1].value == "not base64"
    assert found.refused[1].key == "n2", "the old record of this row can stay"


async def test_a_digest_that_is_sent_instead_of_a_picture_is_refused() -> None:
    """Nobody gets another couple's photo onto a certificate by naming it."""
    found = await mapped(["ab" * 32], Store())
    assert [refused.violations[0].rule for refused in found.refused] == ["image"]


async def test_a_sound_picture_of_a_row_put_aside_is_not_kept() -> None:
    rows = MANIFEST + '[[rules]]\nrule = "pattern"\nitem = "number"\npattern = "^n"\n'
    strict, store = parse_manifest(rows.encode()), Store()
    intake = Intake(strict, store)
    frame = pl.DataFrame({"no": ["n1", "x2"], "zp": [cell(file_of(drawn(colour=(n, 0, 0)))) for n in (1, 200)]})
    found = Mapper(strict).apply(await intake.take(frame), date(2026, 11, 22))
    await intake.keep(found.good)
    assert [refused.violations[0].rule for refused in found.refused] == ["pattern"]
    assert list(store.photos) == found.good["photo_digest"].to_list()


async def test_a_picture_that_cannot_be_kept_stops_the_chunk() -> None:
    with pytest.raises(BlobStoreError):
        await mapped([cell(file_of(drawn()))], Broken())
