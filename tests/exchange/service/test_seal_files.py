"""Files handed in as seals: what is filed, what is refused and by what name, which pictures are shown."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from certs.errors import CertsError, InvalidSignature
from certs.pki import der
from certs.pki.errors import MalformedDer
from certs.seals.errors import (
    SealActRefused,
    SealExists,
    SealMakingRefused,
    SealMalformed,
    SealNotFound,
    SealVersionUnsupported,
)
from certs.seals.model import Picture
from certs.seals.refusals import ActRefusal
from exchange.uow import Unit
from tests.support.seal_room import ANNA, ID, PSB, Room, refusal, room
from tests.support.seals import OPERATOR, SealMaker, seal_file

__all__ = ["room"]


async def test_a_seal_with_a_swapped_picture_is_refused(room: Room) -> None:
    content = room.maker.seal()
    other = content.replace(b"IDAT", b"IDAX", 1)
    assert other != content
    with pytest.raises(InvalidSignature):
        await room.filed(other)


async def test_a_picture_swapped_in_the_store_is_not_shown(room: Room) -> None:
    await room.filed()
    swapped = room.maker.seal().replace(b"IDAT", b"IDAX", 1)

    async def swap(unit: Unit) -> None:
        await unit.conn.execute(text("UPDATE seal_seal SET der = :der"), {"der": swapped})
        unit.record("operator:action-taken", {"act": "test"})

    await room.hub.units.run(swap)
    with pytest.raises(SealMalformed, match="not those that were imported"):
        await room.seals.views.picture(ANNA, ID)


@pytest.mark.parametrize(
    "picture",
    [
        Picture("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 42, 42),
        Picture("PNG", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 42, 42),
        Picture("PNG", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff", 42, 42),
        Picture("GIF", b"GIF89a\xff\xff\xff\xff", 42, 42),
        Picture("JPG", b"<html>", 42, 42),
        Picture("OFD", b"PK\x03\x04", 42, 42),
    ],
    ids=lambda picture: f"{picture.kind}-{picture.data[:8].hex()}",
)
async def test_only_raster_pictures_that_are_what_they_say_are_shown(room: Room, picture: Picture) -> None:
    filed = await room.filed(room.maker.seal(room.maker.info(picture=picture)))
    assert not filed.seal.picture.shown
    with pytest.raises(SealNotFound):
        await room.seals.views.picture(ANNA, ID)


async def test_seals_that_are_none_are_refused_each_with_its_name(room: Room) -> None:
    good = room.maker.seal()
    v5 = good.replace(b"\x16\x02ES\x02\x01\x04", b"\x16\x02ES\x02\x01\x05", 1)
    sequence = der.sequence
    header = sequence(der.ia5("ES"), der.integer(1), der.ia5("YZT"))
    v1 = sequence(sequence(header, der.ia5("1"), der.integer(1), der.integer(1)), sequence(der.octets(b"")))
    for content, standard in ((v5, "GM/T 0031-2025"), (v1, "GM/T 0031-2014")):
        with pytest.raises(SealVersionUnsupported) as caught:
            await room.filed(content)
        assert caught.value.standard == standard
    for content in (b"", b"\x30\x80", good[:-1], good + b"\x00", b"\x30\x84\x7f\xff\xff\xff", b"\xff" * 500):
        with pytest.raises((MalformedDer, SealMalformed)):
            await room.filed(content)
    with pytest.raises(SealMalformed, match="4 MiB"):
        await room.filed(b"\x30" * (4 * 1024 * 1024 + 1))


async def test_a_maker_nobody_vouches_for_is_refused(room: Room) -> None:
    stranger = SealMaker(room.hub.now())
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.MAKER_UNTRUSTED)):
        await room.filed(stranger.seal())
    past = room.maker.info(valid_from=room.maker.now - timedelta(days=9), valid_until=room.maker.now)
    with pytest.raises(SealActRefused, match=refusal(ActRefusal.TERM_OVER)):
        await room.filed(room.maker.seal(past))


async def test_a_number_is_filed_once(room: Room) -> None:
    await room.filed()
    with pytest.raises(SealExists):
        await room.filed(room.maker.seal(room.maker.info(name="另一枚（测试）")))


async def test_test_seals_are_labelled_and_never_in_production(room: Room) -> None:
    file = seal_file(room.maker.seal(), PSB, "YZ01", "YZ02")
    with pytest.raises(SealMakingRefused):
        await replace(room.seals, profile="production").register_test_seal(OPERATOR, file)
    filed = await room.seals.register_test_seal(OPERATOR, file)
    assert filed.seal.origin.value == "made-for-test"


async def test_no_garbage_ends_in_anything_but_a_refusal(room: Room) -> None:
    good = room.maker.seal()
    for position in range(0, len(good), 7):
        changed = good[:position] + bytes((good[position] ^ 0x20,)) + good[position + 1 :]
        with pytest.raises(CertsError):
            await room.filed(changed)
    assert await room.seals.views.list(OPERATOR) == ()
