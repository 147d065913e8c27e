"""Fixtures every test may use: a real PostgreSQL and, on it, a migrated database per test that asks for one."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from exchange.embedded import embedded_postgres


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of a PostgreSQL the tests own: the embedded one, or the server named by YZT_TEST_DATABASE_URL."""
    given = os.environ.get("YZT_TEST_DATABASE_URL")
    if given:
        yield given
        return
    directory = Path(tempfile.mkdtemp(prefix="yzt-pg-", dir="/tmp"))
    directory.chmod(0o755)
    with embedded_postgres(directory / "data") as url:
        yield url
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def database_url(server_url: str) -> AsyncIterator[str]:
    """Address of an empty database of the test's own, dropped afterwards."""
    name = f"t_{os.urandom(6).hex()}"
    admin = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    yield str(admin.url.set(database=name).render_as_string(hide_password=False))
    async with admin.connect() as conn:
        await conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the test's own empty database."""
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()
