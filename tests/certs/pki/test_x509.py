"""Certificates as built here, read by us, by asn1crypto, by cryptography and by openssl."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import x509 as oracle
from cryptography import x509 as library
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.alg import Alg
from certs.errors import CertsError
from certs.pki import der
from certs.pki.crl import Revocation, parse_crl
from certs.pki.dev_ca import DevelopmentKeys, development_ca
from certs.pki.errors import DevelopmentOnly, MalformedCertificate, MalformedDer, PkiError
from certs.pki.extensions import CRL_POINTS, DOCUMENT_SIGNING, TIME_STAMPING
from certs.pki.x509 import key_identifier, parse_certificate
from tests.certs.pki.world import DAY, NOW, SM2_ID, authority, flipped, openssl, pem_file, seconds

algorithms = pytest.mark.parametrize("alg", list(Alg), ids=lambda alg: alg.value)


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.ED25519], ids=lambda alg: alg.value)
@pytest.mark.parametrize("role", ["seal_maker", "signer", "tsa"])
def test_openssl_accepts_the_whole_set_with_its_lists(alg: Alg, role: str, tmp_path: Path) -> None:
    ca = authority(alg)
    lists = pem_file(tmp_path / "crl.pem", *(crl.der for crl in ca.crls(NOW)), label="X509 CRL")
    result = openssl(
        "verify", "-attime", seconds(NOW + DAY), "-x509_strict", "-crl_check_all", "-CRLfile", lists,
        *(["-purpose", "timestampsign"] if role == "tsa" else []),
        "-CAfile", pem_file(tmp_path / "root.pem", ca.root.certificate.der),
        "-untrusted", pem_file(tmp_path / "issuing.pem", ca.issuing.certificate.der),
        pem_file(tmp_path / "leaf.pem", getattr(ca, role).certificate.der),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_openssl_accepts_each_link_of_the_sm2_set(tmp_path: Path) -> None:
    """Link by link: the command line gives the signer's identity to the last certificate only."""
    ca = authority(Alg.SM2)
    links = [(ca.root, ca.issuing), *((ca.issuing, leaf) for leaf in (ca.seal_maker, ca.signer, ca.tsa))]
    for above, below in links:
        options = ["-partial_chain", "-x509_strict", *SM2_ID, "-attime", seconds(NOW + DAY)]
        trusted = pem_file(tmp_path / "above.pem", above.certificate.der)
        result = openssl("verify", *options, "-trusted", trusted, pem_file(tmp_path / "c.pem", below.certificate.der))
        assert result.returncode == 0, result.stderr
        forged = flipped(below.certificate.der, len(below.certificate.der) - 5)
        assert openssl("verify", *options, "-trusted", trusted, pem_file(tmp_path / "c.pem", forged)).returncode != 0


def test_openssl_verifies_the_sm2_signature_of_root_and_lists(tmp_path: Path) -> None:
    ca = authority(Alg.SM2)
    root_list, issuing_list = ca.crls(NOW)
    for key, signed in ((ca.root, ca.root.certificate), (ca.root, root_list), (ca.issuing, issuing_list)):
        (tmp_path / "tbs").write_bytes(signed.tbs)
        (tmp_path / "sig").write_bytes(signed.signature)
        public = pem_file(tmp_path / "key.pem", key.certificate.key.spki(), label="PUBLIC KEY")
        result = openssl(
            "dgst", "-sm3", "-verify", public, "-sigopt", SM2_ID[1], "-signature", tmp_path / "sig", tmp_path / "tbs"
        )
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.ED25519], ids=lambda alg: alg.value)
def test_openssl_refuses_a_leaf_our_list_revokes(alg: Alg, tmp_path: Path) -> None:
    ca = authority(alg)
    revoked = Revocation(ca.signer.certificate.serial, NOW, "keyCompromise", NOW - DAY)
    lists = pem_file(tmp_path / "crl.pem", *(crl.der for crl in ca.crls(NOW, [revoked])), label="X509 CRL")
    result = openssl(
        "verify", "-attime", seconds(NOW + DAY), "-crl_check",
        "-CAfile", pem_file(tmp_path / "root.pem", ca.root.certificate.der), "-CRLfile", lists,
        "-untrusted", pem_file(tmp_path / "i.pem", ca.issuing.certificate.der),
        pem_file(tmp_path / "leaf.pem", ca.signer.certificate.der),
    )  # fmt: skip
    assert result.returncode == 2
    assert b"certificate revoked" in result.stderr


@algorithms
def test_other_readers_see_the_same_values(alg: Alg) -> None:
    ca = authority(alg)
    for identity in (ca.root, ca.issuing, ca.seal_maker, ca.signer, ca.tsa):
        ours = identity.certificate
        theirs = oracle.Certificate.load(ours.der, strict=True)["tbs_certificate"]
        assert ours.serial == theirs["serial_number"].native
        assert (ours.subject, ours.issuer) == (theirs["subject"].dump(), theirs["issuer"].dump())
        assert ours.not_before == theirs["validity"]["not_before"].native
        assert ours.not_after == theirs["validity"]["not_after"].native
        third = library.load_der_x509_certificate(ours.der)
        assert third.tbs_certificate_bytes == ours.tbs
        assert third.extensions.get_extension_for_class(library.BasicConstraints).value.ca is ours.extensions.is_ca
        identifier = third.extensions.get_extension_for_class(library.SubjectKeyIdentifier).value.digest
        assert identifier == ours.extensions.subject_key_id == key_identifier(identity.signer.verifier())
        assert ours.key.kid == identity.signer.kid


def test_sm2_certificates_carry_the_national_identifiers_without_null() -> None:
    certificate = authority(Alg.SM2).signer.certificate
    assert certificate.der.count(bytes.fromhex("300a06082a811ccf55018375")) == 2  # SEQUENCE { 1.2.156.10197.1.501 }
    assert bytes.fromhex("06082a811ccf5501822d") in certificate.der  # 1.2.156.10197.1.301


def test_a_leaf_says_what_it_is_for() -> None:
    ca = authority(Alg.ES256)
    said = ca.signer.certificate.extensions
    assert said.purposes == frozenset({DOCUMENT_SIGNING})
    assert said.key_usage == frozenset({0, 1})
    assert said.crl_points == ("http://ca.example.gov/issuing.crl",)
    assert CRL_POINTS not in said.critical
    assert ca.tsa.certificate.extensions.purposes == frozenset({TIME_STAMPING})
    assert ca.issuing.certificate.extensions.path_length == 0
    assert ca.issuing.certificate.extensions.key_usage == frozenset({5, 6})
    assert "DEVELOPMENT ONLY" in ca.signer.certificate.subject_text


def test_the_development_authority_refuses_production_and_is_a_pure_function() -> None:
    ca = authority(Alg.ED25519)  # deterministic signatures
    keys = DevelopmentKeys(*(identity.signer for identity in (ca.root, ca.issuing, ca.seal_maker, ca.signer, ca.tsa)))
    with pytest.raises(DevelopmentOnly):
        development_ca(keys, now=NOW, profile="production")
    again = development_ca(keys, now=NOW, profile="development", crl_url="http://ca.example.gov/issuing.crl")
    assert again.signer.certificate.der == ca.signer.certificate.der


@pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_changed_certificate_is_refused_or_fails_its_signature(alg: Alg, data: st.DataObject) -> None:
    ca = authority(alg)
    good = ca.signer.certificate.der
    changed = flipped(good, data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7)))
    try:
        certificate = parse_certificate(changed)
    except PkiError:
        return
    assert (certificate.tbs, certificate.signature) != (ca.signer.certificate.tbs, ca.signer.certificate.signature)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda good: good + b"\0", MalformedDer),
        (lambda good: good[:-1], MalformedDer),
        (lambda good: b"\x30\x80" + good[4:] + b"\0\0", MalformedDer),
        (lambda good: b"\x30\x83\0" + good[2:], MalformedDer),
        (lambda good: good.replace(bytes.fromhex("0101ff"), bytes.fromhex("010101"), 1), MalformedDer),
        (lambda good: good.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020100")), MalformedCertificate),
        (lambda _: b"", MalformedDer),
    ],
)
def test_other_spellings_are_refused(spoil: object, error: type[Exception]) -> None:
    assert callable(spoil)
    with pytest.raises(error):
        parse_certificate(spoil(authority(Alg.ES256).signer.certificate.der))


def test_lists_keep_reason_date_and_doubt() -> None:
    ca = authority(Alg.SM2)
    entries = [
        Revocation(7, NOW, "keyCompromise", NOW - DAY),
        Revocation(8, NOW - DAY),
        Revocation(9, datetime(2051, 1, 1, tzinfo=UTC), "certificateHold"),
    ]
    again = parse_crl(ca.crls(NOW, entries)[1].der)
    assert list(again.entries.values()) == entries
    assert (again.this_update, again.next_update) == (NOW, NOW + 7 * DAY)
    theirs = library.load_der_x509_crl(again.der)
    found = theirs.get_revoked_certificate_by_serial_number(7)
    assert found is not None
    assert (
        found.extensions.get_extension_for_class(library.CRLReason).value.reason is library.ReasonFlags.key_compromise
    )


@settings(max_examples=300, deadline=None)
@given(junk=st.binary(max_size=200))
def test_junk_is_refused_with_a_typed_error(junk: bytes) -> None:
    for parse in (parse_certificate, parse_crl):
        with pytest.raises(CertsError):
            parse(junk)
        with pytest.raises(CertsError):
            parse(der.sequence(junk))
