"""The catalogue in memory: loaded once for everybody who waits for it, and again when it changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import repo
from catalog.model import Department, DepartmentCode, Region
from exchange.errors import DepartmentUnknownError
from exchange.service.catalogue import Catalogue
from exchange.uow import Reads
from tests.exchange.rig import PSB, Rig

CROWD = 40


@dataclass(slots=True)
class Counted:
    """Connections for reading, and how many were asked for."""

    reads: Reads
    opened: int = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncConnection]:
        self.opened += 1
        async with self.reads() as conn:
            yield conn


async def _revision(rig: Rig) -> int:
    async with rig.catalogue.reads() as conn:
        return await repo.read_revision(conn)


async def test_one_load_serves_everybody_who_waits_for_it(rig: Rig) -> None:
    reads = Counted(rig.catalogue.reads)
    catalogue, first = Catalogue(rig.units, reads), await _revision(rig)
    cold = await asyncio.gather(*(catalogue.at_revision(first) for _ in range(CROWD)))
    assert (len({id(held) for held in cold}), reads.opened) == (1, 1)

    await rig.put(
        Department(code=DepartmentCode(PSB), short="psb", name_zh="公安局二", name_en="Police", region=Region("339900"))
    )
    later = await _revision(rig)
    assert later > first
    asked = (first, later)  # some still ask for the revision they read before the change
    warm = await asyncio.gather(*(catalogue.at_revision(asked[n % 2]) for n in range(CROWD)))
    assert reads.opened == 2
    assert all(held.revision >= asked[n % 2] for n, held in enumerate(warm))
    assert warm[1].departments[DepartmentCode(PSB)].name_zh == "公安局二"


async def test_a_load_that_fails_leaves_the_next_one_free(rig: Rig) -> None:
    broken = True

    @asynccontextmanager
    async def reads() -> AsyncIterator[AsyncConnection]:
        if broken:
            raise ConnectionError
        async with rig.catalogue.reads() as conn:
            yield conn

    catalogue, revision = Catalogue(rig.units, reads), await _revision(rig)
    failed = await asyncio.gather(*(catalogue.at_revision(revision) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [ConnectionError] * 3
    broken = False
    assert (await asyncio.wait_for(catalogue.at_revision(revision), 20)).revision == revision


async def test_only_a_catalogued_publisher_is_described(rig: Rig) -> None:
    document = await rig.catalogue.dcat(base="https://hub.example", publisher=PSB)
    assert document["@graph"]
    with pytest.raises(DepartmentUnknownError):
        await rig.catalogue.dcat(base="https://hub.example", publisher="11339900MB90000585")
