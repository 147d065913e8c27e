"""Ended sealing jobs are forgotten after their time; nothing that goes on, nor what keeps a type sealed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from exchange.model_sealing import SealingJob
from exchange.repo import sealing as repo
from exchange.service.sealing_retention import ROWS_AT_ONCE
from exchange.uow import Unit
from tests.support.city import City

KEPT = timedelta(days=365)


async def filed(
    city: City, number: int, *, code: str = "T1", age: timedelta, sealed: int = 3, refused: int = 0, ended: bool = True
) -> UUID:
    """A job of this number that was ordered `age` ago, ended a minute later, with rows as it says."""
    created = city.clock() - age
    job_id, total = UUID(int=number), sealed + refused
    done = created + timedelta(minutes=1) if ended else None
    job = SealingJob(job_id, code, "", created, done, None, None, total, sealed, 0, refused, 1.0)

    async def store(unit: Unit) -> None:
        await repo.add_job(unit.conn, job, [])
        for place in range(total):
            state, reason = ("sealed", None) if place < sealed else ("refused", "layout-overflow")
            values = {"j": job_id, "i": f"{place:03}", "s": state, "r": reason, "a": created}
            await unit.conn.execute(text("INSERT INTO exchange_sealing_row VALUES (:j, :i, :s, :r, NULL, :a)"), values)
        unit.record("sealing:ordered", {"job": str(job_id)})

    await city.app.units.run(store)
    return job_id


async def there(city: City) -> dict[int, int]:
    """Numbers of the jobs there are, and how many rows each has."""
    sql = "SELECT j.id, count(r.*) FROM exchange_sealing_job j LEFT JOIN exchange_sealing_row r ON r.job_id = j.id"
    async with city.app.reads() as conn:
        return {row[0].int: row[1] for row in await conn.execute(text(f"{sql} GROUP BY j.id"))}


async def test_ended_jobs_go_after_their_time_and_one_event_says_how_many(city: City) -> None:
    await filed(city, 1, age=KEPT + timedelta(days=9), sealed=40, refused=2)
    await filed(city, 2, age=KEPT + timedelta(days=8), sealed=0, refused=1)
    await filed(city, 3, age=KEPT + timedelta(minutes=1))
    await filed(city, 4, age=KEPT, sealed=5)
    retention = city.app.documents.retention
    assert await retention.forget_old() == 3
    assert await there(city) == {4: 5}, "it ended a minute after the others' limit"
    (entry,) = await city.entries("sealing:forgotten")
    assert (entry.detail["jobs"], entry.detail["certificates"]) == (3, 46)
    assert await retention.forget_old() == 0
    assert len(await city.entries("sealing:forgotten")) == 1, "nothing done, nothing recorded"


async def test_what_goes_on_stopped_or_keeps_a_type_sealed_stays(city: City) -> None:
    old = KEPT + timedelta(days=30)
    await filed(city, 1, age=old, ended=False)
    await filed(city, 2, code="T2", age=old)
    await filed(city, 3, code="T2", age=old - timedelta(days=1), sealed=0, refused=1)
    await filed(city, 4, code="T3", age=old)
    await filed(city, 5, code="T3", age=old - timedelta(days=1))
    await city.app.documents.retention.forget_old()
    assert await there(city) == {1: 3, 2: 3, 5: 3}
    async with city.app.reads() as conn:
        assert [await repo.was_sealed(conn, code) for code in ("T1", "T2", "T3")] == [True] * 3


async def test_a_job_ordered_again_keeps_its_rows_and_steps_are_bounded(city: City) -> None:
    again = await filed(city, 1, age=KEPT * 2, sealed=0, refused=7)
    other = await filed(city, 2, age=KEPT * 2, sealed=7)
    await city.app.documents.sealing.retry(again)
    before = city.clock() - KEPT
    async with city.app.reads() as conn:
        assert await repo.drop_rows(conn, again, before, ROWS_AT_ONCE) == 0
        assert [await repo.drop_rows(conn, other, before, 3) for _ in range(4)] == [3, 3, 1, 0]
    assert await there(city) == {1: 7, 2: 0}
