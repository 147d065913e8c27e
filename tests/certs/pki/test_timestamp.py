"""Time-stamps: made by the development authority, judged by us and by openssl (attack case 60)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from certs.crypto.alg import Alg
from certs.errors import CertsError, InvalidSignature
from certs.pki import der, errors
from certs.pki.algorithms import SHA256, SM3, SUITES
from certs.pki.cms import TST_INFO, CmsSigner
from certs.pki.crl import Crl, Revocation
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.identity import Identity
from certs.pki.timestamp import Timestamp, build_request, check_timestamp, imprint, open_token, token_of
from tests.certs.pki.world import DAY, NOW, authority, flipped, openssl, pem_file, seconds

DATA = b"signature value"
NONCE = 0x1234567890ABCDEF
suites = pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)


def tsa(alg: Alg, now: Callable[[], datetime] = lambda: NOW, identity: Identity | None = None) -> DevelopmentTsa:
    serials = count(1)
    return DevelopmentTsa(
        identity or authority(alg).tsa, now=now, new_serial=lambda: next(serials), profile="development"
    )


def token(alg: Alg, data: bytes = DATA, nonce: int = NONCE) -> bytes:
    return token_of(tsa(alg).reply(build_request(imprint(SUITES[alg].digest_oid, data), nonce=nonce)))


def judged(
    alg: Alg, given: bytes, *, at: datetime = NOW + DAY, crls: tuple[Crl, ...] | None = None, nonce: int = NONCE
) -> Timestamp:
    ca = authority(alg)
    lists = ca.crls(NOW) if crls is None else crls
    return check_timestamp(given, DATA, at=at, roots=[ca.root.certificate], crls=lists, nonce=nonce)


@suites
def test_a_stamp_holds_and_says_when_and_by_whom(alg: Alg) -> None:
    stamp = judged(alg, token(alg))
    assert (stamp.at, stamp.serial, stamp.nonce) == (NOW, 1, NONCE)
    assert stamp.path is not None
    assert stamp.path.leaf == authority(alg).tsa.certificate
    assert stamp.accuracy == timedelta(seconds=1)


def test_openssl_asks_our_authority_and_believes_the_answer(tmp_path: Path) -> None:
    ca = authority(Alg.ES256)
    (tmp_path / "data").write_bytes(DATA)
    query, reply = tmp_path / "q.tsq", tmp_path / "r.tsr"
    assert openssl("ts", "-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", query).returncode == 0
    reply.write_bytes(tsa(Alg.ES256).reply(query.read_bytes()))
    root = pem_file(tmp_path / "root.pem", ca.root.certificate.der)
    between = pem_file(tmp_path / "i.pem", ca.issuing.certificate.der)
    verify: list[str | Path] = [
        "ts",
        "-verify",
        "-in",
        reply,
        "-CAfile",
        root,
        "-untrusted",
        between,
        "-attime",
        seconds(NOW + DAY),
    ]
    for against in (("-queryfile", query), ("-data", tmp_path / "data")):
        result = openssl(*verify, *against)
        assert result.returncode == 0, result.stderr
    (tmp_path / "other").write_bytes(b"other")
    assert openssl(*verify, "-data", tmp_path / "other").returncode != 0


def test_openssl_reads_our_request(tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes(build_request(imprint(SHA256, DATA), nonce=NONCE))
    shown = openssl("ts", "-query", "-in", tmp_path / "q", "-text").stdout.decode()
    assert "Nonce: 0x1234567890ABCDEF" in shown
    assert "Certificate required: yes" in shown


@suites
def test_another_imprint_nonce_or_kind_is_refused(alg: Alg) -> None:
    with pytest.raises(errors.TimestampRefused, match="other data"):
        open_token(token(alg, b"something else"), DATA)
    with pytest.raises(errors.TimestampRefused, match="another request"):
        judged(alg, token(alg), nonce=NONCE + 1)
    with pytest.raises(errors.CmsRefused):
        open_token(CmsSigner(authority(alg).tsa).enveloping("1.2.840.113549.1.7.1", b"x"), DATA)
    with pytest.raises(errors.TimestampRefused, match="no content"):
        open_token(CmsSigner(authority(alg).tsa).detached(DATA), DATA)


@suites
def test_the_authority_is_judged_at_the_time_of_the_stamp(alg: Alg) -> None:
    ca = authority(alg)
    years = ca.tsa.certificate.not_after + 30 * DAY
    assert judged(alg, token(alg), at=years).at == NOW  # expired now, valid then
    serial = ca.tsa.certificate.serial
    for reason, outcome in (
        ("superseded", None),
        ("cessationOfOperation", None),
        ("keyCompromise", errors.CertificateRevoked),
        ("unspecified", errors.CertificateRevoked),  # RFC 3161 §4.1
    ):
        later = ca.crls(NOW + 30 * DAY, [Revocation(serial, NOW + 20 * DAY, reason)])
        if outcome is None:
            judged(alg, token(alg), at=NOW + 40 * DAY, crls=later)
            continue
        with pytest.raises(outcome):
            judged(alg, token(alg), at=NOW + 40 * DAY, crls=later)
    before = ca.crls(NOW, [Revocation(serial, NOW - DAY, "superseded")])
    with pytest.raises(errors.CertificateRevoked):
        judged(alg, token(alg), crls=before)


@suites
def test_what_cannot_be_known_is_undetermined_not_valid(alg: Alg) -> None:
    with pytest.raises(errors.RevocationUnknown):
        judged(alg, token(alg), crls=())
    with pytest.raises(errors.TimestampInFuture):
        judged(alg, token(alg), at=NOW - timedelta(minutes=6))
    judged(alg, token(alg), at=NOW - timedelta(minutes=4))
    other = authority(Alg.ED25519)
    with pytest.raises(errors.IssuerUnknown):
        check_timestamp(token(alg), DATA, at=NOW, roots=[other.root.certificate], crls=[])
    assert errors.RevocationUnknown.undetermined
    assert errors.TimestampInFuture.undetermined
    assert errors.IssuerUnknown.undetermined


@suites
def test_a_document_key_stamps_no_time(alg: Alg) -> None:
    reply = tsa(alg, identity=authority(alg).signer).reply(
        build_request(imprint(SUITES[alg].digest_oid, DATA), nonce=NONCE)
    )
    with pytest.raises(errors.KeyUsageRefused):
        judged(alg, token_of(reply))


def test_the_authority_refuses_what_it_cannot_do() -> None:
    server = tsa(Alg.ES256)
    good = build_request(imprint(SHA256, DATA), nonce=NONCE)
    requests = [
        (b"", 5),
        (good + b"\0", 5),
        (good.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), 5),
        (build_request(imprint(SM3, DATA), nonce=NONCE), 0),
        (der.sequence(der.integer(1), imprint(SHA256, DATA).der(), der.integer(5)), 2),
        (der.sequence(der.integer(1), imprint(SHA256, DATA).der(), der.oid("1.2.3"), der.boolean(True)), 15),
        (der.sequence(der.integer(1), der.sequence(der.sequence(der.oid(SHA256)), der.octets(b"short"))), 5),
    ]
    for request, failure in requests:
        with pytest.raises(errors.TimestampRejected) as caught:
            token_of(server.reply(request))
        assert caught.value.evidence["failure"] == [failure]


def test_a_clock_that_runs_back_stops_the_authority() -> None:
    times = iter([NOW, NOW - timedelta(seconds=1), NOW, authority(Alg.ES256).tsa.certificate.not_after + DAY])
    server = tsa(Alg.ES256, lambda: next(times))
    request = build_request(imprint(SHA256, DATA), nonce=NONCE)
    token_of(server.reply(request))
    with pytest.raises(errors.TimestampRejected):
        token_of(server.reply(request))
    token_of(server.reply(request))
    with pytest.raises(errors.TimestampRejected):
        token_of(server.reply(request))


def test_production_has_no_development_authority() -> None:
    with pytest.raises(errors.DevelopmentOnly):
        DevelopmentTsa(authority(Alg.ES256).tsa, now=lambda: NOW, new_serial=lambda: 1, profile="production")


@suites
def test_no_flipped_bit_of_a_token_is_accepted(alg: Alg) -> None:
    good = token(alg)
    reference = open_token(good, DATA, nonce=NONCE)
    for position in range(len(good)):
        try:
            stamp = judged(alg, flipped(good, position, position % 8))
        except CertsError:
            continue
        assert (stamp.at, stamp.serial, stamp.authority) == (reference.at, reference.serial, reference.authority)


def test_strict_reading_of_tstinfo() -> None:
    ca = authority(Alg.ES256)
    stamped, at = imprint(SHA256, DATA).der(), der.generalized_time(NOW)
    head = (der.integer(1), der.oid("1.2.3"), stamped, der.integer(7))
    good = der.sequence(*head, at)
    signer = CmsSigner(ca.tsa)
    assert open_token(signer.enveloping(TST_INFO, good), DATA).at == NOW
    cases = [
        der.sequence(der.integer(2), *head[1:], at),
        der.sequence(*head, der.tlv(0x18, b"20261122090000.500Z")),
        der.sequence(*head, der.tlv(0x18, b"20261122090000+0800")),
        der.sequence(*head, der.tlv(0x18, b"20261322090000Z")),
        der.sequence(*head, at, der.boolean(False)),
        der.sequence(*head, at, der.sequence(der.integer(-1))),
        der.sequence(*head, at, der.sequence(der.tlv(0x80, b"\x07\xd0"))),
        der.sequence(*head, at, der.explicit(1, der.null())),
        der.sequence(der.integer(1), der.oid("1.2.3"), stamped, der.integer(-7), at),
        good + b"\0",
        b"",
    ]
    for case in cases:
        with pytest.raises(errors.PkiError):
            open_token(signer.enveloping(TST_INFO, case), DATA)


def test_a_token_with_a_foreign_signature_is_invalid() -> None:
    crossed = Identity(authority(Alg.ES256).signer.signer, authority(Alg.ES256).tsa.certificate)
    info = der.sequence(
        der.integer(1), der.oid("1.2.3"), imprint(SHA256, DATA).der(), der.integer(7), der.generalized_time(NOW)
    )
    with pytest.raises(InvalidSignature):
        open_token(CmsSigner(crossed).enveloping(TST_INFO, info), DATA)
