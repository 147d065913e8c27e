"""Published vectors: RFC 6979, RFC 8032, GB/T 32918.5, GB/T 32905, RFC 8037 (thumbprint)."""

import ctypes
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from certs.crypto import base64url, libcrypto, sm2
from certs.crypto.alg import Alg
from certs.crypto.backends import SoftwareKey
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.ed25519 import Ed25519Signer
from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.p256 import P256Signer
from certs.crypto.sm2 import Sm2Signer
from certs.crypto.sm3 import sm3
from certs.crypto.thumbprint import thumbprint
from certs.errors import AlgorithmUnavailable, InvalidSignature, MalformedKey

VECTORS = Path(__file__).parents[2] / "vectors"
SIGNATURES: list[dict[str, str]] = json.loads((VECTORS / "signatures.json").read_text())["vectors"]
SM3: list[dict[str, str]] = json.loads((VECTORS / "sm3.json").read_text())["vectors"]


def _jwk(vector: dict[str, str]) -> dict[str, str]:
    public = bytes.fromhex(vector["public"])
    if vector["alg"] == "EdDSA":
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(public)}
    crv = {"ES256": "P-256", "SM2": "SM2"}[vector["alg"]]
    return {"kty": "EC", "crv": crv, "x": base64url.encode(public[:32]), "y": base64url.encode(public[32:])}


def _signer(vector: dict[str, str]) -> SoftwareKey:
    secret = bytes.fromhex(vector["private"])
    if vector["alg"] == "EdDSA":
        prefix = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410 §7
        return Ed25519Signer.from_pkcs8(prefix + secret)
    if vector["alg"] == "ES256":
        return P256Signer(ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1()))
    return Sm2Signer.from_pkcs8(_sm2_pkcs8(secret, bytes.fromhex(vector["public"])))


def _sm2_pkcs8(secret: bytes, point: bytes) -> bytes:
    before = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
    return before + secret + bytes.fromhex("a14403420004") + point  # RFC 5915 inside RFC 5958


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda v: f"{v['alg']}-{v['message'][:8]}")
def test_published_signature_verifies_and_no_neighbour_does(vector: dict[str, str]) -> None:
    verifier = verifier_from_jwk(_jwk(vector))
    message, signature = bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"])
    verifier.verify(message, signature)
    with pytest.raises(InvalidSignature):
        verifier.verify(message + b"\0", signature)
    for at in range(0, 64, 7):
        forged = bytearray(signature)
        forged[at] ^= 1
        with pytest.raises(InvalidSignature):
            verifier.verify(message, bytes(forged))


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda v: f"{v['alg']}-{v['message'][:8]}")
def test_published_private_key_has_the_published_public_key(vector: dict[str, str]) -> None:
    signer = _signer(vector)
    assert signer.kid == verifier_from_jwk(_jwk(vector)).kid
    message = bytes.fromhex(vector["message"])
    verifier_from_jwk(_jwk(vector)).verify(message, signer.sign(message))


def test_ed25519_signatures_are_the_published_ones() -> None:
    for vector in SIGNATURES:
        if vector["alg"] == Alg.ED25519:
            signed = _signer(vector).sign(bytes.fromhex(vector["message"]))
            assert signed.hex() == vector["signature"]


@pytest.mark.parametrize("vector", SM3, ids=lambda v: v["message"][:6])
def test_sm3(vector: dict[str, str]) -> None:
    assert sm3(bytes.fromhex(vector["message"])).hex() == vector["digest"]


def test_rfc_8037_thumbprint() -> None:
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_sm2_self_test_passes_and_notices_a_wrong_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    sm2.self_test()
    monkeypatch.setattr(sm2, "_VECTOR_MESSAGE", b"other message")
    with pytest.raises(AlgorithmUnavailable):
        sm2.self_test()


def test_sm2_identity_is_part_of_what_is_signed() -> None:
    key = libcrypto.generate()
    signature = libcrypto.sign(key, b"m", b"ALICE123@YAHOO.COM")
    libcrypto.verify(key, b"m", signature, b"ALICE123@YAHOO.COM")
    with pytest.raises(InvalidSignature):
        libcrypto.verify(key, b"m", signature, sm2.USER_ID)


def test_sm2_refuses_keys_of_other_curves_and_rubbish() -> None:
    for der in (P256Signer.generate().pkcs8(), b"", b"\x30\x00", b"rubbish" * 20):
        with pytest.raises(MalformedKey):
            Sm2Signer.from_pkcs8(der)


def test_a_libcrypto_that_cannot_be_found_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> Any:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", nothing)
    with pytest.raises(AlgorithmUnavailable, match="no system libcrypto"):
        libcrypto._library.__wrapped__()


def test_a_libcrypto_without_the_needed_functions_is_named() -> None:
    with pytest.raises(AlgorithmUnavailable, match="lacks"):
        libcrypto._bound(ctypes.CDLL(None))


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x06\x02\x01\xff\x02\x01\x01", b"\x30\x80\x00\x00"])
def test_der_signatures_out_of_form_are_refused(der: bytes) -> None:
    with pytest.raises(InvalidSignature):
        der_to_raw(der)


def test_der_and_raw_are_two_spellings_of_one_signature() -> None:
    raw = bytes(31) + b"\x01" + b"\xff" * 32
    assert der_to_raw(raw_to_der(raw)) == raw
    too_long = b"\x30\x26\x02\x21\x01" + bytes(32) + b"\x02\x01\x01"
    with pytest.raises(InvalidSignature):
        der_to_raw(too_long)
