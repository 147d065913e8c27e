"""Upper bounds of pulls where the cursor is text and the clock is ours."""

from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.model import Cursor


def bound_as_text(cursor: Cursor, now: datetime) -> str:
    """`now` minus the delay, in the cursor's time zone and format."""
    return (now - cursor.delay).astimezone(ZoneInfo(cursor.timezone)).strftime(cursor.format)
