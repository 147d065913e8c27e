import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certs.journal.tables import metadata
from tests.certs.journal.world import LogWorld, new_world


@pytest.fixture
async def bare(engine: AsyncEngine) -> LogWorld:
    """Tables, but no log yet."""
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    return new_world(engine)


@pytest.fixture
async def world(bare: LogWorld) -> LogWorld:
    """An empty log."""
    assert await bare.sequencer().create_log()
    return bare
