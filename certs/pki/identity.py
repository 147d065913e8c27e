"""A key together with the certificate that says whose it is."""

from dataclasses import dataclass

from certs.crypto.ports import Signer
from certs.pki.x509 import Certificate


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that may sign, its certificate, and the certificates above it up to and without the root."""

    signer: Signer
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
