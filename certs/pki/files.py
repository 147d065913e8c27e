"""Identities on disk: a key by URI and, beside it, the PEM file of its certificate and those above it."""

from collections.abc import Iterable

from asn1crypto import pem

from certs.errors import InvalidSignature
from certs.pki.algorithms import verify
from certs.pki.errors import IdentityMismatch, MalformedCertificate
from certs.pki.identity import Identity
from certs.pki.token_keys import open_signer
from certs.pki.x509 import Certificate, parse_certificate

_LABEL = "CERTIFICATE"


def read_pem(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM file, in its order.

    Raises:
        MalformedCertificate: no PEM, something else than certificates, or a certificate that is not accepted.
        MalformedDer: a certificate is not strict DER.
    """
    try:
        blocks = [(label, der) for label, _, der in pem.unarmor(data, multiple=True)]
    except (ValueError, TypeError) as error:
        raise MalformedCertificate("not a PEM file") from error
    if not blocks or any(label != _LABEL for label, _ in blocks):
        raise MalformedCertificate("the PEM file holds something else than certificates")
    return tuple(parse_certificate(der) for _, der in blocks)


def write_pem(certificates: Iterable[Certificate]) -> bytes:
    """A PEM file of these certificates."""
    return b"".join(pem.armor(_LABEL, certificate.der) for certificate in certificates)


def load_identity(key_uri: str, secret: bytes, chain: bytes) -> Identity:
    """The identity of a key: `chain` is PEM, the key's own certificate first, each followed by its issuer's.

    `secret` is the passphrase of a `file:` key or the PIN of a `pkcs11:` one.

    Raises:
        IdentityMismatch: the first certificate is of another key, or one is not issued by the next.
        KeyUnreadable, MalformedKey, AlgorithmRefused: as `certs.pki.token_keys.open_signer`.
        MalformedCertificate, MalformedDer: as `read_pem`.
    """
    certificate, *above = read_pem(chain)
    signer = open_signer(key_uri, secret)
    if certificate.key.kid != signer.kid:
        raise IdentityMismatch("the certificate is of another key", kid=signer.kid, found=certificate.key.kid)
    for child, issuer in zip((certificate, *above), above, strict=False):
        try:
            verify(issuer.key, child.alg, child.tbs, child.signature)
        except InvalidSignature as error:
            raise IdentityMismatch(f"{child.subject_text} is not issued by {issuer.subject_text}") from error
    return Identity(signer, certificate, tuple(above))
