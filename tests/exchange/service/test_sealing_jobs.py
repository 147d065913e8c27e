"""Sealing in bulk on a real hub: every certificate once, refusals by row, seals stopped on the way, jobs resumed."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from certs import repo as certificates
from certs.model import FaceKind, Reason, State
from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pdf.signing_check import check_sealed_pdf
from certs.seals.errors import SealUseRefused
from certs.seals.registry import Act
from exchange.demo.world import Resource, body_of
from exchange.errors import NotAllowedError, SealingJobNotFoundError
from exchange.model import Principal, Role
from exchange.model_sealing import JobState, RowState, SealingJob
from exchange.service.keys import KeyRole
from exchange.service.sealing_jobs import SealingJobs
from exchange.wiring import open_app
from exchange.worker import run_worker
from tests.support.city import PSB, WORLD, City, put, running_at
from tests.support.old_certificates import lengthen
from tests.support.seals import keeper

OPERATOR = Principal(Role.OPERATOR, "运维乙", officer="OPS1")
NEXT = [body_of(person) for person in WORLD.people[40:60]]


@pytest.fixture
async def sealing(city: City) -> SealingJobs:
    """The city's sealing jobs, with the police enrolled and small chunks."""
    await city.app.documents.development.init()
    await city.app.documents.enrolment.enrol(PSB)
    return replace(city.app.documents.sealing, chunk=7)


async def one(city: City, sql: str) -> int:
    async with city.app.reads() as conn:
        return int((await conn.execute(text(sql))).scalar_one())


async def sealed_are_whole(city: City) -> int:
    """Both faces or none, each filed with its event, each OFD with its use of the seal; returns how many."""
    async with city.app.reads() as conn:
        rows = (await conn.execute(text("SELECT identifier, kind FROM cert_face WHERE kind IN ('ofd', 'pdf')"))).all()
    faces = Counter(row.identifier for row in rows)
    assert set(faces.values()) <= {2}
    added = [(e.detail["identifier"], e.detail["face"]) for e in await city.entries("certificate:face-added")]
    assert sorted(added) == sorted((row.identifier, row.kind) for row in rows)
    assert await one(city, "SELECT count(*) FROM seal_use") == len(faces)
    assert await one(city, "SELECT count(DISTINCT document) FROM seal_use") == len(faces)
    return len(faces)


async def test_every_certificate_of_a_type_gets_both_faces_once(city: City, sealing: SealingJobs) -> None:
    total = await one(city, "SELECT count(*) FROM cert_certificate WHERE resource = 'psb.household'")
    job = await sealing.start("household", by="OPS1")
    assert (job.total, job.done, job.state) == (total, 0, JobState.OPEN)
    seen: list[SealingJob] = []
    done = await sealing.run(job.id, seen.append)
    assert (done.state, done.sealed, done.refused, done.existing) == (JobState.FINISHED, total, 0, 0)
    assert [s.done for s in seen] == sorted(s.done for s in seen)
    assert len(seen) == -(-total // 7) + 1
    assert done.rate > 0
    assert await sealed_are_whole(city) == total
    identifier = await city.identifier("household")
    async with city.app.reads() as conn:
        faces = await certificates.faces(conn, identifier)
    certificate = (await city.on_file(identifier)).certificate
    assert certificate_in(read_ofd(faces[FaceKind.OFD])) == certificate
    check_sealed_pdf(faces[FaceKind.PDF])
    for kind, role in ((FaceKind.OFD, KeyRole.SEAL), (FaceKind.PDF, KeyRole.SEAL_PDF)):
        kid = city.app.keys.identity(role, PSB).signer.kid
        async with city.app.reads() as conn:
            signed = await certificates.signed_by(conn, kid, since=job.created_at, until=city.clock(), limit=1000)
        assert {(f.kind, f.kid) for f in signed} == {(kind, kid)}
        assert len(signed) == total
    again = await sealing.start("household")
    assert (again.total, again.state) == (0, JobState.FINISHED), "nothing is left to seal"


async def test_what_cannot_be_sealed_is_refused_by_name_and_tried_again_alone(city: City, sealing: SealingJobs) -> None:
    await put(city.app, Resource.HOUSEHOLD, list(NEXT[:1]))
    await city.app.issuing.bulk("household")
    identifier = await city.identifier("household", WORLD.people[40].citizen_id)
    await lengthen(city, identifier, str(NEXT[0]["address"]))
    job = await sealing.run((await sealing.start("household")).id)
    assert (job.refused, job.sealed) == (1, job.total - 1)
    (refused,) = await sealing.rows(job.id, RowState.REFUSED, limit=10)
    assert refused.reason == "layout-overflow"
    assert refused.detail is not None
    assert refused.detail.startswith("address: 2100 characters")
    sealed = await sealed_are_whole(city)
    again = await sealing.retry(job.id)
    assert (again.state, again.refused, again.done) == (JobState.OPEN, 0, job.total - 1)
    assert (await sealing.run(job.id)).refused == 1
    assert await sealed_are_whole(city) == sealed
    (entry,) = await city.entries("sealing:retried")
    assert entry.detail["certificates"] == 1


async def test_an_ended_certificate_and_one_sealed_meanwhile_are_not_sealed(city: City, sealing: SealingJobs) -> None:
    job = await sealing.start("household")
    ended = await city.identifier("household")
    await city.decide(ended, State.DEREGISTERED, Reason.HOLDER_ENDED)
    other = next(row.identifier for row in await sealing.rows(job.id, limit=2) if row.identifier != ended)
    async with sealing.pool(1) as pool:
        chunk = await sealing.work.seal([other], pool)
    chunk.results.clear()  # as if another job had sealed it
    await city.app.units.run(lambda unit: sealing.work.file(unit, job.id, chunk, seconds=0.0))
    first = await faces_of(city, other)
    done = await sealing.run(job.id)
    assert (done.refused, done.existing, done.sealed) == (1, 1, job.total - 2)
    (refused,) = await sealing.rows(job.id, RowState.REFUSED, limit=9)
    assert (refused.identifier, refused.reason, refused.detail) == (ended, "certificate-not-valid", "deregistered")
    assert await faces_of(city, other) == first, "the first one stays"


async def faces_of(city: City, identifier: str) -> dict[FaceKind, bytes]:
    async with city.app.reads() as conn:
        return await certificates.faces(conn, identifier)


async def test_a_job_under_way_is_joined_not_doubled(city: City, sealing: SealingJobs) -> None:
    first, second = await asyncio.gather(sealing.start("household"), sealing.start("household"))
    assert first == second
    assert sorted(bool(e.detail["joined"]) for e in await city.entries("sealing:ordered")) == [False, True]
    async with open_app(city.settings, now=city.clock, database=running_at(city.url)) as other:
        done = await asyncio.gather(sealing.run(first.id), other.documents.sealing.run(first.id))
    assert {d.state for d in done} == {JobState.FINISHED}
    assert await sealed_are_whole(city) == first.total
    assert len(await city.entries("sealing:finished")) == 1


async def test_without_a_seal_nothing_is_sealed_and_the_job_says_why(city: City) -> None:
    sealing = city.app.documents.sealing
    job = await sealing.run((await sealing.start("household")).id)
    assert (job.state, job.stopped, job.done) == (JobState.STOPPED, "seal-unavailable", 0)
    await city.app.documents.development.init()
    await city.app.documents.enrolment.enrol(PSB)
    assert (await sealing.start("household")).id == job.id
    assert (await sealing.run(job.id)).state is JobState.FINISHED


async def test_the_daily_limit_of_the_seal_is_used_up_and_not_passed(city: City, sealing: SealingJobs) -> None:
    async with city.app.units.engine.begin() as conn:
        await conn.execute(text("UPDATE seal_seal SET policy = jsonb_set(policy, '{daily_limit}', '10')"))
    job = await sealing.start("household")
    assert job.total > 10
    for _ in range(4):  # a chunk asked for before the one ahead of it was filed may be refused when it is
        job = await sealing.run(job.id)
        assert (job.state, job.stopped) == (JobState.STOPPED, "seal-use-refused")
        assert job.sealed == await sealed_are_whole(city) <= 10
    assert job.sealed == 10
    city.clock.forward(days=1)
    job = await sealing.run(job.id)
    assert job.sealed == await sealed_are_whole(city) > 10


async def test_a_seal_stopped_while_it_seals_releases_nothing(city: City, sealing: SealingJobs) -> None:
    job = await sealing.start("household")
    async with sealing.pool(1) as pool:
        rows = [row.identifier for row in await sealing.rows(job.id, limit=5)]
        chunk = await sealing.work.seal(rows, pool)
    assert len(chunk.faces) == 10
    async with city.app.reads() as conn:
        es_id = str((await conn.execute(text("SELECT es_id FROM seal_seal"))).scalar_one())
        number = str((await conn.execute(text("SELECT custodians[1] FROM seal_seal"))).scalar_one())
    await city.app.documents.seals.stop(keeper(PSB, number), es_id, Act.SUSPEND, reason="测试")
    with pytest.raises(SealUseRefused):
        await city.app.units.run(lambda unit: sealing.work.file(unit, job.id, chunk, seconds=1.0))
    assert await sealed_are_whole(city) == 0
    stopped = await sealing.run(job.id)
    assert (stopped.state, stopped.stopped, stopped.done) == (JobState.STOPPED, "seal-use-refused", 0)


async def test_only_an_operator_orders_and_a_worker_goes_on(city: City, sealing: SealingJobs) -> None:
    for principal in (city.clerk(), city.citizen(), city.auditor()):
        with pytest.raises(NotAllowedError):
            await sealing.order(principal, "household")
    job = await sealing.order(OPERATOR, "household")
    assert await one(city, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'seal' AND status = 'todo'") == 1
    assert await sealing.resume() == 0, "it waits already"
    assert (await sealing.newest(10))[0].id == job.id
    (entry,) = await city.entries("sealing:ordered")
    assert entry.officer is not None
    with pytest.raises(SealingJobNotFoundError):
        await sealing.get(city.app.new_id())


async def test_a_worker_does_what_was_ordered_and_what_was_left(city: City, sealing: SealingJobs) -> None:
    await put(city.app, Resource.HOUSEHOLD, list(NEXT))
    await city.app.issuing.bulk("household")
    job = await sealing.order(OPERATOR, "household")
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(city.app, stop))
    async with asyncio.timeout(60):
        while (await sealing.get(job.id)).state is not JobState.FINISHED:  # noqa: ASYNC110 - a queue tells nobody
            await asyncio.sleep(0.1)
        left = await sealing.start("marriage")  # ordered by a command that died before it began
        assert left.total > 0
        assert await sealing.resume() in {0, 1}, "the worker may have seen it first"
        while (await sealing.get(left.id)).state is JobState.OPEN:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    stop.set()
    await asyncio.wait_for(worker, 20)
    assert (await sealing.get(left.id)).stopped == "seal-unavailable", "the civil affairs bureau has no seal"
    assert await sealed_are_whole(city) == job.total
