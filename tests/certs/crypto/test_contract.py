"""One contract for every algorithm: what any Signer and Verifier must do."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.alg import ALGORITHMS, Alg, algorithm
from certs.crypto.jwk import public_jwk, spki, verifier_from_jwk, verifier_from_spki
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer
from certs.errors import AlgorithmRefused, CertsError, InvalidSignature, MalformedKey

KEYS: dict[Alg, Signer] = {alg: ephemeral_key(alg) for alg in Alg}
algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)


@algorithms
@settings(max_examples=40, deadline=None)
@given(message=st.binary(max_size=600))
def test_a_signature_verifies_and_has_the_length_of_its_algorithm(alg: Alg, message: bytes) -> None:
    signature = KEYS[alg].sign(message)
    assert len(signature) == ALGORITHMS[alg].signature_bytes == 64
    KEYS[alg].verifier().verify(message, signature)


@algorithms
def test_every_flipped_bit_of_a_signature_is_refused(alg: Alg) -> None:
    signature = KEYS[alg].sign(b"certificate")
    for bit in range(len(signature) * 8):
        forged = bytearray(signature)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidSignature):
            KEYS[alg].verifier().verify(b"certificate", bytes(forged))


@algorithms
@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 63, b"\0" * 65, b"0" * 4096])
def test_impossible_signatures_are_refused(alg: Alg, signature: bytes) -> None:
    with pytest.raises(InvalidSignature):
        KEYS[alg].verifier().verify(b"certificate", signature)


@algorithms
def test_another_message_or_key_is_refused(alg: Alg) -> None:
    signature = KEYS[alg].sign(b"certificate")
    with pytest.raises(InvalidSignature):
        KEYS[alg].verifier().verify(b"certificatf", signature)
    with pytest.raises(InvalidSignature):
        ephemeral_key(alg).verifier().verify(b"certificate", signature)


@pytest.mark.parametrize("signing", list(Alg))
@pytest.mark.parametrize("verifying", list(Alg))
def test_a_signature_of_one_algorithm_is_worth_nothing_to_another(signing: Alg, verifying: Alg) -> None:
    if signing is verifying:
        return
    with pytest.raises(InvalidSignature):
        KEYS[verifying].verifier().verify(b"certificate", KEYS[signing].sign(b"certificate"))


@algorithms
def test_public_keys_survive_jwk_and_spki(alg: Alg) -> None:
    signature, verifier = KEYS[alg].sign(b"m"), KEYS[alg].verifier()
    for copy in (verifier_from_jwk(public_jwk(verifier)), verifier_from_spki(spki(verifier))):
        copy.verify(b"m", signature)
        assert (copy.kid, copy.alg, copy.jwk()) == (KEYS[alg].kid, alg, verifier.jwk())


@algorithms
def test_repr_shows_only_kid_and_algorithm(alg: Alg) -> None:
    signer = KEYS[alg]
    name = type(signer).__name__
    assert repr(signer) == f"{name}(kid={signer.kid!r}, alg={alg.value!r})"
    assert repr(signer.verifier()).endswith(f"(kid={signer.kid!r}, alg={alg.value!r})")


@algorithms
def test_jwk_refuses_private_members_wrong_use_and_broken_points(alg: Alg) -> None:
    jwk: dict[str, Any] = KEYS[alg].verifier().jwk()
    broken = [
        {**jwk, "d": jwk["x"]},
        {**jwk, "use": "enc"},
        {**jwk, "alg": "HS256"},
        {**jwk, "crv": "P-521"},
        {**jwk, "kty": ["EC"]},
        {**jwk, "x": jwk["x"] + "="},
        {**jwk, "x": jwk["x"][:-2]},
        {name: value for name, value in jwk.items() if name != "x"},
    ]
    for candidate in broken:
        with pytest.raises(MalformedKey):
            verifier_from_jwk(candidate)


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2])
def test_a_point_off_the_curve_is_refused(alg: Alg) -> None:
    jwk = KEYS[alg].verifier().jwk()
    with pytest.raises(MalformedKey):
        verifier_from_jwk({**jwk, "x": jwk["y"], "y": jwk["x"]})
    zero = "A" * 43
    with pytest.raises(MalformedKey):
        verifier_from_jwk({**jwk, "x": zero, "y": zero})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_spki_parser_only_ever_refuses(der: bytes) -> None:
    with pytest.raises(CertsError):
        verifier_from_spki(der)


@algorithms
def test_damaged_spki_never_escapes_as_another_error(alg: Alg) -> None:
    der = spki(KEYS[alg].verifier())
    for at in range(len(der)):
        for bit in range(8):
            damaged = bytearray(der)
            damaged[at] ^= 1 << bit
            try:
                assert verifier_from_spki(bytes(damaged)).kid != KEYS[alg].kid or bytes(damaged) == der
            except CertsError:
                continue


def test_p256_accepts_the_twin_signature_and_nothing_here_relies_on_the_contrary() -> None:
    """(r, n-s): documented in certs.crypto.p256; signatures are never an identity."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature = KEYS[Alg.ES256].sign(b"m")
    twin = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    KEYS[Alg.ES256].verifier().verify(b"m", twin)


@pytest.mark.parametrize(
    "name", ["none", "None", "", "HS256", "RS256", "es256", "ES384", "Ed25519", None, ["ES256"], {"a": 1}, 7]
)
def test_algorithm_names_outside_the_table_do_not_exist(name: object) -> None:
    with pytest.raises(AlgorithmRefused):
        algorithm(name)


def test_the_algorithm_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ALGORITHMS[Alg.SM2] = ALGORITHMS[Alg.ES256]  # type: ignore[index] # the point of the test
    with pytest.raises(FrozenInstanceError):
        ALGORITHMS[Alg.SM2].digest = "md5"  # type: ignore[misc] # the point of the test
    assert len({info.signature_oid for info in ALGORITHMS.values()}) == len(Alg)
