"""自然资源和规划局: real estate in an old SQLite system whose texts are GB 18030 bytes.

Quirks: every text is a BLOB, names in certificates before 2020 keep private-use code points for characters the
older tables had no place for, dates are eight digits, states and forms of ownership are codes.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from exchange.demo.changes import Change
from exchange.demo.ids import with_wrong_check
from exchange.demo.words import REASSIGNED
from exchange.demo.world import Defect, Property, Resource, World

STATE: Final = {"有效": "1", "注销": "2"}
OWNERSHIP: Final = {"单独所有": "0", "共同共有": "1", "按份共有": "2"}
OLD_NAMES_UNTIL: Final = date(2020, 1, 1)

BROKEN: Final = b"\xd5\xc5\xff"
"""A family name followed by a byte that begins no character of GB 18030."""

_TABLE: Final = """
CREATE TABLE bdc_zsxx (
    bdcqzh BLOB PRIMARY KEY, bdcdyh BLOB, qlrmc BLOB, qlrzjh BLOB, gyfs BLOB, zl BLOB, qllx BLOB, qlxz BLOB,
    yt BLOB, mj REAL, qlqx BLOB, djsj BLOB, qszt BLOB, gxsj TEXT NOT NULL
);
CREATE INDEX bdc_zsxx_gxsj ON bdc_zsxx (gxsj);
"""
_UPSERT: Final = (
    "INSERT OR REPLACE INTO bdc_zsxx VALUES (:bdcqzh, :bdcdyh, :qlrmc, :qlrzjh, :gyfs, :zl, :qllx, :qlxz, :yt,"
    " :mj, :qlqx, :djsj, :qszt, :gxsj)"
)

Cell = bytes | float | str


def old_style(name: str) -> str:
    """The name with the private-use code points of the older tables."""
    return "".join(REASSIGNED.get(character, character) for character in name)


def row_of(title: Property, changed_at: datetime, defect: Defect | None = None) -> Mapping[str, Cell]:
    """The row the system keeps for one certificate; `defect` spoils it."""
    owner = old_style(title.owner_name) if title.registered_on < OLD_NAMES_UNTIL else title.owner_name
    texts = {
        "bdcqzh": title.certificate_no,
        "bdcdyh": title.unit_no,
        "qlrmc": owner,
        "qlrzjh": title.owner_id,
        "gyfs": OWNERSHIP[title.co_ownership],
        "zl": title.location,
        "qllx": title.right_type,
        "qlxz": title.right_nature,
        "yt": title.use,
        "qlqx": title.term,
        "djsj": f"{title.registered_on:%Y%m%d}",
        "qszt": STATE[title.state],
    }
    if defect is Defect.CHECK_DIGIT:
        texts["qlrzjh"] = with_wrong_check(title.owner_id)
    elif defect is Defect.DATE:
        texts["djsj"] = "20190431"
    elif defect is Defect.BLANK_NAME:
        texts["qlrmc"] = ""
    row: dict[str, Cell] = {column: text.encode("gb18030") for column, text in texts.items()}
    if defect is Defect.ENCODING:
        row["qlrmc"] = BROKEN
    row["mj"] = float(title.area)
    row["gxsj"] = f"{changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return row


def _first_written(title: Property) -> datetime:
    return datetime.combine(title.registered_on, time(11), tzinfo=UTC)


class NaturalResources:
    """The old system's database file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, world: World) -> None:
        """Make the file anew with every certificate and the planted bad rows."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        rows = [row_of(title, _first_written(title)) for title in world.properties]
        rows.extend(
            row_of(item.record, _first_written(item.record), item.defect)
            for item in world.bad(Resource.REAL_ESTATE)
            if isinstance(item.record, Property)
        )
        with closing(sqlite3.connect(self.path)) as conn, conn:
            conn.executescript(_TABLE)
            conn.executemany(_UPSERT, rows)

    def apply(self, changes: Sequence[Change], at: datetime) -> None:
        """Write the changes that concern real estate."""
        rows = [row_of(change.after, at) for change in changes if isinstance(change.after, Property)]
        with closing(sqlite3.connect(self.path, timeout=10)) as conn, conn:
            conn.executemany(_UPSERT, rows)

    def count(self) -> int:
        """Rows in the system, bad ones included."""
        with closing(sqlite3.connect(self.path)) as conn:
            return int(conn.execute("SELECT count(*) FROM bdc_zsxx").fetchone()[0])
