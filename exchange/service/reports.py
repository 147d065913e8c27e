"""Signed verification reports (验证报告): the JSON under the hub's report key, and the same to read and print."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.verifier.readable import readable
from certs.verifier.signed import Head, Item, report_document, sign_report
from exchange.model import Principal
from exchange.service.keys import HubKeys, KeyRole
from exchange.service.verification import Verification
from exchange.service.verification_batches import VerificationBatches
from exchange.service.verification_uploads import plain_name


@dataclass(frozen=True, slots=True)
class SignedReport:
    """One run in both forms: the JWS, and the page that names the key it is signed with."""

    token: str
    page: str


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports of one document or of a whole batch. `issuer` is the hub's operator (USCC)."""

    verification: Verification
    batches: VerificationBatches
    keys: HubKeys
    issuer: str
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]

    async def single(self, name: str, content: bytes, *, at: datetime | None) -> SignedReport:
        """Verify one document and report it.

        Raises:
            NoSignerError: the hub has no report key. VerifierBusyError: see there.
        """
        believed = await self.verification.believed()
        report = await self.verification.report(content, at=at, trust=believed)
        return await self._signed([Item(plain_name(name), report)], report.at, believed.digest)

    async def of_batch(self, principal: Principal, id_: UUID) -> SignedReport:
        """The report of a verification that has ended.

        Raises:
            BatchNotFoundError, BatchRunningError: see there. NoSignerError: the hub has no report key.
        """
        row, items = await self.batches.reported(principal, id_)
        return await self._signed(items, row.as_of, row.trust_digest)

    async def _signed(self, items: Sequence[Item], at: datetime, trust_digest: str) -> SignedReport:
        signer = self.keys.signer(KeyRole.REPORT)
        head = Head(str(self.new_id()), self.issuer, self.now(), at, trust_digest)

        def made() -> SignedReport:
            document = report_document(head, items)
            return SignedReport(sign_report(document, signer), readable(document, signed_by=signer.kid))

        return await asyncio.to_thread(made)
