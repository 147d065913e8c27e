"""What the certificate services ask of whoever runs them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class Unit(Protocol):
    """One open transaction. What `record` is given is logged in the same transaction as the rows."""

    @property
    def conn(self) -> AsyncConnection:
        """The connection, inside its transaction."""

    @property
    def now(self) -> datetime:
        """The time of this unit, aware UTC, read once."""

    @property
    def new_id(self) -> Callable[[], UUID]:
        """A fresh random id."""

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
        """Log an event with this unit; `detail` holds no personal data. Returns the event's id."""


class Units(Protocol):
    """Runs units of work: all rows and events of one commit together or not at all."""

    async def run(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run, log, commit; any exception rolls back."""
