"""One entry for every kind of document: bytes, trust and a time in, one shape of report out. Pure.

1. The kind is recognised.  2. Its own verifier runs: tokens (`certs.verify`), OFD (`certs.ofd.verify`), PDF
(`certs.pdf.verify`), receipts, proofs and bundles (`certs.offline`), signed reports (`certs.verifier.signed`).
3. A sealed document that is covered by its seals is compared with what is registered (`certs.verifier.content`).
The verdict is 无效 if a step failed, else 无法确定 unless all that is needed passed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.model import VerificationReport
from certs.offline import steps as offline
from certs.trust import TrustBundle
from certs.verifier.evidence import bundle_report, proof_report, receipt_report
from certs.verifier.kinds import DocumentKind, recognise
from certs.verifier.lookup import claimed_identifier, informed
from certs.verifier.model import MAX_BYTES, DocumentReport, Knowledge, NothingKnown
from certs.verifier.sealed import Judged, judge_ofd, judge_pdf
from certs.verifier.signed import verify_report
from certs.verifier.steps import digests, ended
from certs.verify import verify
from certs.verify_findings import failed, undetermined

_NOTHING: Final = NothingKnown()


@dataclass(frozen=True, slots=True)
class Believed:
    """What a verification believes: the trust list, and the key file of hub and log (`certs.evidence.trust`).

    Either may be missing: what needs it stays undetermined.
    """

    trust: TrustBundle | None = None
    keys: bytes | None = field(default=None, repr=False)


def verify_document(content: bytes, believed: Believed, *, at: datetime, known: Knowledge = _NOTHING) -> DocumentReport:
    """Verify any document as of an instant.

    Args:
        content: the file, whoever it comes from.
        believed: trust; never taken from the file.
        at: the time in question, aware.
        known: decisions, uses and entries the trust list does not hold.

    Raises:
        ValueError: `at` has no time zone. Nothing else: whatever is wrong with the file is a finding.
    """
    if at.tzinfo is None:
        raise ValueError("at needs a time zone")
    kind = recognise(content)
    if not content:
        return ended(kind, content, failed("file-empty"), at=at)
    if len(content) > MAX_BYTES:
        return ended(kind, content, undetermined("file-too-large", limit=str(MAX_BYTES)), at=at)
    if kind is DocumentKind.ARCHIVE:
        return ended(kind, content, undetermined("archive-inside"), at=at)
    if kind in _BY_KEYS:
        return _by_keys(kind, content, believed.keys, at, known)
    if believed.trust is None:
        return ended(kind, content, undetermined("trust-missing"), at=at)
    return _report(kind, content, _JUDGES.get(kind, _token)(content, believed.trust, at, known))


def _token(content: bytes, trust: TrustBundle, at: datetime, known: Knowledge) -> Judged:
    text = content.decode("utf-8", "replace").strip()
    return _judged(verify(text, informed(trust, claimed_identifier(text), known), at=at))


def _ofd(content: bytes, trust: TrustBundle, at: datetime, known: Knowledge) -> Judged:
    return judge_ofd(content, trust, at=at, known=known)


def _pdf(content: bytes, trust: TrustBundle, at: datetime, known: Knowledge) -> Judged:
    return judge_pdf(content, trust, at=at, known=known)


def _signed_report(content: bytes, trust: TrustBundle, at: datetime, _: Knowledge) -> Judged:
    return _judged(verify_report(content, trust, at=at))


def _judged(report: VerificationReport) -> Judged:
    return Judged(report.verdict, report.at, report.policy, report.steps, report.claims, report.state)


_JUDGES: Final[Mapping[DocumentKind, Callable[[bytes, TrustBundle, datetime, Knowledge], Judged]]] = {
    DocumentKind.OFD: _ofd,
    DocumentKind.PDF: _pdf,
    DocumentKind.REPORT: _signed_report,
}
_BY_KEYS: Final = frozenset({DocumentKind.BUNDLE, DocumentKind.RECEIPT, DocumentKind.PROOF})


def _by_keys(kind: DocumentKind, content: bytes, keys: bytes | None, at: datetime, known: Knowledge) -> DocumentReport:
    if keys is None:
        return ended(kind, content, undetermined("trust-missing"), at=at)
    if kind is DocumentKind.BUNDLE:
        report = bundle_report(content, keys, at=at)
    elif kind is DocumentKind.RECEIPT:
        report = receipt_report(content.decode("ascii", "replace").strip(), keys, known)
    else:
        report = proof_report(content.decode("utf-8", "replace"), keys, known)
    steps = tuple(map(offline.step_result, report.steps))
    return _report(kind, content, Judged(report.verdict, at, offline.POLICY, steps))


def _report(kind: DocumentKind, content: bytes, judged: Judged) -> DocumentReport:
    international, national = digests(content)
    return DocumentReport(
        kind=kind,
        verdict=judged.verdict,
        at=judged.at,
        policy=judged.policy,
        steps=judged.steps,
        sha256=international,
        sm3=national,
        size=len(content),
        claims=judged.claims,
        state=judged.state,
    )
