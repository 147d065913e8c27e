"""Writing SignedData (RFC 5652 §5) with signed attributes and signing-certificate-v2 (RFC 5035), in plain DER.

Made for many documents: what is the same for every signature of a key is encoded once.
"""

from collections.abc import Callable
from typing import Final

from certs.crypto.alg import Alg
from certs.pki import der
from certs.pki.algorithms import SHA256, SM3, SUITES, digest, sign
from certs.pki.identity import Identity

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
TIMESTAMP_TOKEN: Final = "1.2.840.113549.1.9.16.2.14"  # noqa: S105 - an object identifier

# signature value -> DER of a time-stamp token over it
Stamp = Callable[[bytes], bytes]


class CmsSigner:
    """Signs contents with one identity. The suite (digest, identifiers) follows from the key's algorithm."""

    def __init__(self, identity: Identity) -> None:
        self._signer, self._suite = identity.signer, SUITES[identity.signer.alg]
        certificate = identity.certificate
        certificates = [certificate.der, *(above.der for above in identity.chain)]
        self._certificates = der.set_of(certificates, der.constructed(0))
        self._sid = der.sequence(certificate.issuer, der.integer(certificate.serial))
        self._signing_certificate = _attribute(
            SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(_ess_certificate(certificate.der, identity.signer.alg)))
        )

    def detached(self, *parts: bytes, stamp: Stamp | None = None) -> bytes:
        """ContentInfo over the parts in a row, which are not inside; the content type is `data`.

        `stamp` is asked for a time-stamp token over the signature value, which goes in as unsigned attribute.
        """
        return self._content_info(DATA, digest(self._suite.digest_oid, *parts), b"", stamp)

    def enveloping(self, content_type: str, content: bytes) -> bytes:
        """ContentInfo with the content inside, e.g. a time-stamp's TSTInfo."""
        inside = der.explicit(0, der.octets(content))
        return self._content_info(content_type, digest(self._suite.digest_oid, content), inside, None)

    def _content_info(self, content_type: str, imprint: bytes, inside: bytes, stamp: Stamp | None) -> bytes:
        encapsulated = der.oid(content_type)
        signed_data = der.sequence(
            der.integer(1 if content_type == DATA else 3),  # RFC 5652 §5.1
            der.set_of([self._suite.digest_identifier]),
            der.sequence(encapsulated, inside),
            self._certificates,
            der.set_of([self._signer_info(encapsulated, imprint, stamp)]),
        )
        return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, signed_data))

    def _signer_info(self, content_type: bytes, imprint: bytes, stamp: Stamp | None) -> bytes:
        attributes = der.set_of(
            (
                _attribute(CONTENT_TYPE, content_type),
                _attribute(MESSAGE_DIGEST, der.octets(imprint)),
                self._signing_certificate,
            )
        )
        signature = sign(self._signer, attributes)  # over the SET OF form, RFC 5652 §5.4
        unsigned = [_attribute(TIMESTAMP_TOKEN, stamp(signature))] if stamp else []
        return der.sequence(
            der.integer(1),
            self._sid,
            self._suite.digest_identifier,
            bytes((der.constructed(0),)) + attributes[1:],
            self._suite.identifier,
            der.octets(signature),
            *([der.set_of(unsigned, der.constructed(1))] if unsigned else []),
        )


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of([value]))


def _ess_certificate(certificate: bytes, alg: Alg) -> bytes:
    """ESSCertIDv2: SHA-256 is its default and so not written; an SM2 signature stays with SM3 throughout."""
    if alg is Alg.SM2:
        return der.sequence(SUITES[alg].digest_identifier, der.octets(digest(SM3, certificate)))
    return der.sequence(der.octets(digest(SHA256, certificate)))
