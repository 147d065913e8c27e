"""Sealed documents, OFD and PDF: their own steps, then one more against what is registered. Pure.

The last step is reached only when the seals cover the document: what nobody signed is compared with nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.model import Certificate, Outcome, State, StepResult, Verdict
from certs.ofd.certificate import JSON_NAME, certificate_in
from certs.ofd.reading import OfdFile
from certs.ofd.verify import SignatureReport, verify_ofd
from certs.pki.x509 import parse_certificate
from certs.seals.history import SealOnFile
from certs.seals.ports import SealRegistry, SealTrust
from certs.trust import TrustBundle
from certs.trust_documents import DocumentTrust
from certs.verifier.content import Compared, Sealed, compare
from certs.verifier.lookup import informed
from certs.verifier.model import Knowledge
from certs.verifier.steps import step
from certs.verifier.words import CONTENT
from certs.verify_findings import NOT_REACHED, failed, undetermined

CONTENT_POLICY: Final = "yzt-content-1"
# `exchange.service.keys.KeyRole`: whose keys put on stamps and PAdES seals
ROLE_SEAL: Final = "seal"
ROLE_SEAL_PDF: Final = "seal-pdf"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verification before it is dressed as a `DocumentReport`."""

    verdict: Verdict
    at: datetime
    policy: str
    steps: tuple[StepResult, ...]
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)
    state: State | None = None


@dataclass(frozen=True, slots=True)
class _Register:
    """Seals of the trust list, with the use log of whoever knows it."""

    listed: SealRegistry | None
    known: Knowledge

    def seal(self, es_id: str) -> SealOnFile | None:
        """The seal of this number."""
        return self.listed.seal(es_id) if self.listed else None

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use was logged."""
        return self.known.used(stamp_digest)


# A batch is judged by one trust list, whose answers about certificates are worth remembering; the newest is enough.
_kept: list[tuple[DocumentTrust, SealTrust]] = []


def _seal_trust(documents: DocumentTrust, known: Knowledge) -> SealTrust:
    if not _kept or _kept[0][0] is not documents:
        _kept[:] = [(documents, documents.seal_trust())]
    kept = _kept[0][1]
    return SealTrust(kept.certificates, _Register(kept.registry, known), kept.timestamps)


def judge_ofd(content: bytes, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Judged:
    """The eleven steps of a sealed OFD, and the twelfth."""
    found = verify_ofd(content, _seal_trust(trust.documents, known), at=at)
    report = found.report
    compared = Compared(NOT_REACHED)
    if report.claims and found.document is not None:
        compared = _compare_ofd(found.document, found.signatures, trust, at=at, known=known)
    return _judged(report.verdict, report.at, report.policy, report.steps, compared)


def judge_pdf(content: bytes, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Judged:
    """The steps of a sealed PDF, and one more."""
    raise NotImplementedError


def _compare_ofd(
    document: OfdFile, signatures: Sequence[SignatureReport], trust: TrustBundle, *, at: datetime, known: Knowledge
) -> Compared:
    if JSON_NAME not in document.attachments:
        return Compared(undetermined("content-missing"))
    try:
        certificate = certificate_in(document)
        face = loads_object(document.attachments[JSON_NAME])
        sealers = tuple((parse_certificate(s.signer).key, s.time) for s in signatures if s.time is not None)
    except CertsError as error:
        return Compared(failed("content-disagrees", detail=str(error)))
    return _compare(Sealed(face, sealers, ROLE_SEAL), certificate, trust, at=at, known=known)


def _compare(
    sealed: Sealed, certificate: Certificate, trust: TrustBundle, *, at: datetime, known: Knowledge
) -> Compared:
    if at > trust.expires_at:
        return Compared(undetermined("trust-stale", until=trust.expires_at.isoformat()))
    knowing = informed(trust, str(certificate.identifier), known)
    return compare(sealed, knowing, issued_at=certificate.issued_at, at=at)


def _judged(verdict: Verdict, at: datetime, policy: str, steps: tuple[StepResult, ...], compared: Compared) -> Judged:
    """The document's verdict, lowered by the last step and never raised by it."""
    last = step(len(steps) + 1, CONTENT, compared.finding)
    if last.outcome is Outcome.FAIL:
        verdict = Verdict.INVALID
    elif verdict is Verdict.VALID and last.outcome is not Outcome.PASS:
        verdict = Verdict.INDETERMINATE
    return Judged(verdict, at, f"{policy}+{CONTENT_POLICY}", (*steps, last), compared.claims, compared.state)
