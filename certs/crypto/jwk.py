"""Public keys as they travel: JWK (RFC 7517, RFC 8037) and SubjectPublicKeyInfo (RFC 5280)."""

from collections.abc import Mapping
from typing import Final

from asn1crypto.keys import PublicKeyInfo

from certs.crypto.alg import ALGORITHMS, Alg
from certs.crypto.backends import BACKENDS, PublicKey, algorithm_of_key
from certs.crypto.ports import Verifier
from certs.crypto.thumbprint import coordinate
from certs.errors import MalformedKey

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_POINT: Final = {"EC": ("x", "y"), "OKP": ("x",)}
_OTHER_NAME: Final = {Alg.ED25519: "Ed25519"}  # RFC 9864 renames EdDSA
_KNOWN: Final = {(info.kty, info.crv): alg for alg, info in ALGORITHMS.items()}


def verifier_from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """The verifier of a public JWK. Members beyond the key itself are read for contradictions only.

    Raises:
        MalformedKey: unknown type or curve, private members, a `kid` of another type, an `alg` or `use` that
            contradicts the key, or coordinates that are not a point.
        AlgorithmUnavailable: an SM2 key where libcrypto has no SM2.
    """
    alg = _algorithm_of(jwk)
    return BACKENDS[alg].from_jwk({name: value for name, value in jwk.items() if isinstance(value, str)})


def bare_jwk(jwk: Mapping[str, object]) -> dict[str, str]:
    """The members that make up the key, their form checked but not that the point lies on its curve.

    Raises:
        MalformedKey: as `verifier_from_jwk`, except for the point.
    """
    names = _POINT[ALGORITHMS[_algorithm_of(jwk)].kty]
    bare = {name: str(jwk.get(name)) for name in ("crv", "kty", *names)}
    for name in names:
        coordinate(bare, name)
    return bare


def _algorithm_of(jwk: Mapping[str, object]) -> Alg:
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise MalformedKey("JWK holds a private key")
    kty, crv = jwk.get("kty"), jwk.get("crv")
    alg = _KNOWN.get((kty, crv)) if isinstance(kty, str) and isinstance(crv, str) else None
    if alg is None:
        raise MalformedKey("JWK is of an unknown type or curve")
    if jwk.get("alg", alg.value) not in (alg.value, _OTHER_NAME.get(alg)) or jwk.get("use", "sig") != "sig":
        raise MalformedKey("JWK says it is for another use")
    return alg


def public_jwk(verifier: Verifier) -> dict[str, str]:
    """A JWK for a published key set: the key with `kid`, `alg` and `use`."""
    return {**verifier.jwk(), "kid": verifier.kid, "alg": verifier.alg.value, "use": "sig"}


def spki(verifier: Verifier) -> bytes:
    """DER SubjectPublicKeyInfo of any verifier, also of one whose private key lives elsewhere."""
    return verifier_from_jwk(verifier.jwk()).spki()


def verifier_from_spki(der: bytes) -> PublicKey:
    """The verifier of a DER SubjectPublicKeyInfo, such as that of a certificate.

    Raises:
        MalformedKey: not a canonical SubjectPublicKeyInfo (uncompressed point), or not a point on its curve.
        AlgorithmRefused: a key type outside the table.
        AlgorithmUnavailable: an SM2 key where libcrypto has no SM2.
    """
    try:
        algorithm = PublicKeyInfo.load(der, strict=True)["algorithm"]
        key_oid, parameters = algorithm["algorithm"].dotted, algorithm["parameters"]
        curve_oid = parameters.chosen.dotted if parameters.native else ""
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise MalformedKey("not a SubjectPublicKeyInfo") from error
    verifier = BACKENDS[algorithm_of_key(key_oid=key_oid, curve_oid=curve_oid)].from_spki(der)
    if verifier.spki() != der:  # compressed or hybrid points, stray bits: second spellings of one key
        raise MalformedKey("SubjectPublicKeyInfo is not in its canonical form")
    return verifier
