"""Sealed documents of every face with one trust list that knows all about them."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from certs.crypto.alg import Alg
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import ephemeral_key
from certs.crypto.sm3 import sm3
from certs.documents.copying import copied_ofd, copied_pdf
from certs.documents.sealing import sealed_ofd, sealed_pdf, verification_qr
from certs.layout.fonts import load_fonts
from certs.model import Reason, State
from certs.seals.history import SealChange, SealLook, SealOnFile, SealState
from certs.trust import Entitlement, StatusHistory, StatusNotice, TrustBundle, TrustedIssuer, TypeName
from certs.trust_documents import DocumentTrust
from certs.verifier.documents import Believed, verify_document
from certs.verifier.model import DocumentReport
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, ES_ID, LATER, seal_der, seals, trust
from tests.certs.layout.samples import ISSUERS, SLUGS, certificate_of_type, kind_of
from tests.certs.pki.world import NOW, authority

URL = "https://hub.339900.example"
HUB = "11339900MB90000585"
REPORT_KEY = ephemeral_key(Alg.ES256)
SEALER_OWNERS = {ISSUERS[slug][0] for slug in SLUGS}
SINCE, UNTIL = NOW - timedelta(days=365), NOW + timedelta(days=365)


@cache
def ofd(slug: str = "marriage", *, stamped: bool = False) -> bytes:
    certificate = certificate_of_type(slug)
    qr = verification_qr(URL, str(certificate.identifier))
    return sealed_ofd(certificate, kind_of(slug), seals(stamped=stamped).ofd, fonts=load_fonts(), at=AT, qr=qr).data


@cache
def pdf(slug: str = "marriage", *, stamped: bool = False) -> bytes:
    certificate = certificate_of_type(slug)
    qr = verification_qr(URL, str(certificate.identifier))
    seal = seals(stamped=stamped, archived=stamped).pdf
    return sealed_pdf(certificate, kind_of(slug), seal, fonts=load_fonts(), at=AT, qr=qr).data


@cache
def copies(slug: str = "marriage") -> tuple[bytes, bytes]:
    certificate, terms, fonts = certificate_of_type(slug), terms_of(slug), load_fonts()
    both = seals()
    return (
        copied_ofd(certificate, kind_of(slug), terms, both.ofd, fonts=fonts, at=AT, public_url=URL).data,
        copied_pdf(certificate, kind_of(slug), terms, both.pdf, fonts=fonts, at=AT, public_url=URL).data,
    )


def history(*changes: tuple[State, Reason, datetime], until: datetime = UNTIL) -> StatusHistory:
    """All decisions about the sample certificates, which share one place of one list."""
    place = certificate_of_type("marriage").status
    notices = tuple(StatusNotice(place.index, state, reason, HUB, at) for state, reason, at in changes)
    return StatusHistory(place.uri, until, notices)


def believed(*changes: tuple[State, Reason, datetime], **changed: object) -> Believed:
    """A trust list that knows issuers, types, keys, authorities, the seal, and these decisions."""
    sealers = [(authority(Alg.SM2).signer, "seal"), (authority(Alg.ES256).signer, "seal-pdf")]
    keys = [TrustedKey(i.signer.verifier(), SINCE, UNTIL, role, o) for i, role in sealers for o in SEALER_OWNERS]
    known = [trust(Alg.SM2), trust(Alg.ES256)]
    found = history(*changes)
    bundle = TrustBundle(
        hub=HUB,
        issued_at=NOW,
        expires_at=UNTIL,
        issuers={code: _issuer(code) for code in SEALER_OWNERS},
        types={kind_of(s).code: TypeName(kind_of(s).zh, kind_of(s).en) for s in SLUGS},
        keys=KeyRing([*keys, TrustedKey(REPORT_KEY.verifier(), SINCE, UNTIL, "report", HUB)]),
        histories={found.uri: found},
        documents=DocumentTrust(
            roots=tuple(c for k in known for c in k.roots),
            intermediates=tuple(c for k in known for c in k.intermediates),
            crls=tuple(c for k in known for c in k.crls),
            seals=seals_on_file(),
        ),
    )
    return Believed(replace(bundle, **changed))  # type: ignore[arg-type]  # members by name, for tests only


def seals_on_file(*changes: SealChange) -> dict[str, SealOnFile]:
    """The one seal, which every issuer of the samples uses, under a number for each."""
    drawn, states = seals().pdf.appearance.digest(), changes or (SealChange(SealState.ACTIVE, NOW),)
    looks = [SealLook(owner, drawn, NOW, NOW + timedelta(days=700)) for owner in sorted(SEALER_OWNERS)]
    more = [SealOnFile(f"{ES_ID}-{n}", bytes([n]) * 32, states, look) for n, look in enumerate(looks)]
    return {seal.es_id: seal for seal in (SealOnFile(ES_ID, sm3(seal_der()), states, looks[0]), *more)}


def judged(content: bytes, trust_in: Believed | None = None, *, at: datetime = LATER) -> DocumentReport:
    """Verify here, without a child."""
    return verify_document(content, trust_in or believed(), at=at)


def codes(report: DocumentReport) -> dict[int, str]:
    """Number -> code of the steps that are not passed or not applicable."""
    return {s.number: s.code for s in report.steps if s.outcome.value in {"fail", "undetermined"}}


def _issuer(code: str) -> TrustedIssuer:
    rights = tuple(Entitlement(kind_of(s).code, SINCE) for s in SLUGS if ISSUERS[s][0] == code)
    name = next(n for c, n in ISSUERS.values() if c == code)
    return TrustedIssuer(code, name, f"{URL}/issuers/{code}", rights)
