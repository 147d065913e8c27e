"""The catalogue as the exchange uses it: one snapshot in memory, validated by its revision number."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from catalog import repo
from catalog.dcat import Node, export_dcat
from catalog.importing import ImportSummary, import_catalogue
from catalog.model import DepartmentCode, EvidenceType, Grant, ServiceItem, ServiceItemCode
from catalog.snapshot import CatalogueSnapshot
from exchange.errors import DepartmentUnknownError, ServiceItemUnknownError
from exchange.model import Principal, Role
from exchange.model_views import Labels, ServiceItemView
from exchange.service import roles
from exchange.uow import Reads, Unit, Units

TITLE_ZH: Final = "政务数据目录"
TITLE_EN: Final = "Catalogue of shared government data"


@dataclass(slots=True)
class Catalogue:
    """Names, service items and their evidence. `snapshot` costs one small SELECT while nothing changed."""

    units: Units
    reads: Reads
    _held: CatalogueSnapshot | None = field(default=None, repr=False)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def snapshot(self) -> CatalogueSnapshot:
        """The whole catalogue as it is now."""
        async with self.reads() as conn:
            revision = await repo.read_revision(conn)
        return await self.at_revision(revision)

    async def at_revision(self, revision: int) -> CatalogueSnapshot:
        """The held snapshot if it is of this revision (or newer), else a fresh one.

        Who comes while it is being loaded waits for that load: at a cold start one serves everybody.
        """
        held = self._held
        if held is not None and held.revision >= revision:
            return held
        async with self._loading:
            held = self._held
            if held is None or held.revision < revision:
                async with self.reads() as conn:
                    held = self._held = await repo.load_snapshot(conn)
        return held

    async def dcat(self, *, base: str, publisher: str) -> Node:
        """The published entries as DCAT-AP 3 in JSON-LD; `base` is the hub's address, `publisher` its operator.

        Raises:
            DepartmentUnknownError: the publisher is not in the catalogue.
        """
        held, code = await self.snapshot(), DepartmentCode(publisher)
        if code not in held.departments:
            raise DepartmentUnknownError(publisher)
        return export_dcat(held, base=base, publisher=code, title=TITLE_ZH, title_en=TITLE_EN)

    async def import_file(self, text: str, *, source: str) -> ImportSummary:
        """Import a catalogue file in one unit; see `catalog.importing.import_catalogue`."""

        async def work(unit: Unit) -> ImportSummary:
            return await import_catalogue(unit, text, source=source)

        return await self.units.run(work)

    async def labels(self) -> Labels:
        """Chinese and English names of every code a page may show."""
        held = await self.snapshot()
        items = [item for entry in held.resources.values() for item in entry.items]
        named: list[tuple[str, str, str]] = [(item.code, item.name_zh, item.name_en) for item in items]
        named += [(entry.code, entry.name_zh, entry.name_en) for entry in held.departments.values()]
        named += [(entry.code, entry.name_zh, entry.name_en) for entry in held.service_items.values()]
        named += [(entry.id, entry.name_zh, entry.name_en) for entry in held.resources.values()]
        named += [(entry.id, entry.name_zh, entry.name_en) for entry in held.evidence_types.values()]
        named += [(entry.id, entry.name_zh, entry.name_en) for entry in held.requirements.values()]
        return Labels({code: (zh, en) for code, zh, en in named})

    async def service_items(self, principal: Principal) -> tuple[ServiceItemView, ...]:
        """The service items the clerk's department carries out."""
        department, _ = roles.officer(principal)
        held = await self.snapshot()
        return tuple(
            ServiceItemView(item.code, item.name_zh, item.name_en)
            for item in held.service_items.values()
            if item.department == department
        )

    async def grants(self, principal: Principal) -> tuple[Grant, ...]:
        """The grants of the clerk's department; an operator or an auditor sees those of all.

        Raises:
            NotAllowedError: somebody else.
        """
        held = await self.snapshot()
        if principal.role in {Role.OPERATOR, Role.AUDITOR}:
            return held.grants
        department, _ = roles.officer(principal)
        return tuple(one for one in held.grants if one.consumer == department)

    async def service_item(self, code: str) -> ServiceItem:
        """The service item with this code.

        Raises:
            ServiceItemUnknownError: there is none.
        """
        found = (await self.snapshot()).service_items.get(ServiceItemCode(code))
        if found is None:
            raise ServiceItemUnknownError
        return found

    async def department_name(self, code: str) -> str:
        """The Chinese name of a department; the code itself when it is not in the catalogue."""
        held = await self.snapshot()
        found = {str(key): entry.name_zh for key, entry in held.departments.items()}
        return found.get(code, code)

    async def asks_for_material(self, service_item: str, evidence_type: str) -> bool:
        """Whether some requirement of the item can be met by a material of this type."""
        return any(
            entry.material is not None and entry.id == evidence_type for entry in await self.evidence_of(service_item)
        )

    async def evidence_of(self, service_item: str) -> tuple[EvidenceType, ...]:
        """Every evidence type some requirement of the item names, each once, in the catalogue's order."""
        held = await self.snapshot()
        await self.service_item(service_item)
        ids = [
            evidence
            for requirement in held.requirements_of(ServiceItemCode(service_item))
            for entry in requirement.lists
            for evidence in entry.evidence
        ]
        return tuple(held.evidence_types[evidence] for evidence in dict.fromkeys(ids))
