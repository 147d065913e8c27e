"""市场监督管理局: business licences dropped as files, one CSV in UTF-8 with BOM, one in GB 18030, one XLSX.

Quirks: three file forms for one resource, Chinese headings, states as codes, 长期 instead of a last day, real
date cells in the workbook. A file is complete when the empty file `<name>.ok` stands beside it.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types

from exchange.demo.changes import Change
from exchange.demo.families import AS_OF
from exchange.demo.ids import with_wrong_check
from exchange.demo.world import Defect, Firm, Resource, World

STATE: Final = {"存续": "1", "吊销": "2", "注销": "3"}
OPEN_END: Final = "长期"

HEADINGS: Final = (
    "统一社会信用代码",
    "企业名称",
    "企业类型",
    "法定代表人",
    "法定代表人证件号码",
    "注册资本",
    "成立日期",
    "营业期限至",
    "住所",
    "经营范围",
    "登记机关",
    "核准日期",
    "登记状态",
)
BROKEN: Final = b"\xff\xff\xff"
"""Bytes that begin no character of GB 18030."""

_PLACEHOLDER: Final = "\ue000"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a drop file: the cells in the order of `HEADINGS`."""

    cells: tuple[str | date, ...]


def row_of(firm: Firm, defect: Defect | None = None) -> Row:
    """The line the bureau exports for one firm; `defect` spoils it."""
    name: str = firm.name
    code, founded = firm.uscc, firm.established_on
    if defect is Defect.CHECK_DIGIT:
        code = with_wrong_check(code)
    elif defect is Defect.BLANK_NAME:
        name = ""
    elif defect is Defect.ENCODING:
        name = firm.name[:4] + _PLACEHOLDER + firm.name[5:]
    start: str | date = "2019-02-30" if defect is Defect.DATE else founded
    return Row(
        (
            code,
            name,
            firm.entity_type,
            firm.legal_rep_name,
            firm.legal_rep_id,
            firm.registered_capital,
            start,
            firm.valid_until or OPEN_END,
            firm.address,
            firm.scope,
            firm.authority,
            firm.registered_on,
            STATE[firm.state],
        )
    )


def _csv_bytes(rows: Sequence[Row], encoding: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([str(cell) for cell in row.cells] for row in rows)
    whole = text.getvalue().encode(encoding)
    return whole.replace(_PLACEHOLDER.encode("gb18030"), BROKEN)


def _workbook_bytes(rows: Sequence[Row]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("营业执照")
    sheet.append(list(HEADINGS))
    for row in rows:
        sheet.append(list(row.cells))
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def drop(directory: Path, name: str, content: bytes) -> Path:
    """Put a file into the directory under its final name at once, then its ready marker."""
    unfinished = directory / f".{name}.part"
    unfinished.write_bytes(content)
    path = unfinished.rename(directory / name)
    (directory / f"{name}.ok").touch()
    return path


class MarketSupervision:
    """The directory in which the bureau leaves its exports for the hub."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._rows = 0

    def create(self, world: World) -> None:
        """Drop the first full export: a third of the firms in each of the three forms.

        Rows with a broken encoding are in the GB 18030 file, the other bad rows in the UTF-8 file.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        sound = [row_of(firm) for firm in world.firms]
        bad: dict[Defect, list[Row]] = {defect: [] for defect in Defect}
        for item in world.bad(Resource.LICENCE):
            if isinstance(item.record, Firm):
                bad[item.defect].append(row_of(item.record, item.defect))
        broken = bad.pop(Defect.ENCODING)
        others = [row for rows in bad.values() for row in rows]
        stamp = f"{datetime.combine(AS_OF, time(2), tzinfo=UTC):%Y%m%d%H%M%S}"
        self._drop_all(stamp, (sound[0::3] + others, sound[1::3] + broken, sound[2::3]))

    def apply(self, changes: Sequence[Change], at: datetime) -> None:
        """Drop one more export in every form that has rows, holding the changed firms only."""
        rows = [row_of(change.after) for change in changes if isinstance(change.after, Firm)]
        self._drop_all(f"{at.astimezone(UTC):%Y%m%d%H%M%S}", (rows[0::3], rows[1::3], rows[2::3]))

    def count(self) -> int:
        """Rows dropped since this object was made, bad ones included."""
        return self._rows

    def _drop_all(self, stamp: str, parts: tuple[Sequence[Row], Sequence[Row], Sequence[Row]]) -> None:
        utf8, gb, book = parts
        self._rows += sum(map(len, parts))
        if utf8:
            drop(self.directory, f"yyzz_{stamp}_utf8.csv", _csv_bytes(utf8, "utf-8-sig"))
        if gb:
            drop(self.directory, f"yyzz_{stamp}_gb18030.csv", _csv_bytes(gb, "gb18030"))
        if book:
            drop(self.directory, f"yyzz_{stamp}.xlsx", _workbook_bytes(book))
