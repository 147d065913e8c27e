"""What a serving or working process writes about itself: one line with time, level and origin, and nobody's data.

A database's own words about a failure may repeat the row it refused. That part is left out, numbers of people and
firms are masked wherever they come from, and no character can move the cursor or turn a line around.
"""

import logging
import re
import unicodedata
from typing import Final

_FORM: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_REPEATED_ROW: Final = re.compile(r"^(DETAIL|CONTEXT):[^\n]*", re.MULTILINE)
# citizens' numbers, and those of firms (they begin with 9); departments stay readable
_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<citizen>[0-9]{6})[0-9]{11}[0-9X]|(?P<firm>9[0-9]{5})[0-9A-Z]{12})(?![0-9A-Za-z])"
)
_PLAIN: Final = frozenset("\n\t")


class Discreet(logging.Formatter):
    """Formats a record, its traceback included, without what a log must not hold."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines to write."""
        text = _REPEATED_ROW.sub(r"\1: (left out)", super().format(record))
        text = _NUMBER.sub(lambda found: f"{found['citizen'] or found['firm']}************", text)
        return "".join(char if char in _PLAIN or _harmless(char) else ascii(char)[1:-1] for char in text)


def write_logs() -> None:
    """Send what modules log, from warnings on, to standard error in this form."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(_FORM))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _harmless(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
