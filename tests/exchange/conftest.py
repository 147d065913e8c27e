"""The rig as a fixture."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.exchange.rig import Rig, open_rig


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    """A small hub on the test's own database."""
    async with open_rig(engine) as opened:
        yield opened
