"""Verification through the hub: certificates, receipts, proofs and evidence bundles, as of any time.

What is recognised is verified by `certs`, the same code an outsider runs offline; here only trust is looked up.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.evidence.proof import HEADER, parse_proof
from certs.evidence.receipt import RECEIPT_TYPE
from certs.journal import repo as journal
from certs.journal.ports import Blobs
from certs.journal.proofs import LogReader
from certs.model import Outcome, VerificationReport
from certs.offline.check_bundle import verify_bundle
from certs.offline.check_log import verify_one_proof
from certs.verify import verify
from exchange.model_views import StepView, VerificationView
from exchange.service.offline_views import offline_view, single_step
from exchange.service.trust import Trust
from exchange.uow import Reads

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verification:
    """Verifies with the hub's own knowledge, up to now."""

    reads: Reads
    blobs: Blobs
    trust: Trust
    now: Callable[[], datetime]

    async def verify(self, content: bytes, *, at: datetime | None) -> VerificationView:
        """Verify a document as of `at` (None: now), whatever it is; never raises for what is in it."""
        moment = at or self.now()
        if len(content) > MAX_BYTES:
            return single_step("unknown", moment, "archive and manifest", Outcome.FAIL, "too large")
        if content.startswith(b"PK"):
            keys = self.trust.key_file()
            report = await asyncio.to_thread(verify_bundle, content, keys, at=moment)
            return offline_view(report, kind="bundle", at=moment)
        text = content.decode("utf-8", errors="replace").strip()
        if text.startswith(HEADER):
            return await self._proof(content.decode("utf-8", errors="replace"), moment)
        if _typ(text) == RECEIPT_TYPE:
            return await self._receipt(text, moment)
        return certificate_view(await self.check(text, at=moment))

    async def check(self, token: str, *, at: datetime) -> VerificationReport:
        """Verify a certificate token; decisions are looked up for the identifier it claims."""
        trust = await self.trust.about(claimed_identifier(token))
        return await asyncio.to_thread(verify, token, trust, at=at)

    async def _receipt(self, token: str, at: datetime) -> VerificationView:
        """A receipt is kept when the entry it promises is in the tree."""
        try:
            event_id = UUID(str(loads_object(parse_jws(token).payload).get("jti")))
        except (CertsError, ValueError):
            return single_step("receipt", at, "receipt", Outcome.FAIL, "names no event")
        async with self.reads() as conn:
            row = await journal.find(conn, event_id)
        if row is None:
            return single_step("receipt", at, "inclusion in the log", Outcome.FAIL, "the log has no such event")
        try:
            async with self.reads() as conn:
                proof = await self._log().tlog_proof(conn, event_id)
        except CertsError as error:
            return single_step("receipt", at, "inclusion in the log", Outcome.UNDETERMINED, str(error))
        report = verify_one_proof(proof, row.body, self.trust.key_file(), receipt=token)
        return offline_view(report, kind="receipt", at=at)

    async def _proof(self, proof: str, at: datetime) -> VerificationView:
        """A proof file is verified against the entry at the place it names."""
        try:
            index = parse_proof(proof).index
        except CertsError as error:
            return single_step("proof", at, "inclusion in the log", Outcome.FAIL, str(error))
        async with self.reads() as conn:
            rows = await journal.rows(conn, index, index + 1)
        if not rows:
            return single_step("proof", at, "inclusion in the log", Outcome.UNDETERMINED, "no entry at its place")
        return offline_view(verify_one_proof(proof, rows[0].body, self.trust.key_file()), kind="proof", at=at)

    def _log(self) -> LogReader:
        return LogReader(self.blobs, self.trust.log())


def _typ(token: str) -> str:
    try:
        return str(parse_jws(token).header.get("typ"))
    except CertsError:
        return ""


def claimed_identifier(token: str) -> str:
    """The identifier a token says it has, unverified: good for looking up, never for believing."""
    try:
        claims = loads_object(parse_jws(token.split("~", 1)[0]).payload)
    except CertsError:
        return ""
    about = claims.get("certificate")
    found = about.get("identifier") if isinstance(about, Mapping) else claims.get("ZZBS")
    return found if isinstance(found, str) else ""


def certificate_view(report: VerificationReport) -> VerificationView:
    """A report as people and programs read it."""
    return VerificationView(
        kind="certificate",
        verdict=report.verdict.value,
        at=report.at,
        policy=report.policy,
        steps=tuple(
            StepView(
                number=step.number,
                name_zh=step.name_zh,
                name_en=step.name_en,
                outcome=step.outcome.value,
                code=step.code,
                sentence_zh=step.zh,
                sentence_en=step.en,
                next_zh=step.next_zh,
                next_en=step.next_en,
            )
            for step in report.steps
        ),
        claims=report.claims,
        state=None if report.state is None else report.state.value,
    )
