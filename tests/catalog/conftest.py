"""The catalogue's own tables on a real PostgreSQL, written through the real unit of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import tables
from catalog.loader import CatalogueFile, parse_catalogue
from catalog.samples import sample_catalogue
from exchange.uow import LogGate, RecordedEvent, Units, watch_writes


@dataclass
class ListJournal:
    """Keeps the events of committed and uncommitted units; tests compare kinds and details."""

    events: list[RecordedEvent] = field(default_factory=list)

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        self.events.extend(events)
        return {event.id: b"" for event in events}

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@dataclass
class World:
    """Units over the catalogue tables, the events they recorded, and a clock that moves a second per unit."""

    engine: AsyncEngine
    units: Units
    journal: ListJournal


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    watch_writes(engine)
    async with engine.begin() as conn:
        await conn.run_sync(tables.metadata.create_all)
    journal = ListJournal()
    clock = iter(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=second) for second in range(100_000))
    return World(engine, Units(engine, journal, LogGate(), lambda: next(clock), uuid4), journal)


@pytest.fixture(scope="session")
def sample() -> CatalogueFile:
    return parse_catalogue(sample_catalogue())
