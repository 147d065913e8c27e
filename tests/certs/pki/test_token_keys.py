"""Keys on a token, with SoftHSM as the token: the same contract as a key in a file."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import generate_key
from certs.errors import AlgorithmRefused, InvalidSignature, KeyUnreadable
from certs.pki import extensions as ext
from certs.pki.cms import CmsSigner
from certs.pki.cms_reader import check_signed_data, parse_signed_data
from certs.pki.dev_ca import issue_leaf
from certs.pki.files import load_identity, write_pem
from certs.pki.token_keys import TokenSigner, load_token_signer, open_signer
from tests.certs.pki.world import NOW, authority
from tests.support.components import SOFTHSM

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = b"4321"
pytestmark = pytest.mark.needs(SOFTHSM)


def uri(label: str = "seal", token: str = "yizhengtong test") -> str:
    return f"pkcs11:token={quote(token)};object={label}?module-path={MODULE}"


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A fresh token with a P-256 key `seal` and a P-384 key `other`; the module reads its place once per process."""
    place = tmp_path_factory.mktemp("softhsm")
    (place / "tokens").mkdir()
    (place / "softhsm2.conf").write_text(f"directories.tokendir = {place / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(place / "softhsm2.conf")
    make = ["softhsm2-util", "--init-token", "--free", "--label", "yizhengtong test"]
    subprocess.run([*make, "--so-pin", "12345678", "--pin", PIN.decode()], check=True, capture_output=True)
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    session = pkcs11.lib(MODULE).get_token(token_label="yizhengtong test").open(user_pin="4321", rw=True)
    for label, curve in (("seal", "secp256r1"), ("other", "secp384r1")):
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True
        )
        parameters.generate_keypair(store=True, label=label)
    session.close()


@pytest.mark.usefixtures("softhsm")
def test_a_wrong_pin_opens_nothing() -> None:
    """First of all, since a token stays open for the process once one key of it is in use."""
    with pytest.raises(KeyUnreadable, match="PinIncorrect"):
        load_token_signer(uri(), b"0000")


@pytest.mark.usefixtures("softhsm")
def test_a_key_on_a_token_signs_like_any_other() -> None:
    signer = load_token_signer(uri(), PIN)
    signature = signer.sign(b"certificate")
    assert len(signature) == 64
    signer.verifier().verify(b"certificate", signature)
    with pytest.raises(InvalidSignature):
        signer.verifier().verify(b"certificatf", signature)
    assert signer.kid in repr(signer)
    with ThreadPoolExecutor(4) as pool:
        for number, made in enumerate(pool.map(lambda n: signer.sign(b"%d" % n), range(40))):
            signer.verifier().verify(b"%d" % number, made)


@pytest.mark.usefixtures("softhsm")
def test_an_identity_may_live_on_a_token() -> None:
    ca = authority(Alg.ES256)
    signer = open_signer(uri(), PIN)
    assert isinstance(signer, TokenSigner)
    usage = [ext.key_usage(ext.KeyUsage.DIGITAL_SIGNATURE)]
    leaf = issue_leaf(ca.issuing, signer, "测试令牌", start=NOW, extensions=usage).certificate
    identity = load_identity(uri(), PIN, write_pem([leaf, ca.issuing.certificate]))
    signed = parse_signed_data(CmsSigner(identity).detached(b"content"))
    assert check_signed_data(signed, b"content") == leaf


@pytest.mark.usefixtures("softhsm")
def test_what_cannot_be_opened_is_refused_by_name(tmp_path: Path) -> None:
    for wrong in (uri("absent"), uri(token="absent")):
        with pytest.raises(KeyUnreadable):
            load_token_signer(wrong, PIN)
    with pytest.raises(AlgorithmRefused):
        load_token_signer(uri("other"), PIN)
    key = tmp_path / "key.pem"
    kid = generate_key(Alg.SM2, key, b"secret").kid
    assert open_signer(key.as_uri(), b"secret").kid == kid


@pytest.mark.parametrize(
    "wrong",
    [
        "pkcs11:",
        "pkcs11:token=a;object=b",
        "pkcs11:token=a?module-path=/x",
        "pkcs11:token=a;object=b;object=c?module-path=/x",
        "pkcs11:token=a;object=b?module-path=/x&pin-value=1234",
        "pkcs11:token=a;object=b?module-path=/nowhere.so",
        "http://token=a;object=b?module-path=/x",
    ],
)
def test_other_uris_are_refused(wrong: str) -> None:
    with pytest.raises(KeyUnreadable):
        load_token_signer(wrong, PIN)
