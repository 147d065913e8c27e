"""Entries, commitments, receipts, proofs: forged, mixed up and bent."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.jws import sign_jws
from certs.crypto.keyring import KeyRing
from certs.crypto.p256 import P256Signer
from certs.errors import CertsError, InvalidSignature, KeyOutsideWindow, TypeMismatch, UnknownKey
from certs.evidence.commitment import Opening, commit, event_key
from certs.evidence.entry import _CITIZEN, _LONG_NUMBER, _MOBILE, EventFacts, decode_entry, encode_entry
from certs.evidence.errors import (
    EntryMalformed,
    EntryTooLarge,
    EvidenceError,
    PersonalDataInEntry,
    ProofInvalid,
    ReceiptMismatch,
)
from certs.evidence.merkle import leaf_hash
from certs.evidence.proof import parse_proof, render_proof, verify_proof
from certs.evidence.receipt import require_exchange, verify_receipt
from tests.certs.evidence.builders import HUB, REQUEST, RESPONSE, START, event_id, path, small_log

LOG = small_log(11)
KEY = bytes(range(32))
CITIZEN = "339900199003074510"
FACTS = EventFacts(id=event_id(0), kind="exchange:answered", at=START, hub=HUB, subject=CITIZEN, case="c-1")


def test_entry_round_trip() -> None:
    facts = replace(FACTS, department="11339900MB9000015P", officer="psb-0142", detail={"fields": ["name"], "n": 1})
    body = encode_entry(facts, KEY)
    entry = decode_entry(body)
    assert (entry.id, entry.kind, entry.at, entry.hub) == (facts.id, facts.kind, facts.at, HUB)
    assert dict(entry.detail) == facts.detail
    assert entry.subject == commit(event_key(KEY, facts.id), "subject", CITIZEN)
    assert entry.leaf_hash == leaf_hash(body)
    assert CITIZEN.encode() not in body


def test_commitments_differ_by_event_label_and_key() -> None:
    keys = [event_key(KEY, event_id(0)), event_key(KEY, event_id(1)), event_key(bytes(32), event_id(0))]
    made = {commit(key, label, value) for key in keys for label in ("subject", "case") for value in ("a", "b")}
    assert len(made) == 12
    opening = Opening(event_id(0), "subject", "a", keys[0])
    assert opening.opens(commit(keys[0], "subject", "a"))
    assert not opening.opens(commit(keys[0], "case", "a"))


def test_the_event_key_is_rfc_5869() -> None:
    """HKDF-SHA256 as `cryptography` implements it: no salt, 32 bytes out."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    expected = HKDF(SHA256(), 32, None, b"yzt/commitment/v1/" + event_id(5).bytes).derive(KEY)
    assert event_key(KEY, event_id(5)) == expected


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, subject=None, case=None, detail={"note": f"about {CITIZEN}."}),
        replace(FACTS, detail={"deep": [{"who": CITIZEN}]}),
        replace(FACTS, detail={CITIZEN: 1}),
        replace(FACTS, detail={"number": int(CITIZEN)}),
        replace(FACTS, detail={"call": "13905710000"}),
        replace(FACTS, detail={"call": "电话：+8613905710000"}),
        replace(FACTS, officer=CITIZEN),
    ],
)
def test_personal_data_in_clear_is_refused_without_repeating_it(facts: EventFacts) -> None:
    with pytest.raises(PersonalDataInEntry) as caught:
        encode_entry(facts, KEY)
    assert CITIZEN not in str(caught.value)


def test_digests_codes_and_ids_are_no_personal_data() -> None:
    detail = {
        "digest": "a" + CITIZEN + "b",
        "uscc": "11339900MB9000015P",
        "wrong check": "339900199003070013",
        "id": "00000000-0000-0000-0000-139057100001",
        "count": 12345678901,
    }
    encode_entry(replace(FACTS, detail=detail), KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Answered"},
        {"kind": "a:b c"},
        {"hub": "two words"},
        {"hub": ""},
        {"officer": "x" * 200},
        {"at": START.replace(tzinfo=None)},
        {"detail": {"x": float("nan")}},
        {"detail": {"x": object()}},
    ],
)
def test_bad_facts_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(CertsError):
        encode_entry(replace(FACTS, **change), KEY)  # type: ignore[arg-type]  # wrong on purpose


_name = st.text(st.sampled_from("aZ9_.:/@- 甲\n"), max_size=130)
_detail = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


@given(
    st.builds(
        EventFacts,
        id=st.uuids(),
        kind=st.just("query:answered") | _name,
        at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=11))])),
        hub=st.just(HUB) | _name,
        department=st.none() | _name,
        officer=st.none() | _name,
        case=st.none() | st.text(),
        subject=st.none() | st.text(),
        detail=st.dictionaries(st.text(), _detail, max_size=4),
    )
)
def test_what_is_written_can_be_read(facts: EventFacts) -> None:
    try:
        body = encode_entry(facts, KEY)
    except (CertsError, OverflowError):  # the first and the last hours of the calendar have no UTC
        return
    entry = decode_entry(body)
    assert (entry.kind, entry.at, entry.hub) == (facts.kind, facts.at, facts.hub)
    assert (entry.department, entry.officer) == (facts.department, facts.officer)


def test_the_depth_of_an_entry_is_bounded() -> None:
    detail: dict[str, object] = {"x": ["[[[{{{"] * 9}
    for _ in range(5):
        detail = {"x": detail}
    decode_entry(encode_entry(replace(FACTS, detail=detail), KEY))
    with pytest.raises(EntryMalformed):
        encode_entry(replace(FACTS, detail={"x": detail}), KEY)


@given(st.from_regex(_CITIZEN) | st.from_regex(_MOBILE))
def test_the_quick_look_for_personal_data_overlooks_none(text: str) -> None:
    assert _LONG_NUMBER.search(text)


def test_size_and_missing_key() -> None:
    with pytest.raises(EntryTooLarge):
        encode_entry(replace(FACTS, detail={"x": "y" * 40_000}), KEY)
    with pytest.raises(EntryMalformed):
        encode_entry(FACTS, None)
    with pytest.raises(EntryMalformed):
        encode_entry(FACTS, b"short")


BODY = LOG.bodies[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        BODY + b" ",
        b" " + BODY,
        BODY.replace(b'"v":1', b'"v":2'),
        BODY.replace(b'"v":1', b'"v":true'),
        BODY.replace(b'"v":1', b'"v":1,"w":1'),
        BODY.replace(b'"v":1', b'"v":1.0'),
        BODY.replace(b"08:00:00.0", b"08:00:00"),
        BODY.replace(b"-0000", b"-000A", 1),
        BODY.replace(b'"subject":null', b'"subject":"AAAA"'),
        BODY[:-1],
        BODY.replace(b'"kind"', b'"Kind"'),
        BODY.replace(b'{"n"', b'{"n":1,"n"'),
    ],
)
def test_other_entry_bytes_are_refused(body: bytes) -> None:
    with pytest.raises((EntryMalformed, EntryTooLarge)):
        decode_entry(body)


# ---- receipts


def test_receipt_verifies_and_ties_the_exchange() -> None:
    receipt, entry = verify_receipt(LOG.receipt(3), LOG.bodies[3], LOG.keys)
    assert (receipt.event_id, entry.id) == (event_id(3), event_id(3))
    require_exchange(receipt, request_hash=REQUEST, response_hash=RESPONSE)
    with pytest.raises(ReceiptMismatch):
        require_exchange(receipt, request_hash=RESPONSE, response_hash=RESPONSE)
    with pytest.raises(ReceiptMismatch):
        require_exchange(receipt, request_hash=REQUEST, response_hash=REQUEST)


def test_a_receipt_for_an_unrelated_real_entry_is_refused() -> None:
    """CVE-2026-22703: a genuine entry and a genuine receipt that do not belong together."""
    for other in (0, 2, 4, 10):
        with pytest.raises(ReceiptMismatch):
            verify_receipt(LOG.receipt(3), LOG.bodies[other], LOG.keys)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"issuer": "other.example"}, ReceiptMismatch),
        ({"event_id": event_id(4)}, ReceiptMismatch),
        ({"leaf_hash": leaf_hash(b"other")}, ReceiptMismatch),
        ({"issued_at": START - timedelta(minutes=1)}, ReceiptMismatch),
        ({"issued_at": START + timedelta(hours=1)}, ReceiptMismatch),
        ({"issued_at": START + timedelta(days=3)}, KeyOutsideWindow),
        ({"issued_at": START - timedelta(days=3)}, KeyOutsideWindow),
    ],
)
def test_a_signed_receipt_about_something_else_is_refused(change: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        verify_receipt(LOG.receipt(3, **change), LOG.bodies[3], LOG.keys)


def test_the_key_must_be_known_and_for_receipts() -> None:
    token, body = LOG.receipt(3), LOG.bodies[3]
    with pytest.raises(UnknownKey):
        verify_receipt(token, body, KeyRing([]))
    with pytest.raises(UnknownKey):
        verify_receipt(token, body, KeyRing([replace(LOG.trusted_receipt_key, role="issuer")]))
    with pytest.raises(ReceiptMismatch):
        verify_receipt(token, body, KeyRing([replace(LOG.trusted_receipt_key, owner="x")]))
    stranger = replace(LOG, receipt_key=P256Signer.generate())
    with pytest.raises(UnknownKey):
        verify_receipt(stranger.receipt(3), body, LOG.keys)


def test_another_token_type_is_no_receipt() -> None:
    from certs.crypto.jws import parse_jws

    payload = parse_jws(LOG.receipt(3)).payload
    with pytest.raises(TypeMismatch):
        verify_receipt(sign_jws(payload, LOG.receipt_key, "dc+sd-jwt"), LOG.bodies[3], LOG.keys)
    for wrong in (
        b"{}",
        payload.replace(b'"iss"', b'"isx"'),
        payload.replace(b'"iat":', b'"iat":-'),
        payload[:-1] + b',"x":1}',
    ):
        with pytest.raises(CertsError):
            verify_receipt(sign_jws(wrong, LOG.receipt_key, "yzt-receipt+jwt"), LOG.bodies[3], LOG.keys)


def test_every_single_bit_of_a_receipt_and_its_entry_counts() -> None:
    token, body = LOG.receipt(3), LOG.bodies[3]
    for bit in range(len(token) * 8):
        changed = bytearray(token.encode())
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CertsError):
            verify_receipt(changed.decode("utf-8", "replace"), body, LOG.keys)
    for bit in range(len(body) * 8):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CertsError):
            verify_receipt(token, bytes(changed), LOG.keys)


def test_a_damaged_signature_is_named() -> None:
    head, _, _ = LOG.receipt(3).rpartition(".")
    with pytest.raises(InvalidSignature):
        verify_receipt(f"{head}.{LOG.receipt(4).rpartition('.')[2]}", LOG.bodies[3], LOG.keys)


# ---- tlog-proofs


def test_every_entry_is_proven() -> None:
    for index, body in enumerate(LOG.bodies):
        found, checkpoint = verify_proof(LOG.proof(index), body, LOG.log)
        assert (found, checkpoint.size) == (index, len(LOG.bodies))


def test_every_single_bit_of_a_proof_counts() -> None:
    proof = LOG.proof(5).encode()
    for bit in range(len(proof) * 8):
        changed = bytearray(proof)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            verify_proof(changed.decode("utf-8", "replace"), LOG.bodies[5], LOG.log)


def test_a_proof_of_another_entry_is_refused() -> None:
    for index in range(len(LOG.bodies)):
        for other in range(len(LOG.bodies)):
            if index != other:
                with pytest.raises(ProofInvalid):
                    verify_proof(LOG.proof(index), LOG.bodies[other], LOG.log)


def test_a_proof_without_a_trusted_checkpoint_is_refused() -> None:
    """sigstore-java #654: a path to a root that nobody signed."""
    forged = small_log(11)
    hashes = path(5, LOG.bodies)
    for checkpoint in ("", "\n", forged.checkpoint, LOG.checkpoint.partition("\n\n")[0] + "\n\n"):
        with pytest.raises(EvidenceError):
            verify_proof(render_proof(5, hashes, checkpoint), LOG.bodies[5], LOG.log)
    with pytest.raises(EvidenceError):
        verify_proof(render_proof(5, hashes, LOG.signed(8)), LOG.bodies[5], LOG.log)
    with pytest.raises(EvidenceError):
        verify_proof(LOG.proof(5), LOG.bodies[5], replace(LOG.log, keys=()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "A" * 43 + "=\n" * 70,
        "c2sp.org/tlog-proof@v1\nindex 0\n" + ("A" * 43 + "=\n") * 64 + "\nx",
    ],
)
def test_malformed_proofs_are_refused(text: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_proof(text)


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 10), st.integers(0, 11), st.lists(st.sampled_from(range(12)), max_size=6), st.integers(1, 11))
def test_forged_proofs_from_real_hashes_are_refused(entry: int, index: int, parts: list[int], size: int) -> None:
    """Genuine hashes and genuine checkpoints, joined wrongly."""
    pool = [*path(0, LOG.bodies), *path(5, LOG.bodies), *path(10, LOG.bodies)]
    hashes = [pool[part % len(pool)] for part in parts]
    genuine = index == entry and size > entry and hashes == path(entry, LOG.bodies[:size])
    text = render_proof(index, hashes, LOG.signed(size))
    if genuine:
        verify_proof(text, LOG.bodies[entry], LOG.log)
        return
    with pytest.raises(ProofInvalid):
        verify_proof(text, LOG.bodies[entry], LOG.log)


def test_an_instant_has_one_spelling_in_every_time_zone() -> None:
    shanghai = START.astimezone(timezone(timedelta(hours=8)))
    assert encode_entry(replace(FACTS, at=shanghai), KEY) == encode_entry(FACTS, KEY)
