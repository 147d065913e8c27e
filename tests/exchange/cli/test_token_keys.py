"""A hub whose keys are on a token: registered, certified, signing and sealing, and refused where they must be."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.cli.conftest import HUB, SAMR, Home
from tests.support.command import Done
from tests.support.softhsm import PIN, Token, make_token

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("token-keys")]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return make_token(tmp_path_factory.mktemp("softhsm"), "issuer", "seal-pdf", "spare")


@pytest.fixture(scope="module")
def hsm(connected: Home, token: Token) -> Iterator[Home]:
    """The home with its settings pointing at the token; the PIN is a secret file like the others."""
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ.update(token.environment)
    settings = next(path for path in connected.path.iterdir() if path.is_file() and "YZT_PROFILE" in path.read_text())
    settings.write_text(settings.read_text() + f"YZT_PKCS11_MODULE={token.module}\n")
    pin = connected.path / "secrets" / "yzt_pkcs11_pin"
    pin.write_text(PIN)
    pin.chmod(0o600)
    yield connected
    del os.environ["SOFTHSM2_CONF"]
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


def kid_of(done: Done) -> str:
    assert done.code == 0, done.said
    return done.out.split("key ")[1].split(" ")[0]


def test_keys_on_the_token_sign_certificates_and_documents_end_to_end(hsm: Home, token: Token, tmp_path: Path) -> None:
    issuer = kid_of(hsm.yzt("key", "add", "issuer", SAMR, token.uri("issuer")))
    pdf = kid_of(hsm.yzt("key", "add", "seal-pdf", SAMR, token.uri("seal-pdf")))
    assert hsm.yzt("dev-ca", "init").code == 0
    enrolled = hsm.yzt("dev-ca", "enrol", SAMR)
    assert enrolled.code == 0, enrolled.said
    assert f"PDF key {pdf}" in enrolled.out, "the token's key was certified, no other was made"
    issued = hsm.yzt("cert", "issue", "business_licence")
    assert issued.code == 0, issued.said
    sealed = hsm.yzt("document", "seal", "business_licence")
    assert sealed.code == 0, sealed.said
    signed = hsm.yzt("--json", "key", "signed", pdf, "--since", "2020-01-01")
    assert '"kind": "pdf"' in signed.out
    faces = hsm.yzt("key", "signed", issuer, "--since", "2020-01-01")
    assert "sd-jwt" in faces.out
    identifier = faces.out.splitlines()[0].split()[-1] if "sd-jwt" in faces.out else ""
    exported = hsm.yzt("document", "export", identifier, "--out", tmp_path)
    assert exported.code == 0, exported.said
    for path in tmp_path.iterdir():
        verified = hsm.yzt("verify", path)
        assert verified.code == 0, verified.said
    assert len(list(tmp_path.iterdir())) >= 1


def test_the_list_shows_where_no_secret_is(hsm: Home) -> None:
    listed = hsm.yzt("--json", "key", "list", "--all")
    assert listed.code == 0
    assert PIN not in listed.said


SPARE = "pkcs11:token=yzt-test;object=spare"
REFUSED = [
    ("log", HUB, SPARE, 1, "it signs with EdDSA"),
    ("seal", SAMR, SPARE, 1, "it signs with SM2"),
    ("issuer", SAMR, "pkcs11:token=yzt-test;object=nothing", 1, "the token's key cannot be used"),
    ("issuer", SAMR, f"{SPARE}?module-path=/tmp/evil.so", 1, "comes from the settings"),
    ("issuer", SAMR, f"{SPARE};pin-value=1", 1, "is named pkcs11:"),
    ("issuer", "11339900MB9000031X", SPARE, 3, "is no USCC"),
    ("receipt", SAMR, SPARE, 3, "only the operator"),
]


def test_what_cannot_be_a_key_of_the_role_is_refused(hsm: Home) -> None:
    before = hsm.yzt("key", "list", "--all").out
    for role, owner, uri, code, said in REFUSED:
        done = hsm.yzt("key", "add", role, owner, uri)
        assert (done.code, said in " ".join(done.err.split())) == (code, True), done.said
    assert hsm.yzt("key", "list", "--all").out == before


def test_a_key_is_registered_once(hsm: Home, token: Token) -> None:
    kid_of(hsm.yzt("key", "add", "report", HUB, token.uri("spare")))
    again = hsm.yzt("key", "add", "issuer", SAMR, token.uri("spare"))
    assert again.code == 1
    assert "one role for ever" in again.err


def test_with_a_wrong_pin_or_without_the_token_the_hub_does_not_open(hsm: Home) -> None:
    """Last, because a hub that cannot sign must not pretend it can."""
    pin = hsm.path / "secrets" / "yzt_pkcs11_pin"
    pin.write_text("0000")
    wrong = hsm.yzt("doctor")
    assert wrong.code == 1
    assert "PinIncorrect" in wrong.err
    pin.unlink()
    half = hsm.yzt("doctor")
    assert half.code == 3
    assert "YZT_PKCS11_MODULE and YZT_PKCS11_PIN belong together" in half.err
    pin.write_text(PIN)
    assert hsm.yzt("doctor").code == 0
