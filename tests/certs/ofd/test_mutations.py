"""No mutation of a sealed document that changes what is seen or said verifies, and none escapes as an exception."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.errors import CertsError
from certs.model import Verdict
from certs.ofd.package import read_package
from certs.ofd.signing import SEAL_PATH, VALUE_PATH
from certs.ofd.writer import pack
from certs.pki import der
from certs.pki.der_reader import read
from tests.certs.ofd.resealing import PARTS, WORLD
from tests.certs.ofd.zips import Raw, build

SEALED = pack(PARTS)
PATHS = sorted(PARTS)
MANY = settings(max_examples=600, deadline=None)


def holds(content: bytes) -> None:
    """Valid only with every part byte for byte as sealed."""
    verdict = WORLD.verify(content).report.verdict
    if verdict is Verdict.VALID:
        assert dict(read_package(content)) == PARTS
    else:
        assert verdict is Verdict.INVALID, "the mutant of a good document is refused, not left open"


def test_the_unchanged_document_is_valid() -> None:
    holds(SEALED)
    assert WORLD.verify(SEALED).report.verdict is Verdict.VALID


@MANY
@given(at=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit(at: int, bit: int) -> None:
    holds(SEALED[:at] + bytes([SEALED[at] ^ 1 << bit]) + SEALED[at + 1 :])


@MANY
@given(
    start=st.integers(0, len(SEALED)),
    length=st.integers(0, 64),
    piece=st.binary(max_size=64),
    to=st.integers(0, len(SEALED)),
)
def test_bytes_cut_replaced_or_moved(start: int, length: int, piece: bytes, to: int) -> None:
    cut = SEALED[start : start + length]
    rest = SEALED[:start] + SEALED[start + length :]
    for content in (SEALED[:start] + piece + SEALED[start + length :], rest[:to] + cut + rest[to:]):
        holds(content)


@given(tail=st.binary(min_size=1, max_size=64))
def test_bytes_in_front_or_behind(tail: bytes) -> None:
    for content in (SEALED + tail, tail + SEALED, SEALED + SEALED):
        assert WORLD.verify(content).report.verdict is Verdict.INVALID


@MANY
@given(path=st.sampled_from(PATHS), data=st.data())
def test_a_changed_part_in_an_honest_package(path: str, data: st.DataObject) -> None:
    body = PARTS[path]
    at = data.draw(st.integers(0, max(len(body) - 1, 0)))
    piece = data.draw(st.binary(max_size=8))
    length = data.draw(st.integers(0, 8))
    changed = body[:at] + piece + body[at + length :]
    verdict = WORLD.verify({**PARTS, path: changed}).report.verdict
    assert (verdict is Verdict.VALID) == (changed == body)


@given(seed=st.integers(0, 1000), one=st.sampled_from(PATHS), other=st.sampled_from(PATHS))
def test_entries_dropped_doubled_swapped_renamed_added(seed: int, one: str, other: str) -> None:
    mutants = [
        {p: b for p, b in PARTS.items() if p != one},
        {**PARTS, one: PARTS[other], other: PARTS[one]},
        {**{p: b for p, b in PARTS.items() if p != one}, one + "x": PARTS[one]},
        {**PARTS, f"{one.rpartition('/')[0]}/new{seed}.xml".lstrip("/"): PARTS[other]},
    ]
    for parts in mutants:
        verdict = WORLD.verify(parts).report.verdict
        assert (verdict is Verdict.VALID) == (parts == PARTS)
    shuffled = list(PARTS.items())
    random.Random(seed).shuffle(shuffled)
    holds(pack(dict(shuffled)))
    doubled = build([Raw(p.encode(), b) for p, b in [*PARTS.items(), (one, PARTS[other])]])
    assert WORLD.verify(doubled).report.verdict is Verdict.INVALID


def elements(data: bytes, depth: int = 0) -> list[bytes]:
    """Every constructed or primitive value inside, so that mutations can hit the structure itself."""
    value = read(data)
    found = [value.raw]
    if value.tag in (der.SEQUENCE, der.constructed(0)) and depth < 8:
        for member in value.children:
            found += elements(member.raw, depth + 1)
    return found


VALUES = elements(PARTS[VALUE_PATH])


@MANY
@given(one=st.sampled_from(VALUES), other=st.sampled_from(VALUES))
def test_members_of_the_stamp_exchanged_for_one_another(one: bytes, other: bytes) -> None:
    changed = PARTS[VALUE_PATH].replace(one, other, 1)
    verdict = WORLD.verify({**PARTS, VALUE_PATH: changed}).report.verdict
    assert (verdict is Verdict.VALID) == (changed == PARTS[VALUE_PATH])


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_stamp_and_seal_is_a_finding(body: bytes) -> None:
    for parts in ({**PARTS, VALUE_PATH: body}, {**PARTS, VALUE_PATH: body, SEAL_PATH: body}):
        assert WORLD.verify(parts).report.verdict is not Verdict.VALID


@given(body=st.binary(max_size=2000))
def test_any_file_is_a_finding(body: bytes) -> None:
    try:
        assert WORLD.verify(body).report.verdict is Verdict.INVALID
    except CertsError as error:
        raise AssertionError("an exception instead of a finding") from error
