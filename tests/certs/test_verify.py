"""The verification matrix: whatever is wrong, unknown or old is never 有效.

Long because the matrix is complete: every step with everything that can be wrong there.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import certs.status_evidence
import certs.verify
import certs.verify_content
import certs.verify_findings
from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.jws import sign_jws
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.face import JSON_FACE_TYP
from certs.identifiers import compose
from certs.model import FaceKind, Outcome, Reason, SignedCertificate, State, Verdict, VerificationReport
from certs.sdjwt import SdJwt, present
from certs.status_list import Status, build, sign_status_list
from certs.trust import (
    Entitlement,
    StatusHistory,
    StatusNotice,
    StatusSnapshot,
    TrustBundle,
    parse_trust_bundle,
    sign_trust_bundle,
)
from certs.verify import Binding, verify
from certs.verify_words import STEP_NAMES, WORDS
from tests.certs.test_face import payloads
from tests.certs.world import NOW, SLUGS, STATUS_URI, World, issuer_of, key, kind_of

AUTHORITY = "11339900MB9000015P"
HOUR = timedelta(hours=1)
FACES = [FaceKind.JSON, FaceKind.SD_JWT]


def snapshot(
    world: World,
    *,
    states: Mapping[int, Status] | None = None,
    at: datetime = NOW,
    uri: str = STATUS_URI,
    signer: Signer | None = None,
    size: int = 64,
) -> StatusSnapshot:
    token = sign_status_list(
        build(size, states or {}),
        signer or world.status_key,
        uri=uri,
        now=at,
        lifetime=timedelta(hours=12),
        ttl=timedelta(minutes=1),
    )
    return StatusSnapshot(STATUS_URI, token, at)


def city(slug: str = "household", **changed: object) -> tuple[World, TrustBundle]:
    """A world in which the type's authority owns the issuer key, with a fresh status list."""
    world = World()
    owner = issuer_of(slug).code
    keys = KeyRing(
        [TrustedKey(world.issuer_key.verifier(), world.since, world.until, "issuer", owner), world.status_trust()]
    )
    members: dict[str, object] = {"keys": keys, "snapshots": (snapshot(world),)}
    return world, world.trust(**{**members, **changed})


def text(signed: SignedCertificate, face: FaceKind = FaceKind.SD_JWT) -> str:
    return signed.faces[face].decode()


def history(*notices: tuple[State, Reason, datetime], until: datetime, index: int = 7) -> dict[str, StatusHistory]:
    told = tuple(StatusNotice(index, s, r, AUTHORITY, at) for s, r, at in notices)
    return {STATUS_URI: StatusHistory(STATUS_URI, until, told)}


def outcome(report: VerificationReport) -> tuple[Verdict, int, str]:
    return report.verdict, report.deciding.number, report.deciding.code


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("slug", SLUGS)
def test_an_intact_certificate_is_valid(slug: str, face: FaceKind) -> None:
    world, trust = city(slug)
    report = verify(text(world.signed(slug), face), trust, at=NOW)
    assert report.verdict is Verdict.VALID, report.deciding
    assert [s.number for s in report.steps] == list(range(1, 11))
    assert report.state is State.VALID
    assert report.claims["name"] == kind_of(slug).zh
    assert all(s.zh and s.en and s.name_zh and s.name_en for s in report.steps)


@pytest.mark.parametrize("alg", list(Alg))
@pytest.mark.parametrize("face", FACES)
def test_every_algorithm(alg: Alg, face: FaceKind) -> None:
    world = World(issuer_key=key(alg), status_key=key(alg))
    keys = KeyRing([*world.issuer_keys(world.issuer_key), world.status_trust()])
    trust = world.trust(keys=keys, snapshots=(snapshot(world),))
    assert verify(text(world.signed(), face), trust, at=NOW).verdict is Verdict.VALID


@pytest.mark.parametrize("face", FACES)
def test_unknown_key_is_indeterminate(face: FaceKind) -> None:
    world, trust = city()
    report = verify(text(world.signed(signer=key()), face), trust, at=NOW)
    assert outcome(report) == (Verdict.INDETERMINATE, 3, "key-unknown")
    assert report.claims == {}, "nothing unsigned is repeated"
    assert report.deciding.next_zh


def test_a_status_key_signs_no_certificate() -> None:
    world, trust = city()
    report = verify(text(world.signed(signer=world.status_key)), trust, at=NOW)
    assert outcome(report) == (Verdict.INVALID, 3, "key-not-issuers")


def test_an_authority_signs_for_itself_only() -> None:
    world, trust = city("marriage")
    report = verify(text(world.signed("household")), trust, at=NOW)
    assert outcome(report) == (Verdict.INVALID, 3, "key-not-issuers")


def test_wrong_issuer_for_the_type() -> None:
    world, trust = city()
    issuer = trust.issuers[issuer_of("household").code]
    for rights in [
        (),
        (Entitlement(kind_of("marriage").code, world.since),),
        (Entitlement(kind_of("household").code, NOW + HOUR),),
        (Entitlement(kind_of("household").code, world.since, NOW),),
    ]:
        issuers = {issuer.code: replace(issuer, entitlements=rights)}
        report = verify(text(world.signed()), replace(trust, issuers=issuers), at=NOW)
        assert outcome(report) == (Verdict.INVALID, 7, "issuer-not-entitled")
    ended_later = (Entitlement(kind_of("household").code, world.since, NOW + HOUR),)
    later = replace(trust, issuers={issuer.code: replace(issuer, entitlements=ended_later)})
    assert verify(text(world.signed()), later, at=NOW + 2 * HOUR).verdict is Verdict.VALID


def test_unknown_issuer_and_unknown_type_are_indeterminate() -> None:
    world, trust = city()
    report = verify(text(world.signed()), replace(trust, issuers={}), at=NOW)
    assert outcome(report) == (Verdict.INDETERMINATE, 7, "issuer-unknown")
    report = verify(text(world.signed()), replace(trust, types={}), at=NOW)
    assert outcome(report) == (Verdict.INDETERMINATE, 6, "type-unknown")


def test_iss_must_be_the_authoritys_address() -> None:
    world, trust = city()
    issuer = trust.issuers[issuer_of("household").code]
    moved = {issuer.code: replace(issuer, uri="https://other.example")}
    report = verify(text(world.signed()), replace(trust, issuers=moved), at=NOW)
    assert outcome(report) == (Verdict.INVALID, 7, "key-not-issuers")


@pytest.mark.parametrize("face", FACES)
def test_the_last_day_ends_at_midnight_in_china(face: FaceKind) -> None:
    world, trust = city("business_licence")
    token = text(world.signed("business_licence"), face)
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    trust = replace(trust, snapshots=(snapshot(world, at=last - HOUR),))
    assert verify(token, trust, at=last).verdict is Verdict.VALID
    report = verify(token, trust, at=last + timedelta(seconds=1))
    assert outcome(report) == (Verdict.INVALID, 8, "expired")
    assert report.state is State.EXPIRED
    assert "2026-12-31" in report.deciding.zh


@pytest.mark.parametrize("face", FACES)
def test_not_yet_issued_and_not_yet_valid(face: FaceKind) -> None:
    world, trust = city("business_licence")
    early = NOW - timedelta(hours=2)
    trust = replace(trust, snapshots=(snapshot(world, at=early),))
    assert outcome(verify(text(world.signed("business_licence"), face), trust, at=early)) == (
        Verdict.INVALID,
        8,
        "not-yet-issued",
    )
    future = world.signed("business_licence", established_on="2026-11-23")
    at = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
    trust = replace(trust, snapshots=(snapshot(world, at=at),))
    assert outcome(verify(text(future, face), trust, at=at)) == (Verdict.INVALID, 8, "not-yet-valid")
    assert verify(text(future, face), trust, at=at + timedelta(seconds=1)).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.INVALID, "status-ended"),
        (Status.SUSPENDED, "status-suspended"),
        (Status.APPLICATION_SPECIFIC, "status-replaced"),
    ],
)
def test_the_list_alone_ends_a_certificate(status: Status, code: str) -> None:
    world, trust = city()
    trust = replace(trust, snapshots=(snapshot(world, states={7: status}),))
    assert outcome(verify(text(world.signed()), trust, at=NOW)) == (Verdict.INVALID, 9, code)
    assert verify(text(world.signed(index=8)), trust, at=NOW).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("state", "reason", "word"),
    [
        (State.REVOKED, Reason.PENALTY, "吊销"),
        (State.ANNULLED, Reason.OBTAINED_BY_FRAUD, "撤销"),
        (State.DEREGISTERED, Reason.HOLDER_REQUEST, "注销"),
        (State.VOIDED, Reason.ISSUED_BY_MISTAKE, "作废"),
        (State.SUSPENDED, Reason.INVESTIGATION, "暂扣"),
        (State.SUPERSEDED, Reason.SOURCE_CHANGED, "已变更"),
        (State.TRANSFERRED, Reason.MOVED_AWAY, "转出"),
    ],
)
def test_the_word_and_the_reason_are_said(state: State, reason: Reason, word: str) -> None:
    world, trust = city()
    trust = replace(trust, histories=history((state, reason, NOW - HOUR), until=NOW))
    report = verify(text(world.signed()), trust, at=NOW)
    assert outcome(report) == (Verdict.INVALID, 9, f"status-{state.value}")
    assert word in report.deciding.zh
    assert reason.zh in report.deciding.zh
    assert report.deciding.evidence["reason_code"] == reason.value
    assert report.state is state


def test_revoked_and_expired_is_shown_as_revoked() -> None:
    world, trust = city("business_licence")
    at = datetime(2027, 1, 5, tzinfo=UTC)
    told = history((State.REVOKED, Reason.PENALTY, NOW), until=at)
    report = verify(text(world.signed("business_licence")), replace(trust, histories=told), at=at)
    assert report.verdict is Verdict.INVALID
    assert report.state is State.REVOKED


def test_as_of_before_and_after_a_revocation() -> None:
    world, trust = city()
    revoked_at, years_later = NOW + timedelta(days=30), NOW + timedelta(days=300)
    told = history((State.REVOKED, Reason.PENALTY, revoked_at), until=years_later)
    trust = replace(trust, snapshots=(), histories=told)
    token = text(world.signed())
    assert verify(token, trust, at=revoked_at - timedelta(seconds=1)).verdict is Verdict.VALID
    assert outcome(verify(token, trust, at=revoked_at)) == (Verdict.INVALID, 9, "status-revoked")
    assert verify(token, trust, at=years_later).verdict is Verdict.INVALID


def test_as_of_follows_a_suspension_and_its_end() -> None:
    world, trust = city()
    days = [NOW + timedelta(days=d) for d in (1, 2, 3)]
    told = history(
        (State.SUSPENDED, Reason.INVESTIGATION, days[0]), (State.VALID, Reason.REINSTATED, days[1]), until=days[2]
    )
    trust = replace(trust, snapshots=(), histories=told)
    token = text(world.signed())
    verdicts = [verify(token, trust, at=at).verdict for at in (NOW, days[0], days[1], days[2])]
    assert verdicts == [Verdict.VALID, Verdict.INVALID, Verdict.VALID, Verdict.VALID]
    after = verify(token, trust, at=days[2] + HOUR)
    assert outcome(after) == (Verdict.INDETERMINATE, 9, "status-missing")


def test_a_final_decision_counts_beyond_the_history_and_over_the_list() -> None:
    world, trust = city()
    told = history((State.REVOKED, Reason.PENALTY, NOW - HOUR), until=NOW - HOUR)
    assert verify(text(world.signed()), replace(trust, histories=told), at=NOW).verdict is Verdict.INVALID
    # A suspension may have ended since; the newer list says so.
    told = history((State.SUSPENDED, Reason.PENALTY, NOW - 2 * HOUR), until=NOW - HOUR)
    assert verify(text(world.signed()), replace(trust, histories=told), at=NOW).verdict is Verdict.VALID
    # A list that ends it is believed against a history that does not know.
    ended = (snapshot(world, states={7: Status.INVALID}),)
    told = history(until=NOW)
    report = verify(text(world.signed()), replace(trust, histories=told, snapshots=ended), at=NOW)
    assert report.verdict is Verdict.INVALID


def test_missing_status_is_indeterminate() -> None:
    world, trust = city()
    report = verify(text(world.signed()), replace(trust, snapshots=()), at=NOW)
    assert outcome(report) == (Verdict.INDETERMINATE, 9, "status-missing")


def test_a_stale_list_is_indeterminate() -> None:
    world, trust = city()
    token = text(world.signed())
    assert verify(token, trust, at=NOW + timedelta(hours=12)).verdict is Verdict.VALID
    report = verify(token, trust, at=NOW + timedelta(hours=12, seconds=1))
    assert outcome(report) == (Verdict.INDETERMINATE, 9, "status-stale")
    # A list of later says nothing about before.
    later = replace(trust, snapshots=(snapshot(world, at=NOW + HOUR),))
    assert outcome(verify(token, later, at=NOW)) == (Verdict.INDETERMINATE, 9, "status-missing")


def test_the_newest_list_of_the_time_counts() -> None:
    world, trust = city()
    lists = (
        snapshot(world, at=NOW + HOUR, states={7: Status.INVALID}),
        snapshot(world, at=NOW),
        snapshot(world, at=NOW + 3 * HOUR),
    )
    trust = replace(trust, snapshots=lists)
    token = text(world.signed())
    verdicts = [verify(token, trust, at=NOW + h * HOUR).verdict for h in (0, 2, 4)]
    assert verdicts == [Verdict.VALID, Verdict.INVALID, Verdict.VALID]


@pytest.mark.parametrize("case", ["other-uri", "foreign-key", "issuer-key", "garbage", "too-short"])
def test_a_list_that_cannot_be_believed_is_indeterminate(case: str) -> None:
    world, trust = city()
    bad = {
        "other-uri": snapshot(world, uri=STATUS_URI + "2"),
        "foreign-key": snapshot(world, signer=key()),
        "issuer-key": snapshot(world, signer=world.issuer_key),
        "garbage": StatusSnapshot(STATUS_URI, "x.y.z", NOW),
        "too-short": snapshot(world, size=4),
    }[case]
    report = verify(text(world.signed()), replace(trust, snapshots=(bad,)), at=NOW)
    assert outcome(report) == (Verdict.INDETERMINATE, 9, "status-refused")


def test_key_rotation_keeps_old_certificates_verifiable() -> None:
    old, new, status = key(), key(), key()
    rotated = NOW + timedelta(days=10)
    world = World(issuer_key=old, status_key=status)
    owner = issuer_of("household").code
    keys = KeyRing(
        [
            TrustedKey(old.verifier(), NOW - HOUR, rotated, "issuer", owner),
            TrustedKey(new.verifier(), rotated, rotated + timedelta(days=3650), "issuer", owner),
            world.status_trust(),
        ]
    )
    at = rotated + timedelta(days=5)
    trust = world.trust(keys=keys, snapshots=(snapshot(world, at=at),))
    assert verify(text(world.signed()), trust, at=at).verdict is Verdict.VALID
    assert verify(text(world.signed(now=at, signer=new)), trust, at=at).verdict is Verdict.VALID
    late = world.signed(now=rotated + HOUR, signer=old)
    assert outcome(verify(text(late), trust, at=at)) == (Verdict.INVALID, 3, "key-outside-window")
    early = world.signed(now=NOW, signer=new)
    assert outcome(verify(text(early), trust, at=at)) == (Verdict.INVALID, 3, "key-outside-window")


def test_a_stolen_key_proves_nothing_from_then_on() -> None:
    world, trust = city()
    stolen = NOW + timedelta(days=1)
    at = stolen + HOUR
    trust = replace(
        trust,
        distrusted={world.issuer_key.kid: stolen},
        snapshots=(snapshot(world, at=NOW), snapshot(world, at=at)),
    )
    token = text(world.signed())
    assert verify(token, trust, at=NOW).verdict is Verdict.VALID
    assert outcome(verify(token, trust, at=at)) == (Verdict.INDETERMINATE, 3, "key-distrusted")


def test_a_status_list_under_a_stolen_key_says_nothing_from_then_on() -> None:
    world, trust = city()
    stolen = NOW + HOUR
    trust = replace(trust, distrusted={world.status_key.kid: stolen}, snapshots=(snapshot(world, at=NOW),))
    token = text(world.signed())
    assert verify(token, trust, at=NOW).verdict is Verdict.VALID
    assert outcome(verify(token, trust, at=stolen)) == (Verdict.INDETERMINATE, 9, "status-refused")


def test_an_old_trust_list_establishes_nothing() -> None:
    world, trust = city(expires_at=NOW - timedelta(seconds=1))
    assert outcome(verify(text(world.signed()), trust, at=NOW)) == (Verdict.INDETERMINATE, 3, "trust-stale")


def test_a_wrong_check_character_under_a_good_signature() -> None:
    world, trust = city()
    face = payloads(world.signed())[0]
    identifier = str(face["ZZBS"])
    wrong = identifier[:-1] + ("0" if identifier[-1] != "0" else "1")
    forged = sign_jws(canonical({**face, "ZZBS": wrong}), world.issuer_key, JSON_FACE_TYP)
    assert outcome(verify(forged, trust, at=NOW)) == (Verdict.INVALID, 5, "identifier-invalid")
    for member, value in [("ZZBFJGDM", issuer_of("marriage").code), ("ZZMC", "结婚证"), ("ZZBB", "009")]:
        changed = sign_jws(canonical({**face, member: value}), world.issuer_key, JSON_FACE_TYP)
        assert verify(changed, trust, at=NOW).verdict is Verdict.INVALID, member


def test_an_identifier_of_another_authority_under_a_good_signature() -> None:
    world, trust = city()
    signed = world.signed()
    face, mine = payloads(signed)[0], signed.certificate.identifier
    theirs = compose(mine.type_code, issuer_of("marriage").code, mine.serial)
    forged = sign_jws(canonical({**face, "ZZBS": str(theirs)}), world.issuer_key, JSON_FACE_TYP)
    report = verify(forged, trust, at=NOW)
    assert outcome(report) == (Verdict.INVALID, 5, "identifier-invalid")
    assert "issuer" in report.deciding.en


def test_what_verification_rests_on_cannot_be_withheld() -> None:
    world, trust = city()
    hidden = base64url.encode(canonical(["s" * 22, "exp", 32_503_680_000]))
    digest = base64url.encode(sha256(hidden.encode()).digest())
    face = {**payloads(world.signed())[1], "_sd": [digest], "_sd_alg": "sha-256"}
    token = f"{sign_jws(canonical(face), world.issuer_key, 'dc+sd-jwt')}~{hidden}~"
    report = verify(token, trust, at=NOW)
    assert outcome(report) == (Verdict.INVALID, 4, "signature-invalid")
    assert "exp" in report.deciding.en


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("typ", ["JWT", "yzt-cert+jws", "dc+sd-jwt", "statuslist+jwt", ""])
def test_one_kind_never_stands_in_for_another(face: FaceKind, typ: str) -> None:
    world, trust = city()
    payload = payloads(world.signed())[0 if face is FaceKind.JSON else 1]
    token = sign_jws(canonical(payload), world.issuer_key, typ) + ("" if face is FaceKind.JSON else "~")
    right = {FaceKind.JSON: "yzt-cert+jws", FaceKind.SD_JWT: "dc+sd-jwt"}[face]
    report = verify(token, trust, at=NOW)
    if typ == right:
        assert report.verdict is Verdict.VALID
    else:
        assert outcome(report) == (Verdict.INVALID, 2, "kind-refused")


@pytest.mark.parametrize(
    "token", ["", "~", "a.b.c", "~~~~", "{}", "\x00", "．．．", "a" * 600_000, "~" * 600, "e30.e30."]
)
def test_garbage_is_a_finding_not_an_exception(token: str) -> None:
    _, trust = city()
    report = verify(token, trust, at=NOW)
    assert report.verdict is Verdict.INVALID
    assert len(report.steps) == 10


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_text_is_valid_or_crashes(token: str) -> None:
    assert verify(token, FLIP_TRUST, at=NOW).verdict is not Verdict.VALID


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["iss", "iat", "vct", "status", "certificate", "YZT", "ZZBS", "ZZBFJGDM", "exp"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=9),
            lambda v: (
                st.lists(v, max_size=2)
                | st.dictionaries(st.sampled_from(["issuer", "code", "status_list", "source", "fields"]), v, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_a_trusted_key_over_nonsense_is_never_valid_and_never_crashes(changed: dict[str, object]) -> None:
    for number, typ, end in [(0, "yzt-cert+jws", ""), (1, "dc+sd-jwt", "~")]:
        face = payloads(FLIP_SIGNED)[number]
        merged = {**face, **changed}
        report = verify(sign_jws(canonical(merged), FLIP_WORLD.issuer_key, typ) + end, FLIP_TRUST, at=NOW)
        if any(face.get(k) != v or type(face.get(k)) is not type(v) for k, v in changed.items() if k in face):
            assert report.verdict is not Verdict.VALID


FLIP_WORLD, FLIP_TRUST = city()
FLIP_SIGNED = FLIP_WORLD.signed()


@pytest.mark.parametrize("face", FACES)
def test_a_flipped_bit_anywhere_is_never_valid(face: FaceKind) -> None:
    good = FLIP_SIGNED.faces[face]
    assert verify(good.decode(), FLIP_TRUST, at=NOW).verdict is Verdict.VALID
    for at in range(len(good)):
        for bit in range(0, 8, 2 if at % 2 else 1):
            flipped = bytes([*good[:at], good[at] ^ 1 << bit, *good[at + 1 :]]).decode("latin-1")
            assert verify(flipped, FLIP_TRUST, at=NOW).verdict is not Verdict.VALID, (at, bit)


@pytest.mark.parametrize("face", FACES)
def test_a_cut_or_lengthened_token_is_never_valid(face: FaceKind) -> None:
    good = FLIP_SIGNED.faces[face].decode()
    separators = {at + 1 for at, char in enumerate(good) if char == "~"}
    for end in range(len(good)):
        if face is FaceKind.SD_JWT and end in separators:
            continue  # the holder may withhold disclosures; what is left is still signed
        assert verify(good[:end], FLIP_TRUST, at=NOW).verdict is not Verdict.VALID, end
    for tail in ("=", "A", ".", "~", "~A~", " ", "\n"):
        assert verify(good + tail, FLIP_TRUST, at=NOW).verdict is not Verdict.VALID, tail


def test_withholding_is_allowed() -> None:
    world, trust = city()
    token = present(SdJwt.parse(text(world.signed())), {"name"})
    report = verify(token, trust, at=NOW)
    assert report.verdict is Verdict.VALID
    assert report.claims["face.name"] == "测试䶮"
    assert "face.citizen_id" not in report.claims
    assert "holders" not in report.claims


def test_the_holders_proof() -> None:
    world, trust = city()
    wallet = key()
    credential = SdJwt.parse(text(world.signed(holder_key=wallet.verifier().jwk())))
    asked = Binding("https://window.example", "n-0123456789")
    shown = present(credential, {"name"}, wallet, aud=asked.audience, nonce=asked.nonce, now=NOW)
    assert verify(shown, trust, at=NOW, binding=asked).verdict is Verdict.VALID
    for wrong in (Binding(asked.audience, "n-other"), Binding("https://other.example", asked.nonce)):
        assert outcome(verify(shown, trust, at=NOW, binding=wrong)) == (Verdict.INVALID, 10, "binding-invalid")
    stolen = present(credential, {"name"}, key(), aud=asked.audience, nonce=asked.nonce, now=NOW)
    assert verify(stolen, trust, at=NOW, binding=asked).verdict is Verdict.INVALID
    bare = present(credential, {"name"})
    assert outcome(verify(bare, trust, at=NOW, binding=asked)) == (Verdict.INVALID, 10, "binding-invalid")
    assert verify(bare, trust, at=NOW).verdict is Verdict.VALID
    # Without the challenge the proof cannot be checked, so nothing is said about it.
    assert outcome(verify(shown, trust, at=NOW)) == (Verdict.INDETERMINATE, 10, "binding-unanswered")
    later = verify(shown, trust, at=NOW + HOUR, binding=asked)
    assert outcome(later) == (Verdict.INVALID, 10, "binding-invalid")
    json_face = text(world.signed(), FaceKind.JSON)
    assert verify(json_face, trust, at=NOW, binding=asked).verdict is Verdict.INVALID


def test_a_time_without_zone_is_refused() -> None:
    _, trust = city()
    with pytest.raises(ValueError, match="time zone"):
        verify("", trust, at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


def test_every_code_has_words_and_every_word_a_code() -> None:
    modules = (certs.verify, certs.verify_content, certs.verify_findings, certs.status_evidence)
    source = "".join(Path(m.__file__ or "").read_text(encoding="utf-8") for m in modules)
    codes = set(
        re.findall(r'(?:passed|failed|undetermined|NOT_APPLICABLE|FAIL|PASS|UNDETERMINED)[,(]\s*"([a-z-]+)"', source)
    )
    codes |= set(re.findall(r'Status\.[A-Z_]+: "([a-z-]+)"', source))
    codes |= {f"status-{s.value}" for s in State if s not in {State.EXPIRED, State.VALID}}
    assert codes == set(WORDS)
    assert set(STEP_NAMES) == set(range(1, 11))


def test_steps_after_a_bad_signature_are_not_reached() -> None:
    world, trust = city()
    good = text(world.signed(), FaceKind.JSON)
    head, body, signature = good.split(".")
    forged = f"{head}.{body}.{'A' * len(signature)}"
    report = verify(forged, trust, at=NOW)
    assert report.deciding.number == 4
    assert {s.outcome for s in report.steps[4:]} == {Outcome.NOT_APPLICABLE}


def test_the_trust_list_reads_back_and_verifies_the_same() -> None:
    world, trust = city()
    trust = replace(
        trust,
        histories=history((State.REVOKED, Reason.PENALTY, NOW), until=NOW, index=9),
        distrusted={world.status_key.kid: NOW + timedelta(days=400)},
    )
    hub = key()
    read = parse_trust_bundle(sign_trust_bundle(trust, hub), lambda kid, alg: hub.verifier())
    assert read.issuers == trust.issuers
    assert read.types == trust.types
    assert read.histories == trust.histories
    assert read.snapshots == trust.snapshots
    assert read.distrusted == trust.distrusted
    assert (read.hub, read.issued_at, read.expires_at) == (trust.hub, trust.issued_at, trust.expires_at)
    assert verify(text(world.signed()), read, at=NOW).verdict is Verdict.VALID
    assert verify(text(world.signed(index=9)), read, at=NOW).verdict is Verdict.INVALID


def test_a_list_made_moments_later_does_not_contradict_a_complete_history() -> None:
    """Revoked half a minute after the time in question: inside the leeway of lists, but the history is exact."""
    world, _ = city()
    revoked_at = NOW + timedelta(seconds=30)
    later = snapshot(world, states={7: Status.INVALID}, at=revoked_at)
    told = history((State.REVOKED, Reason.PENALTY, revoked_at), until=revoked_at)
    trust = world.trust(snapshots=(later,), histories=told)
    assert verify(text(world.signed()), trust, at=NOW).verdict is Verdict.VALID
    assert verify(text(world.signed()), trust, at=revoked_at).verdict is Verdict.INVALID
