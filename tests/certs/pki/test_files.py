"""The development authority on disk, and identities that do not belong together."""

from pathlib import Path

import pytest

from certs.crypto.alg import Alg
from certs.errors import KeyUnreadable
from certs.pki import errors
from certs.pki.chain import Purpose, check_chain
from certs.pki.crl import parse_crl
from certs.pki.dev_files import ROLES, make_authority_files, open_authority_files, write_lists
from certs.pki.files import load_identity, read_pem, write_pem
from tests.certs.pki.world import DAY, NOW, authority, openssl

PASSPHRASE = b"only for tests"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ca") / "sm2"
    make_authority_files(place, Alg.SM2, PASSPHRASE, now=NOW, profile="development")
    return place


def test_what_was_written_opens_again_and_its_paths_hold(directory: Path) -> None:
    ca = open_authority_files(directory, PASSPHRASE, profile="development")
    lists = [parse_crl((directory / f"{name}.crl").read_bytes()) for name in ("root", "issuing")]
    roots = read_pem((directory / "root.pem").read_bytes())
    path = check_chain(
        ca.signer.certificate, ca.signer.chain, roots, at=NOW + DAY, crls=lists, purpose=Purpose.DOCUMENT
    )
    assert path.root == ca.root.certificate
    write_lists(directory, ca, now=NOW + 6 * DAY, number=2)
    assert parse_crl((directory / "root.crl").read_bytes()).this_update == NOW + 6 * DAY
    assert openssl("x509", "-in", directory / "tsa.pem", "-noout", "-subject").returncode == 0
    assert all((directory / f"{role}.key").stat().st_mode & 0o077 == 0 for role in ROLES)


def test_production_gets_nothing_and_keys_are_never_overwritten(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.DevelopmentOnly):
        make_authority_files(tmp_path / "ca", Alg.ES256, PASSPHRASE, now=NOW, profile="production")
    assert not (tmp_path / "ca").exists()
    with pytest.raises(errors.DevelopmentOnly):
        open_authority_files(directory, PASSPHRASE, profile="production")
    with pytest.raises(KeyUnreadable):
        make_authority_files(directory, Alg.SM2, PASSPHRASE, now=NOW, profile="development")


def test_an_identity_whose_parts_do_not_belong_together_is_refused(directory: Path) -> None:
    key = (directory / "signer.key").as_uri()
    mine, issuing = read_pem((directory / "signer.pem").read_bytes())
    other = authority(Alg.SM2)
    assert load_identity(key, PASSPHRASE, write_pem([mine, issuing])).certificate == mine
    for chain in ([issuing], [other.signer.certificate], [mine, other.issuing.certificate]):
        with pytest.raises(errors.IdentityMismatch):
            load_identity(key, PASSPHRASE, write_pem(chain))
    for text in (b"", b"-----BEGIN CERTIFICATE-----\n", (directory / "signer.key").read_bytes()):
        with pytest.raises(errors.MalformedCertificate):
            load_identity(key, PASSPHRASE, text)
