"""What the pages of sealing jobs and originals need of the hub."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from exchange.model import Principal
from exchange.model_sealing import RowState, SealingJob, SealingRow
from exchange.service.documents import OriginalFile


class Sealing(Protocol):
    """Sealing in bulk."""

    async def order(self, principal: Principal, type_name: str, *, key: str | None = None) -> SealingJob:
        """Order sealing of a type."""

    async def order_again(self, principal: Principal, job_id: UUID) -> SealingJob:
        """Try refused rows again, let a stopped job go on."""

    async def get(self, job_id: UUID) -> SealingJob:
        """A job with its progress."""

    async def newest(self, limit: int, before: tuple[datetime, UUID] | None = None) -> tuple[SealingJob, ...]:
        """Jobs, newest first."""

    async def rows(
        self, job_id: UUID, state: RowState | None = None, *, after: str = "", limit: int
    ) -> tuple[SealingRow, ...]:
        """What came of each certificate."""


class Originals(Protocol):
    """The holder's own documents."""

    async def available(self, principal: Principal, identifier: str) -> tuple[str, ...]:
        """Formats that can be downloaded."""

    async def preview(self, principal: Principal, identifier: str) -> bytes:
        """How the certificate looks, SVG."""

    async def download(self, principal: Principal, identifier: str, original: str) -> OriginalFile:
        """One original; the download is logged."""
