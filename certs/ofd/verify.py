"""Verification of a sealed OFD as eleven numbered steps. Pure: bytes, trust and time in, report out.

1. Read package, document and stamp; version; strict DER.  2. Seal: Seal.esl is the seal used, the maker's signature,
the maker's certificate when the seal was made.  3. Seal on file, in use and in term at the time of sealing.  4. The
signer is on the seal's list.  5. The signer's certificate at that time.  6. Time stamp, if any.  7. Signature over
TBS_Sign.  8. dataHash is SM3 of Signature.xml, at the path signed.  9. Every reference.  10. Every file covered.
11. The seal's place on its page.  (GB/T 38540-2020 §7.3, GB/T 33190-2016 §18; stricter than ordinary readers.)

Each signature is verified on its own scope; the document is as good as its worst signature. The time of sealing is the
signer's claim: when a seal or certificate was ended since, only a time stamp or the log of its use upholds it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from certs.crypto.ports import Verifier
from certs.crypto.sm3 import sm3
from certs.errors import AlgorithmUnavailable, CertsError
from certs.model import Outcome, StepResult, Verdict, VerificationReport
from certs.ofd.errors import DocumentMalformed, PackageRefused, XmlRefused
from certs.ofd.findings import steps_of, verdict
from certs.ofd.reading import Listed, OfdFile, read_ofd, read_signature
from certs.ofd.scope import Signed, check_coverage, check_places, check_references, digests_of, own_paths, paths_of
from certs.seals.history import SealOnFile, SealState
from certs.seals.model import Recognised, Seal
from certs.seals.ports import SealTrust, Standing, TimestampFinding
from certs.seals.seal import check_maker_signature, lists_signer
from certs.seals.signature import check_stamp_signature, read_stamp, stamp_digest
from certs.verify_findings import Finding, failed, passed, undetermined, worst

POLICY: Final = "yzt-ofd-1"
LEEWAY: Final = timedelta(seconds=60)
_BINDING_STEPS: Final = (7, 8, 9, 10)
_UNKNOWN: Final = frozenset({Standing.ISSUER_UNKNOWN, Standing.REVOCATION_UNKNOWN})


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature: its Signature.xml, seal name and number, the stated time, its eleven steps, the signer (DER)."""

    path: str
    seal_name: str
    es_id: str
    time: datetime | None
    steps: tuple[StepResult, ...]
    signer: bytes = field(default=b"", repr=False)

    @property
    def verdict(self) -> Verdict:
        """The verdict on this signature alone."""
        return verdict(self.steps)


@dataclass(frozen=True, slots=True)
class OfdVerification:
    """`report` holds per step the worst result of all signatures, and the claims (title, CustomDatas) if covered.

    `document` is the file as read, None when it could not be.
    """

    report: VerificationReport
    signatures: tuple[SignatureReport, ...]
    document: OfdFile | None = field(default=None, repr=False)


def verify_ofd(content: bytes, trust: SealTrust, *, at: datetime) -> OfdVerification:
    """Verify a document as of an instant.

    Args:
        content: the file, whoever it comes from.
        trust: certificates, seals on file, time-stamp authorities; what is missing leaves its step undetermined.
        at: the time in question, aware.

    Raises:
        ValueError: `at` has no time zone. Nothing else: whatever is wrong with the file is a finding.
    """
    if at.tzinfo is None:
        raise ValueError("at needs a time zone")
    try:
        document = read_ofd(content)
        if not document.signatures:
            return _unread(failed("unsealed"), at)
        read = [_read(document, listed) for listed in document.signatures]
        digests = digests_of(document)
    except CertsError as error:
        return _unread(_irregular(error), at)
    paths = {
        listed.path: paths_of(listed, found.file) if isinstance(found, Signed) else own_paths(document, listed)
        for listed, found in zip(document.signatures, read, strict=True)
    }
    reports = []
    for listed, found in zip(document.signatures, read, strict=True):
        if isinstance(found, Finding):
            reports.append(SignatureReport(listed.path, "", "", None, steps_of([found], signature=listed.path)))
            continue
        others = tuple(p for path, p in paths.items() if path != listed.path)
        reports.append(_Run(document, found, others=others, digests=digests, trust=trust, at=at).report())
    steps = worst([r.steps for r in reports])
    return OfdVerification(
        VerificationReport(verdict=verdict(steps), at=at, policy=POLICY, steps=steps, claims=_claims(document, steps)),
        tuple(reports),
        document,
    )


def _claims(document: OfdFile, steps: tuple[StepResult, ...]) -> dict[str, object]:
    """What the document says, only when the signatures cover it."""
    if not all(steps[number - 1].outcome is Outcome.PASS for number in _BINDING_STEPS):
        return {}
    return {"title": document.title, "custom": dict(document.custom), "attachments": tuple(document.attachments)}


def _unread(finding: Finding, at: datetime) -> OfdVerification:
    steps = steps_of([finding])
    return OfdVerification(VerificationReport(verdict=verdict(steps), at=at, policy=POLICY, steps=steps, claims={}), ())


def _irregular(error: CertsError) -> Finding:
    if isinstance(error, AlgorithmUnavailable):
        return undetermined("alg-unavailable")
    if isinstance(error, PackageRefused):
        return failed("package-irregular", detail=str(error))
    return failed("document-malformed", detail=str(error))


def _read(document: OfdFile, listed: Listed) -> Signed | Finding:
    """Step 1 of one signature."""
    if listed.kind != "Seal":
        return undetermined("kind-recognised", kind=listed.kind[:20])
    try:
        file = read_signature(document, listed.path)
        if file.value_path not in document.parts:
            return failed("document-malformed", detail="the signed value is missing")
        stamp = read_stamp(document.parts[file.value_path])
    except (DocumentMalformed, XmlRefused) as error:
        return failed("document-malformed", detail=str(error))
    except CertsError as error:
        return failed("seal-malformed", detail=str(error))
    if isinstance(stamp, Recognised):
        return undetermined("standard-recognised", standard=stamp.standard.value)
    return Signed(listed, file, stamp)


_GOOD_SEALS: Final[dict[tuple[bytes, str], None]] = {}
_REMEMBERED: Final = 256


def _check_maker(seal: Seal, digest: bytes, maker: Verifier) -> None:
    """`check_maker_signature`, remembered when good by seal digest and key: a batch bears one seal many times."""
    known = (digest, maker.kid)
    if known not in _GOOD_SEALS:
        check_maker_signature(seal, maker)
        if len(_GOOD_SEALS) >= _REMEMBERED:
            _GOOD_SEALS.clear()
        _GOOD_SEALS[known] = None


class _Run:
    """One signature; each method is one step."""

    def __init__(
        self,
        document: OfdFile,
        signed: Signed,
        *,
        others: tuple[tuple[str, ...], ...],
        digests: dict[str, bytes],
        trust: SealTrust,
        at: datetime,
    ) -> None:
        self._document, self._signed, self._others, self._digests = document, signed, others, digests
        self._trust, self._at = trust, at
        self._stamp, self._seal = signed.stamp, signed.stamp.seal
        self._seal_digest = sm3(self._seal.der)
        self._token = self._check_token()

    def report(self) -> SignatureReport:
        """All eleven steps."""
        checks: tuple[Callable[[], Finding], ...] = (
            self.seal,
            self.state,
            self.listed,
            self.signer,
            self.timestamp,
            self.signature,
            self.digest,
            self.references,
            self.coverage,
            self.place,
        )
        path = self._signed.listed.path
        findings = [passed("parsed"), *(check() for check in checks)]
        info = self._seal.info
        steps = steps_of(findings, signature=path)
        return SignatureReport(path, info.name, info.es_id, self._stamp.time, steps, self._stamp.certificate)

    def seal(self) -> Finding:
        """Step 2."""
        path = self._signed.file.seal_path
        if path is not None and self._document.parts.get(path) != self._seal.der:
            return failed("seal-file-differs")
        try:
            _check_maker(self._seal, self._seal_digest, self._trust.certificates.verifier(self._seal.maker_certificate))
        except AlgorithmUnavailable:
            return undetermined("alg-unavailable")
        except CertsError as error:
            return failed("seal-forged", detail=str(error))
        if any(e.critical for e in self._seal.info.extensions):
            return failed("seal-forged", detail="a critical extension nobody here understands")
        return self._maker()

    def _maker(self) -> Finding:
        judge, certificate = self._trust.certificates.judge, self._seal.maker_certificate
        found = judge(certificate, at=self._seal.info.created_at)
        if found.standing in _UNKNOWN:
            return undetermined("maker-unknown", detail=found.detail or found.standing.value)
        if found.standing is not Standing.TRUSTED:
            return failed("maker-refused", detail=f"{found.standing.value} {found.detail}".strip())
        if judge(certificate, at=self._at).standing is Standing.REVOKED and not self._on_file():
            return undetermined("maker-unknown", detail="revoked since, and the seal is not on file")
        return passed("seal-good", maker=self._seal.info.maker_id, name=self._seal.info.name)

    def state(self) -> Finding:
        """Step 3."""
        info, time = self._seal.info, self._stamp.time
        if time > self._at + LEEWAY:
            return failed("seal-not-yet-used", time=time.isoformat())
        if not info.valid_from <= time <= info.valid_until:
            return failed("seal-outside-term", time=time.isoformat())
        if self._trust.registry is None:
            return undetermined("seal-register-missing")
        found = self._trust.registry.seal(info.es_id)
        if found is None:
            return undetermined("seal-not-on-file", es_id=info.es_id)
        return self._registered(found)

    def _registered(self, found: SealOnFile) -> Finding:
        time = self._stamp.time
        if found.digest != self._seal_digest:
            return failed("seal-differs", es_id=found.es_id)
        then, now = (found.state_at(t) or SealState.REGISTERED for t in (time, self._at))
        if not found.active_in(time):
            return failed("seal-not-in-force", state=then.value, state_zh=then.zh)
        if now is not SealState.ACTIVE and not self._proven(lambda t: found.state_at(t) is SealState.ACTIVE):
            return undetermined("seal-ended-since", state=now.value, state_zh=now.zh)
        return passed("seal-in-force", es_id=found.es_id, time=time.isoformat())

    def listed(self) -> Finding:
        """Step 4."""
        known = lists_signer(self._seal.info, self._stamp.certificate)
        if known is None:
            return undetermined("signer-list-unreadable")
        return passed("signer-listed") if known else failed("signer-not-listed")

    def signer(self) -> Finding:
        """Step 5."""
        judge, certificate = self._trust.certificates.judge, self._stamp.certificate
        found = judge(certificate, at=self._stamp.time)
        if found.standing in _UNKNOWN:
            return undetermined("signer-unknown", detail=found.detail or found.standing.value)
        if found.standing is not Standing.TRUSTED:
            return failed("signer-refused", detail=f"{found.standing.value} {found.detail}".strip())
        now = judge(certificate, at=self._at)
        good = Standing.TRUSTED
        if now.standing is Standing.REVOKED and not self._proven(lambda t: judge(certificate, at=t).standing is good):
            return undetermined("signer-revoked-since")
        return passed("signer-trusted", detail=found.detail)

    def timestamp(self) -> Finding:
        """Step 6."""
        token = self._token
        if token is None:
            return Finding(Outcome.NOT_APPLICABLE, "timestamp-absent")
        if token.outcome is Outcome.FAIL:
            return failed("timestamp-refused", detail=token.detail)
        if token.outcome is not Outcome.PASS or token.time is None:
            return undetermined("timestamp-unknown", detail=token.detail)
        if self._stamp.time > token.time + LEEWAY:
            return failed("timestamp-contradicts", time=token.time.isoformat())
        return passed("timestamp-good", time=token.time.isoformat())

    def signature(self) -> Finding:
        """Step 7."""
        if any(e.critical for e in self._stamp.extensions):
            return failed("signature-invalid", detail="a critical extension nobody here understands")
        try:
            check_stamp_signature(self._stamp, self._trust.certificates.verifier(self._stamp.certificate))
        except AlgorithmUnavailable:
            return undetermined("alg-unavailable")
        except CertsError as error:
            return failed("signature-invalid", detail=str(error))
        return passed("signature-good")

    def digest(self) -> Finding:
        """Step 8."""
        path = self._signed.listed.path
        if self._stamp.signed_path.removeprefix("/") != path:
            return failed("digest-differs", detail=f"signed for {self._stamp.signed_path[:80]!r}")
        if self._digests[path] != self._stamp.data_hash:
            return failed("digest-differs", detail="dataHash")
        return passed("digest-good")

    def references(self) -> Finding:
        """Step 9."""
        return check_references(self._document, self._signed, self._digests)

    def coverage(self) -> Finding:
        """Step 10."""
        return check_coverage(self._document, self._signed, self._others)

    def place(self) -> Finding:
        """Step 11."""
        return check_places(self._document, self._signed)

    def _check_token(self) -> TimestampFinding | None:
        token = self._stamp.timestamp
        if token is None:
            return None
        if self._trust.timestamps is None:
            return TimestampFinding(Outcome.UNDETERMINED, detail="no trusted authorities")
        return self._trust.timestamps.check(token, self._stamp.signature, at=self._at)

    def _on_file(self) -> bool:
        registry = self._trust.registry
        found = registry.seal(self._seal.info.es_id) if registry else None
        return found is not None and found.digest == self._seal_digest

    def _proven(self, good: Callable[[datetime], bool]) -> bool:
        """Whether something other than the signer's word places this stamp at a time when all was well."""
        token, registry = self._token, self._trust.registry
        times = [token.time] if token and token.outcome is Outcome.PASS else []
        times.append(registry.used(stamp_digest(self._stamp)) if registry else None)
        return any(t is not None and t <= self._at and good(t) for t in times)
