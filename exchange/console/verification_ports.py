"""What the auditor's pages of verification need of the hub; `exchange.service` has these shapes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from certs.model import Verdict
from exchange.model import Principal
from exchange.model_verifications import BatchView, ResultPage, ResultView
from exchange.service.reports import SignedReport
from exchange.service.verification_uploads import Upload


class Intake(Protocol):
    """Takes documents to verify."""

    async def submit(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        """Take files to verify."""

    async def open(self, principal: Principal, files: Sequence[Upload], *, at: datetime | None) -> BatchView:
        """Begin to collect files."""

    async def expect(self, principal: Principal, id_: UUID) -> object:
        """Whether files can be added."""

    async def add(self, principal: Principal, id_: UUID, files: Sequence[Upload]) -> BatchView:
        """Add files."""

    async def start(self, principal: Principal, id_: UUID) -> BatchView:
        """Verify what was collected."""

    async def discard(self, principal: Principal, id_: UUID) -> None:
        """Forget it."""


class Batches(Protocol):
    """Verifications of many documents."""

    async def mine(self, principal: Principal, limit: int = 20) -> tuple[BatchView, ...]:
        """The newest of this person."""

    async def status(self, principal: Principal, id_: UUID) -> BatchView:
        """How far one is."""

    async def results(
        self, principal: Principal, id_: UUID, *, after: int = 0, limit: int = 50, verdict: Verdict | None = None
    ) -> ResultPage:
        """Results in order."""

    async def result(self, principal: Principal, id_: UUID, number: int) -> ResultView:
        """One result."""


class Reports(Protocol):
    """Signed reports."""

    async def single(self, name: str, content: bytes, *, at: datetime | None) -> SignedReport:
        """Verify one document and report it."""

    async def of_batch(self, principal: Principal, id_: UUID) -> SignedReport:
        """The report of a verification that has ended."""
