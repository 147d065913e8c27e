"""The hub opens, says it is well, and refuses to open when it cannot be trusted."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import certs
from exchange.app import App
from exchange.connections import load_connections
from exchange.errors import NotInitialisedError, SettingsError, StoreOutdatedError
from exchange.migrate import psycopg_address
from exchange.settings import Settings
from exchange.wiring import one_root, open_app, random_code
from tests.support.city import running_at


async def test_a_new_hub_is_healthy_and_its_log_holds_its_first_keys(hub: App) -> None:
    assert (await hub.operations.health()).ok
    assert (await hub.sequencer.sequence_once()).sequenced == 6
    assert (await hub.evidence.head()).size == 6


async def test_initialising_again_makes_nothing_new(hub: App, hub_settings: Settings, hub_database_url: str) -> None:
    kids = {view.kid for view in hub.keys.views()}
    await hub.sequencer.sequence_once()
    async with open_app(hub_settings, initialise=True, database=running_at(hub_database_url)) as again:
        assert {view.kid for view in again.keys.views()} == kids
        assert (await again.operations.health()).ok
        assert (await again.evidence.head()).size == 6


async def test_without_keys_or_log_the_hub_does_not_open(hub_settings: Settings, hub_database_url: str) -> None:
    with pytest.raises(NotInitialisedError):
        async with open_app(hub_settings, database=running_at(hub_database_url)):
            pass


async def test_production_does_not_open_on_another_schema(
    hub: App, hub_settings: Settings, hub_database_url: str
) -> None:
    servers = {
        "profile": "production",
        "public_url": "https://hub.339900.example",
        "database_url": hub_database_url,
        "s3_endpoint": "127.0.0.1:1",
        "s3_access_key": "k",
        "s3_secret_key": "s",
        "s3_bucket": "b",
    }
    plain = hub_settings.model_dump(exclude_none=True)
    production = Settings.model_validate(plain | servers)
    engine = create_engine(psycopg_address(hub_database_url))
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with pytest.raises(StoreOutdatedError):
        async with open_app(production, database=running_at(hub_database_url)):
            pass


def test_all_four_packages_come_from_one_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert one_root() == Path(__file__).parents[2]
    monkeypatch.setattr(certs, "__file__", str(tmp_path / "certs" / "__init__.py"))
    with pytest.raises(NotInitialisedError):
        one_root()


def test_show_codes_are_eight_digits_and_do_not_repeat() -> None:
    codes = {random_code() for _ in range(2000)}
    assert all(len(code) == 8 and code.isdigit() for code in codes)
    assert len(codes) > 1990


def test_connections_are_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "connections.toml"
    path.write_text('[connections.psb]\nurl = "postgresql://u:dbpassword@h/d"\n[values]\ntoken = "wordoftoken"\n')
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="600"):
        load_connections(path)
    path.chmod(0o600)
    found = load_connections(path)
    assert found.connection("psb").url.endswith("/d")
    assert found.value("token") == "wordoftoken"
    assert "dbpassword" not in repr(found)
    assert "wordoftoken" not in repr(found)
    path.write_text('[connections.psb]\nulr = "x"\n[vlaues]\n')
    with pytest.raises(SettingsError) as refused:
        load_connections(path)
    assert len(refused.value.complaints) == 3
    with pytest.raises(SettingsError):
        load_connections(tmp_path / "nowhere.toml")
