"""SM2 signatures with SM3 (GB/T 32918.2-2016, curve of GB/T 32918.5-2017) through the system libcrypto.

The signer's identity is hashed in front of every message. GM/T 0009 fixes the default identity
`1234567812345678`, which is what seals and certificates use.
"""

from functools import cache
from typing import Final

from certs.crypto import base64url, libcrypto
from certs.crypto.alg import Alg
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.sm3 import sm3
from certs.crypto.thumbprint import coordinate, thumbprint
from certs.errors import AlgorithmUnavailable, CertsError, InvalidSignature, MalformedKey

USER_ID: Final = b"1234567812345678"
# SubjectPublicKeyInfo of id-ecPublicKey on 1.2.156.10197.1.301, up to the uncompressed point's coordinates
_SPKI_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")

# GB/T 32918.5-2017 annex A.2: recommended curve, default identity
_VECTOR_POINT: Final = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_VECTOR_MESSAGE: Final = b"message digest"
_VECTOR_SIGNATURE: Final = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
_SM3_ABC: Final = bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")


def self_test() -> None:
    """Prove SM3 and SM2 against the published vectors, and that a fresh key signs, before anything relies on them.

    Raises:
        AlgorithmUnavailable: libcrypto is missing, too old, built without SM2, or gives wrong answers.
    """
    if sm3(b"abc") != _SM3_ABC:
        raise AlgorithmUnavailable("SM3 gives a wrong digest")
    published = libcrypto.read_public(_SPKI_PREFIX + _VECTOR_POINT)
    fresh = libcrypto.generate()
    try:
        libcrypto.verify(published, _VECTOR_MESSAGE, raw_to_der(_VECTOR_SIGNATURE), USER_ID)
        libcrypto.verify(fresh, _VECTOR_MESSAGE, libcrypto.sign(fresh, _VECTOR_MESSAGE, USER_ID), USER_ID)
    except CertsError as error:
        raise AlgorithmUnavailable("SM2 fails the vector of GB/T 32918.5") from error
    try:
        libcrypto.verify(published, b"Message digest", raw_to_der(_VECTOR_SIGNATURE), USER_ID)
    except InvalidSignature:
        return
    raise AlgorithmUnavailable("SM2 accepts a forged message")


@cache
def _tested() -> None:
    self_test()


class Sm2Verifier:
    """An SM2 public key."""

    alg: Final = Alg.SM2

    def __init__(self, key: libcrypto.Sm2Key) -> None:
        spki = libcrypto.write_public(key)
        if not spki.startswith(_SPKI_PREFIX) or len(spki) != len(_SPKI_PREFIX) + len(_VECTOR_POINT):
            raise MalformedKey("SM2 key is not an uncompressed point on the named curve")
        point = spki[len(_SPKI_PREFIX) :]
        self._key = key
        x, y = base64url.encode(point[:32]), base64url.encode(point[32:])
        self._jwk = {"crv": "SM2", "kty": "EC", "x": x, "y": y}
        self.kid: Final = thumbprint(self._jwk)

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> "Sm2Verifier":
        """From members x and y; raises MalformedKey if the point is not on the curve, or AlgorithmUnavailable."""
        point = coordinate(jwk, "x") + coordinate(jwk, "y")
        _tested()
        return cls(libcrypto.read_public(_SPKI_PREFIX + point))

    @classmethod
    def from_spki(cls, der: bytes) -> "Sm2Verifier":
        """From DER SubjectPublicKeyInfo; raises MalformedKey or AlgorithmUnavailable."""
        _tested()
        try:
            return cls(libcrypto.read_public(der))
        except AlgorithmUnavailable as error:  # the algorithm works, as tested above: the key is none
            raise MalformedKey("SM2 key is no point one can compute with") from error

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise InvalidSignature unless the raw r||s signature is over this message under the default identity."""
        libcrypto.verify(self._key, message, raw_to_der(signature), USER_ID)

    def jwk(self) -> dict[str, str]:
        """The public key as JWK (kty EC, crv SM2: not registered with IANA, understood here)."""
        return dict(self._jwk)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return libcrypto.write_public(self._key)

    def __repr__(self) -> str:
        return f"Sm2Verifier(kid={self.kid!r}, alg={self.alg.value!r})"


class Sm2Signer:
    """An SM2 private key held by libcrypto."""

    alg: Final = Alg.SM2

    def __init__(self, key: libcrypto.Sm2Key) -> None:
        self._key, self._verifier = key, Sm2Verifier(key)
        self.kid: Final = self._verifier.kid

    @classmethod
    def generate(cls) -> "Sm2Signer":
        """A new random key; raises AlgorithmUnavailable."""
        _tested()
        return cls(libcrypto.generate())

    @classmethod
    def from_pkcs8(cls, der: bytes) -> "Sm2Signer":
        """From an unencrypted DER PrivateKeyInfo; raises MalformedKey or AlgorithmUnavailable."""
        _tested()
        return cls(libcrypto.read_private(der))

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PrivateKeyInfo, for `certs.crypto.pkcs8` to seal."""
        return libcrypto.write_private(self._key)

    def sign(self, message: bytes) -> bytes:
        """Raw r||s over the message under the default identity."""
        return der_to_raw(libcrypto.sign(self._key, message, USER_ID))

    def verifier(self) -> Sm2Verifier:
        """The public key."""
        return self._verifier

    def __repr__(self) -> str:
        return f"Sm2Signer(kid={self.kid!r}, alg={self.alg.value!r})"
