"""Every kind of signed artefact, genuine, with the question whether it holds and what it then says.

`said` returns what a believer takes from the bytes, as a value that can be compared, and raises `CertsError` when the
artefact does not hold. A mutation may leave `said` as it was (a byte nobody reads); it may never change it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from certs.crypto.alg import Alg
from certs.crypto.jws import parse_jws
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer, Verifier
from certs.errors import CertsError, UnknownKey
from certs.evidence.bundle import Bundle, decode_bundle, encode_bundle
from certs.evidence.checkpoint import open_checkpoint
from certs.evidence.proof import verify_proof
from certs.evidence.receipt import verify_receipt
from certs.model import FaceKind, Verdict
from certs.ofd.package import read_package
from certs.offline.check_bundle import verify_bundle
from certs.pdf.signing_archive import archive_pdf
from certs.pdf.signing_check import check_sealed_pdf, judge_seal
from certs.pki.chain import Purpose, check_chain
from certs.pki.cms import CmsSigner
from certs.pki.cms_reader import check_signed_data, parse_signed_data
from certs.pki.crl import Crl, Revocation, parse_crl
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.revocation import require_not_revoked, revocations
from certs.pki.timestamp import build_request, check_timestamp, imprint, token_of
from certs.pki.x509 import Certificate, parse_certificate
from certs.sdjwt import SdJwt, SdJwtPolicy, parse_and_check, present
from certs.seals.model import SM3_OID, Seal, Stamp
from certs.seals.seal import check_maker_signature, read_seal
from certs.seals.signature import check_stamp_signature, read_stamp
from certs.status_list import Status, build, sign_status_list, verify_status_list
from certs.trust import parse_trust_bundle, sign_trust_bundle
from certs.verify import verify
from tests.certs.attacks import seals
from tests.certs.evidence.builders import START, event_id, small_log
from tests.certs.pdf.sealing import sealed, stamp
from tests.certs.pki.world import DAY, NOW, authority
from tests.certs.test_verify import city, text
from tests.certs.world import NOW as ISSUED
from tests.certs.world import STATUS_URI

CONTENT = "电子证照".encode() * 40
AUDIENCE, NONCE = "https://counter.example", "n-1"


class NotBelievedError(CertsError):
    """A report came back that is not 有效."""

    code = "not-believed"


@dataclass(frozen=True, slots=True)
class Artefact:
    """Genuine bytes, and what they say to whoever verifies them."""

    data: bytes = field(repr=False)
    said: Callable[[bytes], object]


@cache
def ofd() -> Artefact:
    """A sealed document: said is every part, byte for byte."""

    def said(data: bytes) -> object:
        found = seals.verified(data)
        if found.report.verdict is not Verdict.VALID:
            raise NotBelievedError(found.report.deciding.code)
        return dict(read_package(data)), found.report.claims

    return Artefact(seals.SEALED, said)


@cache
def seal() -> Artefact:
    """A seal of a maker whose certificate is trusted."""

    def said(data: bytes) -> object:
        found = read_seal(data)
        if not isinstance(found, Seal):
            raise NotBelievedError(found.standard)
        certificate = parse_certificate(found.maker_certificate)
        check_chain(certificate, *_above(Alg.SM2), at=NOW, crls=_lists(Alg.SM2), purpose=Purpose.DOCUMENT)
        check_maker_signature(found, certificate.key)
        return found.info, found.info_der, certificate.tbs

    return Artefact(seals.SEAL, said)


@cache
def ses_stamp() -> Artefact:
    """A stamp by a trusted signer, with a time-stamp over its signature."""

    def said(data: bytes) -> object:
        found = read_stamp(data)
        if not isinstance(found, Stamp):
            raise NotBelievedError(found.standard)
        certificate = parse_certificate(found.certificate)
        check_chain(certificate, *_above(Alg.SM2), at=NOW, crls=_lists(Alg.SM2), purpose=Purpose.DOCUMENT)
        check_stamp_signature(found, certificate.key)
        return found.tbs, certificate.tbs

    return Artefact(seals.STAMP, said)


@cache
def certificate(alg: Alg) -> Artefact:
    """A leaf under a trusted root: said is all its issuer signed."""

    def said(data: bytes) -> object:
        found = parse_certificate(data)
        check_chain(found, *_above(alg), at=NOW, crls=_lists(alg), purpose=Purpose.DOCUMENT)
        return found.tbs

    return Artefact(authority(alg).signer.certificate.der, said)


@cache
def crl(alg: Alg) -> Artefact:
    """A list that revokes one certificate and keeps another good: said is both answers."""
    ca = authority(alg)
    revoked = Revocation(ca.tsa.certificate.serial, NOW - DAY, "keyCompromise", NOW - 2 * DAY)

    def said(data: bytes) -> object:
        found = parse_crl(data)
        require_not_revoked(ca.signer.certificate, ca.issuing.certificate, NOW, [found])
        return found.tbs, revocations(ca.tsa.certificate, ca.issuing.certificate, [found])

    return Artefact(ca.crls(NOW, [revoked])[1].der, said)


@cache
def cms(alg: Alg) -> Artefact:
    """A detached signature over CONTENT."""

    def said(data: bytes) -> object:
        found = parse_signed_data(data)
        signer = check_signed_data(found, CONTENT)
        check_chain(signer, *_above(alg), at=NOW, crls=_lists(alg), purpose=Purpose.DOCUMENT)
        return found.signed_bytes, found.content_type, found.alg, signer.der

    return Artefact(CmsSigner(authority(alg).signer).detached(CONTENT), said)


@cache
def timestamp_token(alg: Alg) -> Artefact:
    """A token over CONTENT of a trusted authority."""
    return Artefact(stamp(alg)(CONTENT), lambda data: _time(alg, data))


@cache
def timestamp_response() -> Artefact:
    """The whole answer of the authority, read by whoever asked with a nonce."""
    tsa = DevelopmentTsa(authority(Alg.SM2).tsa, now=lambda: NOW, new_serial=lambda: 7, profile="development")
    answer = tsa.reply(build_request(imprint(SM3_OID, CONTENT), nonce=99))
    return Artefact(answer, lambda data: _time(Alg.SM2, token_of(data), nonce=99))


def _time(alg: Alg, token: bytes, nonce: int | None = None) -> object:
    roots = [authority(alg).root.certificate]
    found = check_timestamp(token, CONTENT, at=NOW, roots=roots, crls=_lists(alg), nonce=nonce)
    return found.at, found.serial, found.policy, found.imprint, found.nonce, found.accuracy, found.authority.der


@cache
def pdf(kind: str) -> Artefact:
    """A sealed PDF: plain (B-B), stamped (B-T), archived (B-LTA). Said is the page that was sealed, and by whom."""
    ca = authority(Alg.ES256)
    made = sealed(Alg.ES256, stamped=kind != "plain")
    if kind == "archived":
        chain = [ca.issuing.certificate, ca.root.certificate]
        made = archive_pdf(made.data, certificates=chain, crls=_lists(Alg.ES256), stamp=stamp(Alg.ES256))

    def said(data: bytes) -> object:
        check = check_sealed_pdf(data)
        judge_seal(check, at=NOW + DAY, roots=[ca.root.certificate], crls=_lists(Alg.ES256))
        return check.drawn, check.signer.der, check.signed.signed_bytes

    return Artefact(made.data, said)


@cache
def sd_jwt() -> Artefact:
    """A presentation with the holder's proof: said is what was disclosed, to whom and by which key."""
    world, holder = city()[0], ephemeral_key(Alg.ES256)
    signed = world.signed(holder_key=holder.verifier().jwk())
    credential = SdJwt.parse(text(signed))
    token = present(credential, {"name"}, holder, aud=AUDIENCE, nonce=NONCE, now=ISSUED)
    ring = KeyRing([*world.issuer_keys(world.issuer_key)])
    policy = SdJwtPolicy(require_kb=True, aud=AUDIENCE, nonce=NONCE)

    def said(data: bytes) -> object:
        resolve = ring.resolver(at=ISSUED, role="issuer")
        found = parse_and_check(_ascii(data), resolve, now=ISSUED, policy=policy)
        return found.claims, found.disclosed, found.kid, found.key_binding

    return Artefact(token.encode(), said)


@cache
def face(kind: FaceKind) -> Artefact:
    """A face judged by the whole verification: said are the claims."""
    world, trust = city()

    def said(data: bytes) -> object:
        found = verify(_ascii(data), trust, at=ISSUED)
        if found.verdict is not Verdict.VALID:
            raise NotBelievedError(found.deciding.code)
        return dict(found.claims)

    return Artefact(text(world.signed(), kind).encode(), said)


@cache
def status_list() -> Artefact:
    """A status list with some entries ended."""
    key = ephemeral_key(Alg.ES256)
    ring = KeyRing([TrustedKey(key.verifier(), ISSUED - DAY, ISSUED + DAY, "status", "hub")])
    entries = build(256, {3: Status.INVALID, 77: Status.SUSPENDED})
    day, minute = timedelta(days=1), timedelta(minutes=1)
    token = sign_status_list(entries, key, uri=STATUS_URI, now=ISSUED, lifetime=day, ttl=minute)

    def said(data: bytes) -> object:
        resolve = ring.resolver(at=ISSUED, role="status")
        return verify_status_list(_ascii(data), resolve, uri=STATUS_URI, now=ISSUED)

    return Artefact(token.encode(), said)


@cache
def trust_list() -> Artefact:
    """The hub's trust list: said is the document it signed."""
    hub = ephemeral_key(Alg.ES256)

    def said(data: bytes) -> object:
        parse_trust_bundle(_ascii(data), lambda kid, alg: _only(hub, kid))
        return parse_jws(_ascii(data), max_bytes=len(data)).payload

    return Artefact(sign_trust_bundle(city()[1], hub).encode(), said)


@cache
def receipt() -> Artefact:
    """A receipt for the fourth entry of a small log."""
    log = small_log(9)
    return Artefact(log.receipt(3).encode(), lambda data: verify_receipt(_ascii(data), log.bodies[3], log.keys))


@cache
def proof() -> Artefact:
    """The proof that the fourth entry stands in the log."""
    log = small_log(9)
    return Artefact(log.proof(3).encode(), lambda data: verify_proof(_text(data), log.bodies[3], log.log))


@cache
def checkpoint() -> Artefact:
    """The log's signed head."""
    log = small_log(9)
    return Artefact(log.checkpoint.encode(), lambda data: open_checkpoint(_text(data), log.log))


@cache
def evidence_bundle() -> Artefact:
    """An auditor's bundle with entries, receipts and proofs."""
    log, chosen = small_log(9), (0, 3, 8)
    bundle = Bundle(
        entries={event_id(n): log.bodies[n] for n in chosen},
        receipts={event_id(n): log.receipt(n) for n in chosen},
        proofs={event_id(n): log.proof(n) for n in chosen},
        checkpoint=log.checkpoint,
    )

    def said(data: bytes) -> object:
        report = verify_bundle(data, log.trust(), at=START + timedelta(hours=1))
        if report.verdict is not Verdict.VALID:
            raise NotBelievedError(report.to_text())
        return decode_bundle(data)

    return Artefact(encode_bundle(bundle), said)


ARTEFACTS: Mapping[str, Callable[[], Artefact]] = {
    "ofd": ofd,
    "seal": seal,
    "ses-stamp": ses_stamp,
    "certificate-p256": lambda: certificate(Alg.ES256),
    "certificate-sm2": lambda: certificate(Alg.SM2),
    "crl-p256": lambda: crl(Alg.ES256),
    "crl-sm2": lambda: crl(Alg.SM2),
    "cms-p256": lambda: cms(Alg.ES256),
    "cms-sm2": lambda: cms(Alg.SM2),
    "timestamp-p256": lambda: timestamp_token(Alg.ES256),
    "timestamp-sm2": lambda: timestamp_token(Alg.SM2),
    "timestamp-response": timestamp_response,
    "pdf-plain": lambda: pdf("plain"),
    "pdf-stamped": lambda: pdf("stamped"),
    "pdf-archived": lambda: pdf("archived"),
    "sd-jwt": sd_jwt,
    "sd-jwt-face": lambda: face(FaceKind.SD_JWT),
    "json-face": lambda: face(FaceKind.JSON),
    "status-list": status_list,
    "trust-list": trust_list,
    "receipt": receipt,
    "proof": proof,
    "checkpoint": checkpoint,
    "evidence-bundle": evidence_bundle,
}


def _above(alg: Alg) -> tuple[list[Certificate], list[Certificate]]:
    ca = authority(alg)
    return [ca.issuing.certificate], [ca.root.certificate]


@cache
def _lists(alg: Alg) -> tuple[Crl, Crl]:
    return authority(alg).crls(NOW)


def _ascii(data: bytes) -> str:
    """Tokens travel as text: a byte that is none stands for a character no token has."""
    return data.decode("latin-1")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _only(signer: Signer, kid: str) -> Verifier:
    if kid != signer.kid:
        raise UnknownKey(kid)
    return signer.verifier()
