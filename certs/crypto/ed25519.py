"""EdDSA on Ed25519 (RFC 8032, RFC 8037)."""

from typing import Final

from cryptography.exceptions import InvalidSignature as LibraryInvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.thumbprint import coordinate, thumbprint
from certs.errors import InvalidSignature, MalformedKey


class Ed25519Verifier:
    """An Ed25519 public key."""

    alg: Final = Alg.ED25519

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self._jwk = {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(key.public_bytes_raw())}
        self.kid: Final = thumbprint(self._jwk)

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> "Ed25519Verifier":
        """From member x; raises MalformedKey."""
        try:
            return cls(Ed25519PublicKey.from_public_bytes(coordinate(jwk, "x")))
        except ValueError as error:
            raise MalformedKey("not an Ed25519 key") from error

    @classmethod
    def from_spki(cls, der: bytes) -> "Ed25519Verifier":
        """From DER SubjectPublicKeyInfo; raises MalformedKey."""
        try:
            key = serialization.load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedKey("not an Ed25519 public key") from error
        if not isinstance(key, Ed25519PublicKey):
            raise MalformedKey("not an Ed25519 public key")
        return cls(key)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise InvalidSignature unless the 64-byte signature is over this message."""
        try:
            self._key.verify(signature, message)
        except LibraryInvalidSignature as error:
            raise InvalidSignature from error

    def jwk(self) -> dict[str, str]:
        """The public key as JWK."""
        return dict(self._jwk)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def __repr__(self) -> str:
        return f"Ed25519Verifier(kid={self.kid!r}, alg={self.alg.value!r})"


class Ed25519Signer:
    """An Ed25519 private key held in memory."""

    alg: Final = Alg.ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key, self._verifier = key, Ed25519Verifier(key.public_key())
        self.kid: Final = self._verifier.kid

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """A new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pkcs8(cls, der: bytes) -> "Ed25519Signer":
        """From an unencrypted DER PrivateKeyInfo; raises MalformedKey."""
        try:
            key = serialization.load_der_private_key(der, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedKey("not an Ed25519 private key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise MalformedKey("not an Ed25519 private key")
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PrivateKeyInfo, for `certs.crypto.pkcs8` to seal."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over the message."""
        return self._key.sign(message)

    def verifier(self) -> Ed25519Verifier:
        """The public key."""
        return self._verifier

    def __repr__(self) -> str:
        return f"Ed25519Signer(kid={self.kid!r}, alg={self.alg.value!r})"
