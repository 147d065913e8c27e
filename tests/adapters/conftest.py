import os
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.adapters.world import Department, RealUnits, create_tables


@pytest.fixture
async def hub(engine: AsyncEngine) -> AsyncEngine:
    await create_tables(engine)
    return engine


@pytest.fixture
def units(hub: AsyncEngine) -> RealUnits:
    return RealUnits(hub)


@pytest.fixture
def psb(server_url: str) -> Iterator[Department]:
    """A database of the department's own, beside the hub's."""
    name = f"psb_{os.urandom(6).hex()}"
    admin = make_url(server_url).set(drivername="postgresql")
    address = admin.render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    department = Department(admin.set(database=name).render_as_string(hide_password=False))
    yield department
    department.close()
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
