"""Step 7: the signature value (CMS, RFC 5652), and whether anything lies beside it that nobody has signed.

Certificates carried along are not covered by the signature. Each must at least be what its authority signed, so that
no byte of a sealed file can be changed without notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.errors import AlgorithmUnavailable, CertsError, InvalidSignature
from certs.pki import der
from certs.pki.algorithms import verify
from certs.pki.cms import TIMESTAMP_TOKEN
from certs.pki.cms_reader import SignedData, check_signed_data, parse_signed_data
from certs.pki.der_reader import Node, read
from certs.pki.errors import CmsRefused, ContentChanged, SignerMismatch
from certs.pki.x509 import Certificate
from certs.verify_findings import Finding, failed, passed, undetermined

_PROVEN_WRONG: Final = (ContentChanged, SignerMismatch, InvalidSignature)
_WITHOUT_UNSIGNED: Final = 6  # members of a SignerInfo that has no unsigned attributes


@dataclass(frozen=True, slots=True)
class Value:
    """A signature value whose maths holds, and the certificate it binds."""

    data: SignedData
    signer: Certificate


def check_value(value: bytes, covered: Sequence[bytes], *, ours: bool) -> tuple[Finding, Value | None]:
    """Whether the value is a signature over the stretches, by whom, and what it carries.

    `ours`: the file has exactly the shape that is written here, so what cannot be read was damaged.
    """
    if not value.strip(b"\0"):
        return failed("signature-empty"), None
    try:
        signed = parse_signed_data(value)
        if signed.content is not None:
            return failed("signature-invalid", detail="it brings its own content along"), None
        signer = check_signed_data(signed, *covered)
    except AlgorithmUnavailable:
        return undetermined("alg-unavailable"), None
    except ContentChanged:
        return failed("content-changed"), None
    except CertsError as error:
        wrong = ours or isinstance(error, _PROVEN_WRONG)
        code = "signature-invalid" if wrong else "signature-not-understood"
        return (failed if wrong else undetermined)(code, detail=str(error)), None
    return passed("signature-good", signer=signer.subject_text, alg=signed.alg.value), Value(signed, signer)


def unprotected(value: bytes, known: Sequence[Certificate]) -> Finding | None:
    """A finding if a signature or one of its time-stamps carries something nobody vouches for; else None."""
    try:
        return _unprotected(value, known)
    except AlgorithmUnavailable:
        return undetermined("alg-unavailable")
    except (CmsRefused, LookupError) as error:
        return undetermined("signature-not-understood", detail=str(error))


def _unprotected(value: bytes, known: Sequence[Certificate]) -> Finding | None:
    signed = parse_signed_data(value)
    outside = _outside(value)
    if outside is not None:
        return undetermined("signature-carries-more", detail=outside)
    for certificate in signed.certificates:
        if finding := _carried(certificate, [*signed.certificates, *known]):
            return finding
    findings = (unprotected(token, known) for token in signed.timestamps)
    return next((finding for finding in findings if finding), None)


def _carried(certificate: Certificate, others: Sequence[Certificate]) -> Finding | None:
    issuers = [other for other in others if other.subject == certificate.issuer]
    if any(_signed_by(certificate, issuer) for issuer in issuers):
        return None
    if issuers:
        return failed("certificate-damaged", detail=certificate.subject_text)
    return undetermined("signature-carries-more", detail=certificate.subject_text)


def _signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        verify(issuer.key, certificate.alg, certificate.tbs, certificate.signature)
    except InvalidSignature:
        return False
    return True


def _outside(value: bytes) -> str | None:
    """What a SignedData holds that is neither signed nor read: lists, attributes other than one time-stamp."""
    signed_data = read(value).children[1].only()
    if any(child.tag == der.constructed(1) for child in signed_data.children):
        return "revocation lists"
    info = signed_data.children[-1].only()
    if len(info.children) <= _WITHOUT_UNSIGNED:
        return None
    unsigned = info.children[_WITHOUT_UNSIGNED]
    return None if [_kind(item) for item in unsigned.children] == [(TIMESTAMP_TOKEN, 1)] else "unsigned attributes"


def _kind(attribute: Node) -> tuple[str, int]:
    return attribute.children[0].oid(), len(attribute.children[1].children)
