"""Which module implements which algorithm: the one dispatch table, so that nothing else asks for types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from certs.crypto.alg import ALGORITHMS, Alg, algorithm
from certs.crypto.ed25519 import Ed25519Signer, Ed25519Verifier
from certs.crypto.p256 import P256Signer, P256Verifier
from certs.crypto.ports import Signer, Verifier
from certs.crypto.sm2 import Sm2Signer, Sm2Verifier
from certs.errors import AlgorithmRefused


class PublicKey(Verifier, Protocol):
    """A verifier that can also be written into certificates."""

    def spki(self) -> bytes:
        """DER SubjectPublicKeyInfo."""


class SoftwareKey(Signer, Protocol):
    """A signer whose private key is in this process and can be put at rest."""

    def pkcs8(self) -> bytes:
        """Unencrypted DER PrivateKeyInfo."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The constructors of one algorithm."""

    generate: Callable[[], SoftwareKey]
    from_pkcs8: Callable[[bytes], SoftwareKey]
    from_jwk: Callable[[dict[str, str]], PublicKey]
    from_spki: Callable[[bytes], PublicKey]


BACKENDS: Mapping[Alg, Backend] = MappingProxyType(
    {
        Alg.ES256: Backend(P256Signer.generate, P256Signer.from_pkcs8, P256Verifier.from_jwk, P256Verifier.from_spki),
        Alg.ED25519: Backend(
            Ed25519Signer.generate,
            Ed25519Signer.from_pkcs8,
            Ed25519Verifier.from_jwk,
            Ed25519Verifier.from_spki,
        ),
        Alg.SM2: Backend(Sm2Signer.generate, Sm2Signer.from_pkcs8, Sm2Verifier.from_jwk, Sm2Verifier.from_spki),
    }
)


def algorithm_of_key(*, key_oid: str, curve_oid: str) -> Alg:
    """The algorithm a key with these object identifiers is used with.

    Raises:
        AlgorithmRefused: no such key type here, or withdrawn by policy.
    """
    for info in ALGORITHMS.values():
        if (info.key_oid, info.curve_oid) == (key_oid, curve_oid):
            return algorithm(info.alg.value)
    raise AlgorithmRefused(f"key type {key_oid} {curve_oid} is not accepted")
