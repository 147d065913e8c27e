"""One history leads an empty database to exactly the tables in code, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from adapters.tables import metadata as adapters_metadata
from catalog.tables import metadata as catalog_metadata
from certs.journal.tables import metadata as journal_metadata
from certs.seals.tables import metadata as seals_metadata
from certs.tables import metadata as certs_metadata
from exchange import migrate
from exchange.tables.all import metadata as exchange_metadata
from tests.certs.documents.world import seal_der, seals

METADATA = [catalog_metadata, adapters_metadata, certs_metadata, journal_metadata, seals_metadata, exchange_metadata]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(migrate.psycopg_address(url), poolclass=NullPool)
    with engine.begin() as conn:
        yield conn
    engine.dispose()


def ours(conn: Connection) -> set[str]:
    return {name for name in inspect(conn).get_table_names() if migrate.ours(name, "table", None)}


def test_the_history_leads_to_the_tables_in_code(database_url: str) -> None:
    assert migrate.upgrade(database_url) == migrate.newest()
    with connected(database_url) as conn:
        options = {"include_name": migrate.ours, "compare_type": True}
        context = MigrationContext.configure(conn, opts={**options, "target_metadata": METADATA})
        assert compare_metadata(context, METADATA) == []  # type: ignore[arg-type]  # a list is documented as well
        wanted = {table for metadata in METADATA for table in metadata.tables}
        assert ours(conn) - {"alembic_version"} == wanted
        assert migrate.current(conn) == migrate.newest()


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    with connected(database_url) as conn:
        conn.execute(text("INSERT INTO catalog_revision VALUES (1, 7) ON CONFLICT DO NOTHING"))
        before = conn.execute(text("SELECT * FROM catalog_revision")).all()
    assert migrate.upgrade(database_url) == migrate.newest()
    with connected(database_url) as conn:
        assert conn.execute(text("SELECT * FROM catalog_revision")).all() == before


def test_a_seal_on_file_is_given_the_digest_of_its_picture(database_url: str) -> None:
    """Its documents would be left open by the next trust list otherwise."""
    row = (
        "INSERT INTO seal_seal (es_id, digest, der, name, owner, maker_id, origin, custodians, policy, state,"
        " valid_from, valid_until, registered_at) VALUES"
        " ('1', 'x', :der, 'x', 'x', 'x', 'imported', '{a,b}', '{}', 'active', now(), now(), now())"
    )
    migrate.upgrade(database_url)
    with connected(database_url) as conn:
        command.downgrade(migrate._config(conn), "0015")
        conn.execute(text(row), {"der": seal_der()})
    migrate.upgrade(database_url)
    with connected(database_url) as conn:
        drawn = conn.execute(text("SELECT drawn FROM seal_seal")).scalar_one()
        assert bytes(drawn) == seals().pdf.appearance.digest()
        conn.execute(text("DELETE FROM seal_seal"))


@pytest.mark.slow
def test_downgrading_leaves_nothing_and_upgrading_works_after_it(database_url: str) -> None:
    migrate.upgrade(database_url)
    with connected(database_url) as conn:
        command.downgrade(migrate._config(conn), "base")
    with connected(database_url) as conn:
        assert set(inspect(conn).get_table_names()) == {"alembic_version"}
        left = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert conn.execute(text(left)).all() == []
        assert migrate.current(conn) == ""
    assert migrate.upgrade(database_url) == migrate.newest()
