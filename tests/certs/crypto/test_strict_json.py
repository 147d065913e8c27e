"""Strict JSON and base64url: one spelling, one meaning (attack rows 7-9)."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certs.crypto import base64url
from certs.crypto.salts import SaltPool
from certs.crypto.strict_json import canonical, dumps, dumps_each, loads_object, loads_strict
from certs.errors import EncodingRefused, JsonRefused

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_written_reads_back_in_every_layout(value: Any) -> None:
    assert loads_strict(dumps(value)) == value
    assert loads_strict(canonical(value)) == value
    assert loads_strict(json.dumps(value, indent=1).encode()) == value


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9)))
def test_canonical_does_not_depend_on_the_order(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))
    assert list(json.loads(canonical(value))) == sorted(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"sub":1,"sub":2}',
        '{"sub":1, "sub":1}',
        r'{"sub":1,"su\u0062":2}',
        '{"a":{"b":[{"c":1,"c":1}]}}',
        '{"a":NaN}',
        "[Infinity]",
        "[-Infinity]",
        "[1e999]",
        "[-1e999]",
        "[18446744073709551616]",
        "[-9223372036854775809]",
        "[1" + "0" * 5000 + "]",
        r'["\ud800"]',
        "",
        "{",
        "[1,]",
        "{'a':1}",
        '["a" "b"]',
        "[01]",
        "1 2",
        "\ufeff[]",
        '["\t"]',
    ],
)
def test_json_with_two_meanings_or_none_is_refused(text: str) -> None:
    with pytest.raises(JsonRefused):
        loads_strict(text.encode())


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b"\x00", "[]".encode("utf-16")])
def test_json_that_is_not_utf8_is_refused(data: bytes) -> None:
    with pytest.raises(JsonRefused):
        loads_strict(data)


@pytest.mark.parametrize("depth", [33, 1000, 100_000])
@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}")])
def test_depth_bombs_are_refused(depth: int, shape: tuple[str, str]) -> None:
    opening, closing = shape
    inner = "" if opening == "[" else "1"
    with pytest.raises(JsonRefused):
        loads_strict((opening * depth + inner + closing * depth).encode(), max_bytes=2**20)
    with pytest.raises(JsonRefused):
        loads_strict((opening * depth).encode(), max_bytes=2**20)


def test_depth_counts_nesting_and_not_brackets() -> None:
    assert loads_strict(b"[" * 32 + b"]" * 32)
    assert loads_strict(b"[" + b",".join([b"[]"] * 500) + b"]")


def test_size_and_kind_are_limits() -> None:
    with pytest.raises(JsonRefused):
        loads_strict(b'"' + b"a" * 100 + b'"', max_bytes=100)
    with pytest.raises(JsonRefused):
        loads_object(b"[]")


@pytest.mark.parametrize("value", [nan, inf, [None, {"a": -inf}], 2**64, {1: 2}, b"x", {"a": object()}])
def test_values_without_a_json_form_are_not_written(value: object) -> None:
    with pytest.raises(JsonRefused):
        dumps(value)
    with pytest.raises(JsonRefused):
        canonical(value)


@pytest.mark.parametrize("value", [2**64, "\ud800", b"x", {1: 2}])
def test_many_values_are_written_as_each_and_refused_as_each(value: object) -> None:
    assert dumps_each([1, ("a", None), "测"]) == [dumps(1), dumps(("a", None)), dumps("测")]
    with pytest.raises(JsonRefused):
        dumps_each([1, value])


@given(st.binary())
@example(b"")
def test_base64url_round_trips(data: bytes) -> None:
    text = base64url.encode(data)
    assert base64url.decode(text) == data
    for spoiled in (text + "=", text + "\n", " " + text, text + "A" * (4 - len(text) % 4) + "!"):
        with pytest.raises(EncodingRefused):
            base64url.decode(spoiled)


@pytest.mark.parametrize(
    "text", ["QR", "QQ==", "QQ=", "Q", "+/", "a+b_", "Q Q", "QQ\n", "QQé", "ＱＱ", "QUJD====", "=QQ"]
)
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(EncodingRefused):
        base64url.decode(text)


@given(st.lists(st.binary()))
@example([])
@example([b"", b"a", b"", b"\xff\xef\xbe", b""])
def test_base64url_in_one_pass_is_the_same(values: list[bytes]) -> None:
    one_by_one = [base64url.encode(value) for value in values]
    assert base64url.encode_each(values) == one_by_one
    assert base64url.encode_lines(values) == "".join(f"{text}\n" for text in one_by_one).encode()


def test_salts_are_long_and_never_repeat() -> None:
    pool = SaltPool()
    salts = [pool() for _ in range(2000)]
    assert len(set(salts)) == 2000
    assert {len(salt) for salt in salts} == {22}
    assert len(set("".join(salts))) == 64


def test_no_salt_is_given_twice_by_threads_that_share_a_pool() -> None:
    pool, counts = SaltPool(), [*range(40), 257, 600] * 8
    with ThreadPoolExecutor(8) as threads:
        shares = list(threads.map(pool.take, counts))
    assert [len(share) for share in shares] == counts
    salts = [salt for share in shares for salt in share]
    assert len(set(salts)) == len(salts)


def test_a_forked_child_does_not_give_the_salts_of_its_parent() -> None:
    pool = SaltPool()
    pool()
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(writing, "".join(pool.take(100)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    theirs = {text[at : at + 22] for at in range(0, len(text), 22)}
    assert len(theirs) == 100
    assert theirs.isdisjoint(pool.take(300))
