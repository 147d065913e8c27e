import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from certs.evidence.entry import decode_entry
from certs.journal import repo
from certs.journal.append import key_owner
from certs.journal.errors import KeyUnwrapFailed, SubjectErased
from certs.journal.subjects import SubjectKeys, erase
from tests.certs.journal.world import START, LogWorld, SomeEvent

CITIZEN = "339900199003074510"


async def dump(world: LogWorld) -> bytes:
    async with world.engine.connect() as conn:
        found = b""
        for table in ("log_entry", "log_head", "log_subject_key"):
            for row in await conn.execute(text(f"SELECT * FROM {table}")):
                found += b"|".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row)
        return found


async def test_the_person_appears_nowhere(world: LogWorld) -> None:
    await world.append(3, subject=CITIZEN, case="3399002026112200017")
    await world.sequencer().sequence_once()
    for content in (await dump(world), *world.blobs.files.values()):
        assert CITIZEN.encode() not in content
        assert b"3399002026112200017" not in content


async def test_equal_people_have_unlike_commitments(world: LogWorld) -> None:
    ids = await world.append(50, subject=CITIZEN)
    async with world.engine.connect() as conn:
        found = [await repo.find(conn, event_id) for event_id in ids]
        assert await conn.scalar(text("SELECT count(*) FROM log_subject_key")) == 1
    assert len({decode_entry(row.body).subject for row in found if row}) == 50


async def test_an_opening_opens_one_event_and_no_other(world: LogWorld) -> None:
    one, other = await world.append(2, subject=CITIZEN, case="c-1")
    owner = key_owner(CITIZEN, "c-1")
    assert owner == CITIZEN
    async with world.engine.connect() as conn:
        opening = await world.journal.opening(conn, one, "subject", CITIZEN, owner=owner)
        rows = [await repo.find(conn, event_id) for event_id in (one, other)]
    entries = [decode_entry(row.body) for row in rows if row]
    assert entries[0].subject is not None
    assert entries[1].subject is not None
    assert opening.opens(entries[0].subject)
    assert not opening.opens(entries[1].subject)
    assert entries[0].case is not None
    assert not opening.opens(entries[0].case), "label separates subject from case"


async def test_erasing_a_person_keeps_every_proof(world: LogWorld) -> None:
    (event_id,) = await world.append(1, subject=CITIZEN)
    await world.append(300)
    await world.sequencer().sequence_once()
    keys = world.journal.keys
    async with world.engine.begin() as conn:
        assert await erase(conn, keys.index(CITIZEN), START)
        assert not await erase(conn, keys.index(CITIZEN), START)
    async with world.engine.connect() as conn:
        with pytest.raises(SubjectErased):
            await world.journal.opening(conn, event_id, "subject", CITIZEN, owner=CITIZEN)
        assert await world.reader.tlog_proof(conn, event_id)
    await world.assert_whole(301)
    await world.append(1, subject=CITIZEN)  # the person comes back
    async with world.engine.connect() as conn:
        opening = await world.journal.opening(conn, event_id, "subject", CITIZEN, owner=CITIZEN)
        row = await repo.find(conn, event_id)
    assert row is not None
    commitment = decode_entry(row.body).subject
    assert commitment is not None
    assert not opening.opens(commitment), "the new key says nothing about entries before the erasure"


async def test_units_at_the_same_time_agree_on_one_key(world: LogWorld) -> None:
    people = [CITIZEN, "339900198511230026"]

    async def unit(number: int) -> None:
        events = [
            SomeEvent(UUID(int=number * 10 + at), subject=person)
            for at, person in enumerate(people if number % 2 else people[::-1])
        ]
        async with world.engine.begin() as conn:
            await world.journal.append(conn, events)

    await asyncio.gather(*(unit(number) for number in range(1, 25)))
    async with world.engine.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM log_subject_key")) == 2
        for number in range(1, 25):
            for at in range(2):
                event_id = UUID(int=number * 10 + at)
                person = (people if number % 2 else people[::-1])[at]
                row = await repo.find(conn, event_id)
                opening = await world.journal.opening(conn, event_id, "subject", person, owner=person)
                assert row is not None
                commitment = decode_entry(row.body).subject
                assert commitment is not None
                assert opening.opens(commitment)


async def test_a_wrong_data_key_is_refused(world: LogWorld) -> None:
    await world.append(1, subject=CITIZEN)
    wrong = SubjectKeys(world.journal.keys.index_key, b"x" * 32)
    async with world.engine.connect() as conn:
        with pytest.raises(KeyUnwrapFailed):
            await wrong.existing(conn, CITIZEN)
    moved = "UPDATE log_subject_key SET subject_index = sha256(subject_index)"
    await world.sql(moved)
    async with world.engine.connect() as conn:
        with pytest.raises(SubjectErased):
            await world.journal.keys.existing(conn, CITIZEN)


async def test_a_case_without_a_subject_has_its_own_key(world: LogWorld) -> None:
    (event_id,) = await world.append(1, case="c-9")
    owner = key_owner(None, "c-9")
    assert owner is not None
    async with world.engine.connect() as conn:
        opening = await world.journal.opening(conn, event_id, "case", "c-9", owner=owner)
        row = await repo.find(conn, event_id)
    assert row is not None
    commitment = decode_entry(row.body).case
    assert commitment is not None
    assert opening.opens(commitment)
