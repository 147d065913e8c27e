"""Boundary days of the statutory clocks over the 2026 calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.clocks import (
    CHINA_STANDARD_TIME,
    TERMS,
    Calendar,
    ClockKind,
    deadline,
    working_days_left,
)
from catalog.errors import CalendarMissingError, CatalogueInvalidError, LongerTermError
from catalog.loader import parse_calendar
from catalog.samples import sample_calendar

CALENDAR = parse_calendar(sample_calendar())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA_STANDARD_TIME)


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        (ClockKind.REPLY_UNCONDITIONAL, "2026-11-20T09:00", "2026-11-23"),  # Friday -> Monday
        (ClockKind.REPLY_UNCONDITIONAL, "2026-11-22T09:00", "2026-11-23"),  # received on a Sunday
        (ClockKind.REPLY_UNCONDITIONAL, "2026-09-30T17:00", "2026-10-08"),  # over the National Day holiday
        (ClockKind.REPLY_UNCONDITIONAL, "2026-10-09T09:00", "2026-10-10"),  # a make-up Saturday counts
        (ClockKind.REPLY_CONDITIONAL, "2026-11-23T09:00", "2026-12-07"),
        (ClockKind.REPLY_CONDITIONAL, "2026-02-12T09:00", "2026-03-04"),  # spring festival, two make-up days
        (ClockKind.DELIVERY, "2026-11-23T09:00", "2026-12-21"),
        (ClockKind.CORRECTION, "2026-04-29T09:00", "2026-05-15"),
        (ClockKind.CATALOGUE_UPDATE, "2026-11-23T09:00", "2026-12-07"),
        (ClockKind.CATALOGUE_PUBLISH, "2026-06-18T09:00", "2026-06-23"),
    ],
)
def test_due_days(kind: ClockKind, received: str, due: str) -> None:
    assert deadline(CALENDAR, kind, local(received)).due_on == date.fromisoformat(due)


def test_the_day_of_receipt_is_a_day_in_china() -> None:
    just_before = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert deadline(CALENDAR, ClockKind.REPLY_UNCONDITIONAL, just_before).due_on == date(2026, 11, 24)
    assert deadline(CALENDAR, ClockKind.REPLY_UNCONDITIONAL, midnight).due_on == date(2026, 11, 25)


def test_overdue_begins_with_the_end_of_the_last_day() -> None:
    end = deadline(CALENDAR, ClockKind.REPLY_UNCONDITIONAL, local("2026-11-23T09:00"))
    assert end.overdue_from == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert not end.is_overdue(end.overdue_from - timedelta(microseconds=1))
    assert end.is_overdue(end.overdue_from)
    assert working_days_left(CALENDAR, end, local("2026-11-23T09:00")) == 1
    assert working_days_left(CALENDAR, end, local("2026-11-24T23:59")) == 0
    assert working_days_left(CALENDAR, end, local("2026-12-24T09:00")) == 0


def test_extensions_and_shorter_terms_stay_within_the_decree() -> None:
    start = local("2026-11-23T09:00")
    extended = deadline(CALENDAR, ClockKind.REPLY_CONDITIONAL, start, extension=10)
    assert extended.due_on == date(2026, 12, 21)
    short = deadline(CALENDAR, ClockKind.DELIVERY, start, shorter={ClockKind.DELIVERY: 1})
    assert short.due_on == date(2026, 11, 24)
    with pytest.raises(LongerTermError):
        deadline(CALENDAR, ClockKind.REPLY_CONDITIONAL, start, extension=11)
    with pytest.raises(LongerTermError):
        deadline(CALENDAR, ClockKind.DELIVERY, start, extension=1)
    with pytest.raises(LongerTermError):
        deadline(CALENDAR, ClockKind.DELIVERY, start, shorter={ClockKind.DELIVERY: 21})
    with pytest.raises(LongerTermError):
        deadline(CALENDAR, ClockKind.DELIVERY, start, shorter={ClockKind.DELIVERY: 0})


def test_a_deadline_into_a_year_without_notice_is_provisional_and_beyond_is_refused() -> None:
    assert deadline(CALENDAR, ClockKind.DELIVERY, local("2026-12-15T09:00")).provisional
    assert not deadline(CALENDAR, ClockKind.DELIVERY, local("2026-11-23T09:00")).provisional
    with pytest.raises(CalendarMissingError):
        deadline(CALENDAR, ClockKind.DELIVERY, local("2027-12-20T09:00"))


def test_every_clock_has_its_term_and_article() -> None:
    assert {kind: (term.days, term.extension) for kind, term in TERMS.items()} == {
        ClockKind.CATALOGUE_UPDATE: (10, 5),
        ClockKind.CATALOGUE_PUBLISH: (2, 0),
        ClockKind.REPLY_UNCONDITIONAL: (1, 0),
        ClockKind.REPLY_CONDITIONAL: (10, 10),
        ClockKind.DELIVERY: (20, 0),
        ClockKind.CORRECTION: (10, 0),
    }


def test_the_sample_year_has_as_many_working_days_as_counted_by_hand() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    off = sum(1 for day in days if day.weekday() < 5 and day in CALENDAR.holidays)
    weekdays = sum(1 for day in days if day.weekday() < 5)
    assert sum(CALENDAR.is_working_day(day) for day in days) == weekdays - off + 6
    assert isinstance(CALENDAR, Calendar)


def test_a_wrong_calendar_is_refused_with_every_error() -> None:
    text = """
[[year]]
year = 2026
provisional = false
holidays = [2025-12-31]
makeup = [2026-01-05]
[[year]]
year = 2026
provisional = false
holidays = []
makeup = []
"""
    with pytest.raises(CatalogueInvalidError) as refused:
        parse_calendar(text)
    assert [(f.rule, f.line) for f in refused.value.findings] == [
        ("other-year", 5),
        ("makeup-day", 6),
        ("year-twice", 7),
    ]
