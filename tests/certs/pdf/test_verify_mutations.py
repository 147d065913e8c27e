"""No byte of a sealed PDF can be changed, lost, added or moved and the file still be 有效."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.model import Verdict
from tests.certs.pdf.judged import LEVELS, copy_pdf, hanko_signed, hub_pdf, judge, verdict, web_page
from tests.certs.pki.world import flipped

STEP_OF_PAGE, STEP_OF_SEAL, STEP_OF_VALUE = 1499, 211, 61
levels = pytest.mark.parametrize("level", LEVELS)


def places(good: bytes) -> list[int]:
    """Some bytes of the page, more of what sealing added, all around the signatures' ranges and values."""
    own = good.index(b"%%EOF\n") + 6
    found = {*range(0, own, STEP_OF_PAGE), *range(own, len(good), STEP_OF_SEAL), *range(len(good) - 30, len(good))}
    at = good.find(b"/ByteRange", own)
    while at >= 0:
        found |= set(range(at, at + 70, 2))
        at = good.find(b"/ByteRange", at + 1)
    return sorted(found)


@levels
def test_no_flipped_bit_is_valid(level: str) -> None:
    good = hub_pdf(level=level)
    for place in places(good):
        assert verdict(flipped(good, place, place % 8)) is not Verdict.VALID, place


@levels
def test_nothing_inside_the_signature_value_is_free(level: str) -> None:
    """Certificates and time-stamps beside the signature, too: every place of the first value, one bit each."""
    good = hub_pdf(level=level)
    opening = good.index(b"/Contents<") + 10
    closing = good.index(b">", opening)
    filled = len(good[opening:closing].rstrip(b"0"))
    for place in [*range(opening, opening + filled, STEP_OF_VALUE), closing - 1, closing]:
        digit = b"0123456789abcdef".find(good[place : place + 1])
        changed = b"%x" % ((digit ^ 1 << place % 4) % 16) if digit >= 0 else b"x"
        case = good[:place] + changed + good[place + 1 :]
        assert case != good
        assert verdict(case) is not Verdict.VALID, place


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file and what became of it: bytes flipped, deleted, inserted, copied or exchanged."""
    level = draw(st.sampled_from(LEVELS))
    good = hub_pdf(level=level)
    data = good
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(1, 60))
        other = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(["flip", "delete", "insert", "repeat", "swap", "zero"]))
        piece = data[at : at + length]
        if kind == "flip":
            data = flipped(data, at, draw(st.integers(0, 7)))
        elif kind == "delete":
            data = data[:at] + data[at + length :]
        elif kind == "insert":
            data = data[:at] + draw(st.binary(min_size=1, max_size=20)) + data[at:]
        elif kind == "repeat":
            data = data[:other] + piece + data[other:]
        elif kind == "zero":
            data = data[:at] + b"0" * len(piece) + data[at + length :]
        else:
            low, high = sorted((at, other))
            parts = (data[:low], data[low : low + length], data[low + length : high], data[high : high + length])
            data = parts[0] + parts[3] + parts[2] + parts[1] + data[high + length :]
    return level, data


@settings(max_examples=500, deadline=None)
@given(mutations())
def test_no_mutation_is_valid(case: tuple[str, bytes]) -> None:
    level, data = case
    if data != hub_pdf(level=level):
        assert verdict(data) is not Verdict.VALID


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cutting_at_any_place_is_not_valid(draw: st.DataObject) -> None:
    """But for one: without its archive revision, a B-LTA file is the B-T file it was."""
    good = hub_pdf(level="B-LTA")
    ends = [i + 6 for i in range(len(good)) if good.startswith(b"%%EOF\n", i)]
    length = draw.draw(st.integers(0, len(good) - 1) | st.sampled_from(ends[:-1]))
    expected = length == ends[-2]
    assert (verdict(good[:length]) is Verdict.VALID) is expected
    assert verdict(good[length:]) is not Verdict.VALID or length == 0


def test_parts_of_two_good_files_are_not_a_third() -> None:
    """Whole revisions exchanged between documents: page of one, seal of another."""
    files = [hub_pdf("marriage"), hub_pdf("marriage", "B-T"), hub_pdf("household"), copy_pdf()]
    cuts = [data.index(b"%%EOF\n") + 6 for data in files]
    for first, cut in zip(files, cuts, strict=True):
        for second, other in zip(files, cuts, strict=True):
            mixed = first[:cut] + second[other:]
            if mixed not in files:
                assert verdict(mixed) is Verdict.INVALID


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_mutation_of_a_foreign_file_raises_or_is_valid(data: st.DataObject) -> None:
    """Pieces of syntax put where they do not belong, so that the strict reader meets every kind of surprise."""
    good = hanko_signed(web_page(), certify=True)
    pieces = [
        b"<<", b">>", b"[", b"]", b"(", b")", b"endobj\n", b"stream\n", b"xref\n", b"0 1\n", b"trailer", b"/Prev 9",
        b"startxref\n", b"%%EOF\n", b"-1", b"9 0 R", b"/Type/ObjStm", b"/Kids[1 0 R]", b"null", b"/Length 9 0 R", b"\0",
    ]  # fmt: skip
    changed = good
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed)) | st.integers(max(0, len(changed) - 3000), len(changed)))
        drop = data.draw(st.integers(0, 30))
        changed = changed[:at] + data.draw(st.sampled_from(pieces)) + changed[at + drop :]
    assert judge(changed).report.verdict is not Verdict.VALID


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(alphabet="%PDF-1.7\n0 obj<</>>[]()xreftrailersRoot9", max_size=200).map(str.encode)
)
def test_junk_is_never_more_than_a_finding(junk: bytes) -> None:
    for data in (junk, b"%PDF-1.7\n" + junk, b"%PDF-1.7\n" + junk + b"\nstartxref\n9\n%%EOF\n"):
        assert verdict(data) is not Verdict.VALID
