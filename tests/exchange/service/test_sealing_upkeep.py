"""Documents follow their certificates, after a change at the source and after new ones; refusals wait for people."""

import asyncio

import pytest
from sqlalchemy import text

from certs import repo as certificates
from certs.model import FaceKind, Reason, State
from exchange import worker
from exchange.demo.world import Resource, body_of
from exchange.model import Principal, Role
from exchange.model_sealing import JobState, RowState, SealingJob
from exchange.service.sealing_upkeep import ORDERED_BY, SealingUpkeep
from exchange.worker import run_worker
from tests.support.city import PSB, WORLD, City, put
from tests.support.old_certificates import lengthen

OPERATOR = Principal(Role.OPERATOR, "运维乙", officer="OPS1")
SEALED = {FaceKind.OFD, FaceKind.PDF}
NEXT = [body_of(person) for person in WORLD.people[40:43]]


@pytest.fixture
async def upkeep(city: City) -> SealingUpkeep:
    """The police are enrolled and have sealed all their household registers once."""
    await city.app.documents.development.init()
    await city.app.documents.enrolment.enrol(PSB)
    sealing = city.app.documents.sealing
    done = await sealing.run((await sealing.start("household")).id)
    assert (done.state, done.refused) == (JobState.FINISHED, 0)
    return city.app.documents.upkeep


async def moves(city: City, address: str = "示例市新址1号") -> str:
    """The hero moves; the identifier of the version that follows."""
    await city.edit(Resource.HOUSEHOLD, city.hero, address=address)
    await city.app.pulls.cascade.run()
    return await city.identifier("household")


async def faces(city: City, identifier: str) -> set[FaceKind]:
    async with city.app.reads() as conn:
        return set(await certificates.faces(conn, identifier)) & SEALED


async def finished(city: City, jobs: tuple[SealingJob, ...]) -> list[SealingJob]:
    return [await city.app.documents.sealing.run(job.id) for job in jobs]


async def test_the_next_version_gets_the_documents_the_last_one_had(city: City, upkeep: SealingUpkeep) -> None:
    old = await city.identifier("household")
    assert await upkeep.follow() == (), "everything has its documents"
    new = await moves(city)
    assert new != old
    assert await faces(city, new) == set()
    (job,) = await upkeep.follow()
    assert (job.total, job.ordered_by, job.state) == (1, ORDERED_BY, JobState.OPEN)
    assert await upkeep.follow() == (), "it is ordered already"
    (done,) = await finished(city, (job,))
    assert (done.state, done.sealed) == (JobState.FINISHED, 1)
    assert await faces(city, new) == SEALED
    assert await upkeep.follow() == ()
    last = (await city.entries("sealing:ordered"))[-1]
    assert (last.detail["job"], last.detail["joined"], last.officer) == (str(job.id), False, None)


async def test_new_certificates_of_a_sealed_type_are_sealed_and_those_of_others_are_not(
    city: City, upkeep: SealingUpkeep
) -> None:
    await put(city.app, Resource.HOUSEHOLD, list(NEXT))
    await city.app.issuing.bulk("household")
    (job,) = await upkeep.follow()
    assert job.total == len(NEXT)
    assert job.type_code == city.app.types.get("household").code, "nobody ever sealed a marriage certificate here"
    (done,) = await finished(city, (job,))
    assert done.sealed == len(NEXT)
    for person in WORLD.people[40:43]:
        assert await faces(city, await city.identifier("household", person.citizen_id)) == SEALED


async def test_what_no_page_can_show_is_refused_once_and_the_others_go_on(city: City, upkeep: SealingUpkeep) -> None:
    await put(city.app, Resource.HOUSEHOLD, list(NEXT[:1]))
    await city.app.issuing.bulk("household")
    identifier = await city.identifier("household", WORLD.people[40].citizen_id)
    await lengthen(city, identifier, str(NEXT[0]["address"]))
    (done,) = await finished(city, await upkeep.follow())
    assert (done.state, done.refused) == (JobState.FINISHED, 1)
    assert [await upkeep.follow() for _ in range(3)] == [(), (), ()], "not ordered again every round"
    new = await moves(city)
    (next_job,) = await upkeep.follow()
    assert next_job.total == 1, "only what is new"
    await finished(city, (next_job,))
    assert await faces(city, new) == SEALED
    (row,) = await city.app.documents.sealing.rows(done.id, RowState.REFUSED, limit=9)
    assert row.reason == "layout-overflow", "the operator's page shows it"
    await city.app.documents.sealing.order_again(OPERATOR, done.id)
    assert await upkeep.follow() == (), "the operator's try goes on by itself"


async def test_a_seal_that_may_not_be_used_stops_one_job_and_no_second_is_ordered(
    city: City, upkeep: SealingUpkeep
) -> None:
    new = await moves(city)
    async with city.app.units.engine.begin() as conn:
        await conn.execute(text("UPDATE seal_seal SET policy = jsonb_set(policy, '{daily_limit}', '1')"))
    (stopped,) = await finished(city, await upkeep.follow())
    assert (stopped.state, stopped.stopped) == (JobState.STOPPED, "seal-use-refused")
    before = len(await city.entries("sealing:ordered"))
    assert [await upkeep.follow() for _ in range(3)] == [(), (), ()]
    assert len(await city.entries("sealing:ordered")) == before
    city.clock.forward(days=1)
    await finished(city, (stopped,))
    assert await faces(city, new) == SEALED


async def test_a_certificate_suspended_at_its_turn_is_sealed_once_it_is_in_force_again(
    city: City, upkeep: SealingUpkeep
) -> None:
    new = await moves(city)
    jobs = await upkeep.follow()
    await city.decide(new, State.SUSPENDED, Reason.INVESTIGATION)
    (done,) = await finished(city, jobs)
    assert done.refused == 1
    assert await upkeep.follow() == ()
    await city.decide(new, State.VALID, Reason.REINSTATED)
    await finished(city, await upkeep.follow())
    assert await faces(city, new) == SEALED


async def test_two_workers_order_once(city: City, upkeep: SealingUpkeep) -> None:
    await moves(city)
    ordered = await asyncio.gather(*(upkeep.follow() for _ in range(4)))
    assert sum(map(len, ordered)) == 1


async def test_a_worker_alone_brings_the_new_version_its_documents(
    city: City, upkeep: SealingUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FOLLOW_SECONDS", 0.2)
    old = await city.identifier("household")
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(city.app, stop))
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址2号")
    async with asyncio.timeout(60):
        while (new := await city.identifier("household")) == old or await faces(city, new) != SEALED:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.1)
    stop.set()
    await asyncio.wait_for(working, 20)
    automatic = [job for job in await upkeep.sealing.newest(9) if job.ordered_by == ORDERED_BY]
    assert [(job.total, job.state) for job in automatic] == [(1, JobState.FINISHED)]
