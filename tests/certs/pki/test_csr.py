"""Requests an authority can read: OpenSSL checks signature and subject, for every algorithm it may be sent."""

from pathlib import Path

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.pki.csr import certification_request
from tests.certs.pki.world import SM2_ID, openssl


@pytest.mark.parametrize("alg", [Alg.SM2, Alg.ES256, Alg.ED25519])
def test_openssl_reads_and_verifies_a_request(tmp_path: Path, alg: Alg) -> None:
    file = tmp_path / "request.pem"
    made = certification_request(ephemeral_key(alg), common_name="公安局", organisation="339900市", unit="电子印章")
    file.write_bytes(made)
    options = SM2_ID if alg is Alg.SM2 else []
    done = openssl("req", "-in", file, "-verify", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus", *options)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    assert "verify OK" in said
    assert "C=CN,O=339900市,OU=电子印章,CN=公安局" in said.replace(" = ", "=")


def test_a_changed_request_does_not_verify(tmp_path: Path) -> None:
    file = tmp_path / "request.pem"
    made = certification_request(ephemeral_key(Alg.ES256), common_name="AAAA", organisation="O")
    der = openssl("req", "-in", _written(file, made), "-outform", "DER").stdout.replace(b"AAAA", b"AAAB")
    done = openssl("req", "-inform", "DER", "-verify", "-noout", stdin=der)
    assert b"verify OK" not in done.stdout + done.stderr


def _written(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file
