"""Use cases on a real PostgreSQL, through the real unit of work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from catalog import repo, service, tables
from catalog.cache import SnapshotCache
from catalog.errors import (
    BreakingChangeError,
    CatalogError,
    CatalogueInvalidError,
    EntryExistsError,
    GrantStateError,
    ReasonMissingError,
    ResourceInUseError,
    UnknownEntryError,
)
from catalog.importing import import_catalogue
from catalog.loader import CatalogueFile
from catalog.model import DepartmentCode, Grant, GrantId, GrantState, Resource, ResourceId, ResourceState
from catalog.onceonly import HeldCertificate, Holdings, SharedRecord
from catalog.ports import Unit
from catalog.samples import sample_catalogue
from catalog.snapshot import CatalogueSnapshot
from tests.catalog.builders import AT, PSB, department, grant, item, resource
from tests.catalog.conftest import World
from tests.catalog.test_onceonly import TRANSFER

NR = DepartmentCode("11339900MB900004X5")
HOUSEHOLD = ResourceId("psb.household")


async def snapshot(world: World) -> CatalogueSnapshot:
    async with world.engine.connect() as conn:
        return await repo.load_snapshot(conn)


async def imported(world: World) -> CatalogueSnapshot:
    await world.units.run(lambda unit: import_catalogue(unit, sample_catalogue()))
    return await snapshot(world)


async def publish(world: World, entry: Resource, *, accept_breaking: bool = False) -> Resource:
    return await world.units.run(lambda unit: service.publish_resource(unit, entry, accept_breaking=accept_breaking))


async def refusal(world: World, work: Callable[[Unit], Awaitable[object]]) -> CatalogError:
    """Run `work`, expect a refusal, and see that it left neither row nor event."""
    before, events = await snapshot(world), len(world.journal.events)
    with pytest.raises(CatalogError) as refused:
        await world.units.run(work)
    assert await snapshot(world) == before
    assert len(world.journal.events) == events
    return refused.value


async def test_an_empty_catalogue_has_revision_zero(world: World) -> None:
    empty = await snapshot(world)
    assert (empty.revision, empty.grants, empty.grants_for(NR, HOUSEHOLD)) == (0, (), ())


async def test_import_writes_everything_and_again_nothing(world: World, sample: CatalogueFile) -> None:
    first = await imported(world)
    assert set(first.departments.values()) == set(sample.department)
    assert {entry.id for entry in first.resources.values()} == {entry.id for entry in sample.resource}
    assert all(entry.state is ResourceState.PUBLISHED and entry.version == 1 for entry in first.resources.values())
    assert list(first.requirements_of(TRANSFER)) == [sample.requirement[n] for n in (0, 2, 4)]
    assert {grant.id for grant in first.grants} == {grant.id for grant in sample.grant}
    assert world.journal.kinds.count("catalog:resource-published") == 4
    assert world.journal.kinds.count("catalog:grant-issued") == 4
    assert world.journal.kinds[-1] == "catalog:imported"
    events = len(world.journal.events)
    again = await world.units.run(lambda unit: import_catalogue(unit, sample_catalogue()))
    assert not again.changed
    assert len(world.journal.events) == events
    assert await snapshot(world) == first


async def test_a_refused_file_leaves_nothing(world: World) -> None:
    bad = sample_catalogue().replace('grade = "一般数据"', 'grade = "机密"')
    assert isinstance(await refusal(world, lambda unit: import_catalogue(unit, bad)), CatalogueInvalidError)


async def test_a_changed_file_publishes_only_the_difference(world: World) -> None:
    first = await imported(world)
    text = sample_catalogue().replace('abstract_zh = "在本市登记常住户口', 'abstract_zh = "本市常住户口')
    events = len(world.journal.events)
    await world.units.run(lambda unit: import_catalogue(unit, text))
    assert world.journal.kinds[events:] == ["catalog:resource-published", "catalog:imported"]
    after = await snapshot(world)
    assert after.resources[HOUSEHOLD].version == 2
    assert after.revision == first.revision + 1
    async with world.engine.connect() as conn:
        assert await repo.get_resource_version(conn, HOUSEHOLD, 1) == first.resources[HOUSEHOLD]
        assert await repo.get_resource_version(conn, HOUSEHOLD, 2) == await repo.get_resource(conn, HOUSEHOLD)


async def test_departments_are_checked_and_may_be_renamed(world: World) -> None:
    bad = department(code="11339900MB9000015Q")
    assert isinstance(await refusal(world, lambda unit: service.register_department(unit, bad)), CatalogueInvalidError)
    for entry in (department(), department(), department(name_zh="市公安局")):
        await world.units.run(lambda unit, entry=entry: service.register_department(unit, entry))  # type: ignore[misc]  # bound now
    assert world.journal.kinds == ["catalog:department-registered"] * 2
    assert (await snapshot(world)).departments[PSB].name_zh == "市公安局"


async def test_publishing_lints_versions_and_records(world: World) -> None:
    await world.units.run(lambda unit: service.register_department(unit, department()))
    error = await refusal(world, lambda unit: service.publish_resource(unit, resource(grade="", source=None)))
    assert isinstance(error, CatalogueInvalidError)
    assert [finding.rule for finding in error.findings] == ["art13-source", "art13-grade"]
    one = await publish(world, resource())
    assert (one.version, one.state) == (1, ResourceState.PUBLISHED)
    assert await publish(world, resource()) == one
    two = await publish(world, resource(items=(*resource().items, item("phone"))))
    assert two.version == 2
    details = [event.detail for event in world.journal.events if event.kind == "catalog:resource-published"]
    assert details == [
        {"resource": HOUSEHOLD, "version": 1, "breaking": []},
        {"resource": HOUSEHOLD, "version": 2, "breaking": []},
    ]


async def test_a_breaking_version_needs_consent_and_no_dependent_grant(world: World) -> None:
    state = await imported(world)
    old = state.resources[HOUSEHOLD]
    without = replace(old, items=tuple(entry for entry in old.items if entry.code != "ethnicity"))
    error = await refusal(world, lambda unit: service.publish_resource(unit, without))
    assert isinstance(error, BreakingChangeError)
    assert error.changes == ("item ethnicity removed",)
    assert (await publish(world, without, accept_breaking=True)).version == 2
    nameless = replace(without, items=tuple(entry for entry in without.items if entry.code != "relation"))
    error = await refusal(world, lambda unit: service.publish_resource(unit, nameless, accept_breaking=True))
    assert isinstance(error, ResourceInUseError)
    assert error.grants == ("mca-household-marriage", "nr-household-transfer")


async def test_withdrawal_waits_for_the_grants(world: World) -> None:
    await imported(world)
    marriage = ResourceId("mca.marriage")

    async def withdraw(unit: Unit) -> Resource:
        return await service.withdraw_resource(unit, marriage, reason="职责调整")

    assert isinstance(await refusal(world, withdraw), ResourceInUseError)
    await world.units.run(lambda unit: service.revoke_grant(unit, GrantId("nr-marriage-transfer"), reason="已协商"))
    gone = await world.units.run(withdraw)
    assert (gone.state, gone.version) == (ResourceState.WITHDRAWN, 2)
    assert world.journal.kinds[-1] == "catalog:resource-withdrawn"
    assert isinstance(await refusal(world, withdraw), UnknownEntryError)
    late = grant(id="x", resource=marriage, consumer=NR, purposes=(TRANSFER,), items=("status",))
    error = await refusal(world, lambda unit: service.grant(unit, late))
    assert isinstance(error, CatalogueInvalidError)
    assert [finding.rule for finding in error.findings] == ["not-published"]


async def test_a_grant_is_suspended_resumed_and_revoked_with_reasons(world: World) -> None:
    await imported(world)
    grant_id = GrantId("nr-household-transfer")

    async def states() -> tuple[GrantState, str]:
        (held,) = (await snapshot(world)).grants_for(NR, HOUSEHOLD)
        return held.state, held.state_reason

    assert isinstance(
        await refusal(world, lambda unit: service.suspend_grant(unit, grant_id, reason=" ")), ReasonMissingError
    )
    assert isinstance(
        await refusal(world, lambda unit: service.resume_grant(unit, grant_id, reason="x")), GrantStateError
    )
    await world.units.run(lambda unit: service.suspend_grant(unit, grant_id, reason="超范围使用"))
    assert await states() == (GrantState.SUSPENDED, "超范围使用")
    await world.units.run(lambda unit: import_catalogue(unit, sample_catalogue()))
    assert await states() == (GrantState.SUSPENDED, "超范围使用")  # a file does not lift a suspension
    await world.units.run(lambda unit: service.resume_grant(unit, grant_id, reason="已整改"))
    assert (await states())[0] is GrantState.ACTIVE
    await world.units.run(lambda unit: service.revoke_grant(unit, grant_id, reason="目的已实现"))
    for step in (service.suspend_grant, service.resume_grant, service.revoke_grant):
        error = await refusal(world, lambda unit, step=step: step(unit, grant_id, reason="x"))  # type: ignore[misc]  # bound now
        assert isinstance(error, GrantStateError)
    kinds = [kind for kind in world.journal.kinds if kind.startswith("catalog:grant-")]
    assert kinds[4:] == ["catalog:grant-suspended", "catalog:grant-resumed", "catalog:grant-revoked"]
    unknown = await refusal(world, lambda unit: service.suspend_grant(unit, GrantId("no"), reason="x"))
    assert isinstance(unknown, UnknownEntryError)


async def test_a_grant_id_is_used_once(world: World, sample: CatalogueFile) -> None:
    await imported(world)
    terms = sample.grant[0]
    events = len(world.journal.events)
    assert await world.units.run(lambda unit: service.grant(unit, terms)) == terms
    assert len(world.journal.events) == events
    other: Grant = replace(terms, rate=1)
    assert isinstance(await refusal(world, lambda unit: service.grant(unit, other)), EntryExistsError)
    await world.units.run(lambda unit: service.revoke_grant(unit, terms.id, reason="x"))
    assert isinstance(await refusal(world, lambda unit: service.grant(unit, terms)), EntryExistsError)


async def test_two_publishers_at_once_get_two_versions(world: World) -> None:
    await world.units.run(lambda unit: service.register_department(unit, department()))
    entries = [resource(abstract_zh=f"第{n}稿。") for n in range(6)]
    results = await asyncio.gather(*(publish(world, entry) for entry in entries))
    assert sorted(entry.version for entry in results) == [1, 2, 3, 4, 5, 6]


async def test_the_cache_follows_the_revision(world: World) -> None:
    cache = SnapshotCache()
    async with world.engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="AUTOCOMMIT")
        empty = await cache.get(conn)
        assert await cache.get(conn) is empty
        await imported(world)
        full = await cache.get(conn)
        assert len(full.resources) == 4
        assert await cache.get(conn) is full
        assert cache.at(full.revision) is full
        assert cache.at(full.revision + 1) is None
        assert cache.at(full.revision - 1) is None  # a restored database has gone back
        await world.units.run(lambda unit: service.suspend_grant(unit, full.grants[0].id, reason="x"))
        after = await cache.get(conn)
        assert after.revision == full.revision + 1 == await repo.read_revision(conn)


async def test_a_snapshot_is_never_torn(world: World) -> None:
    """A writer keeps a department and a resource in step; a reader on AUTOCOMMIT must always see them in step."""

    async def rename(unit: Unit, name: str) -> None:
        await service.register_department(unit, department(name_zh=name))
        await service.publish_resource(unit, resource(abstract_zh=name))

    async def write() -> None:
        for number in range(40):
            await world.units.run(lambda unit, number=number: rename(unit, f"局{number}"))  # type: ignore[misc]  # bound now

    await world.units.run(lambda unit: rename(unit, "局"))
    writer = asyncio.create_task(write())
    seen = set()
    async with world.engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="AUTOCOMMIT")
        while not writer.done():
            state = await repo.load_snapshot(conn)
            assert state.departments[PSB].name_zh == state.resources[HOUSEHOLD].abstract_zh
            seen.add(state.revision)
    await writer
    assert len(seen) > 1


async def test_the_database_refuses_what_the_services_would_never_write(world: World) -> None:
    await imported(world)
    with pytest.raises(IntegrityError):
        async with world.engine.begin() as conn:
            await conn.execute(tables.grant.update().values(state="forgotten"))
    with pytest.raises(IntegrityError):
        async with world.engine.begin() as conn:
            await conn.execute(tables.revision.insert().values(id=2, revision=1))


async def test_a_snapshot_resolves_a_case(world: World) -> None:
    state = await imported(world)
    held = Holdings(
        certificates=(
            HeldCertificate(type="real_estate", identifier="E1"),
            HeldCertificate(type="marriage", identifier="M1"),
        ),
        records=(SharedRecord(resource=HOUSEHOLD, key="339900199001010011", fields={}),),
    )
    region = state.departments[NR].region
    assert state.resolve(TRANSFER, held, at=AT, jurisdiction=region).satisfied
    assert not state.resolve(TRANSFER, Holdings(), at=AT, jurisdiction=region).satisfied


async def test_an_expired_grant_does_not_hold_up_a_withdrawal(world: World) -> None:
    await imported(world)
    old = grant(
        id="old",
        resource=ResourceId("samr.business_licence"),
        consumer=NR,
        purposes=(TRANSFER,),
        items=("uscc",),
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 11, 22, tzinfo=UTC) - timedelta(days=1),
    )
    await world.units.run(lambda unit: service.grant(unit, old))
    done = await world.units.run(lambda unit: service.withdraw_resource(unit, old.resource, reason="目录整合"))
    assert done.state is ResourceState.WITHDRAWN
