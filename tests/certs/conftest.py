"""A database with the certificate tables and units of work on it."""

from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certs import tables
from certs.bulk import BulkIssuance
from certs.service import Issuance
from exchange.uow import LogGate, Reads, Units, reads_on, watch_writes
from tests.certs.world import NOW, ListJournal, World, issuance, new_id


@dataclass
class Hub:
    """What the database tests work with. `clock` is the time units see."""

    engine: AsyncEngine
    units: Units
    journal: ListJournal
    reads: Reads
    world: World
    issuance: Issuance
    bulk: BulkIssuance


@pytest.fixture
async def hub(engine: AsyncEngine) -> Hub:
    watch_writes(engine)
    async with engine.begin() as conn:
        await conn.run_sync(tables.metadata.create_all)
    journal, world = ListJournal(), World()
    units = Units(engine, journal, LogGate(), lambda: NOW, new_id)
    service = issuance()
    return Hub(engine, units, journal, reads_on(engine), world, service, BulkIssuance(units, service, world.signing()))
