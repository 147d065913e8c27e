"""Which unforeseen errors mean that something the hub stands on is away: database, disk, job queue, object store.

They are nobody's mistake and pass by themselves; whoever asked may ask again a little later.
"""

import errno
from typing import Final

import asyncpg
from minio.error import MinioException
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from urllib3.exceptions import HTTPError

RETRY_SECONDS: Final = 5
OUTAGES: Final[tuple[type[Exception], ...]] = (
    DBAPIError,
    PoolExhausted,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    ConnectorException,
    MinioException,
    HTTPError,
    OSError,
)
"""Kinds to look at; `is_outage` decides."""

# SQLSTATE classes: connection, resources (a full disk among them), an operator's intervention, the system's I/O;
# and a standby that does not take writes yet
_AWAY: Final = ("08", "53", "57P", "58", "25006")

_ERRNOS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOENT}
)  # a full or failing disk, no more files to open, a socket that is gone


def is_outage(error: Exception) -> bool:
    """Whether the error says so; a statement the database refused for what it says is a fault of ours."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _away(error.orig)
    if isinstance(error, asyncpg.PostgresError):
        return _away(error)
    if isinstance(error, OSError):
        return isinstance(error, ConnectionError) or error.errno in _ERRNOS
    return isinstance(error, OUTAGES)


def _away(error: BaseException | None) -> bool:
    return str(getattr(error, "sqlstate", None) or "").startswith(_AWAY)
