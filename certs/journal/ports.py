"""What the log needs from outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Blobs(Protocol):
    """A place for published files: a directory, an object store. Both calls may fail at any point."""

    async def put(self, name: str, data: bytes) -> None:
        """Store `data` under `name` whole or not at all, durable on return; replaces what was there."""
        ...

    async def get(self, name: str) -> bytes | None:
        """Return what is stored under `name`, or None."""
        ...


class Memory(Protocol):
    """Where a hub remembers, outside the database, the newest checkpoint it has seen."""

    def read(self) -> str | None:
        """Return the remembered signed checkpoint, or None on a new machine."""
        ...

    def write(self, checkpoint: str) -> None:
        """Remember `checkpoint`; durable on return."""
        ...


class Event(Protocol):
    """An event as a unit of work recorded it. `subject` and `case` are in clear and never stored so."""

    @property
    def id(self) -> UUID:
        """Event id, unique for ever."""
        ...

    @property
    def kind(self) -> str:
        """`noun:verb-past`."""
        ...

    @property
    def at(self) -> datetime:
        """The unit's time, aware."""
        ...

    @property
    def detail(self) -> Mapping[str, object]:
        """Facts without personal data."""
        ...

    @property
    def subject(self) -> str | None:
        """The person or firm concerned."""
        ...

    @property
    def department(self) -> str | None:
        """USCC of the acting department."""
        ...

    @property
    def officer(self) -> str | None:
        """Staff number of the acting officer."""
        ...

    @property
    def case(self) -> str | None:
        """Case number 办件编号."""
        ...
