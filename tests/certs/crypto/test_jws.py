"""JWS: the attacks of RFC 8725 and of the security page, rows 1-5 and 8-9."""

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.jwk import spki, verifier_from_jwk
from certs.crypto.jws import Jws, parse_jws, sign_jws, sign_with_header, verify_jws, verify_possession
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer, Verifier
from certs.errors import (
    AlgorithmMismatch,
    AlgorithmRefused,
    CertsError,
    EncodingRefused,
    HeaderRefused,
    InvalidSignature,
    JsonRefused,
    MalformedKey,
    TokenMalformed,
    TokenTooLarge,
    TypeMismatch,
    UnknownKey,
)

KEYS: dict[Alg, Signer] = {alg: ephemeral_key(alg) for alg in Alg}
KNOWN: dict[str, Verifier] = {signer.kid: signer.verifier() for signer in KEYS.values()}
algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)


def resolve(kid: str, alg: Alg) -> Verifier:
    if kid not in KNOWN:
        raise UnknownKey(kid)
    return KNOWN[kid]


def verify(token: str) -> Jws:
    return verify_jws(token, resolve, "test+jwt")


def handmade(header: bytes, payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return f"{signing_input}.{base64url.encode(sign(signing_input.encode()))}"


@algorithms
@settings(deadline=None, max_examples=30)
@given(payload=st.binary(max_size=500))
def test_round_trip(alg: Alg, payload: bytes) -> None:
    token = sign_jws(payload, KEYS[alg], "test+jwt", {"cty": "x"})
    jws = verify(token)
    assert jws.payload == payload
    assert dict(jws.header) == {"alg": alg.value, "kid": KEYS[alg].kid, "typ": "test+jwt", "cty": "x"}


@algorithms
def test_no_character_of_a_token_can_be_changed(alg: Alg) -> None:
    token = sign_jws(b'{"amount":1}', KEYS[alg], "test+jwt")
    for at, char in enumerate(token):
        for other in {"A", "w", ".", "=", chr(ord(char) ^ 1)} - {char}:
            with pytest.raises(CertsError):
                verify(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("name", ["none", "None", "nOnE", "", None, ["none"], ["ES256"], 0, {"a": "ES256"}])
@pytest.mark.parametrize("signature", [b"", b"\0" * 64])
def test_row_1_alg_none_and_kin(name: object, signature: bytes) -> None:
    header = orjson.dumps({"alg": name, "kid": KEYS[Alg.ES256].kid, "typ": "test+jwt"})
    with pytest.raises(AlgorithmRefused):
        verify(handmade(header, b"{}", lambda _: signature))
    with pytest.raises(AlgorithmRefused):
        verify(handmade(b'{"typ":"test+jwt"}', b"{}", lambda _: signature))


@algorithms
def test_row_2_hmac_with_the_public_key_as_secret(alg: Alg) -> None:
    verifier = KEYS[alg].verifier()
    der = spki(verifier)
    secrets = [der, orjson.dumps(verifier.jwk())]
    if alg is not Alg.SM2:
        key = serialization.load_der_public_key(der)
        secrets.append(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    for name in ("HS256", alg.value):
        header = orjson.dumps({"alg": name, "kid": verifier.kid, "typ": "test+jwt"})
        for secret in secrets:
            with pytest.raises((AlgorithmRefused, TokenMalformed)):
                verify(handmade(header, b"{}", partial(hmac.digest, secret, digest="sha256")))


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1", "https://evil.example/k", "k" * 256])
def test_row_3_unknown_kid_is_only_unknown(kid: str) -> None:
    header = {"alg": "ES256", "kid": kid, "typ": "test+jwt"}
    with pytest.raises(UnknownKey):
        verify(sign_with_header(b"{}", KEYS[Alg.ES256], header))


@pytest.mark.parametrize("kid", ["", "k" * 10_000, None, 7, ["a"], {"a": 1}])
def test_row_3_unusable_kid(kid: object) -> None:
    header = {"alg": "ES256", "kid": kid, "typ": "test+jwt"}
    with pytest.raises((HeaderRefused, TokenTooLarge)):
        verify(sign_with_header(b"{}", KEYS[Alg.ES256], header))


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "crit", "b64", "zip", "enc"])
def test_row_4_headers_that_bring_keys_or_change_the_rules(member: str) -> None:
    attacker = ephemeral_key(Alg.ES256)
    header: dict[str, Any] = {"alg": "ES256", "kid": KEYS[Alg.ES256].kid, "typ": "test+jwt"}
    header[member] = attacker.verifier().jwk()
    with pytest.raises(HeaderRefused):
        verify(sign_with_header(b"{}", attacker, header))
    with pytest.raises(HeaderRefused):
        sign_jws(b"{}", attacker, "test+jwt", {member: "x"})


def test_row_4_x5c_is_tolerated_and_never_used() -> None:
    attacker = ephemeral_key(Alg.ES256)
    header = {"alg": "ES256", "kid": KEYS[Alg.ES256].kid, "typ": "test+jwt", "x5c": ["AAAA"]}
    assert verify(sign_with_header(b"{}", KEYS[Alg.ES256], header)).payload == b"{}"
    with pytest.raises(InvalidSignature):
        verify(sign_with_header(b"{}", attacker, header))


@pytest.mark.parametrize("typ", ["JWT", "kb+jwt", "TEST+JWT", "", None, 5, ["test+jwt"], "test+jwt "])
def test_row_5_another_type_is_refused(typ: object) -> None:
    header = {"alg": "ES256", "kid": KEYS[Alg.ES256].kid, "typ": typ}
    with pytest.raises(TypeMismatch):
        verify(sign_with_header(b"{}", KEYS[Alg.ES256], header))


def test_the_long_media_type_is_the_same_type() -> None:
    header = {"alg": "ES256", "kid": KEYS[Alg.ES256].kid, "typ": "application/test+jwt"}
    assert verify(sign_with_header(b"{}", KEYS[Alg.ES256], header)).payload == b"{}"


@pytest.mark.parametrize("claimed", list(Alg))
@pytest.mark.parametrize("real", list(Alg))
def test_algorithm_confusion_between_our_own(claimed: Alg, real: Alg) -> None:
    if claimed is real:
        return
    header = {"alg": claimed.value, "kid": KEYS[real].kid, "typ": "test+jwt"}
    with pytest.raises(AlgorithmMismatch):
        verify(sign_with_header(b"{}", KEYS[real], header))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","alg":"ES256","kid":"k","typ":"test+jwt"}',
        b'{"alg":"none","kid":"k","typ":"test+jwt","alg":"ES256"}',
        b'{"alg":"ES256","kid":"k","\\u0061lg":"none"}',
        b"[]",
        b"",
        b'{"alg":"ES256","x":[[[[[[1]]]]]]}',
    ],
)
def test_row_8_headers_are_strict_json(header: bytes) -> None:
    with pytest.raises(JsonRefused):
        verify(handmade(header, b"{}", KEYS[Alg.ES256].sign))


@algorithms
def test_row_9_one_spelling_of_each_part(alg: Alg) -> None:
    token = sign_jws(b"{}", KEYS[alg], "test+jwt")
    header, payload, signature = token.split(".")
    last = signature[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = alphabet[alphabet.index(last) + 1]
    for spoiled in (
        f"{header}.{payload}.{signature[:-1]}{stray}",
        f"{header}.{payload}.{signature}==",
        f"{header}.{payload}=.{signature}",
        f"{header}\n.{payload}.{signature}",
        f" {token}",
    ):
        with pytest.raises(EncodingRefused):
            verify(spoiled)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", "~", "a" * 300_000])
def test_other_shapes_are_refused(token: str) -> None:
    with pytest.raises(CertsError):
        parse_jws(token)


def test_sizes_are_limited() -> None:
    with pytest.raises(TokenTooLarge):
        verify(sign_jws(b"x" * 200_000, KEYS[Alg.ES256], "test+jwt"))
    with pytest.raises(TokenTooLarge):
        verify(sign_jws(b"x", KEYS[Alg.ES256], "test+jwt", {"pad": "p" * 8192}))


@settings(deadline=None)
@given(st.text(alphabet='abcXYZ019-_.={}" \n', max_size=80))
def test_any_text_is_refused_with_a_typed_error(token: str) -> None:
    with pytest.raises(CertsError):
        verify(token)


def _proof(signer: Signer, jwk: object) -> str:
    header = {"alg": signer.alg.value, "typ": "openid4vci-proof+jwt", "jwk": jwk}
    return sign_with_header(b"{}", signer, header)


@algorithms
def test_possession_proof_gives_the_key_it_proves(alg: Alg) -> None:
    wallet = ephemeral_key(alg)
    _, verifier = verify_possession(_proof(wallet, wallet.verifier().jwk()), "openid4vci-proof+jwt")
    assert verifier.kid == wallet.kid == verifier_from_jwk(wallet.verifier().jwk()).kid


def test_possession_proof_with_a_borrowed_or_absent_key_is_refused() -> None:
    wallet, victim = ephemeral_key(Alg.ES256), ephemeral_key(Alg.ES256)
    cases: list[tuple[object, type[CertsError]]] = [
        (victim.verifier().jwk(), InvalidSignature),
        (None, HeaderRefused),
        ({"kty": "oct", "k": "AAAA"}, MalformedKey),
        (KEYS[Alg.ED25519].verifier().jwk(), AlgorithmMismatch),
    ]
    for jwk, refusal in cases:
        with pytest.raises(refusal):
            verify_possession(_proof(wallet, jwk), "openid4vci-proof+jwt")


def test_kid_and_typ_cannot_be_overridden() -> None:
    for member in ("alg", "kid", "typ"):
        with pytest.raises(HeaderRefused):
            sign_jws(b"{}", KEYS[Alg.ES256], "test+jwt", {member: "x"})
