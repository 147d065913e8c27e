"""Attack cases 56 to 58: other encodings of signatures, signatures that have a twin, and the corners of SM2.

Every case goes through the three places where signatures stand: a bare verifier, a CMS or certificate, and a stamp.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.crypto import base64url, libcrypto
from certs.crypto.alg import Alg
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.jwk import spki as spki_of
from certs.crypto.jwk import verifier_from_spki
from certs.crypto.jws import parse_jws
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer
from certs.crypto.sm2 import USER_ID, Sm2Signer, Sm2Verifier
from certs.crypto.sm3 import sm3
from certs.errors import CertsError, InvalidSignature, MalformedKey
from certs.evidence.merkle import leaf_hash
from certs.evidence.receipt import verify_receipt
from certs.model import Verdict
from certs.ofd.signing import VALUE_PATH
from certs.ofd.writer import pack
from certs.pki import der
from certs.pki.cms_reader import check_signed_data, parse_signed_data
from certs.pki.crl import Revocation
from certs.pki.der_reader import read
from certs.pki.errors import CertificateRevoked
from certs.pki.revocation import require_not_revoked
from certs.pki.x509 import parse_certificate
from certs.seals.model import Stamp
from certs.seals.seal import lists_signer, read_seal
from certs.seals.signature import check_stamp_signature, read_stamp, stamp_digest
from tests.certs.attacks.artefacts import ARTEFACTS, CONTENT
from tests.certs.attacks.effort import examples
from tests.certs.attacks.seals import CA, INFO, PARTS, verified
from tests.certs.evidence.builders import small_log
from tests.certs.pki.test_cms import SIGNER, at, rebuilt
from tests.certs.pki.world import NOW, authority, openssl, pem_file
from tests.support.components import OPENSSL

ORDER = {
    Alg.ES256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Alg.SM2: 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
}
FIELD = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
MESSAGE = "一证通".encode()
both = pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)
command = pytest.mark.needs(OPENSSL)


def numbers(signature: bytes) -> tuple[int, int]:
    raw = der_to_raw(signature)
    return int.from_bytes(raw[:32]), int.from_bytes(raw[32:])


def other_forms(signature: bytes, order: int) -> Iterator[tuple[str, bytes]]:
    """Every way to write these numbers that is not the one way, and numbers that are none."""
    r, s = numbers(signature)
    two = (der.integer(r), der.integer(s))
    body = signature[2:]
    yield "indefinite length", b"\x30\x80" + body + b"\0\0"
    yield "long length", b"\x30\x81" + signature[1:]
    yield "longer length", b"\x30\x82\0" + signature[1:]
    yield "trailing byte", signature + b"\0"
    yield "trailing value", signature + b"\x05\0"
    yield "third number", der.sequence(*two, der.integer(1))
    yield "one number", der.sequence(two[0])
    yield "no number", der.sequence()
    yield "padded r", der.sequence(der.tlv(2, b"\0" * 2 + r.to_bytes(32)), two[1])
    yield "padded s", der.sequence(two[0], der.tlv(2, b"\0" * 2 + s.to_bytes(32)))
    yield "set", b"\x31" + signature[1:]
    yield "bit strings", der.sequence(der.bits(r.to_bytes(32)), der.bits(s.to_bytes(32)))
    yield "octet string", der.octets(signature)
    yield "raw", der_to_raw(signature)
    yield "raw in a string", der.octets(der_to_raw(signature))
    yield "nothing", b""
    yield "cut", signature[:-1]
    impossible = (
        (0, 0), (0, s), (r, 0), (1, 0), (-r, s), (r, -s), (r - order, s), (r, s - order), (order, s), (r, order),
        (r + order, s), (r, s + order), (order, order), (order - r, s), (2**256 - 1, s), (r, 2**256 - 1), (r, 2**2048),
    )  # fmt: skip
    for n, (one, two_) in enumerate(impossible):
        yield f"numbers {n}", der.sequence(der.integer(one), der.integer(two_))


def names_of_forms() -> list[str]:
    return [name for name, _ in other_forms(raw_to_der(b"\x01" * 64), 7)]


# ---- 56 ----------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("form", names_of_forms())
def test_56_one_form_only(alg: Alg, form: str) -> None:
    good = ARTEFACTS["cms-p256" if alg is Alg.ES256 else "cms-sm2"]().data
    signature = parse_signed_data(good).signature
    other = dict(other_forms(signature, ORDER[alg]))[form]
    with pytest.raises(InvalidSignature):
        check_signed_data(parse_signed_data(rebuilt(good, (*SIGNER, 5), der.octets(other))), CONTENT)
    leaf = authority(alg).signer.certificate
    forms = dict(other_forms(leaf.signature, ORDER[alg]))
    assert at(good, *SIGNER, 5)
    name = "certificate-p256" if alg is Alg.ES256 else "certificate-sm2"
    with pytest.raises(CertsError):
        ARTEFACTS[name]().said(rebuilt(leaf.der, (2,), der.bits(forms[form])))


@pytest.mark.parametrize("form", names_of_forms())
def test_56_one_form_only_in_a_stamp(form: str) -> None:
    *head, signature = (m.raw for m in read(PARTS[VALUE_PATH]).members(5, 5)[:4])
    stamp = read_stamp(PARTS[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    assert signature
    other = dict(other_forms(stamp.signature, ORDER[Alg.SM2]))[form]
    value = der.sequence(*head, der.bits(other))
    found = verified(pack({**PARTS, VALUE_PATH: value}))
    assert found.report.verdict is Verdict.INVALID
    assert found.report.steps[6].code == "signature-invalid"


@both
@examples(300)
@given(data=st.data())
def test_56_any_pair_of_numbers(alg: Alg, data: st.DataObject) -> None:
    order = ORDER[alg]
    near = st.sampled_from([0, 1, 2, order - 1, order, order + 1, order // 2, 2**255, 2**256 - 1, FIELD])
    r, s = (data.draw(near | st.integers(0, 2**256 - 1)) for _ in range(2))
    with pytest.raises(InvalidSignature):
        _key(alg).verifier().verify(MESSAGE, r.to_bytes(32) + s.to_bytes(32))


_KEYS: dict[Alg, Signer] = {}


def _key(alg: Alg) -> Signer:
    return _KEYS.setdefault(alg, ephemeral_key(alg))


# ---- 57: the twin (r, n - s) -------------------------------------------------------------------------------


def twin(signature: bytes, alg: Alg = Alg.ES256) -> bytes:
    """The other signature that verifies wherever this one does, in DER."""
    r, s = numbers(signature)
    return der.sequence(der.integer(r), der.integer(ORDER[alg] - s))


def jws_twin(token: str) -> str:
    """The token with the twin of its signature."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{base64url.encode(der_to_raw(twin(raw_to_der(base64url.decode(signature)))))}"


def test_57_the_twin_verifies_with_ecdsa_and_not_with_sm2() -> None:
    """The fact the case rests on; who builds an id on signature bytes has two ids for one document."""
    for alg, verifies in ((Alg.ES256, True), (Alg.SM2, False)):
        signature = _key(alg).sign(MESSAGE)
        other = der_to_raw(twin(raw_to_der(signature), alg))
        assert other != signature
        if verifies:
            _key(alg).verifier().verify(MESSAGE, other)
            continue
        with pytest.raises(InvalidSignature):
            _key(alg).verifier().verify(MESSAGE, other)


@pytest.mark.parametrize("name", ["json-face", "receipt", "status-list", "trust-list"])
def test_57_a_token_with_the_twin_says_the_same(name: str) -> None:
    """Identifier, number, status entry and event are claims: none of them moves with the signature."""
    artefact = ARTEFACTS[name]()
    other = jws_twin(artefact.data.decode()).encode()
    assert other != artefact.data
    assert artefact.said(other) == artefact.said(artefact.data)


def test_57_a_bound_presentation_does_not_survive_the_twin() -> None:
    """The holder's proof is over the presented bytes: an issuer's twin breaks it, and its own is good once."""
    artefact = ARTEFACTS["sd-jwt"]()
    issued, tilde, rest = artefact.data.decode().partition("~")
    with pytest.raises(CertsError):
        artefact.said(f"{jws_twin(issued)}{tilde}{rest}".encode())
    bound, proof = artefact.data.decode().rsplit("~", 1)
    assert artefact.said(f"{bound}~{jws_twin(proof)}".encode()) == artefact.said(artefact.data)


def test_57_the_log_names_an_entry_by_its_body() -> None:
    log = small_log(5)
    body, token = log.bodies[2], log.receipt(2)
    one, entry = verify_receipt(token, body, log.keys)
    two, _ = verify_receipt(jws_twin(token), body, log.keys)
    assert one == two
    assert one.leaf_hash == leaf_hash(body) == entry.leaf_hash
    assert parse_jws(token).signature not in body


def test_57_a_certificate_with_the_twin_is_revoked_all_the_same() -> None:
    ca = authority(Alg.ES256)
    leaf, above = ca.signer.certificate, ca.issuing.certificate
    other = parse_certificate(rebuilt(leaf.der, (2,), der.bits(twin(leaf.signature))))
    assert other.der != leaf.der
    assert ARTEFACTS["certificate-p256"]().said(other.der) == leaf.tbs
    lists = ca.crls(NOW, [Revocation(leaf.serial, NOW, "keyCompromise")])
    with pytest.raises(CertificateRevoked):
        require_not_revoked(other, above, NOW, lists)


def test_57_a_signature_with_the_twin_is_of_the_same_signer_over_the_same() -> None:
    good = ARTEFACTS["cms-p256"]().data
    other = rebuilt(good, (*SIGNER, 5), der.octets(twin(parse_signed_data(good).signature)))
    assert other != good
    assert ARTEFACTS["cms-p256"]().said(other) == ARTEFACTS["cms-p256"]().said(good)


def test_57_a_stamp_is_named_by_what_was_signed() -> None:
    """Two signatures over one TBS_Sign, made with fresh random numbers, are one use of the seal."""
    stamp = read_stamp(PARTS[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    *head, _ = (m.raw for m in read(PARTS[VALUE_PATH]).members(5, 5)[:4])
    again = der.sequence(*head, der.bits(raw_to_der(CA.signer.signer.sign(stamp.tbs))))
    second = read_stamp(again)
    assert isinstance(second, Stamp)
    assert second.signature != stamp.signature
    assert stamp_digest(second) == stamp_digest(stamp)


def test_57_a_seal_names_its_signers_by_their_certificates() -> None:
    """A certificate under another signature value is not the listed one: refused, never taken for a second signer."""
    seal = read_seal(ARTEFACTS["seal"]().data)
    assert getattr(seal, "info", None) == INFO
    leaf = CA.signer.certificate.der
    assert lists_signer(INFO, leaf) is True
    assert lists_signer(INFO, leaf[:-1] + bytes([leaf[-1] ^ 1])) is False


# ---- 58: SM2 -----------------------------------------------------------------------------------------------


def key_where(wanted: Callable[[bytes], bool]) -> Sm2Signer:
    """A key whose public point (x then y, 64 bytes) is of a rare kind."""
    for _ in range(20_000):
        key = Sm2Signer.generate()
        if wanted(key.verifier().spki()[-64:]):
            return key
    raise AssertionError("not found")


RARE: dict[str, Callable[[bytes], bool]] = {
    "x begins with 04": lambda point: point[0] == 0x04,
    "x begins with 00": lambda point: point[0] == 0x00,
    "y begins with 04": lambda point: point[32] == 0x04,
    "y begins with 00": lambda point: point[32] == 0x00,
    "x begins with 02": lambda point: point[0] == 0x02,
}


@command
@pytest.mark.parametrize("kind", RARE)
def test_58_keys_that_look_like_a_prefix(kind: str, tmp_path: Path) -> None:
    """gmssl strips a leading 04 of the bare point: one key in 256 stops it. Here, and with openssl, all the same."""
    key = key_where(RARE[kind])
    signature = key.sign(MESSAGE)
    for verifier in (
        key.verifier(),
        Sm2Verifier.from_jwk(key.verifier().jwk()),
        Sm2Verifier.from_spki(key.verifier().spki()),
    ):
        verifier.verify(MESSAGE, signature)
        with pytest.raises(InvalidSignature):
            verifier.verify(MESSAGE + b".", signature)
    assert by_openssl(tmp_path, key.verifier(), MESSAGE, raw_to_der(signature))
    assert not by_openssl(tmp_path, key.verifier(), MESSAGE + b".", raw_to_der(signature))


@command
@pytest.mark.parametrize("name", names_of_forms())
def test_58_openssl_refuses_what_we_refuse(name: str, tmp_path: Path) -> None:
    signature = raw_to_der(_key(Alg.SM2).sign(MESSAGE))
    other = dict(other_forms(signature, ORDER[Alg.SM2]))[name]
    assert not by_openssl(tmp_path, _key(Alg.SM2).verifier(), MESSAGE, other)
    with pytest.raises(InvalidSignature):
        libcrypto.verify(libcrypto.read_public(_spki()), MESSAGE, other, USER_ID)


def test_58_s_equal_to_the_order_and_zero_signatures() -> None:
    r, s = numbers(raw_to_der(_key(Alg.SM2).sign(MESSAGE)))
    order = ORDER[Alg.SM2]
    for one, two in ((r, order), (order, s), (0, 0), (0, s), (r, 0), (r, order - r), (order - s, s), (1, order - 1)):
        with pytest.raises(InvalidSignature):
            _key(Alg.SM2).verifier().verify(MESSAGE, one.to_bytes(32) + two.to_bytes(32))


@command
def test_58_a_signature_without_the_signers_identity(tmp_path: Path) -> None:
    """Missing Z_A: SM3 of the bare message was signed. openssl signs it so when it is given a digest."""
    private = pem_file(tmp_path / "k.pem", _pkcs8(), label="PRIVATE KEY")
    (tmp_path / "digest").write_bytes(sm3(MESSAGE))
    made = openssl("pkeyutl", "-sign", "-inkey", private, "-in", tmp_path / "digest", "-out", tmp_path / "sig")
    assert made.returncode == 0, made.stderr
    with pytest.raises(InvalidSignature):
        _key(Alg.SM2).verifier().verify(MESSAGE, der_to_raw((tmp_path / "sig").read_bytes()))
    assert not by_openssl(tmp_path, _key(Alg.SM2).verifier(), MESSAGE, (tmp_path / "sig").read_bytes())


@command
@pytest.mark.parametrize("identity", ["8765432187654321", "", "1234567812345679", "123456781234567", "一证通"])
def test_58_a_signature_under_another_identity(identity: str, tmp_path: Path) -> None:
    private = pem_file(tmp_path / "k.pem", _pkcs8(), label="PRIVATE KEY")
    (tmp_path / "message").write_bytes(MESSAGE)
    options = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{identity}"]
    made = openssl(
        "pkeyutl", "-sign", "-inkey", private, "-in", tmp_path / "message", "-out", tmp_path / "sig", *options
    )
    assert made.returncode == 0, made.stderr
    signature = (tmp_path / "sig").read_bytes()
    with pytest.raises(InvalidSignature):
        _key(Alg.SM2).verifier().verify(MESSAGE, der_to_raw(signature))
    assert by_openssl(tmp_path, _key(Alg.SM2).verifier(), MESSAGE, signature, identity)
    stamp = read_stamp(PARTS[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    with pytest.raises(InvalidSignature):
        check_stamp_signature(stamp, _key(Alg.SM2).verifier())


def test_58_points_that_are_no_keys() -> None:
    """Off the curve, at infinity, compressed, hybrid, beyond the field, of another curve, cut."""
    spki = _spki()
    head, point = spki[:-65], spki[-65:]
    x, y = point[1:33], point[33:]
    off = bytes([*point[:-1], point[-1] ^ 1])
    beyond = b"\x04" + (int.from_bytes(x) + FIELD).to_bytes(33)[-32:] + y
    points = [off, beyond, b"\x04" + bytes(64), b"\x04" + b"\xff" * 64, b"\x04" + x + (FIELD - 1).to_bytes(32)]
    for wrong in (*(head + one for one in points), spki[:-1], spki + b"\0", b""):
        with pytest.raises(MalformedKey):
            verifier_from_spki(wrong)
    with pytest.raises(MalformedKey):
        Sm2Verifier.from_spki(spki_of(ephemeral_key(Alg.ES256).verifier()))
    for first in (b"\0", b"\x02" + x, b"\x03" + x, b"\x06" + x + y, b"\x07" + x + y):
        with pytest.raises(MalformedKey):
            verifier_from_spki(der.sequence(read(spki).children[0].raw, der.bits(first)))


@examples(200)
@given(signature=st.binary(max_size=80), message=st.binary(max_size=40))
def test_58_any_bytes_are_an_invalid_signature(signature: bytes, message: bytes) -> None:
    key = libcrypto.read_public(_spki())
    with pytest.raises(InvalidSignature):
        libcrypto.verify(key, message, signature, USER_ID)
    with pytest.raises(InvalidSignature):
        _key(Alg.SM2).verifier().verify(message, signature)


def by_openssl(
    folder: Path, key: Sm2Verifier | object, message: bytes, signature: bytes, identity: str = USER_ID.decode()
) -> bool:
    """Whether the openssl command calls the SM2 signature good."""
    (folder / "m").write_bytes(message)
    (folder / "s").write_bytes(signature)
    assert isinstance(key, Sm2Verifier)
    public = pem_file(folder / "p.pem", key.spki(), label="PUBLIC KEY")
    options = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{identity}"]
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", public, "-sigfile", folder / "s", "-in", folder / "m", *options
    )
    return done.returncode == 0


def _spki() -> bytes:
    key = _key(Alg.SM2).verifier()
    assert isinstance(key, Sm2Verifier)
    return key.spki()


def _pkcs8() -> bytes:
    key = _key(Alg.SM2)
    assert isinstance(key, Sm2Signer)
    return key.pkcs8()
