"""No copy is sealed in vain, and none of a certificate that has ended is handed out."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest

from certs.documents.model import DocumentSeals
from certs.model import Reason, State
from exchange.errors import CopyGoneError, CopyLimitError
from exchange.service import copies as module
from exchange.service.copies import Copies
from tests.support.city import City
from tests.support.copies import built_town, made, town, wish

__all__ = ["built_town", "town"]


def counted(town: City) -> tuple[Copies, list[str]]:
    """The copies of the town, and for whom something was looked up to seal with."""
    real, asked = town.app.documents.copies, list[str]()

    class Counting:
        """The real seals, counted."""

        async def for_issuer(self, owner: str, type_code: str, *, documents: int = 1) -> DocumentSeals:
            asked.append(owner)
            return await real.sealers.for_issuer(owner, type_code, documents=documents)

    return replace(real, sealers=Counting()), asked


async def test_nothing_is_sealed_for_who_made_too_many_or_asked_before(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PER_DAY", 1)
    copies, asked = counted(town)
    want, key = wish(await town.identifier("household")), uuid4().hex
    first = await copies.make(town.citizen(), want, key=key)
    assert len(asked) == 1
    with pytest.raises(CopyLimitError):
        await copies.make(town.citizen(), want, key=uuid4().hex)
    assert await copies.make(town.citizen(), want, key=key) == first, "the answer of the first time, limit or not"
    assert len(asked) == 1


async def test_a_copy_that_waits_is_not_handed_out_once_its_original_has_ended(town: City) -> None:
    copy, copies = await made(town), town.app.documents.copies
    await town.decide(copy.identifier, State.ANNULLED, Reason.OBTAINED_BY_FRAUD)
    with pytest.raises(CopyGoneError):
        await copies.download(town.citizen(), copy.id)
    assert await town.entries("copy:downloaded") == []


async def test_ending_and_handing_out_at_once_never_hands_out_later(town: City) -> None:
    copy, copies = await made(town), town.app.documents.copies

    async def fetch() -> None:
        with suppress(CopyGoneError):
            await copies.download(town.citizen(), copy.id)

    await asyncio.gather(town.decide(copy.identifier, State.SUSPENDED, Reason.INVESTIGATION), fetch())
    downloaded = await town.entries("copy:downloaded")
    with pytest.raises(CopyGoneError):
        await copies.download(town.citizen(), copy.id)
    assert len(await town.entries("copy:downloaded")) == len(downloaded)
