"""What the pages about seals need of the hub; `exchange.service.seals` has this shape."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from certs.seals.registry import Act
from exchange.console.copy_ports import Copies
from exchange.console.document_ports import Originals, Sealing
from exchange.console.verification_ports import Batches, Intake, Reports
from exchange.model import Principal
from exchange.model_seals import OwnerView, ProposalView, SealDetail, SealPicture, SealView, UsePage
from exchange.service.seals import SealFile, Wish


class SealReads(Protocol):
    """The register as this person may see it."""

    async def list(self, principal: Principal) -> tuple[SealView, ...]:
        """The seals of the custodian's department; for an operator, all."""

    async def get(self, principal: Principal, es_id: str) -> SealDetail:
        """One of them."""

    async def proposal(self, principal: Principal, es_id: str, proposal_id: UUID) -> ProposalView:
        """An open proposal."""

    async def picture(self, principal: Principal, es_id: str) -> SealPicture:
        """The picture, if it may be shown."""

    async def uses(
        self, principal: Principal, es_id: str, *, limit: int, before: tuple[datetime, UUID] | None = None
    ) -> UsePage:
        """What the seal was put on, newest first."""

    async def owners(self, principal: Principal) -> tuple[OwnerView, ...]:
        """Departments a seal can be filed for."""


class SealActs(Protocol):
    """What operators and custodians do; `key` makes a form sent twice one act."""

    @property
    def views(self) -> SealReads:
        """The register."""

    async def import_seal(self, principal: Principal, file: SealFile, *, key: str | None = None) -> SealDetail:
        """File a seal."""

    async def propose(self, principal: Principal, es_id: str, wish: Wish, *, key: str | None = None) -> ProposalView:
        """Propose what takes two."""

    async def approve(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        """Agree to it."""

    async def withdraw(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        """Take back one's own."""

    async def stop(
        self, principal: Principal, es_id: str, act: Act, *, reason: str, key: str | None = None
    ) -> SealDetail:
        """Suspend or revoke, at once."""


class Documents(Protocol):
    """The services around sealed documents."""

    @property
    def seals(self) -> SealActs:
        """Seals."""

    @property
    def sealing(self) -> Sealing:
        """Sealing in bulk."""

    @property
    def copies(self) -> Copies:
        """加注件."""

    @property
    def originals(self) -> Originals:
        """The holder's own documents."""

    @property
    def intake(self) -> Intake:
        """Takes documents to verify."""

    @property
    def batches(self) -> Batches:
        """Verifications of many documents."""

    @property
    def reports(self) -> Reports:
        """Signed reports of verifications."""
