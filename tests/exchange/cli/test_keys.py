"""`yzt authority`, `dev-ca`, `dev-tsa` and `key` as an operator types them, refusals included."""

import base64
import json
import signal
from pathlib import Path

import pytest
from asn1crypto import pem

from adapters.tsa.client import TsaClient
from certs.crypto.alg import Alg
from certs.pki.algorithms import SHA256, SM3
from certs.pki.errors import TimestampRejected
from certs.pki.timestamp import build_request, imprint, open_token, token_of
from tests.certs.pki.world import authority, openssl
from tests.exchange.cli.conftest import HUB, PSB, SAMR, Home
from tests.support.command import YZT, clean_environment, free_port, run, wait_until_it_answers

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("keys")]


@pytest.fixture(scope="module")
def ready(home: Home) -> Home:
    """The home with development authorities."""
    assert home.yzt("dev-ca", "init").code == 0
    return home


def kids(home: Home, role: str) -> list[str]:
    done = home.yzt("--json", "key", "list", "--all")
    assert done.code == 0, done.said
    return [key["kid"] for key in json.loads(done.out) if key["role"] == role]


# ---- development ---------------------------------------------------------------------------------------------


def test_init_is_safe_to_repeat_and_enrol_makes_a_department_ready(ready: Home) -> None:
    before = ready.yzt("--json", "authority", "list")
    assert ready.yzt("dev-ca", "init").code == 0
    assert ready.yzt("--json", "authority", "list").out == before.out
    assert sorted((item["kind"], item["alg"]) for item in json.loads(before.out)) == [
        ("intermediate", "ES256"),
        ("intermediate", "SM2"),
        ("root", "ES256"),
        ("root", "SM2"),
    ]
    first = ready.yzt("--json", "dev-ca", "enrol", PSB)
    assert first.code == 0, first.said
    made = json.loads(first.out)
    assert len(made["accounts"]) == 2
    again = json.loads(ready.yzt("--json", "dev-ca", "enrol", PSB).out)
    assert again == {**made, "accounts": []}
    assert kids(ready, "seal") == [made["seal_kid"]]
    listed = ready.yzt("key", "list").out
    assert "公安局（测试）" in listed


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("dev-ca", "enrol", "11339900MB9000015X"), 3, "is no USCC"),
        (("dev-ca", "enrol", "11339900MB9000099C"), 1, "no department of this code"),
        (("dev-ca", "revoke", "x" * 43, "--reason", "keyCompromise"), 1, "No key of the hub"),
        (("dev-ca", "revoke", "x" * 43, "--reason", "whim"), 3, "whim is no reason"),
        (("authority", "remove", "00"), 1, "yzt authority list"),
        (("key", "retire", "-" * 43), 1, "No key of the hub"),
        (("key", "signed", "x" * 43, "--since", "2026-01-01"), 1, "No key of the hub"),
        (("key", "reissue", "x" * 43), 1, "No key of the hub"),
        (("key", "compromise", "x" * 43, "--since", "2026-01-01", "--reason", "r"), 1, "No key of the hub"),
    ],
)
def test_what_is_not_there_is_said(ready: Home, words: tuple[str, ...], code: int, said: str) -> None:
    done = ready.yzt(*words)
    assert done.code == code, done.said
    assert said in " ".join(done.err.split())


def test_production_refuses_every_development_verb(tmp_path: Path) -> None:
    settings = {
        "YZT_PROFILE": "production",
        "YZT_PUBLIC_URL": "https://hub.example",
        "YZT_LOG_ORIGIN": "hub.example/log",
        "YZT_KEYS_DIR": str(tmp_path / "keys"),
        "YZT_DATA_DIR": str(tmp_path / "data"),
        "YZT_KEY_PASSPHRASE": "a-passphrase-of-this-test",
        "YZT_DATA_KEY": base64.b64encode(bytes(32)).decode(),
        "YZT_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "YZT_S3_ENDPOINT": "127.0.0.1:1",
        "YZT_S3_ACCESS_KEY": "a",
        "YZT_S3_SECRET_KEY": "b",
        "YZT_S3_BUCKET": "c",
    }
    for words in (("dev-ca", "init"), ("dev-ca", "enrol", PSB), ("dev-tsa", "serve", "--port", "9999")):
        done = run([YZT, *words], env=clean_environment(**settings), cwd=tmp_path)
        assert done.code == 1, done.said
        assert "does not work in the production profile" in done.err
    assert not (tmp_path / "keys").exists()


# ---- authorities ---------------------------------------------------------------------------------------------


def test_a_foreign_authority_is_filed_from_pem_and_der_and_taken_out(ready: Home, tmp_path: Path) -> None:
    """Made at another hour, so that no list is from the future."""
    ca = authority(Alg.ES256)
    root, issuing, leaf = (tmp_path / name for name in ("root.pem", "issuing.der", "leaf.pem"))
    root.write_bytes(pem.armor("CERTIFICATE", ca.root.certificate.der))
    issuing.write_bytes(ca.issuing.certificate.der)
    leaf.write_bytes(pem.armor("CERTIFICATE", ca.signer.certificate.der))
    early = ready.yzt("authority", "intermediate", issuing)
    assert (early.code, "no authority on file signed it" in early.err) == (1, True)
    assert "filed" in ready.yzt("authority", "root", root).out
    assert "on file already" in ready.yzt("authority", "root", root).out
    assert "filed" in ready.yzt("authority", "intermediate", issuing).out
    assert ready.yzt("authority", "root", leaf).code == 1
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("-----BEGIN NOTHING-----\n")
    assert ready.yzt("authority", "root", wrong).code == 1
    assert ready.yzt("authority", "crl", root).code == 1
    assert ready.yzt("authority", "crl", tmp_path / "missing").code == 4
    found = json.loads(ready.yzt("--json", "authority", "list").out)
    mine = [item for item in found if item["list_until"] is None]
    assert len(mine) == 2
    for item in mine:
        assert ready.yzt("authority", "remove", item["sha256"]).code == 0
    assert len(json.loads(ready.yzt("--json", "authority", "list").out)) == 4


# ---- time-stamps ---------------------------------------------------------------------------------------------


def test_the_authority_for_time_stamps_answers_both_digests_over_http(ready: Home) -> None:
    port = free_port()
    server = ready.start("dev-tsa", "serve", "--port", str(port))
    try:
        assert wait_until_it_answers(server, f"http://127.0.0.1:{port}/") == 405
        ask = TsaClient(f"http://127.0.0.1:{port}/", 20)
        for digest in (SHA256, SM3):
            token = token_of(ask(build_request(imprint(digest, b"value"), nonce=7)))
            stamp = open_token(token, b"value", nonce=7)
            assert stamp.imprint.digest_oid == digest
            assert "DEVELOPMENT ONLY" in stamp.authority.subject_text
        with pytest.raises(TimestampRejected):
            token_of(ask(b"\x30\x03abc"))
        sealed = run(
            [YZT, "--home", ready.path, "doctor"],
            env=clean_environment(YZT_TSA_URL=f"http://127.0.0.1:{port}/"),
        )
        assert sealed.code == 0, sealed.said
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


# ---- keys ----------------------------------------------------------------------------------------------------


def test_rotation_keeps_the_former_key_in_the_directory(ready: Home) -> None:
    (old,) = kids(ready, "status")
    refused = ready.yzt("key", "retire", old)
    assert (refused.code, "make the next one first" in refused.err) == (1, True)
    assert ready.yzt("keygen", "status", HUB).code == 0
    assert ready.yzt("key", "retire", old).code == 0
    listed = ready.yzt("key", "list").out
    assert old not in listed
    every = json.loads(ready.yzt("--json", "key", "list", "--all").out)
    (former,) = [key for key in every if key["kid"] == old]
    assert former["retired_at"] is not None
    assert former["days_left"] == 0
    assert ready.yzt("doctor").code == 0


def test_a_request_goes_to_an_authority_and_its_answer_is_attached_to_its_key_only(ready: Home, tmp_path: Path) -> None:
    assert ready.yzt("keygen", "seal-pdf", SAMR).code == 0
    (kid,) = [
        key["kid"]
        for key in json.loads(ready.yzt("--json", "key", "list").out)
        if (key["role"], key["owner"]) == ("seal-pdf", SAMR)
    ]
    asked = ready.yzt("key", "csr", kid, "--name", "市场监督管理局", "--organisation", "339900市")
    assert asked.out.startswith("-----BEGIN CERTIFICATE REQUEST-----")
    (tmp_path / "request.pem").write_text(asked.out)
    answer = tmp_path / "answer.pem"
    answer.write_bytes(certified_by_openssl(tmp_path))
    attached = ready.yzt("key", "attach", kid, answer)
    assert (attached.code, "市场监督管理局" in attached.out) == (0, True), attached.said
    foreign = tmp_path / "chain.pem"
    foreign.write_bytes(pem.armor("CERTIFICATE", authority(Alg.ES256).signer.certificate.der))
    refused = ready.yzt("key", "attach", kid, foreign)
    assert (refused.code, "of another key" in refused.err) == (1, True)


def certified_by_openssl(place: Path) -> bytes:
    """The request certified by an authority that is not ours."""
    key, root, leaf = place / "ca.key", place / "ca.pem", place / "leaf.pem"
    (place / "ext").write_text(
        "keyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:false\n"
    )
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made = openssl("req", "-x509", *curve, "-keyout", key, "-out", root, "-days", "30", "-subj", "/CN=CA")
    assert made.returncode == 0, made.stderr
    ca: list[str | Path] = ["-CA", root, "-CAkey", key, "-CAcreateserial", "-days", "30", "-extfile", place / "ext"]
    done = openssl("x509", "-req", "-in", place / "request.pem", *ca, "-out", leaf)
    assert done.returncode == 0, done.stderr
    return leaf.read_bytes()


def test_a_lost_key_is_declared_listed_and_followed(connected: Home) -> None:
    """An issuer's key from its first certificate to the version under the next key."""
    assert connected.yzt("keygen", "issuer", SAMR).code == 0
    assert connected.yzt("cert", "issue", "business_licence").code == 0
    (kid,) = kids(connected, "issuer")
    signed = json.loads(connected.yzt("--json", "key", "signed", kid, "--since", "2020-01-01").out)
    names = {face["identifier"] for face in signed["faces"]}
    assert names
    assert {event["kind"] for event in signed["events"]} == {"certificate:issued"}
    early = connected.yzt("key", "reissue", kid)
    assert (early.code, "declare the loss first" in early.err) == (1, True)
    done = connected.yzt(
        "--json", "key", "compromise", kid, "--since", "2020-01-01", "--reason", "laptop stolen", "--reissue"
    )
    assert done.code == 0, done.said
    report = json.loads(done.out)
    assert {row["identifier"] for row in report["rows"]} == names
    assert {row["outcome"] for row in report["rows"]} == {"reissued"}
    again = json.loads(connected.yzt("--json", "key", "reissue", kid).out)
    assert {row["outcome"] for row in again["rows"]} == {"not-in-force"}
    assert "LOST since 2020-01-01" in connected.yzt("key", "list", "--all").out
