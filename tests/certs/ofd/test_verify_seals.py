"""Seals, signers, states, time stamps: attack cases 52, 56 and 58."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from certs.crypto.sm3 import sm3
from certs.model import Outcome, Verdict
from certs.ofd.signing import SEAL_PATH, VALUE_PATH
from certs.ofd.verify import verify_ofd
from certs.ofd.writer import pack
from certs.pki import der
from certs.pki.der_reader import read
from certs.seals.history import SealChange, SealState
from certs.seals.model import CertificateDigest, Stamp
from certs.seals.ports import KnownSeals, SealTrust, TimestampFinding
from certs.seals.seal import make_test_seal
from certs.seals.signature import read_stamp, with_timestamp
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD, resealed
from tests.certs.ofd.world import LATER, OfdWorld, failing
from tests.certs.seals.world import NOW, PNG, identity

# ---- seals and signers: case 52, 56, 58 -------------------------------------------------------------------------


def test_another_seal_put_into_the_stamp_is_invalid() -> None:
    other = WORLD.seals.seal(WORLD.seals.info(es_id="33990000000099", name="339900市另一测试局印章"))
    assert failing(WORLD.verify({**PARTS, SEAL_PATH: other}))[2] == "seal-file-differs"
    swapped = PARTS[VALUE_PATH].replace(PARTS[SEAL_PATH], other)
    codes = failing(WORLD.verify({**PARTS, SEAL_PATH: other, VALUE_PATH: swapped}))
    assert codes.keys() >= {3, 7, 9} or codes == {1: "seal-malformed"}


def test_another_picture_in_the_seal_is_invalid() -> None:
    """Same length, so that the structure stays whole."""
    other = PNG[:-20] + bytes(20)
    parts = {p: PARTS[p].replace(PNG, other) for p in (SEAL_PATH, VALUE_PATH)}
    codes = failing(WORLD.verify({**PARTS, **parts}))
    assert codes == {2: "seal-forged", 3: "seal-differs", 7: "signature-invalid", 9: "part-changed"}


def test_a_signer_the_seal_does_not_list_is_invalid() -> None:
    found = WORLD.verify(WORLD.parts(by=WORLD.seals.stranger))
    assert failing(found) == {4: "signer-not-listed"}


def test_a_list_of_digests_counts_as_well() -> None:
    digests = (CertificateDigest("SM3", sm3(WORLD.seals.signer.certificate)),)
    seal = WORLD.seals.seal(WORLD.seals.info(certificates=(), digests=digests))
    sealed = pack(WORLD.parts(seal=seal))
    assert verify_ofd(sealed, WORLD.trust(seal=seal), at=LATER).report.verdict is Verdict.VALID


def test_a_seal_by_a_maker_nobody_trusts_or_with_a_forged_signature() -> None:
    unknown = identity("某制章系统", WORLD.seals.root, 9)
    seal = WORLD.seals.seal(maker=unknown)
    found = verify_ofd(pack(WORLD.parts(seal=seal)), WORLD.trust(seal=seal), at=LATER)
    assert failing(found) == {2: "maker-unknown"}
    assert found.report.verdict is Verdict.INDETERMINATE
    forged = make_test_seal(
        WORLD.seals.info(),
        maker_certificate=WORLD.seals.maker.certificate,
        maker=WORLD.seals.stranger.signer,
        profile="embedded",
    )
    found = verify_ofd(pack(WORLD.parts(seal=forged)), WORLD.trust(seal=forged), at=LATER)
    assert failing(found) == {2: "seal-forged"}


def test_a_seal_outside_its_term_at_the_time_of_sealing_is_invalid() -> None:
    for term in ((NOW - timedelta(9), NOW - timedelta(1)), (NOW + timedelta(hours=1), NOW + timedelta(9))):
        seal = WORLD.seals.seal(WORLD.seals.info(valid_from=term[0], valid_until=term[1]))
        found = verify_ofd(pack(WORLD.parts(seal=seal)), WORLD.trust(seal=seal), at=LATER)
        assert failing(found) == {3: "seal-outside-term"}


def test_a_seal_that_expired_since_keeps_what_it_sealed() -> None:
    found = verify_ofd(pack(PARTS), WORLD.trust(), at=NOW + timedelta(days=900))
    assert found.report.verdict is Verdict.VALID


@pytest.mark.parametrize("raw", [b"", bytes(70), b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\x30\x80\x00\x00"])
def test_a_stamp_with_an_impossible_signature_is_invalid(raw: bytes) -> None:
    *head, _ = (m.raw for m in read(PARTS[VALUE_PATH]).members(4, 4))
    found = WORLD.verify({**PARTS, VALUE_PATH: der.sequence(*head, der.bits(raw))})
    assert failing(found) == {7: "signature-invalid"}


def test_trailing_bytes_behind_the_stamp_are_invalid() -> None:
    found = WORLD.verify({**PARTS, VALUE_PATH: PARTS[VALUE_PATH] + b"\0"})
    assert failing(found) == {1: "seal-malformed"}


def test_a_stamp_made_for_another_place_or_file_is_invalid() -> None:
    assert failing(WORLD.verify(resealed(PARTS, signed_path="/Doc_0/Signs/Sign_7/Signature.xml"))) == {
        8: "digest-differs"
    }
    assert failing(WORLD.verify(resealed(PARTS, data_hash=bytes(32)))) == {8: "digest-differs"}
    recycled = WORLD.parts()[VALUE_PATH]
    other = resealed({**PARTS, PAGE: PARTS[PAGE].replace("甲".encode(), "乙".encode())})
    assert failing(WORLD.verify({**other, VALUE_PATH: recycled})) == {8: "digest-differs"}


# ---- states, times, trust that is missing ------------------------------------------------------------------------


def changes(*pairs: tuple[SealState, timedelta]) -> tuple[SealChange, ...]:
    return tuple(SealChange(state, NOW + after) for state, after in pairs)


DAY = timedelta(days=1)
ACTIVE, SUSPENDED, REVOKED = SealState.ACTIVE, SealState.SUSPENDED, SealState.REVOKED


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (changes((ACTIVE, -DAY)), {}),
        (changes((ACTIVE, DAY / 2)), {3: "seal-not-in-force"}),
        (changes((SealState.REGISTERED, -DAY)), {3: "seal-not-in-force"}),
        (changes((ACTIVE, -2 * DAY), (SUSPENDED, -DAY)), {3: "seal-not-in-force"}),
        (changes((ACTIVE, -2 * DAY), (REVOKED, -DAY)), {3: "seal-not-in-force"}),
        (changes((ACTIVE, -3 * DAY), (SUSPENDED, -2 * DAY), (ACTIVE, -DAY)), {}),
        (changes((ACTIVE, -DAY), (SUSPENDED, DAY / 2)), {3: "seal-ended-since"}),
        (changes((ACTIVE, -DAY), (REVOKED, DAY / 2)), {3: "seal-ended-since"}),
        (changes((ACTIVE, -DAY), (REVOKED, 2 * DAY)), {}),
        (changes((ACTIVE, timedelta(milliseconds=900))), {}),  # the stamp names the second alone
        (changes((ACTIVE, timedelta(seconds=1))), {3: "seal-not-in-force"}),
    ],
)
def test_the_state_of_the_seal_then_and_now(history: tuple[SealChange, ...], expected: dict[int, str]) -> None:
    found = verify_ofd(pack(PARTS), WORLD.trust(changes=history), at=LATER)
    assert failing(found) == expected


def test_the_log_of_use_upholds_a_document_whose_seal_was_revoked_since() -> None:
    history = changes((ACTIVE, -DAY), (REVOKED, DAY / 2))
    registry = WORLD.trust(changes=history).registry
    stamp = read_stamp(PARTS[VALUE_PATH])
    assert isinstance(registry, KnownSeals)
    assert isinstance(stamp, Stamp)

    def verdict(logged: timedelta) -> Verdict:
        known = replace(registry, uses={sm3(stamp.tbs): NOW + logged})
        return verify_ofd(pack(PARTS), SealTrust(WORLD.certificates, known), at=LATER).report.verdict

    assert verdict(timedelta()) is Verdict.VALID
    assert verdict(DAY * 3 / 4) is Verdict.INDETERMINATE
    assert verdict(2 * DAY) is Verdict.INDETERMINATE


def test_a_certificate_revoked_before_and_after_sealing() -> None:
    for revoked, code in ((NOW - DAY, "signer-refused"), (NOW + DAY / 2, "signer-revoked-since")):
        world = OfdWorld(WORLD.seals, WORLD.seal)
        world.certificates.revoked[WORLD.seals.signer.certificate] = revoked
        assert failing(world.verify(PARTS)) == {5: code}


def test_what_is_not_known_is_never_valid() -> None:
    known = WORLD.trust()
    for trust, expected in (
        (SealTrust(WORLD.certificates), {3: "seal-register-missing"}),
        (SealTrust(WORLD.certificates, KnownSeals({})), {3: "seal-not-on-file"}),
        (replace(known, certificates=replace(WORLD.certificates, known={})), {2: "maker-unknown", 5: "signer-unknown"}),
    ):
        found = verify_ofd(pack(PARTS), trust, at=LATER)
        assert failing(found) == expected
        assert found.report.verdict is Verdict.INDETERMINATE


def test_as_of_a_time_before_sealing() -> None:
    assert failing(WORLD.verify(PARTS, at=NOW - timedelta(hours=1))) == {3: "seal-not-yet-used"}
    with pytest.raises(ValueError, match="time zone"):
        WORLD.verify(PARTS, at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (None, {6: "timestamp-unknown"}),
        (TimestampFinding(Outcome.PASS, NOW + timedelta(minutes=1)), {}),
        (TimestampFinding(Outcome.PASS, NOW - timedelta(minutes=5)), {6: "timestamp-contradicts"}),
        (TimestampFinding(Outcome.PASS, None), {6: "timestamp-unknown"}),
        (TimestampFinding(Outcome.FAIL, detail="imprint"), {6: "timestamp-refused"}),
        (TimestampFinding(Outcome.UNDETERMINED, detail="root"), {6: "timestamp-unknown"}),
    ],
)
def test_time_stamps(finding: TimestampFinding | None, expected: dict[int, str]) -> None:
    class Authority:
        def check(self, token: bytes, message: bytes, *, at: datetime) -> TimestampFinding:
            assert (token, finding is not None) == (b"token", True)
            assert message == signature
            assert finding is not None
            return finding

    stamped = with_timestamp(PARTS[VALUE_PATH], b"token")
    stamp = read_stamp(stamped)
    assert isinstance(stamp, Stamp)
    signature = stamp.signature
    trust = replace(WORLD.trust(), timestamps=Authority() if finding else None)
    assert failing(verify_ofd(pack({**PARTS, VALUE_PATH: stamped}), trust, at=LATER)) == expected


def test_a_time_stamp_upholds_what_was_revoked_since() -> None:
    class Authority:
        def check(self, token: bytes, message: bytes, *, at: datetime) -> TimestampFinding:
            return TimestampFinding(Outcome.PASS, NOW)

    world = OfdWorld(WORLD.seals, WORLD.seal)
    world.certificates.revoked[WORLD.seals.signer.certificate] = NOW + DAY / 2
    trust = replace(world.trust(), timestamps=Authority())
    sealed = pack({**PARTS, VALUE_PATH: with_timestamp(PARTS[VALUE_PATH], b"token")})
    assert verify_ofd(sealed, trust, at=LATER).report.verdict is Verdict.VALID
