from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from adapters.checks import is_citizen_id, is_phone, is_uscc
from adapters.dates import iso_date, pattern_of
from tests.adapters.world import citizen_id

ORG_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def judge(values: list[str | None], check: pl.Expr) -> list[bool | None]:
    return pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}).select(check).to_series().to_list()


def right_uscc(head: str, body: str) -> str:
    total = sum(int(c, 36) * w for c, w in zip(body, WEIGHTS, strict=True))
    code = head + body + "0123456789X"[(11 - total % 11) % 11]
    return code + str(uscc.calc_check_digit(code))


DAYS = st.dates(date(1850, 1, 1), date(2100, 1, 1))


@given(st.lists(st.tuples(DAYS, st.integers(0, 999), st.integers(0, 10)), min_size=1))
def test_citizen_ids_agree_with_stdnum(parts: list[tuple[date, int, int]]) -> None:
    bodies = [f"110101{day:%Y%m%d}{serial:03d}" for day, serial, _ in parts]
    numbers = [body + "0123456789X"[digit] for body, (_, _, digit) in zip(bodies, parts, strict=True)]
    expected = [ric.calc_check_digit(number) == number[-1] for number in numbers]
    assert judge(list(numbers), is_citizen_id(pl.col("x"))) == expected
    right = [body + ric.calc_check_digit(body + "0") for body in bodies]
    assert all(judge(list(right), is_citizen_id(pl.col("x"))))


def test_citizen_ids_that_only_look_right_are_refused() -> None:
    good = citizen_id(7)
    bad_days = [citizen_id(7, day) for day in ("19810229", "19801301", "19800001", "19800431", "17991231")]
    odd = [good[:-1] + "x", good + " ", " " + good, good[:17], good + "0", "", "\uff13" + good[1:], good[:-1] + "\n"]
    assert judge([good, citizen_id(7, "20000229"), None], is_citizen_id(pl.col("x"))) == [True, True, None]
    assert not any(judge([*bad_days, *odd], is_citizen_id(pl.col("x"))))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["11339900", "91330100", "12110108", "51339900"]),
            st.text(ORG_ALPHABET, min_size=8, max_size=8),
            st.sampled_from(ORG_ALPHABET),
        ),
        min_size=1,
    )
)
def test_social_credit_codes_agree_with_stdnum(parts: list[tuple[str, str, str]]) -> None:
    right = [right_uscc(head, body) for head, body, _ in parts]
    assert all(judge(list(right), is_uscc(pl.col("x"))))
    other = [code[:-1] + last for code, (_, _, last) in zip(right, parts, strict=True)]

    def oracle(code: str) -> bool:
        try:
            return bool(uscc.validate(code) == code)
        except ValidationError:
            return False

    assert judge(list(other), is_uscc(pl.col("x"))) == [oracle(code) for code in other]


def test_the_organization_code_inside_has_its_own_check_digit() -> None:
    good = right_uscc("11339900", "MB900001")
    assert good == "11339900MB9000015P"
    broken = good[:16] + "6"
    broken += str(uscc.calc_check_digit(broken))
    assert uscc.is_valid(broken)
    codes = [good, broken, "11339900MB900004X5", "11339900MB90000585", good.lower(), good + " ", None]
    assert judge(codes, is_uscc(pl.col("x"))) == [True, False, True, True, False, False, None]


def test_dates_are_strict() -> None:
    given_ = ["20240229", "20230229", "2024 229", "+2024229", "202402290", "00000000", "20241301", None]
    frame = pl.DataFrame({"x": given_}).select(iso_date(pl.col("x"), ("%Y%m%d",))).to_series().to_list()
    assert frame == ["2024-02-29", *[None] * 7]
    both = ["2024年02月29日", "29.02.2024 13:59:59", "29.02.2024 1:59:59"]
    formats = ("%Y年%m月%d日", "%d.%m.%Y %H:%M:%S")
    found = pl.DataFrame({"x": both}).select(iso_date(pl.col("x"), formats)).to_series().to_list()
    assert found == ["2024-02-29", "2024-02-29", None]


def test_database_timestamps_give_their_day() -> None:
    texts = ["2026-01-01 08:00:07+08", "2026-01-01 08:00:07.123456+08", "2026-01-01 08:00:07", "infinity"]
    found = pl.DataFrame({"x": texts}).select(iso_date(pl.col("x"), ("%Y-%m-%d %H:%M:%S%f%z",))).to_series()
    assert found.to_list() == ["2026-01-01", "2026-01-01", None, None]
    for wrong in ("%Y%f%m%d", "%Y-%m-%d%j", "%Y-%m", "%Y%m%d%d"):
        with pytest.raises(ValueError, match="%"):
            pattern_of(wrong)


def test_phones() -> None:
    numbers = ["13800000000", "0571-88888888", "12800000000", "1380000000", "13800000000 ", None]
    assert judge(numbers, is_phone(pl.col("x"))) == [True, True, False, False, False, None]
