"""A hub with custodians in two departments and a seal maker it believes."""

from dataclasses import dataclass

import pytest

from catalog.samples import sample_catalogue
from certs.seals.refusals import ActRefusal
from certs.seals.registry import Act
from exchange.app import App
from exchange.model import Principal
from exchange.model_seals import SealDetail
from exchange.service.seals import Seals, Wish
from tests.support.city import logged
from tests.support.seals import OPERATOR, SealMaker, keeper, register_keepers, seal_file

PSB, MCA = "11339900MB9000015P", "11339900MB9000023J"
ID = "33990000000001"
HOUSEHOLD = "11339900MB9000015P001"
ANNA, BORIS, DORA = (keeper(PSB, number) for number in ("YZ01", "YZ02", "YZ03"))
MAYA = keeper(MCA, "YZ01")  # the same work number in another department


@dataclass
class Room:
    """A hub with custodians in two departments and a seal maker it believes."""

    hub: App
    maker: SealMaker

    @property
    def seals(self) -> Seals:
        return self.hub.documents.seals

    async def filed(self, content: bytes | None = None, *custodians: str) -> SealDetail:
        given = self.maker.seal() if content is None else content
        file = seal_file(given, PSB, *(custodians or ("YZ01", "YZ02")))
        return await self.seals.import_seal(OPERATOR, file)

    async def two(self, wish: Wish, one: Principal = ANNA, other: Principal = BORIS) -> SealDetail:
        made = await self.seals.propose(one, ID, wish)
        return await self.seals.approve(other, ID, made.id)

    async def active(self) -> SealDetail:
        await self.filed()
        return await self.two(Wish(Act.ACTIVATE, "启用"))

    async def kinds(self) -> list[str]:
        return [entry.kind for entry in await logged(self.hub) if entry.kind.startswith("seal:")]


@pytest.fixture
async def room(hub: App) -> Room:
    await hub.catalogue.import_file(sample_catalogue(), source="sample")
    maker = SealMaker(hub.now())
    await maker.believed_by(hub)
    await register_keepers(hub, PSB, "YZ01", "YZ02", "YZ03")
    await hub.access.register_person("maya", "correct horse battery", MAYA)
    return Room(hub, maker)


def refusal(code: ActRefusal) -> str:
    """What a refusal says."""
    return code.en
