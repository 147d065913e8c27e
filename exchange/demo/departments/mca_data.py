"""The marriage register's own SQLite file: written by the office, read by its REST service.

Quirks: dates in Chinese (2014年05月20日), the state as a GB/T 2261.2 code, citizen numbers ending in a
lower-case x in every fourth row that has one. The couple's photo is in the row, as base64.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

from exchange.demo.departments.mca_photos import joint_photo
from exchange.demo.ids import with_wrong_check
from exchange.demo.world import Defect, Marriage

STATE: Final = {"有效": "20", "已离婚": "40"}

COLUMNS: Final = ("jhzzh", "djrq", "nfsfzh", "nfxm", "nvsfzh", "nvxm", "djjg", "hyzt", "zp", "gxsj")
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS hydj (
    jhzzh TEXT PRIMARY KEY, djrq TEXT, nfsfzh TEXT, nfxm TEXT, nvsfzh TEXT, nvxm TEXT, djjg TEXT, hyzt TEXT,
    zp TEXT, gxsj TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS hydj_gxsj ON hydj (gxsj, jhzzh);
"""
_UPSERT: Final = (
    "INSERT INTO hydj (jhzzh, djrq, nfsfzh, nfxm, nvsfzh, nvxm, djjg, hyzt, zp, gxsj)"
    " VALUES (:jhzzh, :djrq, :nfsfzh, :nfxm, :nvsfzh, :nvxm, :djjg, :hyzt, :zp, :gxsj)"
    " ON CONFLICT (jhzzh) DO UPDATE SET djrq = excluded.djrq, nfsfzh = excluded.nfsfzh, nfxm = excluded.nfxm,"
    " nvsfzh = excluded.nvsfzh, nvxm = excluded.nvxm, djjg = excluded.djjg, hyzt = excluded.hyzt,"
    " zp = excluded.zp, gxsj = excluded.gxsj"
)
_MATCH: Final = (
    " WHERE (:after = '' OR gxsj >= :after) AND (:before = '' OR gxsj < :before)"
    " AND (:sfzh = '' OR upper(nfsfzh) = :sfzh OR upper(nvsfzh) = :sfzh)"
)
_LOWER_EVERY: Final = 4


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the register and how many rows match in all."""

    rows: tuple[Mapping[str, str], ...]
    total: int


def instant(at: datetime) -> str:
    """A time of change as the register writes it: UTC, microseconds, comparable as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def row_of(marriage: Marriage, changed_at: datetime, defect: Defect | None = None) -> dict[str, str]:
    """The row the register keeps for one marriage; `defect` spoils it."""
    row = {
        "jhzzh": marriage.marriage_no,
        "djrq": f"{marriage.registered_on:%Y年%m月%d日}",
        "nfsfzh": marriage.spouse_a_id,
        "nfxm": marriage.spouse_a_name,
        "nvsfzh": marriage.spouse_b_id,
        "nvxm": marriage.spouse_b_name,
        "djjg": marriage.office,
        "hyzt": STATE[marriage.status],
        "zp": joint_photo(marriage.marriage_no, marriage.photo),
        "gxsj": instant(changed_at),
    }
    if defect is Defect.CHECK_DIGIT:
        row["nfsfzh"] = with_wrong_check(marriage.spouse_a_id)
    elif defect is Defect.DATE:
        row["djrq"] = "1999年06月31日"
    elif defect is Defect.BLANK_NAME:
        row["nvxm"] = ""
    elif defect is Defect.PICTURE:
        row["zp"] = row["zp"][: len(row["zp"]) // 8 * 4]
    return row


def first_written(marriage: Marriage) -> datetime:
    """When the register wrote a marriage for the first time."""
    return datetime.combine(marriage.registered_on, time(10), tzinfo=UTC)


def lower_some(rows: Sequence[dict[str, str]]) -> None:
    """Write the x of some citizen numbers small, as older counters did."""
    for row in rows[::_LOWER_EVERY]:
        row["nfsfzh"], row["nvsfzh"] = row["nfsfzh"].lower(), row["nvsfzh"].lower()


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=10)) as conn, conn:
        yield conn


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Insert or replace rows; the file is made if missing."""
    with _opened(path) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.executescript(_TABLE)
        conn.executemany(_UPSERT, rows)


@dataclass(frozen=True, slots=True)
class Question:
    """What a page is cut from: changes in `after <= gxsj < before`, of one person; an empty part asks for all."""

    after: str = ""
    before: str = ""
    citizen_id: str = ""


def read_page(path: Path, page: int, size: int, asked: Question) -> Page:
    """One page of the matching rows, oldest change first; `page` counts from 1."""
    given: dict[str, str | int] = {"after": asked.after, "before": asked.before, "sfzh": asked.citizen_id.upper()}
    given |= {"size": size, "skip": (page - 1) * size}
    with _opened(path) as conn:
        conn.row_factory = sqlite3.Row
        total = conn.execute(f"SELECT count(*) FROM hydj{_MATCH}", given).fetchone()[0]  # noqa: S608 - constant text
        rows = conn.execute(
            f"SELECT * FROM hydj{_MATCH} ORDER BY gxsj, jhzzh LIMIT :size OFFSET :skip",  # noqa: S608 - constant text
            given,
        ).fetchall()
    return Page(tuple(dict(row) for row in rows), int(total))
