"""A seal (SESeal, GB/T 38540-2020 §6): read, recognised, its maker's signature checked, its signer list asked.

The maker signs the DER of `eSealInfo` and nothing else; SM2 with SM3, identity 1234567812345678.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256

from certs.crypto.alg import Alg
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.ports import Signer, Verifier
from certs.crypto.sm3 import sm3
from certs.pki import der
from certs.pki.der_reader import Node
from certs.seals import asn1
from certs.seals.errors import SealAlgorithmRefused, SealMakingRefused, SealMalformed
from certs.seals.model import SM2_WITH_SM3, SM3_OID, CertificateDigest, Recognised, Seal, SealInfo, Standard

MAX_SEAL_BYTES = 4 * 1024 * 1024
_USUAL_BYTES = 256 * 1024
_V1_SEAL_MEMBERS = 2


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()


_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "SM3": sm3,
    SM3_OID: sm3,
    "SHA256": _sha256,
    "SHA-256": _sha256,
}


def read_seal(data: bytes) -> Seal | Recognised:
    """Read an SESeal.

    Version 1 (GM/T 0031-2014: two members) and version 5 (GM/T 0031-2025: header version 5, perhaps a time stamp) are
    recognised by name.

    Raises:
        MalformedDer: not strict DER.
        SealMalformed: not an SESeal of any of these, or larger than 4 MiB.
    """
    if len(data) > MAX_SEAL_BYTES:
        raise SealMalformed("a seal of more than 4 MiB")
    return read_seal_value(asn1.read(data))


def read_seal_value(value: Node) -> Seal | Recognised:
    """`read_seal` for a seal inside another structure."""
    return _remembered(value.raw) if len(value.raw) <= _USUAL_BYTES else _read(value)


@lru_cache(16)
def _remembered(data: bytes) -> Seal | Recognised:
    """Seals of the usual size: a batch bears one many times. Refusals are not remembered."""
    return _read(asn1.read(data))


def _read(value: Node) -> Seal | Recognised:
    parts = value.members(2, 5)
    version, _ = asn1.read_header(parts[0].members(4, 5)[0])
    if len(parts) == _V1_SEAL_MEMBERS:
        return Recognised(Standard.V1, version)
    if version == 5 and len(parts) in {4, 5}:
        return Recognised(Standard.V5, version)
    if version != asn1.VERSION or len(parts) != 4:
        raise SealMalformed(f"version {version} with {len(parts)} members")
    info, certificate, algorithm, signature = parts
    return Seal(
        info=asn1.read_info(info),
        info_der=info.raw,
        maker_certificate=certificate.require(der.OCTET_STRING).content,
        algorithm=algorithm.require(der.OID).oid(),
        signature=signature.require(der.BIT_STRING).octets_of_bits(),
        der=value.raw,
    )


def check_maker_signature(seal: Seal, maker: Verifier) -> None:
    """Check the maker's signature over the seal's information; whether the maker is trusted is another question.

    Raises:
        SealAlgorithmRefused: not SM2 with SM3.
        InvalidSignature: not DER, out of range, or not over these bytes.
    """
    check_signature(seal.algorithm, seal.info_der, seal.signature, maker)


def check_signature(algorithm: str, message: bytes, signature: bytes, verifier: Verifier) -> None:
    """Check a signature in the form GB/T 38540 uses: DER of (r, s), SM2 with SM3, default identity.

    Raises:
        SealAlgorithmRefused: another algorithm, or a key that is not SM2.
        InvalidSignature: it does not verify.
    """
    if algorithm != SM2_WITH_SM3:
        raise SealAlgorithmRefused(algorithm)
    if verifier.alg is not Alg.SM2:
        raise SealAlgorithmRefused(f"of a {verifier.alg.value} key")
    verifier.verify(message, der_to_raw(signature))


def make_test_seal(info: SealInfo, *, maker_certificate: bytes, maker: Signer, profile: str) -> bytes:
    """Make a seal for tests and integration: its name must say so (测试). The State's system makes the others.

    Raises:
        SealMakingRefused: the profile is `production`, or the name lacks the label.
        SealMalformed: a value has no place in the structure.
        SealAlgorithmRefused: the maker's key is not SM2.
    """
    if profile == "production":
        raise SealMakingRefused
    if "测试" not in info.name:
        raise SealMakingRefused("a seal made here carries 测试 in its name")
    if maker.alg is not Alg.SM2:
        raise SealAlgorithmRefused(f"of a {maker.alg.value} key")
    signed = asn1.write_info(info)
    return der.sequence(
        signed,
        der.octets(maker_certificate),
        der.oid(SM2_WITH_SM3),
        der.bits(raw_to_der(maker.sign(signed))),
    )


def lists_signer(info: SealInfo, certificate: bytes) -> bool | None:
    """Whether the seal names this DER certificate as a signer; None if only digests of unknown kinds could tell."""
    if certificate in info.certificates:
        return True
    judged = [_names(d, certificate) for d in info.digests]
    if True in judged:
        return True
    return None if None in judged else False


def _names(listed: CertificateDigest, certificate: bytes) -> bool | None:
    digest = _DIGESTS.get(listed.algorithm.upper())
    return None if digest is None else digest(certificate) == listed.value
