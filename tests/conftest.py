"""Fixtures every test may use: a real PostgreSQL, a migrated database per test that asks for one, and an open hub."""

import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from exchange.app import App
from exchange.embedded import embedded_postgres
from exchange.migrate import upgrade
from exchange.settings import Settings
from exchange.stores import Database
from exchange.wiring import open_app
from tests.support.components import require

pytest_plugins = ("tests.support.groups",)
PASSPHRASE = "only-for-tests-0123456789"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs(OPENSSL)`: system programs a test cannot do without (`tests.support.components`)."""
    for mark in item.iter_markers("needs"):
        for component in mark.args:
            require(component)


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL the tests own, and the name of a database on it that is already migrated."""

    url: str
    template: str

    def at(self, name: str) -> str:
        """Address of a database of this server."""
        head, _, tail = self.url.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords hashed with the least work: a hub of five people spends more on them than on the rest of a test.

    The strength they have in earnest is tested where verbs register people, in a process this does not reach.
    """
    least = partialmethod(PasswordHasher.__init__, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHasher, "__init__", least)
        yield


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


@pytest.fixture(scope="session")
def server(server_url: str) -> Server:
    """The server with a migrated template, so that a test's database costs a file copy."""
    found = Server(server_url, f"template_{os.urandom(6).hex()}")
    _administer(server_url, f"CREATE DATABASE {found.template}")
    upgrade(found.at(found.template))
    return found


def _administer(url: str, *statements: str) -> None:
    """Run statements outside a transaction, by the synchronous driver (a session fixture has no event loop)."""
    engine = create_engine(url.replace("+asyncpg", "+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        for statement in statements:
            conn.execute(text(statement))
    engine.dispose()


@pytest.fixture
async def database_url(server_url: str) -> AsyncIterator[str]:
    """Address of an empty database of the test's own, dropped afterwards."""
    name = f"t_{os.urandom(6).hex()}"
    _administer(server_url, f"CREATE DATABASE {name}")
    yield Server(server_url, "").at(name)
    _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def hub_database_url(server: Server) -> AsyncIterator[str]:
    """Address of a migrated database of the test's own, dropped afterwards."""
    name = f"t_{os.urandom(6).hex()}"
    _administer(server.url, f"CREATE DATABASE {name} TEMPLATE {server.template}")
    yield server.at(name)
    _administer(server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the test's own empty database."""
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def hub_settings(hub_database_url: str, tmp_path: Path) -> Settings:
    """Settings of a hub with a database and directories of the test's own; keys are made when it opens."""
    return Settings.model_validate(
        {
            "profile": "embedded",
            "public_url": "http://127.0.0.1:8339",
            "log_origin": "hub.339900.example/log",
            "keys_dir": tmp_path / "keys",
            "key_passphrase": PASSPHRASE,
            "data_key": base64.b64encode(bytes(range(32))).decode(),
            "data_dir": tmp_path / "data",
            "manifests_dir": Path(__file__).parent.parent / "exchange" / "demo" / "manifests",
        }
    )


@pytest.fixture
async def hub(hub_settings: Settings, hub_database_url: str) -> AsyncIterator[App]:
    """An open hub with keys and an empty catalogue. Nothing runs in the background: call `app.sequencer` yourself."""
    async with open_app(hub_settings, initialise=True, database=already_running(hub_database_url)) as app:
        yield app


def already_running(url: str) -> Database:
    """The database of a test instead of one the hub would start itself."""

    @asynccontextmanager
    async def given(_settings: Settings) -> AsyncIterator[str]:
        yield url

    return given
