"""Verification of a signed PDF as eleven numbered steps. Pure: bytes, trust and time in, report out.

1. Read the file strictly, to its last byte.  2. Its kind: sealed by a hub, or by other software.  3. The signature
covers everything but its value.  4. Nothing but validation data and time-stamps came after it.  5. Nothing hides or
acts.  6. Certified against any change.  7. The signature's maths (CMS, signing-certificate-v2).  8. The signer's path
at the time that is proven.  9. Revocation.  10. Time-stamps.  11. The page drawn again from the attached data is the
same.
(ISO 32000-2 §12.8, ETSI EN 319 142-1, EN 319 102-1 for the time logic; stricter than any reader.)

有效 is said of one kind of file only: one that is byte by byte of the shape the hub writes (`signing_check`), and whose
page was made again from its data. Every other file is read by a second, independent reader (`strict_file`), so that
what can be said about its signatures is said; it ends as 无效 when something is proven wrong, else as 无法确定, because
nobody can tell from a signature what another renderer will show. No third reader decides anything: a library that
repairs what it reads (pypdf, MuPDF, qpdf) would be the parser difference that these attacks live on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.face import claims_of
from certs.model import Certificate, Outcome, StepResult, Verdict, VerificationReport
from certs.ofd.certificate import JSON_NAME
from certs.pdf.certificate import attachments, certificate_of_face
from certs.pdf.errors import CertificateMissing, PdfEncrypted, PdfIrregular, PdfNotUnderstood, PdfTooCostly
from certs.pdf.findings import steps_of, verdict
from certs.pdf.signing_check import SealedShape, read_sealed_pdf
from certs.pdf.strict_file import StrictFile
from certs.pdf.verify_cms import check_value, unprotected
from certs.pdf.verify_content import surprises
from certs.pdf.verify_foreign import Examined, examine
from certs.pdf.verify_page import check_page
from certs.pdf.verify_time import Signed, Standing, holding, is_readable, moment, read_store, standing
from certs.seals.pki_trust import PkiTrust
from certs.type_catalogue import TypeCatalogue
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined, worst

POLICY: Final = "yzt-pdf-1"
_OPEN: Final = frozenset({Outcome.FAIL, Outcome.UNDETERMINED})
_BINDING_STEPS: Final = (1, 2, 3, 4, 6, 7)
# A hostile file may break an assumption nobody thought of; then nothing is established, and nothing is raised.
_UNFORESEEN: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature: its field, the signer's certificate (DER, empty if unread), times, and its eleven steps.

    `time` is the signer's own word; `proven_at` is what time-stamps prove, None without one.
    """

    name: str
    signer: bytes = field(repr=False)
    time: datetime | None
    proven_at: datetime | None
    steps: tuple[StepResult, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on this signature alone."""
        return verdict(self.steps)


@dataclass(frozen=True, slots=True)
class PdfVerification:
    """`report` holds per step the worst result of all signatures, and the claims if the signature covers them.

    Attributes:
        certificate: the one attached, if it is covered by the hub's own seal and can be read.
        attached: files attached to such a document by name.
        look: SHA-256 of what is drawn as its seal (`certs.pdf.signing_appearance`), empty if it cannot be read.
        reason: why it was sealed, as readers show it.
    """

    report: VerificationReport
    signatures: tuple[SignatureReport, ...]
    certificate: Certificate | None = None
    attached: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    look: bytes = b""
    reason: str = ""


def verify_pdf(content: bytes, trust: PkiTrust, *, at: datetime, types: TypeCatalogue | None = None) -> PdfVerification:
    """Verify a document as of an instant.

    Args:
        content: the file, whoever it comes from.
        trust: authorities and lists; what is missing leaves its step undetermined.
        at: the time in question, aware.
        types: layouts to draw the page with; those shipped with this program unless given.

    Raises:
        ValueError: `at` has no time zone. Nothing else: whatever is wrong with the file is a finding.
    """
    if at.tzinfo is None:
        raise ValueError("at needs a time zone")
    try:
        file = StrictFile(content)
        shape = _own_shape(content)
        if shape is not None:
            return _Own(file, shape, trust, at, types).verification()
        return _foreign(examine(file, trust, at=at), at)
    except CertsError as error:
        return _unread(_refused(error), at)
    except _UNFORESEEN as error:
        return _unread({1: undetermined("file-not-understood", detail=type(error).__name__)}, at)


def _own_shape(content: bytes) -> SealedShape | None:
    try:
        return read_sealed_pdf(content)
    except CertsError:
        return None  # why, is for the examination of foreign files to find out


def _refused(error: CertsError) -> dict[int, Finding]:
    if isinstance(error, PdfEncrypted):
        return {1: passed("parsed"), 2: undetermined("encrypted")}
    if isinstance(error, PdfNotUnderstood):
        return {1: undetermined("file-not-understood", detail=str(error))}
    if isinstance(error, PdfTooCostly):
        return {1: undetermined("file-too-costly", detail=str(error))}
    return {1: failed("file-irregular", detail=str(error))}


def _unread(findings: Mapping[int, Finding], at: datetime) -> PdfVerification:
    steps = steps_of(findings)
    return PdfVerification(VerificationReport(verdict(steps), at, POLICY, steps, {}), ())


def _foreign(examined: Examined, at: datetime) -> PdfVerification:
    if not examined.signatures:
        return _unread(examined.findings, at)
    shared = examined.findings
    reports = tuple(
        SignatureReport(s.name, s.signer, s.time, s.proven_at, steps_of({**shared, **s.findings}, field=s.name))
        for s in examined.signatures
    )
    steps = worst([report.steps for report in reports])
    return PdfVerification(VerificationReport(verdict(steps), at, POLICY, steps, {}), reports)


class _Own:
    """A file of the hub's own shape: steps 1 to 4 and 6 are what that shape means."""

    def __init__(
        self, file: StrictFile, shape: SealedShape, trust: PkiTrust, at: datetime, types: TypeCatalogue | None
    ) -> None:
        self._file, self._shape, self._trust, self._at, self._types = file, shape, trust, at, types
        self._attached: dict[str, bytes] = {}
        self._certificate: Certificate | None = None
        self._signer: bytes = b""
        self._proven_at: datetime | None = None

    def verification(self) -> PdfVerification:
        """All eleven steps."""
        shape, archived = self._shape, len(self._shape.stamps)
        signature = self._signature()
        findings = {
            1: passed("parsed"),
            2: passed("kind-own", revisions=str(len(self._file.revisions))),
            3: passed("range-good"),
            4: passed("updates-archive", count=str(archived)) if archived else passed("updates-none"),
            5: self._content(),
            6: passed("certified"),
            **signature,
            11: NOT_REACHED if signature[7].outcome is Outcome.FAIL else self._page(),
        }
        time = moment(shape.claimed.strip(b"()"))
        steps = steps_of(findings)
        report = SignatureReport("Seal", self._signer, time, self._proven_at, steps)
        bound = all(steps[number - 1].outcome is Outcome.PASS for number in _BINDING_STEPS)
        return PdfVerification(
            VerificationReport(verdict(steps), self._at, POLICY, steps, self._claims() if bound else {}),
            (report,),
            self._certificate if bound else None,
            self._attached if bound else {},
            self._look() if bound else b"",
            bytes.fromhex(shape.reason.strip(b"<>").decode()).decode("utf-16", "replace") if bound else "",
        )

    def _content(self) -> Finding:
        """Step 5."""
        found = surprises(self._file)
        return undetermined("content-surprising", detail="; ".join(found)) if found else passed("content-plain")

    def _signature(self) -> dict[int, Finding]:
        """Steps 7 to 10."""
        shape = self._shape
        finding, signed = check_value(shape.value, shape.covered, ours=True)
        if signed is None:
            return {7: finding}
        stamped = holding(shape.stamps)
        trust = read_store(shape.certificates, shape.crls, signed.data.certificates, self._trust)
        judged = standing(
            Signed(signed.signer, signed.data, moment(shape.claimed.strip(b"()")), () if stamped else shape.stamps),
            trust,
            at=self._at,
        )
        self._signer, self._proven_at = signed.signer.der, judged.proven_at
        return {
            7: self._beside(judged, trust) or finding,
            8: judged.signer,
            9: judged.revocation,
            10: stamped or judged.timestamp,
        }

    def _beside(self, judged: Standing, trust: PkiTrust) -> Finding | None:
        """What is wrong beside the signatures. Asked only when their paths hold: otherwise nobody vouches anyway."""
        if Outcome.PASS is not judged.signer.outcome or judged.timestamp.outcome in _OPEN:
            return None
        if not is_readable(self._shape.certificates, self._shape.crls):
            return undetermined("signature-carries-more", detail="no certificate or list, in the security store")
        known = (*trust.intermediates, *trust.roots)
        values = (self._shape.value, *(stamp.token for stamp in self._shape.stamps))
        return next((found for value in values if (found := unprotected(value, known))), None)

    def _page(self) -> Finding:
        """Step 11. What is not readable here is left open: the seal may hold all the same."""
        try:
            self._attached = dict(attachments(self._file, 0))
            self._certificate = certificate_of_face(self._attached.get(JSON_NAME, b""))
            return check_page(self._file, self._shape, self._certificate, self._types)
        except CertificateMissing as error:
            return undetermined("page-without-data", detail=str(error))
        except (PdfNotUnderstood, PdfTooCostly, PdfIrregular) as error:
            return undetermined("page-not-redrawn", detail=str(error))

    def _look(self) -> bytes:
        try:
            return self._shape.look.digest()
        except ValueError:
            return b""

    def _claims(self) -> dict[str, object]:
        """What the attached data says."""
        return claims_of(loads_object(self._attached[JSON_NAME])) if self._certificate else {}
