import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import SourceGarbageError
from adapters.manifest import parse_manifest
from adapters.ports import Connection, Secrets, Window
from adapters.sources.opening import open_source
from tests.adapters.world import RealUnits, now, pull_of, rows

ESTATE = parse_manifest(b"""
adapter = 1
resource = "nr.real_estate"
key = ["certificate_no"]
subjects = ["owner_id"]
[source]
type = "relational"
connection = "nr"
table = "bdc_zsxx"
encoding = "gb18030"
[cursor]
column = "gxsj"
delay = "0s"
timezone = "UTC"
[map]
certificate_no = "bdcqzh"
owner_name = { trim = "qlrmc" }
owner_id = "zjh"
area = { number = "mj" }
[quarantine]
stop_above = "50%"
""")


def make(path: Path, count: int) -> Connection:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE bdc_zsxx (bdcqzh BLOB, qlrmc TEXT, zjh BLOB, mj REAL, gxsj TEXT)")
        for n in range(count):
            name = b"\xd5\xc5\xff" if n == 5 else "张䶮".encode("gb18030") if n % 2 else b"\xfe\x59"
            number = f"示例(2020)不动产权第{n:07d}号".encode("gb18030")
            stamp = "2026-01-01 00:00:00"
            # A text column holding bytes that are no UTF-8, as such systems write them.
            conn.execute(
                "INSERT INTO bdc_zsxx VALUES (?, CAST(? AS TEXT), ?, ?, ?)", (number, name, b"S%d" % n, n / 4, stamp)
            )
        conn.execute("INSERT INTO bdc_zsxx (qlrmc, gxsj) VALUES ('x', '2026-01-01 00:00:00')")
    return Connection(f"sqlite:///{path}")


async def test_gb18030_texts_arrive_current_and_broken_ones_do_not(
    hub: AsyncEngine, units: RealUnits, tmp_path: Path
) -> None:
    connection = make(tmp_path / "nr.sqlite", 20)
    report = await pull_of(hub, ESTATE, nr=connection).run(units)
    assert (report.counts.read, report.counts.stored, report.counts.quarantined) == (21, 19, 2)
    names = {name for (name,) in await rows(hub, "SELECT DISTINCT body->>'owner_name' FROM adapter_record")}
    assert names == {"张䶮", "\u9fb4"}
    found = await rows(hub, "SELECT rule, value FROM adapter_quarantine ORDER BY row_no")
    assert found == [("encoding", "张\\xff"), ("key", None)]
    assert (await pull_of(hub, ESTATE, nr=connection).run(units)).counts.read == 0


async def test_a_read_continues_behind_any_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sources.relational.CHUNK_ROWS", 7)
    secrets = Secrets({"nr": make(tmp_path / "nr.sqlite", 40)})
    whole = [chunk async for chunk in open_source(ESTATE, secrets, now).chunks(Window(), None)]
    assert len(whole) > 5
    for behind, chunk in enumerate(whole, start=1):
        rest = [found async for found in open_source(ESTATE, secrets, now).chunks(Window(), chunk.position)]
        keys = [key for found in rest for key in found.frame["bdcqzh"]]
        assert keys == [key for found in whole[behind:] for key in found.frame["bdcqzh"]]


async def test_a_missing_table_is_named(hub: AsyncEngine, units: RealUnits, tmp_path: Path) -> None:
    with pytest.raises(SourceGarbageError, match="bdc_zsxx"):
        await pull_of(hub, ESTATE, nr=Connection(f"sqlite:///{tmp_path}/empty.sqlite")).run(units)
