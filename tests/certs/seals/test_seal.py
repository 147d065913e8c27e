import subprocess
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.p256 import P256Signer
from certs.crypto.sm3 import sm3
from certs.errors import CertsError, InvalidSignature
from certs.pki import der
from certs.pki.der_reader import read
from certs.pki.errors import MalformedDer
from certs.seals.errors import (
    SealAlgorithmRefused,
    SealMakingRefused,
    SealMalformed,
    SealVersionUnsupported,
)
from certs.seals.model import CertificateDigest, Recognised, Seal, Stamp, Standard
from certs.seals.seal import check_maker_signature, lists_signer, make_test_seal, read_seal
from certs.seals.signature import check_stamp_signature, make_stamp, read_stamp, read_v4, with_timestamp
from tests.certs.seals.world import NOW, SealWorld
from tests.support.components import OPENSSL

WORLD = SealWorld()
SEAL = WORLD.seal()
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
DIGEST = sm3(b"a signature file")
STAMP = make_stamp(
    SEAL,
    certificate=WORLD.signer.certificate,
    signer=WORLD.signer.signer,
    at=NOW,
    data_hash=DIGEST,
    signed_path=PATH,
)


def a_seal(data: bytes) -> Seal:
    seal = read_seal(data)
    assert isinstance(seal, Seal)
    return seal


def a_stamp(data: bytes) -> Stamp:
    stamp = read_stamp(data)
    assert isinstance(stamp, Stamp)
    return stamp


def parts(data: bytes) -> list[bytes]:
    return [m.raw for m in read(data).members(1, 10)]


# ---- what is made can be read ----------------------------------------------------------------------------------


def test_a_seal_says_what_was_put_in_and_its_maker_signed_exactly_that() -> None:
    seal = a_seal(SEAL)
    assert seal.info == WORLD.info()
    assert seal.maker_certificate == WORLD.maker.certificate
    assert seal.info_der == parts(SEAL)[0]
    check_maker_signature(seal, WORLD.maker.signer.verifier())


def test_a_stamp_holds_the_seal_byte_for_byte() -> None:
    stamp = a_stamp(STAMP)
    assert stamp.seal.der == SEAL
    assert (stamp.time, stamp.data_hash, stamp.signed_path) == (NOW, DIGEST, PATH)
    assert stamp.certificate == WORLD.signer.certificate
    assert stamp.timestamp is None
    check_stamp_signature(stamp, WORLD.signer.signer.verifier())


def test_the_form_is_that_of_the_standard_member_by_member() -> None:
    """GB/T 38540-2020 §6-7, tags in order; a golden outline of what ofdrw and a vendor's files have."""
    info, maker, algorithm, signature = read(SEAL).members(4, 4)
    assert [info.tag, maker.tag, algorithm.tag, signature.tag] == [0x30, 0x04, 0x06, 0x03]
    header, es_id, about, picture = info.members(4, 4)
    assert [m.tag for m in header.members(3, 3)] == [0x16, 0x02, 0x16]
    assert header.members(3, 3)[1].raw == bytes.fromhex("020104")
    assert es_id.tag == 0x16
    assert [m.tag for m in about.members(7, 7)] == [0x02, 0x0C, 0x02, 0x30, 0x18, 0x18, 0x18]
    assert [m.tag for m in picture.members(4, 4)] == [0x16, 0x04, 0x02, 0x02]
    tbs, signer, method, value = read(STAMP).members(4, 4)
    assert [m.tag for m in tbs.members(5, 5)] == [0x02, 0x30, 0x18, 0x03, 0x16]
    assert [signer.tag, method.tag, value.tag] == [0x04, 0x06, 0x03]
    assert [m.tag for m in read(value.content[1:]).members(2, 2)] == [0x02, 0x02]


def test_a_time_stamp_is_carried_in_its_tag() -> None:
    stamped = with_timestamp(STAMP, b"token")
    assert a_stamp(stamped).timestamp == b"token"
    assert a_stamp(stamped).tbs == a_stamp(STAMP).tbs
    assert parts(stamped)[-1].hex() == "a0080306" + b"\x00token".hex()
    with pytest.raises(SealMalformed):
        with_timestamp(stamped, b"another")


@pytest.mark.needs(OPENSSL)
@pytest.mark.parametrize("changed", [False, True])
def test_openssl_agrees_on_both_signatures(tmp_path: Path, changed: bool) -> None:
    seal, stamp = a_seal(SEAL), a_stamp(STAMP)
    for message, signature, identity in (
        (seal.info_der, seal.signature, WORLD.maker),
        (stamp.tbs, stamp.signature, WORLD.signer),
    ):
        (tmp_path / "key").write_bytes(identity.signer.verifier().spki())
        (tmp_path / "signature").write_bytes(signature)
        (tmp_path / "message").write_bytes(message + b"x" * changed)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -sigfile signature -rawin -digest sm3"
        command += " -in message -pkeyopt distid:1234567812345678"
        done = subprocess.run(command.split(), check=False, cwd=tmp_path, capture_output=True, timeout=20)
        assert (done.returncode == 0) is not changed, done.stderr


# ---- extensions, signer lists, other versions ------------------------------------------------------------------


@pytest.mark.parametrize("tagged", [False, True])
def test_seal_extensions_are_read_bare_and_tagged(tagged: bool) -> None:
    extension = der.sequence(der.sequence(der.oid("1.2.3"), der.boolean(False), der.octets(b"x")))
    info = parts(SEAL)[0]
    longer = der.sequence(read(info).content, der.tlv(0xA0, extension) if tagged else extension)
    seal = a_seal(der.sequence(longer, *parts(SEAL)[1:]))
    assert [(e.oid, e.critical, e.value) for e in seal.info.extensions] == [("1.2.3", False, b"x")]
    with pytest.raises(InvalidSignature):
        check_maker_signature(seal, WORLD.maker.signer.verifier())


@pytest.mark.parametrize(("algorithm", "digest"), [("SM3", sm3), ("SHA256", lambda d: sha256(d).digest())])
def test_signers_may_be_listed_by_digest(algorithm: str, digest: object) -> None:
    value = digest(WORLD.signer.certificate)  # type: ignore[operator]  # a table of functions
    info = replace(WORLD.info(), certificates=(), digests=(CertificateDigest(algorithm, value),))
    read = a_seal(WORLD.seal(info)).info
    assert read == info
    assert lists_signer(read, WORLD.signer.certificate) is True
    assert lists_signer(read, WORLD.stranger.certificate) is False


def test_a_list_of_unknown_digests_decides_nothing() -> None:
    info = replace(WORLD.info(), certificates=(), digests=(CertificateDigest("BLAKE3", b"x" * 32),))
    assert lists_signer(info, WORLD.signer.certificate) is None
    assert lists_signer(WORLD.info(), WORLD.stranger.certificate) is False


def header(version: int) -> bytes:
    return der.sequence(der.ia5("ES"), der.integer(version), der.ia5("vendor"))


def seal_of(version: int, members: int) -> bytes:
    info = der.sequence(header(version), *[der.ia5("x")] * 3)
    return der.sequence(info, *[der.octets(b"x")] * (members - 1))


def test_versions_1_and_5_are_recognised_by_name_and_not_used() -> None:
    first, fifth = seal_of(1, 2), seal_of(5, 5)
    assert read_seal(first) == Recognised(Standard.V1, 1)
    assert read_seal(fifth) == Recognised(Standard.V5, 5)
    v1 = der.sequence(der.sequence(der.integer(1), first), der.bits(b"x"))
    assert read_stamp(v1) == Recognised(Standard.V1, 1)
    tbs = der.sequence(der.integer(5), fifth, *parts(a_stamp(STAMP).tbs)[2:])
    assert read_stamp(der.sequence(tbs, *parts(STAMP)[1:])) == Recognised(Standard.V5, 5)
    with pytest.raises(SealVersionUnsupported):
        read_v4(fifth)


@pytest.mark.parametrize(("version", "members"), [(4, 5), (4, 3), (2, 4), (6, 4), (1, 4)])
def test_versions_nobody_has_written_down_are_refused(version: int, members: int) -> None:
    with pytest.raises(SealMalformed):
        read_seal(seal_of(version, members))


# ---- what must not pass ----------------------------------------------------------------------------------------


def test_seals_are_made_for_tests_only_and_say_so() -> None:
    def make(**changed: str) -> bytes:
        values = {"profile": "embedded", "name": WORLD.info().name, **changed}
        return make_test_seal(
            WORLD.info(name=values["name"]),
            maker_certificate=WORLD.maker.certificate,
            maker=WORLD.maker.signer,
            profile=values["profile"],
        )

    make()
    with pytest.raises(SealMakingRefused):
        make(profile="production")
    with pytest.raises(SealMakingRefused):
        make(name="339900市测试局专用章".replace("测试", ""))


def test_only_sm2_keys_seal() -> None:
    other = P256Signer.generate()
    with pytest.raises(SealAlgorithmRefused):
        make_test_seal(WORLD.info(), maker_certificate=b"", maker=other, profile="embedded")
    with pytest.raises(SealAlgorithmRefused):
        make_stamp(SEAL, certificate=b"", signer=other, at=NOW, data_hash=DIGEST, signed_path=PATH)
    with pytest.raises(SealAlgorithmRefused):
        check_maker_signature(a_seal(SEAL), other.verifier())
    with pytest.raises(SealAlgorithmRefused):
        check_maker_signature(replace(a_seal(SEAL), algorithm="1.2.840.10045.4.3.2"), WORLD.maker.signer.verifier())


ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
R, S = (m.small_integer() for m in read(a_stamp(STAMP).signature).members(2, 2))


_PAIRS = ((0, S), (R, 0), (-R, S), (R, -S), (R + ORDER, S), (R, S + ORDER), (ORDER, S), (R, ORDER), (0, 0))
BAD_SIGNATURES = [
    *(der.sequence(der.integer(r), der.integer(s)) for r, s in _PAIRS),
    b"",
    bytes(64),
    a_stamp(STAMP).signature + b"\x00",
    der.sequence(der.integer(R), der.integer(ORDER - S)),
    b"\x30\x80" + a_stamp(STAMP).signature[2:] + b"\x00\x00",
    der.sequence(der.integer(R), der.integer(S), der.integer(1)),
]


# numbered, because the bytes are made anew in every process and name nothing
@pytest.mark.parametrize("signature", BAD_SIGNATURES, ids=[str(n) for n in range(len(BAD_SIGNATURES))])
def test_signatures_out_of_range_or_form_are_refused(signature: bytes) -> None:
    """Attack cases 56 and 58."""
    with pytest.raises(InvalidSignature):
        check_stamp_signature(replace(a_stamp(STAMP), signature=signature), WORLD.signer.signer.verifier())


def test_a_signature_under_another_identity_is_refused() -> None:
    """Attack case 58: a wrong or missing identity in Z_A."""
    for digested in (a_stamp(STAMP).tbs[1:], sm3(a_stamp(STAMP).tbs)):
        with pytest.raises(InvalidSignature):
            check_stamp_signature(replace(a_stamp(STAMP), tbs=digested), WORLD.signer.signer.verifier())


@pytest.mark.parametrize("tail", [b"\x00", b"\x05\x00", b"\x30\x00"])
def test_bytes_behind_are_refused(tail: bytes) -> None:
    with pytest.raises(MalformedDer):
        read_seal(SEAL + tail)
    with pytest.raises(MalformedDer):
        read_stamp(STAMP + tail)


def test_what_cannot_be_read_again_is_not_written() -> None:
    for changed in (
        {"es_id": ""},
        {"es_id": "章"},
        {"name": "测试" * 129},
        {"certificates": ()},
        {"digests": (CertificateDigest("SM3", b""),)},
        {"created_at": NOW + timedelta(milliseconds=5)},
        {"picture": replace(WORLD.info().picture, kind="EXE")},
        {"picture": replace(WORLD.info().picture, width=0)},
    ):
        with pytest.raises((SealMalformed, MalformedDer)):
            WORLD.seal(WORLD.info(**({"name": "测试"} | changed)))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_changed_stamp_verifies(data: st.DataObject) -> None:
    """Flip, delete, insert or cut bytes: refused with a typed error, or nothing that is signed has changed."""
    at = data.draw(st.integers(0, len(STAMP) - 1))
    middle = data.draw(st.sampled_from([bytes([STAMP[at] ^ 1 << b]) for b in range(8)] + [b"", STAMP[at : at + 1] * 2]))
    mutant = STAMP[:at] + middle + STAMP[at + 1 :]
    try:
        stamp = read_stamp(mutant)
        assert isinstance(stamp, Stamp)
        check_maker_signature(stamp.seal, WORLD.maker.signer.verifier())
        check_stamp_signature(stamp, WORLD.signer.signer.verifier())
    except (CertsError, AssertionError):
        return
    assert mutant == STAMP or stamp.tbs == a_stamp(STAMP).tbs
    assert stamp.certificate != WORLD.signer.certificate, "only the enclosed certificate is outside the signature"
