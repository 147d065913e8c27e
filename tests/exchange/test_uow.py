"""A unit of work commits rows and events together, refuses unaudited writes, and retries lost races."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from exchange.errors import LogUnsoundError, UnauditedWriteError, UnknownEventError
from exchange.uow import LogGate, RecordedEvent, Unit, Units, reads_on, watch_writes

METADATA = MetaData()
ROWS = Table("rows", METADATA, Column("id", Integer, primary_key=True), Column("n", Integer))
LOGGED = Table("logged", METADATA, Column("n", Integer))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class TableJournal:
    """Appends the number of events to a table, so that atomicity can be seen from outside."""

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        await conn.execute(insert(LOGGED), [{"n": 1} for _ in events])
        return {item.id: b"\0" * 32 for item in events}


@pytest.fixture
async def units(engine: AsyncEngine) -> Units:
    async with engine.begin() as conn:
        await conn.run_sync(METADATA.create_all)
    watch_writes(engine)
    return Units(engine, TableJournal(), LogGate(), lambda: NOW, uuid4)


async def counts(units: Units) -> tuple[int, int]:
    async with reads_on(units.engine)() as conn:
        rows = (await conn.execute(select(ROWS))).all()
        logged = (await conn.execute(select(LOGGED))).all()
    return len(rows), len(logged)


async def test_rows_and_events_commit_together(units: Units) -> None:
    async def work(unit: Unit) -> str:
        await unit.conn.execute(insert(ROWS).values(id=1))
        unit.record("case:opened", {})
        return "done"

    assert await units.run(work) == "done"
    assert await counts(units) == (1, 1)


@pytest.mark.parametrize(
    "statement",
    [
        insert(ROWS).values(id=1),
        update(ROWS).values(n=2),
        text("DELETE FROM rows"),
        text("INSERT INTO rows VALUES (9)"),
    ],
    ids=["insert", "update", "text delete", "text insert"],
)
async def test_a_write_without_an_event_is_refused(units: Units, statement: object) -> None:
    async with units.engine.begin() as conn:
        await conn.execute(insert(ROWS).values(id=0, n=1))

    async def work(unit: Unit) -> None:
        await unit.conn.execute(statement)  # type: ignore[call-overload]  # any executable

    with pytest.raises(UnauditedWriteError):
        await units.run(work)
    assert await counts(units) == (1, 0)
    async with reads_on(units.engine)() as conn:
        assert (await conn.execute(select(ROWS.c.n))).scalars().all() == [1]


@pytest.mark.parametrize(
    "statement",
    [
        update(ROWS).values(n=2),
        update(ROWS).values(n=2).returning(ROWS.c.id),
        delete(ROWS),
        text("DELETE FROM rows"),
        upsert(ROWS).from_select(["id"], select(ROWS.c.id)).on_conflict_do_nothing(),
    ],
    ids=["update", "returning", "delete", "text delete", "insert nothing"],
)
async def test_a_write_that_found_no_row_owes_no_event(units: Units, statement: object) -> None:
    async def work(unit: Unit) -> str:
        await unit.conn.execute(statement)  # type: ignore[call-overload]  # any executable
        return "as it was"

    assert await units.run(work) == "as it was"
    assert await counts(units) == (0, 0)


async def test_a_read_only_unit_passes_without_an_event(units: Units) -> None:
    async def work(unit: Unit) -> int:
        return len((await unit.conn.execute(select(ROWS))).all())

    assert await units.run(work) == 0


async def test_an_error_rolls_back_rows_and_events(units: Units) -> None:
    async def work(unit: Unit) -> None:
        await unit.conn.execute(insert(ROWS).values(id=1))
        unit.record("case:opened", {})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await units.run(work)
    assert await counts(units) == (0, 0)


async def test_a_flag_does_not_leak_to_the_next_unit_on_the_connection(units: Units) -> None:
    async def write(unit: Unit) -> None:
        await unit.conn.execute(insert(ROWS).values(id=1))
        unit.record("case:opened", {})

    async def read(unit: Unit) -> None:
        await unit.conn.execute(select(ROWS))

    await units.run(write)
    await units.run(read)


async def test_an_unknown_event_kind_is_refused(units: Units) -> None:
    async def work(unit: Unit) -> None:
        unit.record("case:exploded", {})

    with pytest.raises(UnknownEventError):
        await units.run(work)


async def test_a_closed_gate_refuses_every_unit_with_the_reason(units: Units) -> None:
    units.gate.reason = "the log is shorter than its checkpoint"

    async def work(unit: Unit) -> None:
        unit.record("case:opened", {})

    with pytest.raises(LogUnsoundError, match="shorter"):
        await units.run(work)
    assert await counts(units) == (0, 0)


async def test_a_serialisation_conflict_runs_the_work_again(units: Units) -> None:
    tries = []

    async def work(unit: Unit) -> None:
        tries.append(1)
        unit.record("case:opened", {})
        if len(tries) < 3:
            await unit.conn.execute(text("SELECT 1 FROM rows"))
            await unit.conn.execute(text("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"))

    await units.run(work)
    assert len(tries) == 3
    assert await counts(units) == (0, 1)
