"""Sealed documents, OFD and PDF: their own steps, then one more against what is registered. Pure.

The last step is reached only when the seals cover the document: what nobody signed is compared with nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from certs.copies.terms import CopyTerms, code_digest, copy_in_ofd, judge_copy, require_same, terms_in
from certs.crypto.strict_json import loads_object
from certs.documents.copying import REASON as COPYING
from certs.documents.redrawing import check_ofd_page, codes_of
from certs.documents.sealing import REASON as SEALING
from certs.errors import CertsError
from certs.layout.fonts import load_fonts
from certs.model import Certificate, Outcome, State, StepResult, Verdict, VerificationReport
from certs.ofd.certificate import JSON_NAME, certificate_in
from certs.ofd.verify import OfdVerification, verify_ofd
from certs.pdf.findings import PAGE_STEP
from certs.pdf.verify import PdfVerification, verify_pdf
from certs.pki.x509 import parse_certificate
from certs.seals.history import SealOnFile
from certs.seals.ports import SealRegistry, SealTrust
from certs.trust import TrustBundle
from certs.trust_documents import DocumentTrust
from certs.type_catalogue import TypeCatalogue, load_types
from certs.verifier.content import Compared, Sealed, compare
from certs.verifier.lookup import informed
from certs.verifier.model import Knowledge
from certs.verifier.seal_pictures import Look, judge_owner, judge_picture
from certs.verifier.steps import step
from certs.verifier.words import CONTENT, COPY
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined

CONTENT_POLICY: Final = "yzt-content-1"
# `exchange.service.keys.KeyRole`: whose keys put on stamps and PAdES seals
ROLE_SEAL: Final = "seal"
ROLE_SEAL_PDF: Final = "seal-pdf"
_QUOTED: Final = 80


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
    found = next((trust for owner, trust in _kept if owner is documents), None)
    kept = found or documents.seal_trust()  # never read from the list again: another thread may have replaced it
    if found is None:
        _kept[:] = [(documents, kept)]
    return SealTrust(kept.certificates, _Register(kept.registry, known), kept.timestamps)


@lru_cache(maxsize=1)
def _types() -> TypeCatalogue:
    """The certificate types this program ships; their layouts draw a page again."""
    return load_types()


def get_ready() -> None:
    """Read fonts and types now: a process that may not open files cannot read them later."""
    _types()
    load_fonts()


def judge_ofd(content: bytes, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Judged:
    """The eleven steps of a sealed OFD, then what it says; a purpose-marked copy is judged by its terms as well."""
    found = verify_ofd(content, _seal_trust(trust.documents, known), at=at)
    carried: Carried | Finding = NOT_REACHED
    if found.report.claims:
        carried = _in_ofd(found)
    return _judged(found.report, carried, trust, at=at, known=known)


def judge_pdf(content: bytes, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Judged:
    """The eleven steps of a sealed PDF, then as `judge_ofd`."""
    found = verify_pdf(content, trust.documents.pki(), at=at, types=_types())
    carried: Carried | Finding = NOT_REACHED
    if found.report.claims and found.certificate is not None:
        carried = _in_pdf(found)
    return _judged(found.report, carried, trust, at=at, known=known)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a sealed document carries: certificate, its face, the terms of a copy, who sealed, and its page.

    `page` is what was found when the page was drawn again from that data; NOT_REACHED where it was not. `look` is what
    a PDF shows as its seal, `seals` the numbers of those in an OFD.
    """

    certificate: Certificate
    sealed: Sealed
    terms: CopyTerms | None
    page: Finding
    look: Look | None = None
    seals: tuple[str, ...] = ()


def _in_ofd(found: OfdVerification) -> Carried | Finding:
    document = found.document
    if document is None or JSON_NAME not in document.attachments:
        return undetermined("content-missing")
    try:
        terms = terms_in(document.attachments)
        certificate = certificate_in(document) if terms is None else copy_in_ofd(document)[0]
        face = loads_object(document.attachments[JSON_NAME])
        sealers = tuple((parse_certificate(s.signer).key, s.time) for s in found.signatures if s.time is not None)
    except CertsError as error:
        return failed("content-disagrees", detail=str(error))
    forged = found.report.verdict is Verdict.INVALID  # what its seal does not uphold is not worth drawing
    page = NOT_REACHED if forged else check_ofd_page(document, certificate, terms, _types())
    numbers = tuple(s.es_id for s in found.signatures)
    return Carried(certificate, Sealed(face, sealers, ROLE_SEAL), terms, page, seals=numbers)


def _in_pdf(found: PdfVerification) -> Carried | Finding:
    assert found.certificate is not None, "asked only for a document that carries one"
    try:
        terms = terms_in(found.attached)
        if terms is not None:
            require_same(found.certificate, terms)
        face = loads_object(found.attached[JSON_NAME])
        sealers = tuple(
            (parse_certificate(s.signer).key, time)
            for s in found.signatures
            if (time := s.proven_at or s.time) is not None
        )
    except CertsError as error:
        return failed("content-disagrees", detail=str(error))
    drawn = found.report.steps[PAGE_STEP - 1]  # judged there; what it has in evidence is of interest here
    page = passed(drawn.code, **drawn.evidence) if drawn.outcome is Outcome.PASS else NOT_REACHED
    times = tuple(t for s in found.signatures for t in (s.time, s.proven_at) if t is not None)
    look = Look(found.look, times, found.reason)
    return Carried(found.certificate, Sealed(face, sealers, ROLE_SEAL_PDF), terms, page, look)


def _judged(
    report: VerificationReport, carried: Carried | Finding, trust: TrustBundle, *, at: datetime, known: Knowledge
) -> Judged:
    """The document's own verdict, lowered by the further steps and never raised by them."""
    number = len(report.steps) + 1
    if isinstance(carried, Finding):
        last = (step(number, CONTENT, carried),)
        return Judged(_lowered(report.verdict, last), at, _policy(report), (*report.steps, *last))
    compared = _compared(carried, trust, at=at, known=known)
    more: tuple[StepResult, ...] = (step(number, CONTENT, compared.finding),)
    claims = dict(compared.claims)
    if carried.terms is not None:
        withdrawn_at = _withdrawn(carried.terms, trust, known)
        more = (*more, step(number + 1, COPY, judge_copy(carried.terms, at=at, withdrawn_at=withdrawn_at)))
        claims |= _terms(carried.terms)
    verdict = _lowered(report.verdict, more)
    return Judged(verdict, at, _policy(report), (*report.steps, *more), claims, compared.state)


def _withdrawn(terms: CopyTerms, trust: TrustBundle, known: Knowledge) -> datetime | None:
    return known.withdrawn(terms.code) or trust.withdrawn_copies.get(code_digest(terms.code))


def _compared(carried: Carried, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Compared:
    """What is registered, then the page, then the seal's picture; of several faults the first of the worst kind."""
    found, page = _registered(carried, trust, at=at, known=known), _shown(carried)
    picture = _picture(carried, trust)
    shown = {"page": page} | ({"picture": picture} if picture else {})
    if all(finding.outcome is Outcome.PASS for finding in (found.finding, *shown.values())):
        codes = {what: finding.code for what, finding in shown.items()}
        return replace(found, finding=passed(found.finding.code, **found.finding.evidence, **codes))
    kinds = [Outcome.UNDETERMINED, Outcome.FAIL]
    faults = [finding for finding in (found.finding, *shown.values()) if finding.outcome in kinds]
    return replace(found, finding=max(faults, key=lambda f: kinds.index(f.outcome), default=found.finding))


def _picture(carried: Carried, trust: TrustBundle) -> Finding | None:
    """The seal that is seen, against those of whoever's key sealed; whether that was the right one, is asked apart."""
    sealers = {key.kid for key, _ in carried.sealed.sealers}
    owners = {k.owner for k in trust.keys if k.verifier.kid in sealers and k.role == carried.sealed.role}
    on_file = trust.documents.seals.values()
    return judge_picture(carried.look, owners, on_file) if carried.look else judge_owner(carried.seals, owners, on_file)


def _shown(carried: Carried) -> Finding:
    """The page as drawn again, and whether its code and the words beside its seal are of this certificate."""
    page, qr = carried.page, carried.page.evidence.get("qr", "")
    if page.outcome is not Outcome.PASS:
        return page
    if qr not in codes_of(carried.certificate, carried.terms):
        return undetermined("page-code-elsewhere", detail=qr)
    if carried.look and carried.look.reason != (COPYING if carried.terms else SEALING):
        return undetermined("seal-reason-unusual", detail=carried.look.reason[:_QUOTED])
    return page


def _registered(carried: Carried, trust: TrustBundle, *, at: datetime, known: Knowledge) -> Compared:
    if at > trust.expires_at:
        return Compared(undetermined("trust-stale", until=trust.expires_at.isoformat()))
    if not carried.sealed.sealers:
        return Compared(undetermined("sealer-unknown"))
    knowing = informed(trust, str(carried.certificate.identifier), known)
    also = frozenset({trust.hub}) if carried.terms is not None else frozenset[str]()
    return compare(carried.sealed, knowing, issued_at=carried.certificate.issued_at, at=at, also=also)


def _lowered(verdict: Verdict, more: Sequence[StepResult]) -> Verdict:
    if any(s.outcome is Outcome.FAIL for s in more):
        return Verdict.INVALID
    if verdict is Verdict.VALID and any(s.outcome is not Outcome.PASS for s in more):
        return Verdict.INDETERMINATE
    return verdict


def _policy(report: VerificationReport) -> str:
    return f"{report.policy}+{CONTENT_POLICY}"


def _terms(terms: CopyTerms) -> dict[str, object]:
    return {
        "copy.purpose": terms.purpose,
        "copy.matter": terms.matter,
        "copy.recipient": terms.recipient,
        "copy.valid_until": terms.valid_until.isoformat(),
        "copy.made_at": terms.made_at.isoformat(),
    }
