"""What a key can do. Software keys, tokens and signature servers all look like this."""

from collections.abc import Callable
from typing import Protocol

from certs.crypto.alg import Alg


class Verifier(Protocol):
    """A public key."""

    @property
    def alg(self) -> Alg:
        """The only algorithm this key is used with."""

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the key, base64url."""

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if the JOSE-form signature is over this message, else raise `certs.errors.InvalidSignature`.

        A signature value is never an identity: for ECDSA (r, n-s) verifies wherever (r, s) does. Compare and
        deduplicate messages, not signatures.
        """

    def jwk(self) -> dict[str, str]:
        """The public key as JWK: only the members the thumbprint is made of."""


class Signer(Protocol):
    """A private key that may be used and not read."""

    @property
    def alg(self) -> Alg:
        """The only algorithm this key is used with."""

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key, base64url."""

    def sign(self, message: bytes) -> bytes:
        """The JOSE-form signature (64 bytes) over the message itself, never over a digest of it."""

    def verifier(self) -> Verifier:
        """The public key."""


# resolve_key(kid, alg) -> Verifier; raises UnknownKey, AlgorithmMismatch or KeyOutsideWindow
ResolveKey = Callable[[str, Alg], Verifier]
