"""What adapters need from others, and the shape every kind of source has."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.errors import UnknownSecretError

T = TypeVar("T")

Position: TypeAlias = Mapping[str, object]
"""Where a source continues after a chunk; JSON values only, opaque to everyone but the source."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one system; lives in the secret store, never in a manifest.

    `url`: SQLAlchemy URL, base URL of a REST service, or a directory. `hosts`: host names a REST source may call,
    the one of `url` is always allowed. `allow_private`: addresses that are not public (loopback, 10/8, …) are meant.
    """

    url: str = field(repr=False)
    hosts: tuple[str, ...] = ()
    allow_private: bool = False


class SecretLookup(Protocol):
    """The secret store, by name. Both methods raise `UnknownSecretError`."""

    def connection(self, name: str) -> Connection:
        """The connection of that name."""
        ...

    def value(self, name: str) -> str:
        """The secret text of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Secrets:
    """A secret store in memory, filled by whoever wires the hub."""

    connections: Mapping[str, Connection] = field(default_factory=dict, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def connection(self, name: str) -> Connection:
        """See `SecretLookup`."""
        if name not in self.connections:
            raise UnknownSecretError(name)
        return self.connections[name]

    def value(self, name: str) -> str:
        """See `SecretLookup`."""
        if name not in self.values:
            raise UnknownSecretError(name)
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Window:
    """What one run reads: cursor values `lower <= c < upper` as the source writes them; `None` is open.

    `limit` cuts a preview short after about that many rows.
    """

    lower: str | None = None
    upper: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as text: one String column per source column, null for missing. `position` continues after its last row."""

    frame: pl.DataFrame
    position: Position


class Source(Protocol):
    """A department's system, seen as text rows. All methods raise `SourceError`."""

    async def columns(self) -> tuple[str, ...]:
        """The names it offers, in its order."""
        ...

    async def upper_bound(self) -> str | None:
        """The bound of a run that starts now, fixed before reading; `None` without a cursor."""
        ...

    def chunks(self, window: Window, position: Position | None) -> AsyncGenerator[Chunk, None]:
        """Rows of the window after `position`, in an order that a later call repeats."""
        ...

    async def committed(self, position: Position) -> None:
        """Told after the chunk that ends at `position` is durable, again after a resume."""
        ...


class Pictures(Protocol):
    """Where the pictures of rows are kept. Both methods raise `BlobStoreError`."""

    async def known(self, source: str) -> str | None:
        """The SHA-256 (hex) of the picture kept for a file of the SHA-256 `source`, None if it is to be taken again."""
        ...

    async def keep(self, source: str, photo: bytes) -> None:
        """Keep a picture durably under its SHA-256, and that it was made of the file `source`."""
        ...


class Unit(Protocol):
    """One open transaction of the hub with a fixed `now`; writes and events commit together."""

    @property
    def conn(self) -> AsyncConnection:
        """The connection inside the transaction."""
        ...

    @property
    def now(self) -> datetime:
        """Aware UTC, captured once."""
        ...

    def record(
        self,
        kind: str,
        detail: Mapping[str, object],
        *,
        subject: str | None = None,
        department: str | None = None,
        officer: str | None = None,
        case: str | None = None,
    ) -> UUID:
        """Append an evidence event at the end of the unit; returns its id."""
        ...


class Units(Protocol):
    """Opens units of work; several may run at once."""

    async def run(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run `work` in a transaction and commit, or roll back on any exception."""
        ...
