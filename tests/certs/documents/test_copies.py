"""Terms of purpose-marked copies: what is refused, how they are read back, until when they are good."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.copies.errors import CopyTermsRefused
from certs.copies.terms import (
    MAX_DAYS,
    MAX_TEXT,
    WORDS,
    CopyTerms,
    check_terms,
    code_of,
    judge_copy,
    read_code,
    terms_in,
    terms_json,
)
from certs.crypto.strict_json import canonical, loads_object
from certs.model import Outcome, day_ends
from certs.ofd.certificate import COPY_NAME
from certs.ofd.errors import DocumentMalformed
from tests.certs.layout.samples import certificate_of_type

MADE = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in China
CODE = code_of(bytes(range(18)))


def terms_of(slug: str = "marriage", **changed: object) -> CopyTerms:
    about = CopyTerms(
        original=certificate_of_type(slug).identifier,
        purpose="申请住房贷款",
        matter="个人住房贷款审批",
        recipient="339900测试银行股份有限公司",
        valid_until=date(2026, 12, 22),
        code=CODE,
        made_at=MADE,
    )
    return replace(about, **changed)  # type: ignore[arg-type]  # names and values come from the test


def test_terms_come_back_from_what_is_attached() -> None:
    terms = terms_of()
    assert terms_in({COPY_NAME: terms_json(terms)}) == terms
    assert terms_in({"certificate.json": b"{}"}) is None


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=MAX_TEXT),
    st.integers(0, MAX_DAYS),
    st.binary(min_size=18, max_size=18),
)
def test_any_good_terms_come_back_equal(text: str, days: int, random_bytes: bytes) -> None:
    terms = terms_of(
        purpose=text, recipient=text, code=code_of(random_bytes), valid_until=date(2026, 11, 22) + timedelta(days=days)
    )
    assert terms_in({COPY_NAME: terms_json(terms)}) == terms
    assert read_code(terms.code.lower().replace("-", " ")) == terms.code


@pytest.mark.parametrize(
    ("changed", "where", "reason"),
    [
        ({"purpose": ""}, "purpose", "empty"),
        ({"matter": "  "}, "matter", "empty"),
        ({"recipient": "行" * (MAX_TEXT + 1)}, "recipient", "too-long"),
        ({"purpose": "贷款\n有效期至2099年"}, "purpose", "not-plain"),
        ({"purpose": "贷款\u202e使用"}, "purpose", "not-plain"),
        ({"purpose": " 贷款"}, "purpose", "not-plain"),
        ({"purpose": "a  b"}, "purpose", "not-plain"),
        ({"matter": "\ue000"}, "matter", "not-plain"),
        ({"recipient": "张某33990019850307002x"}, "recipient", "personal"),
        ({"valid_until": date(2026, 11, 21)}, "valid_until", "not-in-term"),
        ({"valid_until": date(2026, 11, 22) + timedelta(days=MAX_DAYS + 1)}, "valid_until", "not-in-term"),
        ({"code": CODE.lower()}, "code", "not-plain"),
        ({"code": CODE[:-5]}, "code", "not-plain"),
        ({"made_at": MADE.replace(microsecond=1)}, "made_at", "not-plain"),
    ],
)
def test_terms_that_cannot_be_are_refused_made_or_read(changed: dict[str, object], where: str, reason: str) -> None:
    terms = replace(terms_of(), **changed)  # type: ignore[arg-type]  # names and values from the table above
    if reason == "personal":
        terms = replace(terms, recipient="张某" + _citizen_id())
    with pytest.raises(CopyTermsRefused) as refused:
        check_terms(terms)
    assert (refused.value.where, refused.value.reason) == (where, reason)
    with pytest.raises(DocumentMalformed):
        terms_in({COPY_NAME: terms_json(terms)})


def _citizen_id() -> str:
    return next(h.code for h in certificate_of_type("marriage").holders)


def test_attached_terms_are_read_in_their_one_form_only() -> None:
    other: tuple[object, ...] = (None, [], {}, 7)
    good = terms_json(terms_of())
    members = loads_object(good)
    wrong = [
        b"",
        b"[]",
        good + b" ",
        good.replace(b'"v":1', b'"v":2'),
        good.replace(b'"v":1', b'"v":1,"v":1'),
        canonical({**members, "kind": "original"}),
        canonical({**members, "more": "1"}),
        canonical({**members, "valid_until": "20261222"}),
        canonical({**members, "made_at": "2026-11-22T12:00:00+08:00"}),
        canonical({**members, "original": str(members["original"]).removeprefix("1.2.156.3005.2.")}),
        *(canonical({k: v for k, v in members.items() if k != name}) for name in members),
        *(canonical({**members, name: value}) for name, value in product(members, other)),
    ]
    for one in wrong:
        with pytest.raises(DocumentMalformed, match=COPY_NAME):
            terms_in({COPY_NAME: one})


@pytest.mark.parametrize(
    "made", ["0001-01-01T00:00:00+08:00", "9999-12-31T20:00:00+00:00", "9999-12-01T00:00:00+00:00"]
)
def test_times_at_the_ends_of_all_years_are_refused_like_others(made: str) -> None:
    members = loads_object(terms_json(terms_of()))
    with pytest.raises(DocumentMalformed):
        terms_in({COPY_NAME: canonical({**members, "made_at": made, "valid_until": made[:10]})})


def test_a_copy_from_the_first_second_of_time_is_over() -> None:
    first = replace(terms_of(), made_at=datetime(1, 1, 1, tzinfo=UTC), valid_until=date(1, 1, 1))
    assert judge_copy(first, at=MADE).code == "copy-over"


def test_a_copy_is_good_to_the_last_moment_of_its_last_day_in_china() -> None:
    terms = terms_of(valid_until=date(2026, 12, 22))
    last = datetime(2026, 12, 22, 15, 59, 59, 999_999, tzinfo=UTC)
    assert day_ends(terms.valid_until) == last + timedelta(microseconds=1)
    assert judge_copy(terms, at=last).outcome is Outcome.PASS
    over = judge_copy(terms, at=last + timedelta(microseconds=1))
    assert (over.outcome, over.code, over.evidence["until"]) == (Outcome.FAIL, "copy-over", "2026-12-22")
    assert WORDS[over.code].zh.startswith("过了用途期限")


def test_a_copy_for_one_day_is_good_that_day_and_not_before_it_was_made() -> None:
    terms = terms_of(valid_until=date(2026, 11, 22))
    check_terms(terms)
    assert judge_copy(terms, at=MADE).outcome is Outcome.PASS
    assert judge_copy(terms, at=MADE - timedelta(hours=1)).code == "copy-not-yet-made"
    # 23:30 in China on the 21st is the 21st, though the 22nd has begun nowhere else
    late = terms_of(made_at=datetime(2026, 11, 21, 15, 30, tzinfo=UTC), valid_until=date(2026, 11, 21))
    check_terms(late)
    assert judge_copy(late, at=datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)).outcome is Outcome.PASS
    assert judge_copy(late, at=datetime(2026, 11, 21, 16, 0, tzinfo=UTC)).outcome is Outcome.FAIL


def test_a_withdrawn_copy_is_good_until_that_moment() -> None:
    terms, moment = terms_of(), MADE + timedelta(days=1)
    before, after = (judge_copy(terms, at=moment + timedelta(seconds=s), withdrawn_at=moment) for s in (-1, 0))
    assert before.outcome is Outcome.PASS
    assert (after.outcome, after.code) == (Outcome.FAIL, "copy-withdrawn")
    # said even when its term is over as well: the holder's will is the better reason
    assert judge_copy(terms, at=MADE + timedelta(days=90), withdrawn_at=moment).code == "copy-withdrawn"


def test_every_word_finds_its_evidence() -> None:
    terms = terms_of()
    times = (MADE, MADE - timedelta(days=1), MADE + timedelta(days=90))
    for at, withdrawn_at in product(times, (None, MADE)):
        found = judge_copy(terms, at=at, withdrawn_at=withdrawn_at)
        assert WORDS[found.code].zh.format_map(found.evidence)
        assert "{" not in WORDS[found.code].en.format_map(found.evidence)


def test_codes_are_140_bits_in_a_form_people_can_type() -> None:
    assert code_of(b"\0" * 18) == "-".join(["0000"] * 7)
    assert len({code_of((1 << bit).to_bytes(18, "big")) for bit in range(140)}) == 140
    with pytest.raises(ValueError, match="random"):
        code_of(bytes(17))
    assert read_code("o" * 14 + "Il" * 7) == "0000-0000-0000-0011-1111-1111-1111"
    for none in ("", CODE[:-1], CODE + "0", CODE.replace(CODE[0], "U"), CODE + " " * 100, "号" * 28):
        assert read_code(none) is None
