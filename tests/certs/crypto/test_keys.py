"""Keys at rest, by URI, and the key ring."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.crypto import pkcs8
from certs.crypto.alg import ALGORITHMS, Alg, AlgorithmInfo, Standing, algorithm, require_signing
from certs.crypto.backends import BACKENDS
from certs.crypto.ecdsa_form import der_to_raw, raw_to_der
from certs.crypto.jwk import spki
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import ephemeral_key, generate_key, load_signer, prove_possession
from certs.crypto.ports import Verifier
from certs.errors import (
    AlgorithmMismatch,
    AlgorithmRefused,
    CertsError,
    InvalidSignature,
    KeyOutsideWindow,
    KeyRoleRefused,
    KeyUnreadable,
    MalformedKey,
    UnknownKey,
)
from tests.support import components

needs_openssl = pytest.mark.needs(components.OPENSSL)
algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60).stdout


@algorithms
def test_a_key_comes_back_from_its_file_and_the_file_gives_nothing_away(alg: Alg, tmp_path: Path) -> None:
    path = tmp_path / "hub 键.pem"
    made = generate_key(alg, path, b"correct horse")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    loaded = load_signer(path.as_uri(), b"correct horse")
    assert loaded.kid == made.kid
    made.verifier().verify(b"m", loaded.sign(b"m"))


def test_wrong_passphrases_and_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    generate_key(Alg.ES256, path, b"correct horse")
    for uri, passphrase in [
        (f"file:{path}", b"wrong horse"),
        (f"file:{path}", b""),
        (f"file:{tmp_path}/absent.pem", b"correct horse"),
        (f"file:{tmp_path}", b"correct horse"),
        (f"pkcs11:{path}", b"correct horse"),
        (f"file://other.example{path}", b"correct horse"),
        (str(path), b"correct horse"),
    ]:
        with pytest.raises(KeyUnreadable):
            load_signer(uri, passphrase)


def test_a_key_is_never_overwritten_and_never_without_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(KeyUnreadable):
        generate_key(Alg.ES256, path, b"")
    assert not path.exists()
    made = generate_key(Alg.ES256, path, b"p")
    with pytest.raises(KeyUnreadable):
        generate_key(Alg.ES256, path, b"p")
    assert load_signer(f"file:{path}", b"p").kid == made.kid


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2])
def test_a_damaged_key_file_only_ever_refuses(alg: Alg, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    kid = generate_key(alg, path, b"p").kid
    good = path.read_bytes()
    for at in range(0, len(good), 17):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        try:
            assert load_signer(f"file:{path}", b"p").kid == kid
        except CertsError:
            continue
    path.write_bytes(b"x" * 70_000)
    with pytest.raises(KeyUnreadable, match="too large"):
        load_signer(f"file:{path}", b"p")


def test_a_key_whose_halves_do_not_match_is_not_handed_out() -> None:
    class Swapped:
        alg, kid = Alg.ES256, "k"

        def sign(self, message: bytes) -> bytes:
            return ephemeral_key(Alg.ES256).sign(message)

        def verifier(self) -> Verifier:
            return ephemeral_key(Alg.ES256).verifier()

    with pytest.raises(KeyUnreadable, match="belong together"):
        prove_possession(Swapped())


@needs_openssl
@algorithms
def test_openssl_reads_our_key_files_and_we_read_its(alg: Alg, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    made = generate_key(alg, ours, b"secret")
    public = _openssl("pkey", "-in", str(ours), "-passin", "pass:secret", "-pubout", "-outform", "DER")
    assert public == spki(made.verifier())
    kind = {
        Alg.ES256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        Alg.ED25519: ["ED25519"],
        Alg.SM2: ["SM2"],
    }[alg]
    _openssl("genpkey", "-algorithm", *kind, "-aes256", "-pass", "pass:secret", "-out", str(theirs))
    signer = load_signer(f"file:{theirs}", b"secret")
    public = _openssl("pkey", "-in", str(theirs), "-passin", "pass:secret", "-pubout", "-outform", "DER")
    assert public == spki(signer.verifier())


@needs_openssl
def test_plain_and_foreign_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    _openssl("genpkey", "-algorithm", "ED25519", "-out", str(path))
    with pytest.raises(KeyUnreadable, match="only encrypted"):
        load_signer(f"file:{path}", b"secret")
    _openssl("genpkey", "-algorithm", "X25519", "-aes256", "-pass", "pass:secret", "-out", str(path))
    with pytest.raises(AlgorithmRefused):
        load_signer(f"file:{path}", b"secret")


@needs_openssl
def test_sm2_signatures_go_both_ways_with_the_openssl_command(tmp_path: Path) -> None:
    path, message, signature, public = (tmp_path / name for name in ("key.pem", "m", "s", "p.der"))
    signer = generate_key(Alg.SM2, path, b"secret")
    message.write_bytes("一证通".encode() * 50)
    identity = "distid:1234567812345678"
    sign = ["pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-inkey", str(path), "-passin", "pass:secret"]
    theirs = _openssl(*sign, "-in", str(message), "-pkeyopt", identity)
    signer.verifier().verify(message.read_bytes(), der_to_raw(theirs))
    public.write_bytes(spki(signer.verifier()))
    signature.write_bytes(raw_to_der(signer.sign(message.read_bytes())))
    verify = ["pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-keyform", "DER"]
    said = _openssl(
        *verify, "-inkey", str(public), "-in", str(message), "-sigfile", str(signature), "-pkeyopt", identity
    )
    assert b"Verified Successfully" in said


def test_an_absurd_number_of_rounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = pkcs8.seal(BACKENDS[Alg.ED25519].generate().pkcs8(), b"p", salt=b"s" * 16, iv=b"i" * 16)
    monkeypatch.setattr(pkcs8, "_MAX_ITERATIONS", pkcs8.ITERATIONS - 1)
    with pytest.raises(KeyUnreadable, match="absurd"):
        pkcs8.open_sealed(sealed, b"p")


# ---- key ring ----

ISSUER, STATUS = ephemeral_key(Alg.ES256).verifier(), ephemeral_key(Alg.SM2).verifier()
RING = KeyRing(
    [
        TrustedKey(ISSUER, NOW - 2 * DAY, NOW - DAY, "issuer", "hub"),
        TrustedKey(ISSUER, NOW, NOW + DAY, "issuer", "hub"),
        TrustedKey(STATUS, NOW, NOW + DAY, "status", "hub"),
    ]
)


@pytest.mark.parametrize("at", [NOW - 2 * DAY, NOW - DAY, NOW, NOW + DAY])
def test_a_trusted_key_is_found_inside_each_of_its_windows(at: datetime) -> None:
    assert RING.verifier(ISSUER.kid, Alg.ES256, at=at, role="issuer") is ISSUER
    assert RING.resolver(at=at, role="issuer")(ISSUER.kid, Alg.ES256) is ISSUER


@pytest.mark.parametrize("at", [NOW - 3 * DAY, NOW - DAY / 2, NOW + DAY + timedelta(microseconds=1)])
def test_outside_its_windows_a_key_is_refused(at: datetime) -> None:
    with pytest.raises(KeyOutsideWindow) as caught:
        RING.verifier(ISSUER.kid, Alg.ES256, at=at, role="issuer")
    assert (caught.value.kid, caught.value.at) == (ISSUER.kid, at)
    assert caught.value.code == "key-outside-window"


def test_the_ring_refuses_confusion_of_algorithm_role_and_name() -> None:
    with pytest.raises(AlgorithmMismatch) as caught:
        RING.verifier(ISSUER.kid, Alg.SM2, at=NOW, role="issuer")
    assert (caught.value.expected, caught.value.found) == ("ES256", "SM2")
    with pytest.raises(KeyRoleRefused):
        RING.verifier(ISSUER.kid, Alg.ES256, at=NOW, role="status")
    for kid in ("", "../../dev/null", "' OR 1=1", "https://evil.example/jwks", "k" * 10_000):
        with pytest.raises(UnknownKey) as unknown:
            RING.verifier(kid, Alg.ES256, at=NOW, role="issuer")
        assert len(str(unknown.value)) < 200


def test_the_ring_is_immutable_and_counts_its_keys() -> None:
    more = RING.with_key(TrustedKey(ephemeral_key(Alg.ED25519).verifier(), NOW, NOW, "log", "hub"))
    assert (len(RING), len(more)) == (3, 4)
    assert {key.role for key in more} == {"issuer", "status", "log"}


@pytest.mark.parametrize(
    ("begins", "ends"), [(NOW, NOW - DAY), (NOW.replace(tzinfo=None), NOW), (NOW, NOW.replace(tzinfo=None))]
)
def test_a_window_needs_time_zones_and_an_order(begins: datetime, ends: datetime) -> None:
    with pytest.raises(MalformedKey):
        TrustedKey(ISSUER, begins, ends, "issuer", "hub")


def _standing(monkeypatch: pytest.MonkeyPatch, standing: Standing) -> None:
    row: dict[str, Any] = {name: getattr(ALGORITHMS[Alg.ES256], name) for name in AlgorithmInfo.__slots__}
    table = {**ALGORITHMS, Alg.ES256: AlgorithmInfo(**{**row, "standing": standing})}
    monkeypatch.setattr("certs.crypto.alg.ALGORITHMS", table)


def test_a_verify_only_algorithm_verifies_and_no_longer_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    _standing(monkeypatch, Standing.VERIFY_ONLY)
    assert RING.verifier(ISSUER.kid, Alg.ES256, at=NOW, role="issuer") is ISSUER
    for use in (lambda: require_signing(Alg.ES256), lambda: ephemeral_key(Alg.ES256)):
        with pytest.raises(AlgorithmRefused):
            use()


def test_a_refused_algorithm_is_gone_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    _standing(monkeypatch, Standing.REFUSED)
    with pytest.raises(AlgorithmRefused):
        RING.verifier(ISSUER.kid, Alg.ES256, at=NOW, role="issuer")
    with pytest.raises(AlgorithmRefused):
        algorithm("ES256")


def test_evidence_of_an_error_is_readable_and_fixed() -> None:
    error = InvalidSignature()
    assert str(error).startswith("The signature does not belong")
    with pytest.raises(TypeError):
        error.evidence["x"] = 1  # type: ignore[index] # the point of the test
