"""Reading and checking SignedData (RFC 5652) of the one profile used here: one signer, DER, signed attributes.

`parse_signed_data` says what is written, `check_signed_data` whether it is true. Neither looks at the certificate's
path: that is `certs.pki.chain`, at a time the caller knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from certs.crypto.alg import Alg
from certs.errors import InvalidSignature
from certs.pki import der
from certs.pki.algorithms import SHA256, SUITES, digest, digest_of, signature_alg, verify
from certs.pki.cms import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TIMESTAMP_TOKEN,
)
from certs.pki.der_reader import Fields, Node, read
from certs.pki.errors import CmsMalformed, CmsRefused, ContentChanged, SignerMismatch
from certs.pki.x509 import Certificate, parse_certificate

MAX_BYTES: Final = 256 * 1024
_MAX_CERTIFICATES: Final = 16
_FORBIDDEN_IN_ATTRIBUTES: Final = "1.2.840.113549.1.9.6"  # countersignature belongs to the unsigned ones


@dataclass(frozen=True, slots=True)
class SignedData:
    """What a SignedData says. `attributes` are the signed ones (oid -> its single value, DER).

    `signed_bytes` is what the signature covers; `timestamps` are the tokens among the unsigned attributes.
    """

    content_type: str
    content: bytes | None
    certificates: tuple[Certificate, ...]
    issuer: bytes
    serial: int
    digest_oid: str
    alg: Alg
    attributes: Mapping[str, bytes]
    signed_bytes: bytes
    signature: bytes
    timestamps: tuple[bytes, ...]


def parse_signed_data(data: bytes) -> SignedData:
    """Read one ContentInfo holding SignedData.

    Raises:
        MalformedDer: not strict DER (BER lengths, trailing bytes, unsorted sets, …) or another structure.
        MalformedCertificate: a certificate inside is not well formed or of another algorithm.
        CmsMalformed: more or fewer than one signer, contradicting versions or digests, missing or repeated attributes.
    """
    outer = Fields(read(data, MAX_BYTES))
    if outer.take(der.OID).oid() != SIGNED_DATA:
        raise CmsMalformed("not SignedData")
    fields = Fields(outer.take(der.constructed(0)).only())
    outer.done()
    version, digests = fields.take(der.INTEGER).integer(), fields.take(der.SET)
    content_type, content = _encapsulated(fields.take(der.SEQUENCE))
    certificates = fields.maybe(der.constructed(0))
    fields.maybe(der.constructed(1))  # revocation lists: found elsewhere, never trusted from here
    signers = fields.take(der.SET)
    fields.done()
    if version != (1 if content_type == DATA else 3):
        raise CmsMalformed(f"version {version} for this content type")
    if len(signers.children) != 1 or len(digests.children) != 1:
        raise CmsMalformed(f"{len(signers.children)} signers; exactly one is read here")
    return _signer_info(signers.only(), digest_of(digests.only()), content_type, content, _certificates(certificates))


def _encapsulated(node: Node) -> tuple[str, bytes | None]:
    fields = Fields(node)
    content_type, inside = fields.take(der.OID).oid(), fields.maybe(der.constructed(0))
    fields.done()
    return content_type, inside.only().require(der.OCTET_STRING).content if inside else None


def _certificates(node: Node | None) -> tuple[Certificate, ...]:
    if node is None or not 1 <= len(node.children) <= _MAX_CERTIFICATES:
        raise CmsMalformed(f"between 1 and {_MAX_CERTIFICATES} certificates must be inside")
    _require_sorted(node)
    return tuple(parse_certificate(child.raw) for child in node.children)


def _signer_info(
    node: Node, digest_oid: str, content_type: str, content: bytes | None, certificates: tuple[Certificate, ...]
) -> SignedData:
    fields = Fields(node)
    if fields.take(der.INTEGER).integer() != 1:
        raise CmsMalformed("signer is not named by issuer and serial number")
    sid = Fields(fields.take(der.SEQUENCE))
    issuer, serial = sid.take(der.SEQUENCE).raw, sid.take(der.INTEGER).positive()
    sid.done()
    if digest_of(fields.take(der.SEQUENCE)) != digest_oid:
        raise CmsMalformed("the two digest identifiers differ")
    attributes = fields.take(der.constructed(0))
    alg = signature_alg(fields.take(der.SEQUENCE))
    signature, unsigned = fields.take(der.OCTET_STRING).content, fields.maybe(der.constructed(1))
    fields.done()
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=certificates,
        issuer=issuer,
        serial=serial,
        digest_oid=digest_oid,
        alg=alg,
        attributes=_signed_attributes(attributes),
        signed_bytes=bytes((der.SET,)) + attributes.raw[1:],
        signature=signature,
        timestamps=_timestamps(unsigned),
    )


def _signed_attributes(node: Node) -> Mapping[str, bytes]:
    _require_sorted(node)
    found: dict[str, bytes] = {}
    for item in node.children:
        oid, values = _attribute(item)
        if oid in found or len(values.children) != 1:
            raise CmsMalformed(f"signed attribute {oid} is repeated or has several values")
        found[oid] = values.only().raw
    missing = {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2} - set(found)
    if missing or _FORBIDDEN_IN_ATTRIBUTES in found or TIMESTAMP_TOKEN in found:
        raise CmsMalformed(f"signed attributes are not complete and proper: {sorted(missing)}")
    return MappingProxyType(found)


def _timestamps(node: Node | None) -> tuple[bytes, ...]:
    if node is None:
        return ()
    _require_sorted(node)
    tokens: list[bytes] = []
    for item in node.children:
        oid, values = _attribute(item)
        if oid == TIMESTAMP_TOKEN:
            tokens += [value.raw for value in values.children]
    return tuple(tokens)


def _attribute(item: Node) -> tuple[str, Node]:
    fields = Fields(item)
    oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
    fields.done()
    if not values.children:
        raise CmsMalformed(f"attribute {oid} has no value")
    return oid, values


def _require_sorted(node: Node) -> None:
    encodings = [child.raw for child in node.children]
    if encodings != sorted(encodings):
        raise CmsMalformed("an implicitly tagged set is not in order")


def check_signed_data(signed: SignedData, *parts: bytes, content_type: str = DATA) -> Certificate:
    """The certificate whose key signed this content; its path is not checked here.

    1. The content type is the expected one, inside and outside of the signed attributes.
    2. The message digest is that of the parts in a row (detached), or of the content inside.
    3. The named signer's certificate is there and is the one signing-certificate-v2 binds.
    4. Digest and signature algorithm are one suite; the signature covers the signed attributes.

    Raises:
        ContentChanged: step 2. SignerMismatch: step 3. CmsRefused: step 1.
        InvalidSignature: step 4.
    """
    if signed.content_type != content_type or signed.attributes[CONTENT_TYPE] != der.oid(content_type):
        raise CmsRefused(f"content type {signed.content_type} where {content_type} is expected")
    if signed.content is not None and parts:
        raise CmsRefused("the signature brings its own content along")
    content = parts if signed.content is None else (signed.content,)
    if signed.attributes[MESSAGE_DIGEST] != der.octets(digest(signed.digest_oid, *content)):
        raise ContentChanged("the content is not the one that was signed")
    certificate = _signer(signed)
    if SUITES[signed.alg].digest_oid != signed.digest_oid:
        raise InvalidSignature("digest and signature algorithm do not belong together")
    verify(certificate.key, signed.alg, signed.signed_bytes, signed.signature)
    return certificate


def _signer(signed: SignedData) -> Certificate:
    named = [c for c in signed.certificates if (c.issuer, c.serial) == (signed.issuer, signed.serial)]
    if len(named) != 1:
        raise SignerMismatch(f"{len(named)} certificates carry the signer's issuer and serial number")
    bound = Fields(read(signed.attributes[SIGNING_CERTIFICATE_V2])).take(der.SEQUENCE)
    if not bound.children:
        raise CmsMalformed("signing-certificate-v2 names no certificate")
    first = Fields(bound.children[0])
    algorithm = first.maybe(der.SEQUENCE)
    oid = digest_of(algorithm) if algorithm else SHA256
    if first.take(der.OCTET_STRING).content != digest(oid, named[0].der):
        raise SignerMismatch("signing-certificate-v2 binds another certificate")
    return named[0]
