"""How values look: masks, times, codes, languages, QR."""

from datetime import UTC, date, datetime

import pytest

from exchange.console.problems import FormIncomplete
from exchange.console.text import day, grouped, marked, masked, moment, qr_svg
from exchange.console.views.clerk import last_moment


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("339900199003070028", "339***********0028"),
        ("91339900MA90000012", "913***********0012"),
        ("欧阳䶮", "欧**"),
        ("王", "王**"),
        ("", "**"),
        ("12345", "1****"),
    ],
)
def test_masks(value: str, shown: str) -> None:
    assert masked(value) == shown


def test_times_are_chinese_and_machine_readable() -> None:
    html = moment(datetime(2026, 12, 31, 16, 0, 1, 999, tzinfo=UTC))
    assert html == '<time datetime="2026-12-31T16:00:01+00:00">2027-01-01 00:00:01</time>'
    assert moment(None) == "—"


def test_open_ended_terms_have_words() -> None:
    assert day(None, "长期") == "长期"
    assert day(date(2046, 5, 1), "长期") == "2046-05-01"


def test_codes_are_read_in_groups() -> None:
    assert grouped("31415926") == "3141 5926"


def test_chinese_is_marked_on_english_pages_only_and_always_escaped() -> None:
    assert marked("<b>", "en") == "&lt;b&gt;"
    assert marked("䶮<", "en") == '<span lang="zh-CN">䶮&lt;</span>'
    assert marked("𫄷", "en") == '<span lang="zh-CN">𫄷</span>'
    assert marked("\ue863", "en") == '<span lang="zh-CN">\ue863</span>'
    assert marked("䶮<", "zh") == "䶮&lt;"


def test_qr_is_an_svg_with_a_quiet_zone_on_white() -> None:
    svg = qr_svg("31415926").decode()
    assert 'width="232" height="232"' in svg, "21 modules and 4 + 4 of quiet zone, 8 pixels each"
    assert "#fff" in svg
    assert "style=" not in svg
    assert qr_svg("31415926") != qr_svg("31415927")


def test_last_day_ends_in_china() -> None:
    assert last_moment("") is None
    end = last_moment("2027-03-31")
    assert end is not None
    assert end.astimezone(UTC) == datetime(2027, 3, 31, 16, tzinfo=UTC)
    for wrong in ("31.3.2027", "2027-02-30", "9999-12-31"):
        with pytest.raises(FormIncomplete):
            last_moment(wrong)
