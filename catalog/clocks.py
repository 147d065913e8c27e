"""Statutory working-day clocks of 国令809 (Art. 17, 21, 22, 26) over a calendar with make-up days.

Counting: the day of receipt is day 0 and the next working day is day 1; the term ends with the last day in China
Standard Time. The decree names no pause. Its terms may be shortened by a city, never lengthened (Art. 23).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

from catalog.errors import CalendarMissingError, LongerTermError

CHINA_STANDARD_TIME = timezone(timedelta(hours=8), "CST")
_DAY = timedelta(days=1)
_SATURDAY = 5


class ClockKind(StrEnum):
    """What a department or the 主管部门 must do in time."""

    CATALOGUE_UPDATE = "catalogue-update"
    CATALOGUE_PUBLISH = "catalogue-publish"
    REPLY_UNCONDITIONAL = "reply-unconditional"
    REPLY_CONDITIONAL = "reply-conditional"
    DELIVERY = "delivery"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Term:
    """A statutory term in working days, the longest extension (0: none) and the article."""

    days: int
    extension: int
    article: str


TERMS: Mapping[ClockKind, Term] = MappingProxyType(
    {
        ClockKind.CATALOGUE_UPDATE: Term(10, 5, "国令809第十七条"),
        ClockKind.CATALOGUE_PUBLISH: Term(2, 0, "国令809第十七条"),
        ClockKind.REPLY_UNCONDITIONAL: Term(1, 0, "国令809第二十一条"),
        ClockKind.REPLY_CONDITIONAL: Term(10, 10, "国令809第二十一条"),
        ClockKind.DELIVERY: Term(20, 0, "国令809第二十二条"),
        ClockKind.CORRECTION: Term(10, 0, "国令809第二十六条"),
    }
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of the covered years: weekends and `holidays` are off, `makeup` weekend days are worked.

    `provisional` years have no State Council notice yet; deadlines that touch them may still move.
    """

    years: frozenset[int]
    holidays: frozenset[date]
    makeup: frozenset[date]
    provisional: frozenset[int] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on `day`.

        Raises:
            CalendarMissingError: the year of `day` is not covered.
        """
        if day.year not in self.years:
            raise CalendarMissingError(day)
        return day in self.makeup or (day.weekday() < _SATURDAY and day not in self.holidays)

    def add_working_days(self, start: date, days: int) -> date:
        """Return the `days`-th working day after `start` (`days` ≥ 1)."""
        day = start
        for _ in range(days):
            day += _DAY
            while not self.is_working_day(day):
                day += _DAY
        return day


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a duty ends: the last day, and the instant (UTC) from which it is overdue."""

    kind: ClockKind
    received_on: date
    due_on: date
    overdue_from: datetime
    article: str
    provisional: bool

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the term has run out at the aware instant `now`."""
        return now >= self.overdue_from


def deadline(
    calendar: Calendar,
    kind: ClockKind,
    received: datetime,
    *,
    extension: int = 0,
    shorter: Mapping[ClockKind, int] = MappingProxyType({}),
) -> Deadline:
    """Compute the end of a duty received at the aware instant `received`.

    `extension` is the consented extension in working days; `shorter` holds the city's own shorter terms.

    Raises:
        LongerTermError: a term or extension exceeds the statutory one, or is below its least value.
        CalendarMissingError: the calendar does not reach far enough.
    """
    term = TERMS[kind]
    days = shorter.get(kind, term.days)
    if not 1 <= days <= term.days:
        raise LongerTermError(kind, days, term.days)
    if not 0 <= extension <= term.extension:
        raise LongerTermError(f"{kind} extension", extension, term.extension)
    start = received.astimezone(CHINA_STANDARD_TIME).date()
    due = calendar.add_working_days(start, days + extension)
    overdue = datetime.combine(due + _DAY, time.min, CHINA_STANDARD_TIME).astimezone(UTC)
    touched = {start.year, due.year}
    return Deadline(kind, start, due, overdue, term.article, provisional=bool(touched & calendar.provisional))


def working_days_left(calendar: Calendar, end: Deadline, now: datetime) -> int:
    """Count the working days after today up to the due day; 0 on the due day and when overdue."""
    today = now.astimezone(CHINA_STANDARD_TIME).date()
    span = (end.due_on - today).days
    return sum(calendar.is_working_day(today + _DAY * ahead) for ahead in range(1, span + 1))
