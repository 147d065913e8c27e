"""Real pulls from the four departments' systems, each through its manifest."""

import asyncio
import json
import os
import secrets
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.blobs.local import LocalBlobs
from adapters.manifest import parse_manifest
from adapters.model import Manifest
from adapters.pictures import plain_picture
from adapters.pull import Pull, RunReport
from adapters.repo import records
from adapters.tables import metadata, quarantine, record, record_change, record_subject
from exchange.demo.changes import change, rephotographed
from exchange.demo.defects import PLANTED
from exchange.demo.departments.mca_photos import joint_photo
from exchange.demo.departments.town import Town
from exchange.demo.manifests import manifest_paths
from exchange.demo.world import (
    Defect,
    Marriage,
    Record,
    Resource,
    Spoilt,
    World,
    body_of,
    key_of,
)
from exchange.sealing import Sealer
from exchange.service.photos import Photos
from exchange.uow import LogGate, RecordedEvent, Units, watch_writes

RULES = {
    Defect.CHECK_DIGIT: {"id18", "uscc"},
    Defect.DATE: {"date"},
    Defect.ENCODING: {"encoding"},
    Defect.BLANK_NAME: {"required"},
    Defect.PICTURE: {"image"},
}


class Kept:
    """Keeps the events; the log itself is tested elsewhere."""

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        self.events += events
        return {item.id: b"\0" * 32 for item in events}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def town(tmp_path: Path, server_url: str, world: World) -> Iterator[Town]:
    town = Town(tmp_path / "town", server_url, database=f"psb_{os.urandom(6).hex()}")
    town.create(world)
    with town:
        yield town
    town.remove()


@pytest.fixture
async def hub(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(database_url)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    watch_writes(engine)
    yield engine
    await engine.dispose()


def manifests() -> list[Manifest]:
    return [parse_manifest(path.read_bytes()) for path in manifest_paths()]


def photos(town: Town) -> Photos:
    return Photos(LocalBlobs(town.mca.data.parent / "photos"), Sealer(bytes(32), secrets.token_bytes))


async def pull_all(hub: AsyncEngine, town: Town, journal: Kept) -> dict[Resource, RunReport]:
    units = Units(hub, journal, LogGate(), now, uuid4)
    reports = {}
    for manifest in manifests():
        report = await Pull(hub, manifest, town.secrets(), now, uuid4, pictures=photos(town)).run(units)
        reports[Resource(manifest.resource)] = report
    return reports


async def stored(hub: AsyncEngine, resource: Resource) -> dict[str, dict[str, object]]:
    query = select(record.c.key, record.c.body).where(record.c.resource == resource, record.c.deleted_at.is_(None))
    async with hub.connect() as conn:
        return {row.key: row.body for row in await conn.execute(query)}


async def refused(hub: AsyncEngine, run_id: UUID) -> list[tuple[str, str]]:
    query = select(quarantine.c.rule, quarantine.c.raw).where(quarantine.c.run_id == run_id)
    async with hub.connect() as conn:
        return [(rule, json.dumps(raw, ensure_ascii=False)) for rule, raw in (await conn.execute(query)).all()]


async def changed(hub: AsyncEngine, run_id: UUID) -> dict[str, str]:
    query = select(record_change.c.key, record_change.c.op).where(record_change.c.run_id == run_id)
    async with hub.connect() as conn:
        return {row.key: row.op for row in await conn.execute(query)}


def expected(world: World, resource: Resource) -> dict[str, dict[str, str | float | None]]:
    return {key_of(row): body_of(row) | photo_of(row) for row in world.records(resource)}


def photo_of(row: Record) -> dict[str, str | float | None]:
    if not isinstance(row, Marriage):
        return {}
    picture = plain_picture(b64decode(joint_photo(row.marriage_no, row.photo)))
    return {"photo_digest": sha256(picture).hexdigest()}


def mark_of(item: Spoilt) -> str:
    """A part of the bad row that no other row has and no defect touches."""
    resource_marks = {
        "Person": "address",
        "Marriage": "marriage_no",
        "Firm": "legal_rep_id",
        "Property": "certificate_no",
    }
    return str(getattr(item.record, resource_marks[type(item.record).__name__]))


async def test_first_pull_then_one_percent(hub: AsyncEngine, town: Town, world: World) -> None:
    journal = Kept()
    first = await pull_all(hub, town, journal)
    for resource, report in first.items():
        planted = PLANTED[resource]
        counts = report.counts
        assert counts.read == town.counts()[resource]
        assert (counts.stored, counts.quarantined) == (len(world.records(resource)), sum(planted.values()))
        assert counts.stored + counts.quarantined == counts.read
        assert await stored(hub, resource) == expected(world, resource)
        rows = await refused(hub, report.run_id)
        assert len(rows) == len(world.bad(resource))
        for item in world.bad(resource):
            rules = [rule for rule, raw in rows if mark_of(item) in raw]
            assert len(rules) == 1
            assert rules[0] in RULES[item.defect], item
        assert Counter(await changed(hub, report.run_id)).keys() == expected(world, resource).keys()

    after, changes = change(world, 7)
    town.apply(changes, now())
    await asyncio.sleep(3.1)  # the manifests' delays: nothing younger is read
    second = await pull_all(hub, town, journal)
    for resource, report in second.items():
        touched = {item.key: "I" if item.before is None else "U" for item in changes if item.resource is resource}
        assert await changed(hub, report.run_id) == touched
        assert report.counts.stored == len(touched)
        assert report.counts.quarantined == 0
        assert report.counts.read == len(touched)
        assert await stored(hub, resource) == expected(after, resource)

    third = await pull_all(hub, town, journal)
    assert all(report.counts.read == 0 for report in third.values())
    assert {item.kind for item in journal.events} == {
        "adapter:run-started",
        "adapter:chunk-stored",
        "adapter:run-completed",
    }
    assert world.hero.citizen_id not in repr([item.detail for item in journal.events])


async def test_photos_are_kept_apart_encrypted_and_follow_the_register(
    hub: AsyncEngine, town: Town, world: World
) -> None:
    await pull_all(hub, town, Kept())
    married = {row.marriage_no: row for row in world.marriages}
    couple = married[world.hero.marriage_no]
    for version in (couple, replace(couple, photo=2)):
        digest = photo_of(version)["photo_digest"]
        if version is not couple:
            assert await photos(town).find(str(digest)) is None
            town.apply(rephotographed(couple), now())
            await asyncio.sleep(3.1)
            reports = await pull_all(hub, town, Kept())
            assert reports[Resource.MARRIAGE].counts.stored == 1
        body = (await stored(hub, Resource.MARRIAGE))[couple.marriage_no]
        assert body["photo_digest"] == digest
        photo = await photos(town).find(str(digest))
        assert photo is not None
        assert sha256(photo).hexdigest() == digest
    files = [path.read_bytes() for path in (town.mca.data.parent / "photos").rglob("*") if path.is_file()]
    assert len(files) == 2 * (len(married) + 1), "each photo, and where it came from; none of the rows put aside"
    assert not any(b"JFIF" in file for file in files)


async def test_everything_of_the_hero_is_found_under_her_number(hub: AsyncEngine, town: Town, world: World) -> None:
    await pull_all(hub, town, Kept())
    hero = world.hero
    keys = {
        Resource.HOUSEHOLD: hero.citizen_id,
        Resource.MARRIAGE: hero.marriage_no,
        Resource.LICENCE: hero.uscc,
        Resource.REAL_ESTATE: hero.certificate_no,
    }
    async with hub.connect() as conn:
        for resource, key in keys.items():
            found = await records.find_by_subject(conn, resource, hero.citizen_id)
            assert [item.key for item in found] == [key]
        pairs = select(record_subject.c.subject).where(record_subject.c.key == hero.marriage_no)
        assert set((await conn.scalars(pairs)).all()) == {hero.citizen_id, hero.spouse_id}


async def test_every_source_answers_a_check(hub: AsyncEngine, town: Town) -> None:
    for manifest in manifests():
        pull = Pull(hub, manifest, town.secrets(), now, uuid4)
        assert (await pull.check()).missing == ()
        assert (await pull.preview(5)).rows
