import csv
import os
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import SourceGarbageError, SourceSchemaError, SourceUnreachableError
from adapters.manifest import parse_manifest
from adapters.model import Manifest
from adapters.ports import Connection
from tests.adapters.world import RealUnits, one, pull_of, rows

LICENCES = """
adapter = 1
resource = "samr.business_licence"
key = ["uscc"]
subjects = ["uscc"]
{more}
[source]
type = "files"
directory = "samr"
glob = "*"
encoding = ["utf-8-sig", "gb18030"]
ready = "{{name}}.ok"
after = "archive"
[map]
uscc = {{ upper = "代码" }}
name = "名称"
registered_capital = {{ number = "资本" }}
established_on = {{ date = "成立", format = ["%Y-%m-%d", "%Y%m%d"] }}
valid_until = {{ date = "至", format = "%Y-%m-%d", empty = ["长期"] }}
[[rules]]
rule = "required"
items = ["name"]
[quarantine]
stop_above = "100%"
"""
HEAD = ["代码", "名称", "资本", "成立", "至", "多余"]


def licences(more: str = "") -> Manifest:
    return parse_manifest(LICENCES.format(more=more).encode())


def drop(directory: Path, name: str, encoding: str, *lines: list[str], ready: bool = True) -> None:
    with (directory / name).open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEAD, *lines])
    if ready:
        (directory / f"{name}.ok").touch()


async def test_three_forms_of_one_resource(hub: AsyncEngine, units: RealUnits, tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", "utf-8-sig", ["K1", '甲"有限,公司\n二行', "1,000.50", "2020-01-02", "长期", ""])
    drop(tmp_path, "b.csv", "gb18030", ["K2", "乙䶮", "5", "20200103", "2030-01-01", ""])
    drop(tmp_path, "later.csv", "utf-8", ["K9", "丙", "5", "20200103", "", ""], ready=False)
    book = Workbook()
    book.active.append(HEAD)
    book.active.append(["K3", "丁", 12.5, date(2020, 1, 4), "长期", None])
    book.active.append([330106194502082148, "戊", 1, "2020-01-05", None, None])
    book.active.append(["K5", 42, 1, "2020-01-05", None, None])
    book.active.append(["K6", "己", "x", 43835, None, None])
    book.active.append([None] * 6)
    book.save(tmp_path / "c.xlsx")
    (tmp_path / "c.xlsx.ok").touch()
    report = await pull_of(hub, licences(), samr=Connection(str(tmp_path))).run(units)
    assert (report.counts.read, report.counts.stored, report.counts.quarantined) == (6, 3, 3)
    bodies = dict(await rows(hub, "SELECT key, body FROM adapter_record"))
    assert bodies["K1"]["name"] == '甲"有限,公司\n二行'
    assert bodies["K1"]["registered_capital"] == 1000.5
    assert bodies["K1"]["valid_until"] is None
    assert bodies["K2"] == {
        "uscc": "K2",
        "name": "乙䶮",
        "registered_capital": 5,
        "established_on": "2020-01-03",
        "valid_until": "2030-01-01",
    }
    assert bodies["K3"]["established_on"] == "2020-01-04"
    found = await rows(hub, "SELECT rule, item FROM adapter_quarantine ORDER BY row_no")
    assert [item for _, item in found] == ["uscc", "name", "established_on"]
    assert [rule for rule, _ in found] == ["number_cell", "number_cell", "number_cell"]
    assert sorted(os.listdir(tmp_path)) == ["archive", "later.csv"]  # noqa: PTH208  # names only
    assert (await pull_of(hub, licences(), samr=Connection(f"file://{tmp_path}")).run(units)).counts.read == 0


async def test_broken_bytes_are_quarantined_and_can_be_read_back(
    hub: AsyncEngine, units: RealUnits, tmp_path: Path
) -> None:
    text = ",".join(HEAD) + "\nK1,好,1,20200101,,\nK2,坏@,1,20200101,,\n"
    (tmp_path / "a.csv").write_bytes(text.encode("gb18030").replace(b"@", b"\xff\xff"))
    (tmp_path / "a.csv.ok").touch()
    report = await pull_of(hub, licences(), samr=Connection(str(tmp_path))).run(units)
    assert (report.counts.stored, report.counts.quarantined) == (1, 1)
    assert await rows(hub, "SELECT rule, value FROM adapter_quarantine") == [("encoding", "坏\\xff\\xff")]
    assert await one(hub, "SELECT count(*) FROM adapter_record WHERE body::text LIKE '%' || chr(65533) || '%'") == 0


async def test_a_snapshot_of_files_deletes_only_when_a_file_came(
    hub: AsyncEngine, units: RealUnits, tmp_path: Path
) -> None:
    manifest = licences('deletes = { mode = "snapshot", stop_above = "60%" }')
    drop(tmp_path, "a.csv", "utf-8", *([f"K{n}", "甲", "1", "20200101", "", ""] for n in range(4)))
    await pull_of(hub, manifest, samr=Connection(str(tmp_path))).run(units)
    report = await pull_of(hub, manifest, samr=Connection(str(tmp_path))).run(units)
    assert (report.counts.deleted, report.deletes_held) == (0, True)
    drop(tmp_path, "b.csv", "utf-8", *([f"K{n}", "甲", "1", "20200101", "", ""] for n in range(2)))
    report = await pull_of(hub, manifest, samr=Connection(str(tmp_path))).run(units)
    assert (report.counts.deleted, report.counts.unchanged) == (2, 2)


async def test_wrong_files_are_refused_whole(hub: AsyncEngine, units: RealUnits, tmp_path: Path) -> None:
    pull = pull_of(hub, licences(), samr=Connection(str(tmp_path)))
    (tmp_path / "a.csv").write_text("代码,名称\nK1,甲\n", encoding="utf-8")
    (tmp_path / "a.csv.ok").touch()
    with pytest.raises(SourceSchemaError):
        await pull.run(units)
    (tmp_path / "a.csv").rename(tmp_path / "a.xlsx")
    (tmp_path / "a.csv.ok").rename(tmp_path / "a.xlsx.ok")
    with pytest.raises(SourceGarbageError):
        await pull.run(units)
    with pytest.raises(SourceUnreachableError):
        await pull_of(hub, licences(), samr=Connection(str(tmp_path / "none"))).run(units)


async def test_links_out_of_the_directory_are_not_followed(hub: AsyncEngine, units: RealUnits, tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    drop(outside, "a.csv", "utf-8", ["K1", "甲", "1", "20200101", "", ""])
    (inside / "a.csv").symlink_to(outside / "a.csv")
    (inside / "a.csv.ok").touch()
    assert (await pull_of(hub, licences(), samr=Connection(str(inside))).run(units)).counts.read == 0
