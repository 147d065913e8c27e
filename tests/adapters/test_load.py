"""A first pull goes straight into the tables: the same records, subjects and notes as by merging, or nothing."""

from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.ports import Connection
from adapters.repo.load import load_new, looks_new
from adapters.repo.stage import fill_stage, merge_stage
from tests.adapters.test_files import drop, licences
from tests.adapters.world import Department, RealUnits, now, one, persons, pull_of, rows

RESOURCE, PEOPLE = "mca.marriage", ("spouse_a_id", "spouse_b_id")
STORED = "SELECT key, body::text, digest, as_of, run_id, deleted_at FROM adapter_record ORDER BY key"
INDEXED = "SELECT subject, resource, key FROM adapter_record_subject ORDER BY 1, 2, 3"
NOTED = "SELECT resource, key, op, run_id, at FROM adapter_record_change ORDER BY key, op"
AWKWARD = ['"', "\\", "\\.", "a\nb", "a\tb", " lead", "日本䶮", "k,1", "\\N", "NULL", "'"]


def married(*keys: str, a: str = "甲", b: str | None = "乙") -> pl.DataFrame:
    frame = pl.DataFrame(
        {"~key": keys, "spouse_a_id": [f"{a}{key}" for key in keys], "spouse_b_id": [b] * len(keys)},
        schema=dict.fromkeys(("~key", *PEOPLE), pl.String),
    )
    body = frame.select(pl.struct(PEOPLE).struct.json_encode()).to_series()
    digests = [sha256(cell.encode()).hexdigest() for cell in body]
    return frame.with_columns(pl.Series("~body", body), pl.Series("~digest", digests), pl.lit(False).alias("~deleted"))


async def load(hub: AsyncEngine, frame: pl.DataFrame, run_id: UUID) -> bool:
    async with hub.begin() as conn:
        return await load_new(conn, frame, resource=RESOURCE, subjects=PEOPLE, run_id=run_id, at=now())


async def test_loading_and_merging_store_the_same(hub: AsyncEngine) -> None:
    frame, run_id, at = married(*AWKWARD), uuid4(), now()
    async with hub.begin() as conn:
        assert await load_new(conn, frame, resource=RESOURCE, subjects=PEOPLE, run_id=run_id, at=at)
    loaded = [await rows(hub, query) for query in (STORED, INDEXED, NOTED)]
    async with hub.begin() as conn:
        await conn.execute(text("TRUNCATE adapter_record, adapter_record_subject, adapter_record_change"))
        await fill_stage(conn, frame)
        await merge_stage(conn, resource=RESOURCE, subjects=PEOPLE, run_id=run_id, at=at)
    assert [await rows(hub, query) for query in (STORED, INDEXED, NOTED)] == loaded
    assert [len(table) for table in loaded] == [len(AWKWARD), 2 * len(AWKWARD), len(AWKWARD)]


async def test_one_known_record_and_nothing_of_the_chunk_stays(hub: AsyncEngine) -> None:
    assert await load(hub, married("2"), uuid4())
    before = [await rows(hub, query) for query in (STORED, INDEXED, NOTED)]
    assert not await load(hub, married("1", "2", "3"), uuid4())
    assert [await rows(hub, query) for query in (STORED, INDEXED, NOTED)] == before


async def test_a_subject_named_twice_or_not_at_all(hub: AsyncEngine) -> None:
    assert await load(hub, married("1", a="乙").with_columns(spouse_b_id=pl.lit("乙1")), uuid4())
    assert await load(hub, married("2", b=None), uuid4())
    assert [subject for subject, *_ in await rows(hub, INDEXED)] == ["乙1", "甲2"]


async def test_a_resource_looks_new_until_another_run_has_stored(hub: AsyncEngine) -> None:
    mine = uuid4()
    async with hub.connect() as conn:
        assert await looks_new(conn, RESOURCE, mine)
    await load(hub, married("1"), mine)
    async with hub.connect() as conn:
        assert await looks_new(conn, RESOURCE, mine)
        assert await looks_new(conn, "psb.household", uuid4())
        assert not await looks_new(conn, RESOURCE, uuid4())


async def test_a_key_that_comes_again_in_a_first_pull_is_merged(
    hub: AsyncEngine, units: RealUnits, tmp_path: Path
) -> None:
    drop(tmp_path, "a.csv", "utf-8", ["K1", "甲", "1", "20200102", "", ""], ["K2", "乙", "1", "20200102", "", ""])
    drop(tmp_path, "b.csv", "utf-8", ["K2", "丙", "1", "20200102", "", ""], ["K3", "丁", "1", "20200102", "", ""])
    drop(tmp_path, "c.csv", "utf-8", ["K4", "戊", "1", "20200102", "", ""])
    report = await pull_of(hub, licences(), samr=Connection(str(tmp_path))).run(units)
    assert (report.counts.read, report.counts.stored, report.chunks) == (5, 5, 3)
    names = await rows(hub, "SELECT key, body->>'name' FROM adapter_record ORDER BY key")
    assert names == [("K1", "甲"), ("K2", "丙"), ("K3", "丁"), ("K4", "戊")]
    noted = await rows(hub, "SELECT key, op FROM adapter_record_change ORDER BY key, id")
    assert noted == [("K1", "I"), ("K2", "I"), ("K2", "U"), ("K3", "I"), ("K4", "I")]
    assert await one(hub, "SELECT count(*) FROM adapter_record_subject") == 4


@pytest.mark.parametrize("more", ['deletes = "snapshot"', 'deletes = { mode = "flag", column = "sc", values = ["1"] }'])
async def test_a_first_pull_that_knows_of_deletions(
    hub: AsyncEngine, units: RealUnits, psb: Department, more: str
) -> None:
    """What a first pull loads counts as seen, and a row that only says deleted is no record."""
    psb.add(0, 50)
    psb.do("UPDATE ry_jbxx SET sc = '1' WHERE xm = '甲7'")
    flagged = "flag" in more
    report = await pull_of(hub, persons(more=more), psb=Connection(psb.url)).run(units)
    assert (report.counts.stored, report.counts.deleted) == (50 - flagged, 0)
    psb.do("DELETE FROM ry_jbxx WHERE xm = '甲9'")
    again = await pull_of(hub, persons(more=more), psb=Connection(psb.url)).run(units)
    assert (again.counts.stored, again.counts.deleted) == (0, 0 if flagged else 1)
    assert await one(hub, "SELECT count(*) FROM adapter_record WHERE deleted_at IS NULL") == 49
