"""A small document, sealed, with everything needed to verify it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from certs.crypto.ports import Verifier
from certs.crypto.sm2 import Sm2Verifier
from certs.crypto.sm3 import sm3
from certs.ofd.document import About, Attached, Document
from certs.ofd.page import Drawing, FontFile, Image, ImageFile, Page, Path, TextRun
from certs.ofd.signing import Place, Sealing, seal_parts
from certs.ofd.verify import OfdVerification, verify_ofd
from certs.ofd.writer import pack
from certs.pki.der_reader import read
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.ports import CertificateFinding, KnownSeals, SealTrust, Standing
from tests.certs.seals.world import NOW, PNG, SINCE, UNTIL, Identity, SealWorld

LATER = NOW + timedelta(days=1)


def document(text: str = "持证主体 测试甲", **custom: str) -> Document:
    """One page with text, lines and an image, metadata and attached data."""
    page = Page(
        210,
        297,
        (
            TextRun("song", 5.0, 30, 40, text, (5.0,) * len(text)),
            TextRun("song", 4.0, 60, 150, "仅供测试", (4.0,) * 4, (200, 0, 0), 45, 60),
            Path((("M", 20, 20), ("L", 190, 20), ("L", 190, 277), ("L", 20, 277), ("C",)), 0.5, (200, 0, 0)),
            Image("photo", 150, 40, 25, 35),
        ),
    )
    drawing = Drawing(
        (page, page), {"song": FontFile("Test Song", b"\x00\x01\x00\x00font")}, {"photo": ImageFile("PNG", PNG)}
    )
    about = About(
        "0" * 31 + "1",
        "测试证照",
        "339900市测试局",
        date(2026, 11, 22),
        {"ZZMC": "测试证照", "ZZBS": "1.2.3", **custom},
    )
    attached = Attached("certificate.json", "JSON", b'{"name":"\xe6\xb5\x8b"}', NOW)
    return Document(about, drawing, (attached,))


@dataclass(slots=True)
class KnownCertificates:
    """The certificates of the test world with their standing; those not named have an unknown issuer."""

    known: Mapping[bytes, str]
    revoked: dict[bytes, datetime] = field(default_factory=dict)

    def verifier(self, certificate: bytes) -> Verifier:
        tbs = read(certificate).members(3, 3)[0]
        return Sm2Verifier.from_spki(tbs.members(7, 8)[6].raw)

    def judge(self, certificate: bytes, *, at: datetime) -> CertificateFinding:
        if certificate not in self.known:
            return CertificateFinding(Standing.ISSUER_UNKNOWN)
        if certificate in self.revoked and at >= self.revoked[certificate]:
            return CertificateFinding(Standing.REVOKED)
        if not SINCE <= at <= UNTIL:
            return CertificateFinding(Standing.OUTSIDE_TERM)
        return CertificateFinding(Standing.TRUSTED, self.known[certificate])


@dataclass(slots=True)
class OfdWorld:
    """Seal, keys and trust of one test."""

    seals: SealWorld = field(default_factory=SealWorld)
    seal: bytes = b""
    certificates: KnownCertificates = field(init=False)

    def __post_init__(self) -> None:
        self.seal = self.seal or self.seals.seal()
        people = (self.seals.maker, self.seals.signer, self.seals.stranger)
        self.certificates = KnownCertificates({i.certificate: f"certificate {n}" for n, i in enumerate(people)})

    def sealing(self, seal: bytes | None = None, by: Identity | None = None, at: datetime = NOW) -> Sealing:
        """How the document is sealed."""
        who = by or self.seals.signer
        return Sealing(seal or self.seal, who.certificate, who.signer, at, (Place(0, 140, 230),))

    def parts(self, **changed: object) -> dict[str, bytes]:
        """The sealed document's parts."""
        return seal_parts(document(), self.sealing(**changed))  # type: ignore[arg-type]  # for tests only

    def trust(self, *, changes: tuple[SealChange, ...] | None = None, seal: bytes | None = None) -> SealTrust:
        """Trust in which the seal has been active since it was made."""
        history = changes or (SealChange(SealState.ACTIVE, NOW - timedelta(days=20)),)
        on_file = SealOnFile(self.seals.info().es_id, sm3(seal or self.seal), history)
        return SealTrust(self.certificates, KnownSeals({on_file.es_id: on_file}))

    def verify(self, content: bytes | dict[str, bytes], *, at: datetime = LATER) -> OfdVerification:
        """Verify a package or its parts."""
        return verify_ofd(content if isinstance(content, bytes) else pack(content), self.trust(), at=at)


def failing(found: OfdVerification) -> dict[int, str]:
    """Step number -> code of the steps that are not passed."""
    return {s.number: s.code for s in found.report.steps if s.outcome.value in {"fail", "undetermined"}}
