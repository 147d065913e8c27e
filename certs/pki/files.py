"""Identities on disk: a key by URI and, beside it, the PEM file of its certificate and those above it."""

from collections.abc import Iterable
from itertools import pairwise

from asn1crypto import pem

from certs.crypto.ports import Signer
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
    """The identity of a key by URI; `secret` is the passphrase of a `file:` key or the PIN of a `pkcs11:` one.

    Raises:
        KeyUnreadable, MalformedKey, AlgorithmRefused: as `certs.pki.token_keys.open_signer`.
        IdentityMismatch, MalformedCertificate, MalformedDer: as `identity_of`.
    """
    return identity_of(open_signer(key_uri, secret), chain)


def identity_of(signer: Signer, chain: bytes) -> Identity:
    """The identity of an open key: `chain` is PEM, the key's own certificate first, each followed by its issuer's.

    Raises:
        IdentityMismatch: the first certificate is of another key, or one is not issued by the next.
        MalformedCertificate, MalformedDer: as `read_pem`.
    """
    certificate, *above = read_chain(chain, signer.kid)
    return Identity(signer, certificate, tuple(above))


def read_chain(chain: bytes, kid: str) -> tuple[Certificate, ...]:
    """The certificates of a key in PEM, its own first, each issued by the next; raises as `identity_of`."""
    certificates = read_pem(chain)
    if certificates[0].key.kid != kid:
        raise IdentityMismatch("the certificate is of another key", kid=kid, found=certificates[0].key.kid)
    for child, issuer in pairwise(certificates):
        try:
            verify(issuer.key, child.alg, child.tbs, child.signature)
        except InvalidSignature as error:
            raise IdentityMismatch(f"{child.subject_text} is not issued by {issuer.subject_text}") from error
    return certificates
