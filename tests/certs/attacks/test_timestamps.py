"""Attack case 60: time-stamps. The result is three-valued: holds, does not hold, cannot be said.

Judged bare, and inside a sealed document whose signer was revoked since, where the stamp alone decides the verdict.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.errors import CertsError
from certs.model import Outcome, Verdict
from certs.ofd.signing import seal_parts
from certs.ofd.verify import OfdVerification, verify_ofd
from certs.ofd.writer import pack
from certs.pki import der, errors
from certs.pki import extensions as ext
from certs.pki.algorithms import SHA256, SM3, SUITES
from certs.pki.cms import TST_INFO, CmsSigner
from certs.pki.crl import Crl, Revocation
from certs.pki.dev_ca import issue_leaf
from certs.pki.dev_tsa import DevelopmentTsa
from certs.pki.extensions import KeyUsage
from certs.pki.identity import Identity
from certs.pki.stamping import stamping
from certs.pki.timestamp import build_request, check_timestamp, imprint, open_token, token_of
from certs.seals.pki_trust import PkiCertificates, PkiTimestamps, PkiTrust
from certs.seals.ports import SealTrust
from tests.certs.attacks.seals import CA, SEALING, TRUST
from tests.certs.ofd.world import document, failing
from tests.certs.pki.world import DAY, NOW, authority

HOUR = timedelta(hours=1)
DATA, NONCE = b"the signature of a stamp", 2**63 + 5
suites = pytest.mark.parametrize("alg", [Alg.ES256, Alg.SM2], ids=lambda alg: alg.value)


def server(alg: Alg, identity: Identity | None = None, at: datetime = NOW) -> DevelopmentTsa:
    return DevelopmentTsa(identity or authority(alg).tsa, now=lambda: at, new_serial=lambda: 7, profile="development")


def token(alg: Alg, data: bytes = DATA, *, identity: Identity | None = None, at: datetime = NOW) -> bytes:
    request = build_request(imprint(SUITES[alg].digest_oid, data), nonce=NONCE)
    return token_of(server(alg, identity, at).reply(request))


def judge(
    alg: Alg, given: bytes, *, at: datetime = NOW + DAY, crls: tuple[Crl, ...] | None = None, nonce: int | None = NONCE
) -> datetime:
    """The proven time, or the refusal."""
    ca = authority(alg)
    lists = ca.crls(NOW) if crls is None else crls
    return check_timestamp(given, DATA, at=at, roots=[ca.root.certificate], crls=lists, nonce=nonce).at


def undetermined(check: Callable[[], object]) -> bool | None:
    """None: holds. True: cannot be said. False: does not hold."""
    try:
        check()
    except errors.PkiError as error:
        return error.undetermined
    except CertsError:
        return False
    return None


# ---- imprint, nonce, kind ----------------------------------------------------------------------------------


@suites
@pytest.mark.parametrize("other", [b"", b"the signature of another stamp", DATA + b"\0", DATA[:-1]])
def test_60_another_imprint(alg: Alg, other: bytes) -> None:
    with pytest.raises(errors.TimestampRefused, match="other data"):
        judge(alg, token(alg, other))


@suites
def test_60_the_digest_itself_stamped_as_data(alg: Alg) -> None:
    """A token over the digest, not over the data, and one of another digest with the right length."""
    with pytest.raises(errors.TimestampRefused):
        judge(alg, token(alg, imprint(SUITES[alg].digest_oid, DATA).value))
    crossed = Alg.SM2 if alg is Alg.ES256 else Alg.ES256
    with pytest.raises(CertsError):
        judge(alg, token(crossed))
    mislabelled = imprint(SHA256 if alg is Alg.SM2 else SM3, DATA)
    wrong = replace(mislabelled, digest_oid=SUITES[alg].digest_oid)
    assert undetermined(lambda: judge(alg, handmade(alg, wrong.der()))) is False


@suites
@pytest.mark.parametrize("nonce", [NONCE + 1, 0, -NONCE, 2**64 + NONCE])
def test_60_another_nonce(alg: Alg, nonce: int) -> None:
    with pytest.raises(errors.TimestampRefused, match="another request"):
        judge(alg, token(alg), nonce=nonce)


@suites
def test_60_a_replayed_answer_is_not_one_to_this_request(alg: Alg) -> None:
    """The client that asks: an old token, a token without nonce, and one over other data are all refused."""
    old = server(alg).reply(build_request(imprint(SUITES[alg].digest_oid, DATA), nonce=1))
    other = server(alg).reply(build_request(imprint(SUITES[alg].digest_oid, b"x"), nonce=NONCE))
    bare = der.sequence(der.sequence(der.integer(0)), handmade(alg))
    for answer in (old, other, bare):
        ask = stamping(lambda _, a=answer: a, digest_oid=SUITES[alg].digest_oid, new_nonce=lambda: NONCE)  # type: ignore[misc]  # bound loop value
        with pytest.raises(errors.TimestampRefused):
            ask(DATA)


def handmade(alg: Alg, stamped: bytes = b"", *more: bytes, at: bytes = b"", identity: Identity | None = None) -> bytes:
    """A token written by a rightful authority in any form; no nonce."""
    info = der.sequence(
        der.integer(1),
        der.oid("1.3.6.1.4.1.32473.1.1"),
        stamped or imprint(SUITES[alg].digest_oid, DATA).der(),
        der.integer(7),
        at or der.generalized_time(NOW),
        *more,
    )
    return CmsSigner(identity or authority(alg).tsa).enveloping(TST_INFO, info)


# ---- who stamped -------------------------------------------------------------------------------------------


def leaf(alg: Alg, *extensions: bytes, start: datetime = NOW - DAY, life: timedelta = 30 * DAY) -> Identity:
    return issue_leaf(
        authority(alg).issuing, ephemeral_key(alg), "测试 TSA", start=start, extensions=extensions, life=life
    )


SIGN = ext.key_usage(KeyUsage.DIGITAL_SIGNATURE)
STAMP = ext.extended_key_usage([ext.TIME_STAMPING], critical=True)


@suites
def test_60_only_an_authority_for_time_stamps_stamps(alg: Alg) -> None:
    assert judge(alg, token(alg, identity=leaf(alg, SIGN, STAMP))) == NOW
    lax = ext.extended_key_usage([ext.TIME_STAMPING], critical=False)
    mixed = ext.extended_key_usage([ext.TIME_STAMPING, ext.DOCUMENT_SIGNING], critical=True)
    every = ext.extended_key_usage([ext.ANY_PURPOSE], critical=True)
    for extensions in ((SIGN,), (STAMP,), (SIGN, lax), (SIGN, mixed), (SIGN, every)):
        with pytest.raises(errors.KeyUsageRefused):
            judge(alg, token(alg, identity=leaf(alg, *extensions)))
    with pytest.raises(errors.KeyUsageRefused):
        judge(alg, token(alg, identity=authority(alg).signer))


@suites
def test_60_expired_now_and_valid_at_its_time(alg: Alg) -> None:
    short = leaf(alg, SIGN, STAMP, life=2 * DAY)
    given = token(alg, identity=short)
    for later in (NOW + 3 * DAY, NOW + 4000 * DAY):
        assert judge(alg, given, at=later) == NOW
    before, after = NOW - 2 * DAY, NOW + 2 * DAY
    for outside, error in ((before, errors.CertificateNotYetValid), (after, errors.CertificateExpired)):
        written = handmade(alg, at=der.generalized_time(outside), identity=short)
        with pytest.raises(error):
            judge(alg, written, at=NOW + 30 * DAY, crls=authority(alg).crls(outside), nonce=None)


@suites
@pytest.mark.parametrize(
    ("reason", "holds"),
    [
        ("superseded", True),
        ("cessationOfOperation", True),
        ("affiliationChanged", True),
        ("unspecified", False),
        ("keyCompromise", False),
        ("cACompromise", False),
        ("privilegeWithdrawn", False),
        ("certificateHold", False),
    ],
)
def test_60_revoked_now_and_good_at_its_time(alg: Alg, reason: str, holds: bool) -> None:
    """RFC 3161 §4.1: an honest end leaves old tokens standing, a stolen key leaves none, however old."""
    ca = authority(alg)
    lists = ca.crls(NOW + 5 * DAY, [Revocation(ca.tsa.certificate.serial, NOW + 2 * DAY, reason)])
    if holds:
        assert judge(alg, token(alg), at=NOW + 6 * DAY, crls=lists) == NOW
        return
    with pytest.raises(errors.CertificateRevoked):
        judge(alg, token(alg), at=NOW + 6 * DAY, crls=lists)


@suites
def test_60_revoked_before_its_time(alg: Alg) -> None:
    ca = authority(alg)
    for reason in ("superseded", "keyCompromise"):
        lists = ca.crls(NOW, [Revocation(ca.tsa.certificate.serial, NOW - HOUR, reason)])
        with pytest.raises(errors.CertificateRevoked):
            judge(alg, token(alg), crls=lists)
    doubt = ca.crls(NOW, [Revocation(ca.tsa.certificate.serial, NOW + HOUR, "superseded", NOW - HOUR)])
    with pytest.raises(errors.CertificateRevoked):
        judge(alg, token(alg), crls=doubt)


@suites
def test_60_what_cannot_be_known(alg: Alg) -> None:
    given, stranger = token(alg), authority(Alg.ED25519)
    assert undetermined(lambda: judge(alg, given)) is None
    assert undetermined(lambda: judge(alg, given, crls=())) is True
    assert undetermined(lambda: judge(alg, given, crls=authority(alg).crls(NOW - 90 * DAY))) is True
    roots = [stranger.root.certificate]
    assert undetermined(lambda: check_timestamp(given, DATA, at=NOW, roots=roots, crls=[])) is True
    assert undetermined(lambda: judge(alg, given[:-1])) is False


# ---- clocks ------------------------------------------------------------------------------------------------


@suites
def test_60_a_verifiers_clock_rolled_back(alg: Alg) -> None:
    """Five minutes are tolerance; beyond, one of two clocks is wrong and nobody can say which."""
    assert judge(alg, token(alg), at=NOW - timedelta(minutes=5)) == NOW
    for back in (timedelta(minutes=5, seconds=1), DAY, 3650 * DAY):
        assert undetermined(lambda b=back: judge(alg, token(alg), at=NOW - b)) is True  # type: ignore[misc]  # loop value


def test_60_an_authoritys_clock_rolled_back() -> None:
    """It stops, and says so, until time has caught up with what it already gave out."""
    times = iter([NOW, NOW - timedelta(seconds=1), NOW - DAY, NOW, NOW + HOUR])
    tsa = DevelopmentTsa(CA.tsa, now=lambda: next(times), new_serial=lambda: 7, profile="development")
    request = build_request(imprint(SM3, DATA), nonce=NONCE)
    given: list[datetime | None] = []
    for _ in range(5):
        try:
            given.append(open_token(token_of(tsa.reply(request)), DATA).at)
        except errors.TimestampRejected:
            given.append(None)
    assert given == [NOW, None, None, NOW, NOW + HOUR]


@pytest.mark.parametrize(
    "at", [b"20261122090000", b"202611220900Z", b"20261122090000+0000", b"20261122090000.0Z", b"20261322090000Z", b""]
)
def test_60_times_in_another_spelling(at: bytes) -> None:
    with pytest.raises(errors.MalformedDer):
        judge(Alg.SM2, handmade(Alg.SM2, at=der.tlv(0x18, at)), nonce=None)


# ---- inside a document -------------------------------------------------------------------------------------


@cache
def stamped(at: datetime, *, over: bytes = b"", identity: Identity | None = None) -> bytes:
    """A document sealed at NOW whose time-stamp is of `at`; `over` is stamped instead of the signature's octets."""
    return pack(
        seal_parts(
            document(),
            replace(SEALING, timestamp=lambda octets: token(Alg.SM2, over or octets, identity=identity, at=at)),
        )
    )


def verified(content: bytes, *revoked: Revocation, at: datetime = NOW + DAY, roots: bool = True) -> OfdVerification:
    believed = PkiTrust((CA.root.certificate,), (CA.issuing.certificate,), CA.crls(NOW + HOUR, revoked))
    stamps = PkiTimestamps(believed if roots else replace(believed, roots=()))
    return verify_ofd(content, SealTrust(PkiCertificates(believed), TRUST.registry, stamps), at=at)


SIGNER_GONE = Revocation(CA.signer.certificate.serial, NOW + timedelta(minutes=30), "keyCompromise")
STOLEN = Revocation(CA.tsa.certificate.serial, NOW + timedelta(minutes=30), "keyCompromise")
CLOSED = Revocation(CA.tsa.certificate.serial, NOW + timedelta(minutes=30), "cessationOfOperation")
BEFORE, AFTER = NOW + timedelta(minutes=10), NOW + timedelta(minutes=50)


@pytest.mark.parametrize(
    ("content", "revoked", "verdict", "step"),
    [
        (stamped(BEFORE), [], Verdict.VALID, Outcome.PASS),
        (stamped(BEFORE), [SIGNER_GONE], Verdict.VALID, Outcome.PASS),
        (stamped(AFTER), [SIGNER_GONE], Verdict.INDETERMINATE, Outcome.PASS),
        (stamped(BEFORE), [SIGNER_GONE, STOLEN], Verdict.INDETERMINATE, Outcome.UNDETERMINED),
        (stamped(BEFORE), [SIGNER_GONE, CLOSED], Verdict.VALID, Outcome.PASS),
        (stamped(BEFORE), [STOLEN], Verdict.INDETERMINATE, Outcome.UNDETERMINED),
        (stamped(NOW - timedelta(minutes=4)), [], Verdict.INVALID, Outcome.FAIL),
        (stamped(BEFORE, over=b"something else"), [], Verdict.INVALID, Outcome.FAIL),
        (stamped(BEFORE, over=b"something else"), [SIGNER_GONE], Verdict.INVALID, Outcome.FAIL),
        (stamped(BEFORE, identity=CA.signer), [SIGNER_GONE], Verdict.INDETERMINATE, Outcome.UNDETERMINED),
    ],
    ids=[
        "good", "signer revoked since", "stamped after the revocation", "authority's key stolen", "authority closed",
        "stolen key, signer good", "older than the seal", "other imprint", "other imprint, signer revoked",
        "stamped by the signer himself",
    ],
)  # fmt: skip
def test_60_in_a_document(content: bytes, revoked: list[Revocation], verdict: Verdict, step: Outcome) -> None:
    found = verified(content, *revoked)
    assert found.report.steps[5].outcome is step, found.report.steps[5]
    assert found.report.verdict is verdict


def test_60_without_a_trusted_authority_the_stamp_proves_nothing() -> None:
    found = verified(stamped(BEFORE), SIGNER_GONE, roots=False)
    assert found.report.verdict is Verdict.INDETERMINATE
    assert failing(found) == {5: "signer-revoked-since", 6: "timestamp-unknown"}
