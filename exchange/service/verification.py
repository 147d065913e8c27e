"""Verification through the hub: certificates, receipts, proofs and evidence bundles, as of any time.

What is recognised is verified by `certs`, the same code an outsider runs offline; here only trust is looked up.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.model import VerificationReport
from certs.verify import verify
from exchange.model_views import StepView, VerificationView
from exchange.service.trust import Trust

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verification:
    """Verifies with the hub's own knowledge, up to now."""

    trust: Trust
    now: Callable[[], datetime]

    async def verify(self, content: bytes, filename: str, *, at: datetime | None) -> VerificationView:
        """Verify a file as of `at` (None: now). Never raises for what is in the file."""
        moment = at or self.now()
        token = content.decode("ascii", errors="replace").strip()
        return certificate_view(await self.check(token, at=moment))

    async def check(self, token: str, *, at: datetime) -> VerificationReport:
        """Verify a certificate token; decisions are looked up for the identifier it claims."""
        trust = await self.trust.about(claimed_identifier(token))
        return await asyncio.to_thread(verify, token, trust, at=at)


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
