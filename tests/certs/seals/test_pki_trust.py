"""Seals and stamps under real certificates: development authority, revocation lists, time-stamp authority."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.alg import Alg
from certs.crypto.sm3 import sm3
from certs.model import Outcome, Verdict
from certs.ofd.signing import VALUE_PATH, Place, Sealing, seal_parts
from certs.ofd.verify import OfdVerification, verify_ofd
from certs.ofd.writer import pack
from certs.pki.crl import Revocation
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.timestamp import build_request, imprint, token_of
from certs.seals.history import SealChange, SealOnFile, SealState
from certs.seals.model import SM3_OID, Picture, SealInfo, Stamp
from certs.seals.pki_trust import PkiCertificates, PkiTimestamps, PkiTrust
from certs.seals.ports import KnownSeals, SealTrust, Standing
from certs.seals.seal import make_test_seal
from certs.seals.signature import read_stamp
from tests.certs.ofd.world import document, failing
from tests.certs.pki.world import NOW, SM2_ID, authority, openssl, pem_file, seconds
from tests.certs.seals.world import PNG
from tests.support.components import OPENSSL

CA = authority(Alg.SM2)
HOUR = timedelta(hours=1)
LATER = NOW + HOUR


@cache
def seal() -> bytes:
    info = SealInfo(
        maker_id="YZTTEST",
        es_id="33990000000007",
        kind=1,
        name="339900市测试局电子印章（测试）",
        certificates=(CA.signer.certificate.der,),
        digests=(),
        created_at=NOW,
        valid_from=NOW,
        valid_until=NOW + timedelta(days=365),
        picture=Picture("PNG", PNG, 42, 42),
    )
    maker = CA.seal_maker
    return make_test_seal(info, maker_certificate=maker.certificate.der, maker=maker.signer, profile="development")


def stamped_at(at: datetime) -> Sealing:
    tsa = DevelopmentTsa(CA.tsa, now=lambda: at, new_serial=lambda: 7, profile="development")

    def token(octets: bytes) -> bytes:
        return token_of(tsa.reply(build_request(imprint(SM3_OID, octets), nonce=1)))

    who = CA.signer
    return Sealing(seal(), who.certificate.der, who.signer, NOW, (Place(0, 10, 10),), timestamp=token)


STAMPED = pack(seal_parts(document(), stamped_at(NOW)))
PLAIN = pack(seal_parts(document(), replace(stamped_at(NOW), timestamp=None)))


def trust(*revoked: Revocation, crls: bool = True, root: bool = True, of: datetime = NOW) -> SealTrust:
    believed = PkiTrust(
        (CA.root.certificate,) if root else (),
        (CA.issuing.certificate,),
        CA.crls(of, revoked) if crls else (),
    )
    on_file = SealOnFile("33990000000007", sm3(seal()), (SealChange(SealState.ACTIVE, NOW),))
    return SealTrust(PkiCertificates(believed), KnownSeals({on_file.es_id: on_file}), PkiTimestamps(believed))


def verified(content: bytes, believed: SealTrust, at: datetime = LATER) -> OfdVerification:
    return verify_ofd(content, believed, at=at)


def test_a_document_under_a_full_chain_with_a_time_stamp_is_valid() -> None:
    found = verified(STAMPED, trust())
    assert found.report.verdict is Verdict.VALID
    assert {s.outcome for s in found.report.steps} == {Outcome.PASS}
    assert verified(PLAIN, trust()).report.verdict is Verdict.VALID


def test_missing_lists_and_roots_leave_it_undetermined() -> None:
    for believed in (trust(crls=False), trust(root=False)):
        found = verified(STAMPED, believed)
        assert failing(found).keys() == {2, 5, 6}
        assert found.report.verdict is Verdict.INDETERMINATE
    stale = verified(PLAIN, trust(of=NOW - timedelta(days=30)))
    assert failing(stale) == {2: "maker-unknown", 5: "signer-unknown"}


def test_revoked_before_sealing_is_invalid_and_after_it_takes_a_time_stamp() -> None:
    def by(at: datetime) -> SealTrust:
        return trust(Revocation(CA.signer.certificate.serial, at, "keyCompromise"), of=NOW + HOUR / 2)

    assert failing(verified(PLAIN, by(NOW - HOUR))) == {5: "signer-refused"}
    assert failing(verified(PLAIN, by(NOW + HOUR / 4))) == {5: "signer-revoked-since"}
    assert verified(STAMPED, by(NOW + HOUR / 4)).report.verdict is Verdict.VALID
    late = pack(seal_parts(document(), stamped_at(NOW + HOUR / 3)))
    assert failing(verified(late, by(NOW + HOUR / 4))) == {5: "signer-revoked-since"}


def test_who_has_lost_the_key_of_a_time_stamp_authority_proves_no_time() -> None:
    """A stolen authority dates back at will, so it may not uphold what ended since."""
    ended = Revocation(CA.signer.certificate.serial, NOW + HOUR / 4, "keyCompromise")
    believed = PkiTrust((CA.root.certificate,), (CA.issuing.certificate,), CA.crls(NOW + HOUR / 2, [ended]))
    for since, expected in ((LATER, {5: "signer-revoked-since", 6: "timestamp-unknown"}), (LATER + HOUR, {})):
        lost = replace(believed, distrusted={CA.tsa.certificate.key.kid: since})
        known = replace(trust(), certificates=PkiCertificates(lost), timestamps=PkiTimestamps(lost))
        assert failing(verified(STAMPED, known)) == expected


def test_what_is_refused_is_not_remembered() -> None:
    """Foreign files choose what is asked here: junk of any size must not pile up in a process that reads many."""
    judge = trust().certificates
    junk = bytes(1_000_000)
    held = sys.getrefcount(junk)
    assert judge.judge(junk, at=NOW).standing is Standing.FORGED
    assert sys.getrefcount(junk) == held
    good = CA.signer.certificate.der
    assert judge.judge(good, at=NOW) is judge.judge(good, at=NOW)


def test_a_certificate_for_another_purpose_seals_nothing() -> None:
    wrong = CA.tsa
    info_seal = replace(stamped_at(NOW), certificate=wrong.certificate.der, signer=wrong.signer, timestamp=None)
    found = verified(pack(seal_parts(document(), info_seal)), trust())
    assert failing(found) == {4: "signer-not-listed", 5: "signer-refused"}
    assert trust().certificates.judge(wrong.certificate.der, at=NOW).standing is Standing.WRONG_USE


def test_standings() -> None:
    judge = trust().certificates.judge
    good = CA.signer.certificate.der
    assert judge(good, at=NOW).standing is Standing.TRUSTED
    assert judge(good, at=NOW - timedelta(days=9)).standing is Standing.OUTSIDE_TERM
    assert judge(good[:-1] + bytes([good[-1] ^ 1]), at=NOW).standing is Standing.FORGED
    assert judge(b"", at=NOW).standing is Standing.FORGED
    assert trust(root=False).certificates.judge(good, at=NOW).standing is Standing.ISSUER_UNKNOWN
    assert trust(crls=False).certificates.judge(good, at=NOW).standing is Standing.REVOCATION_UNKNOWN


def test_a_token_of_another_stamp_is_refused() -> None:
    other = stamped_at(NOW).timestamp
    assert other is not None
    wrong = replace(stamped_at(NOW), timestamp=lambda octets: other(octets + b"x"))
    assert failing(verified(pack(seal_parts(document(), wrong)), trust())) == {6: "timestamp-refused"}


PARTS = seal_parts(document(), stamped_at(NOW))
BELIEVED = trust()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_change_to_a_stamp_under_real_certificates_is_a_finding(data: st.DataObject) -> None:
    """Certificates and tokens inside are parsed by `certs.pki`: whatever is wrong with them, nothing escapes."""
    value = PARTS[VALUE_PATH]
    at, length = data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(0, 4))
    changed = value[:at] + data.draw(st.binary(max_size=4)) + value[at + length :]
    if verified(pack({**PARTS, VALUE_PATH: changed}), BELIEVED).report.verdict is Verdict.VALID:
        before, after = read_stamp(value), read_stamp(changed)
        assert isinstance(before, Stamp)
        assert isinstance(after, Stamp)
        assert (after.tbs, after.certificate) == (before.tbs, before.certificate)


@pytest.mark.needs(OPENSSL)
def test_openssl_agrees_on_the_enclosed_certificates(tmp_path: Path) -> None:
    """Link by link: openssl 3.0 hands the identity to the leaf's signature only."""
    stamp = read_stamp(seal_parts(document(), stamped_at(NOW))[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    above = pem_file(tmp_path / "above", CA.issuing.certificate.der)
    options = ["-partial_chain", *SM2_ID, "-attime", seconds(NOW)]
    for leaf in (stamp.certificate, stamp.seal.maker_certificate):
        done = openssl("verify", *options, "-trusted", above, pem_file(tmp_path / "leaf", leaf))
        assert done.returncode == 0, done.stderr
