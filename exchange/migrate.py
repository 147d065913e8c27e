"""Bring a database to the schema this version needs, and tell whether it is there already."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

_SCRIPTS = Path(__file__).parent / "migrations"


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether autogenerate may compare this object: the job queue's own tables are not ours."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def upgrade(database_url: str) -> str:
    """Run every missing migration and return the revision reached. `database_url` is the asyncpg address."""
    engine = create_engine(psycopg_address(database_url), poolclass=NullPool)
    with engine.begin() as conn:
        command.upgrade(_config(conn), "head")
        reached = current(conn)
    engine.dispose()
    return reached


def draft(database_url: str, message: str) -> None:
    """Write a new revision file from the difference between the tables in code and in the database."""
    engine = create_engine(psycopg_address(database_url), poolclass=NullPool)
    with engine.begin() as conn:
        command.revision(_config(conn), message=message, autogenerate=True)
    engine.dispose()


def newest() -> str:
    """The revision this version of the code needs."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head() or ""


def current(conn: Connection) -> str:
    """The revision the database is at; empty when it was never migrated."""
    return MigrationContext.configure(conn).get_current_revision() or ""


def psycopg_address(database_url: str) -> str:
    """The same database by the synchronous driver (migrations, jobs and COPY use psycopg)."""
    return database_url.replace("postgresql+asyncpg://", "postgresql+psycopg://", 1)


def _config(conn: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = conn
    return config
