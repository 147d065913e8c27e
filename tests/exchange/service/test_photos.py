"""A certificate's photo on a real hub: it comes with the record, and nothing is issued, sealed or shown without it."""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from certs.errors.layout import PhotoMissing
from certs.model import FaceKind, State, Verdict
from exchange.demo.departments.mca_photos import joint_photo
from exchange.demo.world import Resource
from exchange.model_copies import CopyWish
from exchange.model_sealing import RowState
from exchange.service.photos import Photos
from tests.support.city import MCA, WORLD, City, put

NUMBER = WORLD.hero.marriage_no


def picture(colour: str) -> tuple[str, bytes]:
    out = BytesIO()
    Image.new("RGB", (120, 84), colour).save(out, "JPEG")
    return sha256(out.getvalue()).hexdigest(), out.getvalue()


FIRST, SECOND = picture("red"), picture("blue")


def photos_of(city: City) -> Photos:
    return city.app.documents.originals.photos


async def married(city: City, photo: tuple[str, bytes], *, kept: bool = True) -> dict[str, int]:
    """The register's row comes with a photo; what became of the certificates."""
    if kept:
        await photos_of(city).keep("00" * 32, photo[1])
    await city.edit(Resource.MARRIAGE, NUMBER, photo_digest=photo[0])
    return dict(await city.app.pulls.cascade.run())


async def sealed(city: City) -> dict[RowState, str | None]:
    """Seal the marriage certificates; state -> reason of the rows."""
    await city.app.documents.development.init()
    await city.app.documents.enrolment.enrol(MCA)
    job = await city.app.documents.sealing.start("marriage")
    await city.app.documents.sealing.run(job.id)
    rows = await city.app.documents.sealing.rows(job.id, limit=100)
    return {row.state: f"{row.reason} {row.detail}" if row.reason else None for row in rows}


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("photos/*/*") if path.is_file() and path.parent.name != "from"]


async def test_a_photo_goes_from_the_record_to_every_face(city: City) -> None:
    assert await married(city, FIRST) == {"superseded": 1}
    (item, before) = await city.held(kind="marriage")
    assert (item.certificate.face["photo_digest"], before.state) == (FIRST[0], State.SUPERSEDED)
    identifier = str(item.certificate.identifier)
    originals = city.app.documents.originals
    assert b64encode(FIRST[1]) in await originals.preview(city.citizen(), identifier)
    assert RowState.REFUSED not in await sealed(city)
    faces = await originals.export(identifier)
    assert FIRST[1] in faces[FaceKind.PDF]
    for kind in (FaceKind.JSON, FaceKind.OFD, FaceKind.PDF):
        report = await city.app.verification.report(faces[kind], at=None)
        assert (report.verdict, report.claims["face.photo_digest"]) == (Verdict.VALID, FIRST[0])
    for form in (FaceKind.OFD, FaceKind.PDF):
        wish = CopyWish(identifier, form, "办理贷款", "个人住房贷款", "示例银行", None)
        copy = await city.app.documents.copies.make(city.citizen(), wish, key=None)
        file = await city.app.documents.copies.download(city.citizen(), copy.id)
        assert (await city.app.verification.report(file.data, at=None)).verdict is Verdict.VALID
        assert form is FaceKind.OFD or FIRST[1] in file.data


async def test_another_photo_at_the_source_makes_another_version(city: City) -> None:
    assert await married(city, FIRST) == {"superseded": 1}
    assert await married(city, FIRST) in ({}, {"unchanged": 1})
    assert await married(city, SECOND) == {"superseded": 1}
    newest, *older = await city.held(kind="marriage")
    assert newest.certificate.face["photo_digest"] == SECOND[0]
    assert [item.state for item in older] == [State.SUPERSEDED] * 2


async def test_a_photo_that_did_not_come_ends_nobodys_right_and_waits(city: City) -> None:
    assert await married(city, FIRST, kept=False) == {"waiting": 1}
    (same,) = await city.held(kind="marriage")
    assert same.state is State.VALID
    await photos_of(city).keep("00" * 32, FIRST[1])
    assert dict(await city.app.pulls.cascade.run()) == {"superseded": 1}


async def test_nothing_is_issued_in_bulk_without_its_photo(city: City) -> None:
    body = dict((await city.record(Resource.MARRIAGE, NUMBER)).body)
    await put(city.app, Resource.MARRIAGE, [body | {"marriage_no": "J339900-2026-900001", "photo_digest": FIRST[0]}])
    (refusal,) = [r for r in (await city.app.issuing.bulk("marriage")).refused if r.key == "J339900-2026-900001"]
    assert refusal.reasons == (f"there is no photo {FIRST[0]}",)
    await photos_of(city).keep("00" * 32, FIRST[1])
    done = await city.app.issuing.bulk("marriage")
    assert (done.issued, [r for r in done.refused if r.key == "J339900-2026-900001"]) == (1, [])


def lost(path: Path) -> None:
    path.unlink()


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def exchanged(path: Path) -> None:
    """Another couple's photo, encrypted by the hub itself, lies under this name."""
    other = path.parents[1] / SECOND[0][:2] / SECOND[0]
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("happens", [lost, changed, exchanged])
async def test_without_its_photo_nothing_is_sealed_shown_or_copied(
    city: City, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    await photos_of(city).keep("11" * 32, SECOND[1])
    assert await married(city, FIRST) == {"superseded": 1}
    (path,) = [found for found in files(tmp_path) if found.name == FIRST[0]]
    assert FIRST[1] not in path.read_bytes(), "encrypted at rest"
    happens(path)
    identifier = await city.identifier("marriage")
    assert (await sealed(city))[RowState.REFUSED] == f"photo-missing there is no photo {FIRST[0]}"
    with pytest.raises(PhotoMissing, match=FIRST[0]):
        await city.app.documents.originals.preview(city.citizen(), identifier)
    wish = CopyWish(identifier, FaceKind.PDF, "办理贷款", "个人住房贷款", "示例银行", None)
    with pytest.raises(PhotoMissing, match=FIRST[0]):
        await city.app.documents.copies.make(city.citizen(), wish, key=None)
    await photos_of(city).keep("00" * 32, FIRST[1])
    (job,) = await city.app.documents.sealing.newest(1)
    await city.app.documents.sealing.retry(job.id)
    assert (await city.app.documents.sealing.run(job.id)).refused == 0


async def test_a_photo_of_the_same_file_is_known_again_only_while_it_is_there(city: City, tmp_path: Path) -> None:
    photos, source = photos_of(city), "ab" * 32
    assert await photos.known(source) is None
    await photos.keep(source, FIRST[1])
    assert await photos.known(source) == FIRST[0]
    next(path for path in files(tmp_path) if path.name == FIRST[0]).unlink()
    assert await photos.known(source) is None, "the next pull brings it again"


def test_the_drawing_of_a_couple_is_the_same_every_time_and_small() -> None:
    first, again, other = (joint_photo.__wrapped__(*about) for about in ((NUMBER, 1), (NUMBER, 1), (NUMBER, 2)))
    assert first == again != other
    assert 2000 < len(first) * 3 / 4 < 8192
