"""What the catalogue needs from whoever runs it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


class Unit(Protocol):
    """One transaction with its instant; rows and recorded events commit together or not at all."""

    conn: AsyncConnection
    now: datetime

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
        """Append an evidence event at the end of this unit and return its id."""
        ...
