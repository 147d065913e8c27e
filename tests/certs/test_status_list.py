"""Token Status List: published example, round trips, refusals (attack row 32), size and speed."""

import random
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvc.status.issue import build_status_list_token, verify_status_list_token
from openvc.status.token_status_list import get_status

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.jws import sign_jws
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.keys import ephemeral_key
from certs.crypto.strict_json import dumps
from certs.errors import (
    CertsError,
    ClaimInvalid,
    ClaimMissing,
    KeyRoleRefused,
    StatusIndexOutOfRange,
    StatusListError,
    StatusListMalformed,
    StatusListMismatch,
    StatusListStale,
    StatusListTooLarge,
    TokenNotYetValid,
    TypeMismatch,
)
from certs.status_list import (
    Status,
    StatusList,
    apply,
    build,
    compress,
    decompress,
    read_status_reference,
    sign_status_list,
    status_reference,
    verify_status_list,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
URI = "https://hub.example/status/1"
KEY, ISSUER = ephemeral_key(Alg.ES256), ephemeral_key(Alg.ES256)
RING = KeyRing(
    [
        TrustedKey(KEY.verifier(), NOW - timedelta(1), NOW + timedelta(1), "status", "hub"),
        TrustedKey(ISSUER.verifier(), NOW - timedelta(1), NOW + timedelta(1), "issuer", "hub"),
    ]
)
RESOLVE = RING.resolver(at=NOW, role="status")


def check(token: str, **more: Any) -> StatusList:
    return verify_status_list(token, RESOLVE, **{"uri": URI, "now": NOW, **more})


def signed(entries: bytes | bytearray, **more: Any) -> str:
    terms: dict[str, Any] = {"lifetime": timedelta(hours=1), "ttl": timedelta(minutes=1), "now": NOW, **more}
    return sign_status_list(entries, KEY, uri=URI, **terms)


def handmade(status_list: object = ..., **claims: object) -> str:
    if status_list is ...:
        status_list = {"bits": 2, "lst": base64url.encode(compress(b"\xc9"))}
    full = {"sub": URI, "iat": SECONDS, "exp": SECONDS + 60, "status_list": status_list, **claims}
    return sign_jws(dumps({name: value for name, value in full.items() if value is not ...}), KEY, "statuslist+jwt")


def test_published_two_bit_example() -> None:
    """draft-ietf-oauth-status-list §4.1: 12 statuses in the bytes C9 44 F9."""
    statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    entries = build(12, {index: Status(value) for index, value in enumerate(statuses)})
    assert entries.hex() == "c944f9"
    found = check(signed(entries))
    assert [found.lookup(index, at=NOW) for index in range(found.size)] == statuses


def test_published_one_bit_example_of_others_is_understood() -> None:
    """draft-ietf-oauth-status-list §4.1: 16 one-bit statuses in the bytes B9 A3, with its published lst."""
    found = check(handmade({"bits": 1, "lst": "eNrbuRgAAhcBXQ"}))
    assert [found.raw(index) for index in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]


@settings(deadline=None)
@given(
    st.integers(1, 500).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.dictionaries(st.integers(0, size - 1), st.sampled_from(Status)),
            st.dictionaries(st.integers(0, size - 1), st.sampled_from(Status)),
        )
    )
)
def test_every_status_comes_back_also_after_changes(case: tuple[int, dict[int, Status], dict[int, Status]]) -> None:
    size, first, second = case
    entries = build(size, first)
    apply(entries, second)
    found = check(signed(entries))
    expected = {**first, **second}
    assert [found.lookup(index, at=NOW) for index in range(size)] == [
        expected.get(index, Status.VALID) for index in range(size)
    ]


@pytest.mark.parametrize("index", [-1, 12, 10**12])
def test_an_index_outside_is_refused_and_changes_nothing(index: int) -> None:
    entries = build(12, {})
    with pytest.raises(StatusIndexOutOfRange):
        apply(entries, {0: Status.INVALID, index: Status.INVALID})
    assert entries == build(12, {})
    with pytest.raises(StatusIndexOutOfRange) as caught:
        check(signed(entries)).lookup(index, at=NOW)
    assert (caught.value.index, caught.value.size) == (index, 12)


# ---- row 32 ----


def test_a_zlib_bomb_is_refused_before_it_inflates() -> None:
    bomb = zlib.compress(bytes(1_000_000_000 // 16), 9)
    began = time.perf_counter()
    with pytest.raises(StatusListTooLarge):
        check(handmade({"bits": 2, "lst": base64url.encode(bomb)}))
    with pytest.raises(StatusListTooLarge):
        decompress(zlib.compress(bytes(101)), 100)
    assert decompress(zlib.compress(bytes(100)), 100) == bytes(100)
    assert time.perf_counter() - began < 1


def test_lists_of_another_address_issuer_type_or_role_are_refused() -> None:
    with pytest.raises(StatusListMismatch):
        check(signed(b"\0"), uri="https://hub.example/status/2")
    with pytest.raises(StatusListMismatch):
        check(signed(b"\0", issuer="https://evil.example"), issuer="https://hub.example")
    with pytest.raises(StatusListMismatch):
        check(signed(b"\0"), issuer="https://hub.example")
    assert check(signed(b"\0", issuer="https://hub.example"), issuer="https://hub.example").kid == KEY.kid
    with pytest.raises(TypeMismatch):
        check(sign_jws(b"{}", KEY, "JWT"))
    terms: dict[str, Any] = {"uri": URI, "now": NOW, "lifetime": timedelta(1), "ttl": timedelta(1)}
    token = sign_status_list(b"\0", ISSUER, **terms)
    with pytest.raises(KeyRoleRefused):
        check(token)


@pytest.mark.parametrize("now", [NOW + timedelta(hours=1, seconds=30), NOW + timedelta(days=30)])
def test_an_expired_list_is_stale(now: datetime) -> None:
    with pytest.raises(StatusListStale):
        check(signed(b"\0"), now=now)


def test_a_list_without_end_is_stale_after_the_longest_age() -> None:
    endless = handmade(exp=...)
    assert check(endless).fresh_until == NOW + timedelta(days=1)
    with pytest.raises(StatusListStale):
        check(endless, now=NOW + timedelta(days=1, seconds=31))


def test_a_held_list_answers_until_its_ttl_and_no_longer() -> None:
    found = check(signed(b"\0"))
    assert found.fresh_until == NOW + timedelta(minutes=1)
    assert found.lookup(0, at=found.fresh_until) is Status.VALID
    with pytest.raises(StatusListStale):
        found.lookup(0, at=found.fresh_until + timedelta(seconds=1))
    assert check(handmade(ttl=253_402_300_799)).fresh_until == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("name", ["iat", "exp", "ttl"])
@pytest.mark.parametrize("value", ["5", True, 1.5, -1, 10**15, None])
def test_times_are_whole_seconds(name: str, value: object) -> None:
    with pytest.raises(ClaimInvalid):
        check(handmade(**{name: value}))


def test_a_list_from_the_future_or_without_time_is_refused() -> None:
    with pytest.raises(TokenNotYetValid):
        check(signed(b"\0", now=NOW + timedelta(seconds=31)))
    with pytest.raises(ClaimMissing):
        check(handmade(iat=...))


@pytest.mark.parametrize(
    "status_list",
    [
        None,
        [],
        {},
        {"bits": 2},
        {"bits": 3, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": True, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": "2", "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 2, "lst": 5},
        {"bits": 2, "lst": ""},
        {"bits": 2, "lst": "eNrbuRgAAhcBXQ=="},
        {"bits": 2, "lst": "eNrbuRgAAhcB"},
        {"bits": 2, "lst": base64url.encode(compress(b"\0") + b"more")},
        {"bits": 2, "lst": base64url.encode(zlib.compress(b"\0")[:-4] + b"\0\0\0\0")},
        {"bits": 2, "lst": base64url.encode(b"\x1f\x8b" + b"gzip")},
    ],
)
def test_malformed_lists_are_refused(status_list: object) -> None:
    with pytest.raises(StatusListMalformed):
        check(handmade(status_list))


def test_a_status_of_more_bits_than_we_know_is_not_valid() -> None:
    found = check(handmade({"bits": 4, "lst": base64url.encode(compress(b"\x40"))}))
    assert found.lookup(0, at=NOW) is Status.VALID
    with pytest.raises(StatusListMalformed):
        found.lookup(1, at=NOW)


def test_no_character_of_a_list_can_be_changed() -> None:
    token = signed(build(40, {7: Status.SUSPENDED}))
    for at in range(len(token)):
        for other in {"A", chr(ord(token[at]) ^ 1)} - {token[at]}:
            with pytest.raises(CertsError):
                check(token[:at] + other + token[at + 1 :])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_as_a_list_are_refused_with_a_typed_error(data: bytes) -> None:
    try:
        decompress(data)
    except StatusListError:
        return
    assert zlib.decompressobj().decompress(data) == decompress(data)


def test_the_reference_in_a_certificate() -> None:
    assert read_status_reference({"status": status_reference(URI, 7)}) == (URI, 7)
    with pytest.raises(ClaimMissing):
        read_status_reference({})
    bad: list[object] = [5, {}, {"status_list": 5}]
    bad += [{"status_list": {"uri": URI, "idx": index}} for index in (-1, "7", True, 1.0, None)]
    bad += [{"status_list": {"uri": 5, "idx": 7}}, {"status_list": {"idx": 7}}]
    for status in bad:
        with pytest.raises(ClaimInvalid):
            read_status_reference({"status": status})


# ---- others, size, speed ----


def test_openvc_reads_ours_and_we_read_theirs() -> None:
    entries = build(100, {3: Status.INVALID, 50: Status.SUSPENDED, 99: Status.APPLICATION_SPECIFIC})
    claims = verify_status_list_token(signed(entries), public_key_jwk=KEY.verifier().jwk(), expected_uri=URI, now=NOW)
    assert claims["status_list"]["bits"] == 2
    theirs = zlib.decompress(base64url.decode(claims["status_list"]["lst"]))
    assert [get_status(theirs, index, bits=2) for index in (0, 3, 50, 99)] == [0, 1, 2, 3]

    class OpenvcKey:
        alg, kid = "ES256", KEY.kid

        def sign(self, signing_input: bytes) -> bytes:
            return KEY.sign(signing_input)

    token = build_status_list_token(
        signing_key=OpenvcKey(), uri=URI, status_list=entries, bits=2, issued_at=NOW, expires=SECONDS + 60
    )
    assert check(token).lookup(50, at=NOW) is Status.SUSPENDED


def test_ten_million_entries_at_one_percent_in_two_seconds_and_150_kilobytes() -> None:
    chosen = random.Random(7).sample(range(10_000_000), 100_000)
    changes = {
        index: random.Random(index).choice((Status.INVALID, Status.INVALID, Status.SUSPENDED)) for index in chosen
    }
    one_kind = dict.fromkeys(chosen, Status.INVALID)
    began = time.process_time()
    data = compress(build(10_000_000, one_kind))
    assert time.process_time() - began < 2
    assert len(data) <= 150_000
    token = signed(build(10_000_000, changes))
    found = check(token)
    assert found.size == 10_000_000
    assert all(found.lookup(index, at=NOW) is changes[index] for index in chosen[:1000])
