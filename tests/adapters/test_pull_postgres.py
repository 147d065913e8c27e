import asyncio
import threading
import time
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import (
    DeleteLimitError,
    PullAlreadyRunningError,
    QuarantineLimitError,
    SourceSchemaError,
    SourceTimeoutError,
    SourceUnreachableError,
)
from adapters.manifest import parse_manifest
from adapters.ports import Connection, Secrets
from adapters.pull import Pull
from adapters.repo import records, runs
from tests.adapters.world import (
    CURSOR,
    Department,
    RealUnits,
    one,
    person_id,
    persons,
    persons_text,
    pull_of,
    rows,
)


def household(hub: AsyncEngine, psb: Department, **options: str) -> Pull:
    return pull_of(hub, persons(**options), psb=Connection(psb.url))


async def test_rows_arrive_as_records_with_subjects_changes_and_evidence(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    psb.add(0, 500)
    psb.do("INSERT INTO ry_jbxx VALUES ('339900198001010010', '坏', '1', '19800101')")
    psb.do("INSERT INTO ry_jbxx VALUES (NULL, '无号', '1', '19800101')")
    report = await household(hub, psb).run(units)
    assert (report.counts.read, report.counts.stored, report.counts.quarantined) == (502, 500, 2)
    async with hub.connect() as conn:
        (found,) = await records.find_by_subject(conn, "psb.household", person_id(7))
        assert found.body == {"citizen_id": person_id(7), "name": "甲7", "sex": "男", "birth_date": "1950-01-01"}
        assert found.run_id == report.run_id
        refused = await runs.list_quarantine(conn, run_id=report.run_id)
        assert sorted(row.rule for row in refused) == ["id18", "key"]
        fresh = await records.freshness(conn, "psb.household")
        assert fresh is not None
        assert fresh.records == 500
    async with hub.begin() as conn:
        changes = await records.unconsumed_changes(conn, limit=1000)
        assert len(changes) == 500
        assert {change.op for change in changes} == {"I"}
        assert await records.consume_changes(conn, [change.id for change in changes], found.as_of) == 500
        assert await records.unconsumed_changes(conn) == []
    kinds = [kind for kind, _ in units.events]
    assert kinds[0] == "adapter:run-started"
    assert kinds[-1] == "adapter:run-completed"
    assert "adapter:chunk-stored" in kinds
    assert "甲" not in repr(units.events)
    assert person_id(7) not in repr(units.events)


async def test_a_second_run_touches_only_what_changed(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    psb.add(0, 2000)
    await household(hub, psb).run(units)
    before = dict(await rows(hub, "SELECT key, xmin::text FROM adapter_record"))
    psb.do("UPDATE ry_jbxx SET xm = '改' WHERE sfzh = ANY(%s)", [person_id(n) for n in range(0, 2000, 100)])
    report = await household(hub, psb).run(units)
    assert (report.counts.stored, report.counts.unchanged) == (20, 1980)
    after = dict(await rows(hub, "SELECT key, xmin::text FROM adapter_record"))
    assert {key for key in after if after[key] != before[key]} == {person_id(n) for n in range(0, 2000, 100)}
    assert await one(hub, "SELECT count(*) FROM adapter_record_change WHERE op = 'U'") == 20


async def test_a_changed_subject_moves_in_the_index(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    psb.add(0, 3)
    named = replace(persons(), subjects=("name",))
    await pull_of(hub, named, psb=Connection(psb.url)).run(units)
    psb.do("UPDATE ry_jbxx SET xm = '新名' WHERE sfzh = %s", person_id(1))
    await pull_of(hub, named, psb=Connection(psb.url)).run(units)
    assert sorted(await rows(hub, "SELECT subject FROM adapter_record_subject")) == [("新名",), ("甲0",), ("甲2",)]


async def test_new_and_changed_records_share_a_chunk(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    named = replace(persons(), subjects=("name",))
    psb.add(0, 3)
    await pull_of(hub, named, psb=Connection(psb.url)).run(units)
    psb.do("UPDATE ry_jbxx SET xm = '新名' WHERE sfzh = %s", person_id(1))
    psb.add(3, 5)
    report = await pull_of(hub, named, psb=Connection(psb.url)).run(units)
    assert (report.chunks, report.counts.stored, report.counts.unchanged) == (1, 3, 2)
    changes = "SELECT key, op FROM adapter_record_change ORDER BY id DESC LIMIT 3"
    assert sorted(await rows(hub, changes)) == [(person_id(1), "U"), (person_id(3), "I"), (person_id(4), "I")]
    indexed = await rows(
        hub, "SELECT subject, body->>'name' FROM adapter_record_subject JOIN adapter_record USING (key)"
    )
    assert sorted(indexed) == [(name, name) for name in ("新名", "甲0", "甲2", "甲3", "甲4")]


async def test_a_wrong_column_stops_before_anything_is_read(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    psb.add(0, 10)
    await household(hub, psb).run(units)
    psb.do("ALTER TABLE ry_jbxx RENAME xm TO xingming")
    check = await household(hub, psb).check()
    assert check.missing == ("xm",)
    with pytest.raises(SourceSchemaError) as caught:
        await household(hub, psb).run(units)
    assert caught.value.missing == ("xm",)
    assert await one(hub, "SELECT count(*) FROM adapter_record WHERE deleted_at IS NULL") == 10
    assert units.events[-1][0] == "adapter:run-failed"


async def test_too_many_bad_rows_stop_the_run_and_old_data_stays(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    psb.add(0, 100)
    await household(hub, psb, stop="5%").run(units)
    psb.do("UPDATE ry_jbxx SET csrq = '19809999', xm = '变'")
    with pytest.raises(QuarantineLimitError):
        await household(hub, psb, stop="5%").run(units)
    assert await one(hub, "SELECT count(*) FROM adapter_record WHERE body->>'name' LIKE '甲%'") == 100
    async with hub.connect() as conn:
        last = (await runs.list_runs(conn))[0]
    counts = last.counts
    assert last.state is runs.RunState.STOPPED
    assert counts.read == counts.quarantined + counts.withheld == 100
    psb.do("UPDATE ry_jbxx SET csrq = substr(sfzh, 7, 8)")
    assert (await household(hub, psb, stop="5%").run(units)).counts.stored == 100


@pytest.mark.parametrize(
    "value",
    ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'12345-01-01'", "NULL", "'2000-01-01 00:00:00.000001+14'"],
)
async def test_odd_database_values_never_end_a_run(
    hub: AsyncEngine, units: RealUnits, psb: Department, value: str
) -> None:
    psb.add(0, 3)
    psb.do("ALTER TABLE ry_jbxx ALTER csrq DROP DEFAULT")
    psb.do(f"ALTER TABLE ry_jbxx ALTER csrq TYPE timestamptz USING {value}::timestamptz")
    report = await household(hub, psb, stop="100%").run(units)
    assert report.counts.read == report.counts.quarantined == 3


async def test_two_runs_of_a_resource_exclude_each_other(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    psb.add(0, 5000)
    results = await asyncio.gather(*(household(hub, psb).run(units) for _ in range(2)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["PullAlreadyRunningError", "RunReport"]
    assert any(isinstance(result, PullAlreadyRunningError) for result in results)


async def test_a_flag_deletes_and_a_return_revives(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    more = 'deletes = { mode = "flag", column = "sc", values = ["1"] }'
    psb.add(0, 10)
    await household(hub, psb, more=more).run(units)
    psb.do("UPDATE ry_jbxx SET sc = '1', xm = NULL WHERE sfzh = %s", person_id(3))
    report = await household(hub, psb, more=more).run(units)
    assert (report.counts.deleted, report.counts.unchanged, report.counts.quarantined) == (1, 9, 0)
    async with hub.connect() as conn:
        assert await records.find_by_subject(conn, "psb.household", person_id(3)) == []
    psb.do("UPDATE ry_jbxx SET sc = NULL, xm = '甲3' WHERE sfzh = %s", person_id(3))
    assert (await household(hub, psb, more=more).run(units)).counts.stored == 1
    operations = await rows(hub, "SELECT op FROM adapter_record_change WHERE key = :k ORDER BY id", k=person_id(3))
    assert [op for (op,) in operations] == ["I", "D", "I"]


async def test_a_snapshot_deletes_what_is_gone_but_not_what_is_only_spoilt(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    more = 'deletes = "snapshot"'
    psb.add(0, 100)
    await household(hub, psb, more=more).run(units)
    psb.do("DELETE FROM ry_jbxx WHERE sfzh = ANY(%s)", [person_id(n) for n in range(5)])
    psb.do("UPDATE ry_jbxx SET xm = '' WHERE sfzh = %s", person_id(50))
    report = await household(hub, psb, more=more).run(units)
    assert (report.counts.deleted, report.counts.quarantined, report.deletes_held) == (5, 1, False)
    gone = await rows(hub, "SELECT key FROM adapter_record WHERE deleted_at IS NOT NULL ORDER BY key")
    assert [key for (key,) in gone] == sorted(person_id(n) for n in range(5))
    assert await one(hub, "SELECT count(*) FROM adapter_record_change WHERE op = 'D'") == 5
    psb.do("UPDATE ry_jbxx SET sfzh = '339900198001010010' WHERE sfzh = %s", person_id(60))
    held = await household(hub, psb, more=more).run(units)
    assert (held.counts.deleted, held.deletes_held) == (0, True)
    psb.do("DELETE FROM ry_jbxx WHERE sfzh > %s OR sfzh = '339900198001010010'", person_id(40))
    with pytest.raises(DeleteLimitError):
        await household(hub, psb, more=more).run(units)
    assert await one(hub, "SELECT count(*) FROM adapter_record WHERE deleted_at IS NULL") == 95


async def test_an_emptied_source_deletes_nothing(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    psb.add(0, 10)
    await household(hub, psb, more='deletes = "snapshot"').run(units)
    psb.do("TRUNCATE ry_jbxx")
    report = await household(hub, psb, more='deletes = "snapshot"').run(units)
    assert (report.counts.deleted, report.deletes_held) == (0, True)


async def test_differing_doubles_of_a_key_are_refused_also_over_chunk_borders(
    hub: AsyncEngine, units: RealUnits, psb: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sources.postgres.CHUNK_BYTES", 100)
    psb.add(0, 50)
    psb.do("INSERT INTO ry_jbxx SELECT sfzh, xm || '二', xb, csrq FROM ry_jbxx WHERE sfzh = %s", person_id(20))
    report = await household(hub, psb).run(units)
    assert report.chunks > 10
    assert (report.counts.stored, report.counts.quarantined) == (49, 2)


async def test_late_commits_are_not_lost(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    """Writers hold transactions open whose change time is their beginning; polls go on meanwhile."""
    after = CURSOR.format(delay="0s", horizon="open-transactions")
    ended = threading.Event()

    def writer(share: int) -> None:
        with psycopg.connect(psb.url) as conn:
            for n in range(share * 40, share * 40 + 40):
                conn.execute(
                    "INSERT INTO ry_jbxx (sfzh, xm, xb, csrq) VALUES (%s, '晚', '1', %s)",
                    (person_id(n), person_id(n)[6:14]),
                )
                if n % 4 == 0:
                    time.sleep(0.08)
                conn.commit()
                time.sleep(0.01)

    writers = [threading.Thread(target=writer, args=(share,)) for share in range(4)]
    for thread in writers:
        thread.start()

    def wait() -> None:
        for thread in writers:
            thread.join()
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not ended.is_set():
        await household(hub, psb, after=after).run(units)
        await asyncio.sleep(0.05)
    waiting.join()
    await household(hub, psb, after=after).run(units)
    assert await one(hub, "SELECT count(*) FROM adapter_record") == 160
    assert await one(hub, "SELECT max(read) FROM adapter_run") < 160


async def test_a_delay_leaves_the_newest_rows_for_later(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    after = CURSOR.format(delay="1s", horizon="delay")
    psb.add(0, 10)
    psb.do("UPDATE ry_jbxx SET gxsj = NULL WHERE sfzh = %s", person_id(9))
    first = await household(hub, psb, after=after).run(units)
    assert first.counts.read == 1  # nothing says when the row without a time changed, so it is always read
    await asyncio.sleep(1.2)
    second = await household(hub, psb, after=after).run(units)
    assert second.lower_bound == first.upper_bound
    assert (second.counts.read, second.counts.stored) == (10, 9)
    assert (await household(hub, psb, after=after).run(units)).counts.read == 1


async def test_a_changed_manifest_reads_every_row_again(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    after = CURSOR.format(delay="0s", horizon="delay")
    psb.add(0, 10)
    first = await household(hub, psb, after=after).run(units)
    assert (await household(hub, psb, after=after).run(units)).counts.read == 0
    told = '[[rules]]\nrule = "required"\nitems = ["sex"]\n' + after
    again = await household(hub, psb, after=told).run(units)
    assert (again.lower_bound, again.counts.read, again.counts.unchanged) == (None, first.counts.read, 10)
    assert (await household(hub, psb, after=told).run(units)).lower_bound == again.upper_bound


async def test_changed_subjects_are_found_though_no_row_changed(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    psb.add(0, 3)
    await household(hub, psb).run(units)
    named = parse_manifest(persons_text().replace('subjects = ["citizen_id"]', 'subjects = ["name"]').encode())
    report = await pull_of(hub, named, psb=Connection(psb.url)).run(units)
    assert (report.counts.stored, report.counts.unchanged) == (0, 3)
    assert sorted(await rows(hub, "SELECT subject FROM adapter_record_subject")) == [("甲0",), ("甲1",), ("甲2",)]


async def test_a_run_of_another_manifest_that_failed_counts_as_well(
    hub: AsyncEngine, units: RealUnits, psb: Department
) -> None:
    after = CURSOR.format(delay="0s", horizon="delay")
    psb.add(0, 10)
    done = await household(hub, psb, after=after).run(units)
    psb.do("INSERT INTO ry_jbxx VALUES ('339900198001010010', '坏', '1', '19800101')")
    with pytest.raises(QuarantineLimitError):
        await household(hub, psb, after=after, stop="1%").run(units)
    again = await household(hub, psb, after=after).run(units)
    assert (again.lower_bound, again.counts.read, done.counts.read) == (None, 11, 10)


async def test_a_hung_source_is_cut_at_its_deadline(hub: AsyncEngine, units: RealUnits, psb: Department) -> None:
    psb.add(0, 10)
    blocker = psycopg.connect(psb.url)
    blocker.execute("LOCK TABLE ry_jbxx IN ACCESS EXCLUSIVE MODE")
    started = time.monotonic()
    with pytest.raises(SourceTimeoutError):
        await household(hub, psb, source='timeout = "1s"').run(units)
    assert time.monotonic() - started < 5
    blocker.close()


async def test_an_absent_source_is_named_without_its_password(hub: AsyncEngine, units: RealUnits) -> None:
    manifest = persons()
    secrets = Secrets({"psb": Connection("postgresql://u:geheim@127.0.0.1:1/x")})
    assert "geheim" not in repr(secrets)
    with pytest.raises(SourceUnreachableError) as caught:
        await pull_of(hub, manifest, psb=secrets.connection("psb")).run(units)
    assert "geheim" not in str(caught.value)


async def test_a_preview_masks_personal_items(hub: AsyncEngine, psb: Department) -> None:
    psb.add(0, 50)
    preview = await household(hub, psb).preview(5)
    assert len(preview.rows) == 5
    assert preview.rows[0]["citizen_id"] == "3" + "*" * 10
    assert preview.rows[0]["sex"] in {"男", "女"}
    shown = await household(hub, psb).preview(5, personal=["name"])
    assert shown.rows[0]["citizen_id"] == person_id(0)
    assert await one(hub, "SELECT count(*) FROM adapter_record") == 0
