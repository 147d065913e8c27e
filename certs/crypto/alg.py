"""The algorithms in use, as one frozen table. A name that is not in the table does not exist here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from certs.errors import AlgorithmRefused


class Alg(StrEnum):
    """A signature algorithm; the value is its JOSE `alg` name."""

    ES256 = "ES256"
    ED25519 = "EdDSA"
    SM2 = "SM2"

    __hash__ = str.__hash__  # that of its value, as equality is, and without a call per look-up


class Standing(StrEnum):
    """What policy still allows an algorithm to do."""

    SIGN = "sign"
    VERIFY_ONLY = "verify-only"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AlgorithmInfo:
    """One row. `signature_bytes` is the JOSE form (raw r||s, or Ed25519's 64 bytes).

    `signature_oid` is the X.509/CMS signature identifier; `key_oid` and `curve_oid` identify the key
    in PKCS#8 and SubjectPublicKeyInfo (`curve_oid` is "" where the key type alone says it).
    """

    alg: Alg
    kty: str
    crv: str
    digest: str
    signature_bytes: int
    signature_oid: str
    key_oid: str
    curve_oid: str
    standard: str
    standing: Standing


ALGORITHMS: Mapping[Alg, AlgorithmInfo] = MappingProxyType(
    {
        Alg.ES256: AlgorithmInfo(
            alg=Alg.ES256,
            kty="EC",
            crv="P-256",
            digest="sha256",
            signature_bytes=64,
            signature_oid="1.2.840.10045.4.3.2",
            key_oid="1.2.840.10045.2.1",
            curve_oid="1.2.840.10045.3.1.7",
            standard="FIPS 186-5, RFC 7518 §3.4",
            standing=Standing.SIGN,
        ),
        Alg.ED25519: AlgorithmInfo(
            alg=Alg.ED25519,
            kty="OKP",
            crv="Ed25519",
            digest="sha512",
            signature_bytes=64,
            signature_oid="1.3.101.112",
            key_oid="1.3.101.112",
            curve_oid="",
            standard="RFC 8032, RFC 8037",
            standing=Standing.SIGN,
        ),
        Alg.SM2: AlgorithmInfo(
            alg=Alg.SM2,
            kty="EC",
            crv="SM2",
            digest="sm3",
            signature_bytes=64,
            signature_oid="1.2.156.10197.1.501",
            key_oid="1.2.840.10045.2.1",
            curve_oid="1.2.156.10197.1.301",
            standard="GB/T 32918.2-2016, GB/T 32905-2016",
            standing=Standing.SIGN,
        ),
    }
)

_BY_NAME: Mapping[str, Alg] = MappingProxyType({alg.value: alg for alg in Alg})


def algorithm(name: object) -> Alg:
    """The algorithm with this JOSE name; letter case counts.

    Raises:
        AlgorithmRefused: not text, unknown (`none`, `HS256`, …) or withdrawn by policy.
    """
    alg = _BY_NAME.get(name) if isinstance(name, str) else None
    if alg is None or ALGORITHMS[alg].standing is Standing.REFUSED:
        raise AlgorithmRefused(f"algorithm {str(name)[:32]!r} is not accepted")
    return alg


def require_signing(alg: Alg) -> None:
    """Refuse to make new signatures with an algorithm that may only be verified.

    Raises:
        AlgorithmRefused: its standing is not `sign`.
    """
    if ALGORITHMS[alg].standing is not Standing.SIGN:
        raise AlgorithmRefused(f"{alg.value} may no longer sign")
