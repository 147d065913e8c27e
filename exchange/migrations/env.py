"""Alembic environment: one history over the tables of all four packages, on the connection `exchange.migrate` opens."""

from alembic import context

from adapters.tables import metadata as adapters_metadata
from catalog.tables import metadata as catalog_metadata
from certs.journal.tables import metadata as journal_metadata
from certs.seals.tables import metadata as seals_metadata
from certs.tables import metadata as certs_metadata
from exchange.migrate import ours
from exchange.tables.all import metadata as exchange_metadata

TARGETS = [catalog_metadata, adapters_metadata, certs_metadata, journal_metadata, seals_metadata, exchange_metadata]

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TARGETS,
    include_name=ours,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
