"""Verifications taken in one request before additions were kept go on where they were, forth and back."""

from uuid import UUID

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from exchange import migrate

_INSERT = """INSERT INTO exchange_verification_batch
(id, owner, state, asked_at, as_of, uploads, total, trust_digest, expires_at)
VALUES (:id, '', 'waiting', now(), now(), 7, 7, '', now())"""


def test_what_waited_is_one_addition_and_waits_again_after_the_way_back(database_url: str) -> None:
    engine, id_ = create_engine(migrate.psycopg_address(database_url), poolclass=NullPool), UUID(int=1)
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), "0013")
        conn.execute(text(_INSERT), {"id": id_})
        command.upgrade(migrate._config(conn), "0014")
        found = conn.execute(text("SELECT batch_id, first, count, complete FROM exchange_verification_addition")).all()
        assert [tuple(row) for row in found] == [(id_, 0, 7, True)]
        conn.execute(text("UPDATE exchange_verification_batch SET state = 'collecting', reserved = 9"))
        command.downgrade(migrate._config(conn), "0013")
        kept = conn.execute(text("SELECT state, uploads, total FROM exchange_verification_batch")).one()
        assert tuple(kept) == ("waiting", 9, 9)
    engine.dispose()
