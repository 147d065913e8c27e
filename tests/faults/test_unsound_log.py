"""A log that is not the one that was published: the hub opens, says so, reads on and writes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from certs.model import Reason, State
from exchange.app import App
from exchange.errors import LogUnsoundError
from exchange.wiring import open_app
from tests.support.city import TRANSFER, City, running_at

DAMAGES = {
    "an entry deleted": ["DELETE FROM log_entry WHERE seq = 40"],
    "the last entry deleted": ["DELETE FROM log_entry WHERE seq = (SELECT max(seq) FROM log_entry)"],
    "a body edited": ["UPDATE log_entry SET body = overlay(body PLACING 'X'::bytea FROM 9) WHERE seq = 60"],
    "body and leaf edited": [
        "UPDATE log_entry SET body = body || ' '::bytea WHERE seq = 60",
        "UPDATE log_entry SET leaf_hash = sha256('\\x00'::bytea || body) WHERE seq = 60",
    ],
    "an entry added": [
        """INSERT INTO log_entry (id, body, leaf_hash, appended_at, seq)
        SELECT gen_random_uuid(), body, leaf_hash, appended_at, (SELECT max(seq) + 1 FROM log_entry)
        FROM log_entry WHERE seq = 1"""
    ],
    "two entries swapped": [
        "UPDATE log_entry SET seq = 99999 WHERE seq = 30",
        "UPDATE log_entry SET seq = 30 WHERE seq = 31",
        "UPDATE log_entry SET seq = 31 WHERE seq = 99999",
    ],
    "the head gone": ["DELETE FROM log_head"],
    "the head's size edited": ["UPDATE log_head SET size = size - 1, published_size = published_size - 1"],
}


@asynccontextmanager
async def reopened(city: City) -> AsyncIterator[App]:
    async with open_app(city.settings, now=city.clock, database=running_at(city.url)) as app:
        yield app


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_log_stops_every_write_and_no_read(city: City, damage: str) -> None:
    number, identifier = await city.case(), await city.identifier("household")
    token = (await city.app.certificates.present(identifier, ("name",))).token
    await city.app.sequencer.sequence_once()
    async with city.app.units.engine.begin() as conn:
        for statement in DAMAGES[damage]:
            assert (await conn.execute(text(statement))).rowcount == 1
    async with reopened(city) as app:
        health = await app.operations.health()
        assert not health.ok
        (log,) = [check for check in health.checks if check.name == "log"]
        assert not log.ok
        assert log.detail
        assert log.detail != "sound"
        damaged = City(app, city.clock, city.settings, city.url, city.world)
        for write in (
            damaged.case(number="C-2"),
            app.cases.resolve(city.clerk(), number),
            app.cases.use(city.clerk(), number),
            app.presentations.offer(city.citizen(), (identifier,)),
            app.trust.publish(),
            damaged.decide(identifier, State.SUSPENDED, Reason.INVESTIGATION),
        ):
            with pytest.raises(LogUnsoundError):
                await write
        assert [case.number for case in await app.cases.list(city.clerk(), 10)] == [number]
        assert len(await app.certificates.mine(city.citizen())) == 3
        assert (await app.verification.verify(token.encode(), at=None)).verdict == "valid"


async def test_a_database_rolled_back_behind_the_published_head_is_noticed(city: City) -> None:
    """The dump of yesterday, restored over today."""
    async with city.app.reads() as conn:
        size = (await conn.execute(text("SELECT max(seq) + 1 FROM log_entry"))).scalar_one()
        head = (await conn.execute(text("SELECT * FROM log_head"))).mappings().one()
    await city.case()
    await city.app.sequencer.sequence_once()
    async with city.app.units.engine.begin() as conn:
        await conn.execute(text("DELETE FROM log_entry WHERE seq >= :size"), {"size": size})
        columns = ", ".join(f"{name} = :{name}" for name in head)
        await conn.execute(text(f"UPDATE log_head SET {columns}"), dict(head))
    async with reopened(city) as app:
        assert not (await app.operations.health()).ok
        with pytest.raises(LogUnsoundError):
            await app.cases.open(city.clerk(), number="C-2", service_item=TRANSFER, subject=city.hero)


async def test_a_sound_log_opens_again_and_goes_on(city: City) -> None:
    await city.case()
    await city.app.sequencer.sequence_once()
    async with reopened(city) as app:
        assert (await app.operations.health()).ok
        assert (await app.cases.resolve(city.clerk(), "C-1")).case.number == "C-1"
