"""ES256: ECDSA on P-256 with SHA-256 (FIPS 186-5, RFC 7518 §3.4).

The library accepts (r, n-s) wherever it accepts (r, s); so does this module. A signature value is therefore
never used to name a document or to spot a repetition.
"""

from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature as LibraryInvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.thumbprint import coordinate, thumbprint
from certs.errors import InvalidSignature, MalformedKey

_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ECDSA_OF_DIGEST: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


class P256Verifier:
    """A P-256 public key."""

    alg: Final = Alg.ES256

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise MalformedKey(f"curve {key.curve.name} is not P-256")
        numbers = key.public_numbers()
        x, y = base64url.encode(numbers.x.to_bytes(32)), base64url.encode(numbers.y.to_bytes(32))
        self._key, self._jwk = key, {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self.kid: Final = thumbprint(self._jwk)

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> "P256Verifier":
        """From members x and y; raises MalformedKey if the point is not on the curve."""
        x, y = int.from_bytes(coordinate(jwk, "x")), int.from_bytes(coordinate(jwk, "y"))
        try:
            return cls(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
        except ValueError as error:
            raise MalformedKey("point is not on P-256") from error

    @classmethod
    def from_spki(cls, der: bytes) -> "P256Verifier":
        """From DER SubjectPublicKeyInfo; raises MalformedKey."""
        try:
            key = serialization.load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedKey("not a P-256 public key") from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise MalformedKey("not a P-256 public key")
        return cls(key)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise InvalidSignature unless the raw r||s signature is over this message."""
        try:
            self._key.verify(raw_to_der(signature), message, _ECDSA)
        except LibraryInvalidSignature as error:
            raise InvalidSignature from error

    def jwk(self) -> dict[str, str]:
        """The public key as JWK."""
        return dict(self._jwk)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def __repr__(self) -> str:
        return f"P256Verifier(kid={self.kid!r}, alg={self.alg.value!r})"


class P256Signer:
    """A P-256 private key held in memory."""

    alg: Final = Alg.ES256

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key, self._verifier = key, P256Verifier(key.public_key())
        self.kid: Final = self._verifier.kid

    @classmethod
    def generate(cls) -> "P256Signer":
        """A new random key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pkcs8(cls, der: bytes) -> "P256Signer":
        """From an unencrypted DER PrivateKeyInfo; raises MalformedKey."""
        try:
            key = serialization.load_der_private_key(der, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedKey("not a P-256 private key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise MalformedKey("not a P-256 private key")
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PrivateKeyInfo, for `certs.crypto.pkcs8` to seal."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, message: bytes) -> bytes:
        """Raw r||s over the message."""
        return der_to_raw(self._key.sign(sha256(message).digest(), _ECDSA_OF_DIGEST))

    def verifier(self) -> P256Verifier:
        """The public key."""
        return self._verifier

    def __repr__(self) -> str:
        return f"P256Signer(kid={self.kid!r}, alg={self.alg.value!r})"
