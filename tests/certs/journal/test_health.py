"""Attacks with the database password, the files, or both; without the log's key."""

import random
from pathlib import Path
from uuid import UUID

import pytest

from certs.evidence.checkpoint import sign_checkpoint
from certs.evidence.entry import EventFacts, encode_entry
from certs.evidence.findings import Fault, LogHealth
from certs.evidence.merkle import leaf_hash
from certs.journal.errors import LogForked, LogRolledBack, LogUnsound
from certs.journal.health import check_on_start
from certs.journal.memory import CheckpointFile
from tests.certs.journal.world import HUB, START, LogWorld, new_world

SIZE = 700


@pytest.fixture
async def full(world: LogWorld) -> LogWorld:
    await world.append(SIZE - 100)
    sequencer = world.sequencer()
    await sequencer.sequence_once()
    await world.append(100)
    await sequencer.sequence_once()
    return world


async def check(world: LogWorld) -> LogHealth:
    async with world.engine.connect() as conn:
        return await check_on_start(conn, world.blobs, world.memory.note, world.sequencer().log)


def faults(health: LogHealth) -> set[Fault]:
    return {finding.fault for finding in health.findings}


def forged(number: int) -> bytes:
    facts = EventFacts(id=UUID(int=number), kind="exchange:answered", at=START, hub=HUB, detail={"forged": True})
    return encode_entry(facts, None)


async def test_a_whole_log_is_ok_at_every_stage(world: LogWorld) -> None:
    assert (await check(world)).ok
    for count in (3, 253, 1, 600):
        await world.append(count)
        assert (await check(world)).ok, "waiting entries are no fault"
        await world.sequencer().sequence_once()
        assert (await check(world)).ok


async def test_a_new_database_is_no_rollback(bare: LogWorld) -> None:
    assert faults(await check(bare)) == {Fault.HEAD_MISSING}


async def test_any_single_row_edit_is_found_and_named(full: LogWorld) -> None:
    rng = random.Random(7)
    for index in {0, SIZE - 1, *rng.sample(range(SIZE), 20)}:
        for promise_too in (False, True):
            body = forged(index + 1)
            leaf = leaf_hash(body)
            await full.sql("CREATE TABLE kept AS SELECT body, leaf_hash FROM log_entry WHERE seq = :i", i=index)
            await full.sql("UPDATE log_entry SET body = :b WHERE seq = :i", b=body, i=index)
            if promise_too:
                await full.sql("UPDATE log_entry SET leaf_hash = :h WHERE seq = :i", h=leaf, i=index)
            health = await full.audit()
            assert health.first_bad_index == index
            assert Fault.ENTRY_EDITED in faults(health)
            assert (await check(full)).first_bad_index == index, "the tail is hashed again at every start"
            await full.sql(
                "UPDATE log_entry SET body = kept.body, leaf_hash = kept.leaf_hash FROM kept WHERE seq = :i", i=index
            )
            await full.sql("DROP TABLE kept")
    assert (await full.audit()).ok


@pytest.mark.parametrize("index", [0, 255, 256, 511, SIZE - 1])
async def test_a_deleted_row_is_found_and_named(full: LogWorld, index: int) -> None:
    await full.sql("DELETE FROM log_entry WHERE seq = :i", i=index)
    for health in (await check(full), await full.audit()):
        assert Fault.ENTRY_MISSING in faults(health)
        assert health.first_bad_index == index


async def test_two_rows_exchanged_are_found(full: LogWorld) -> None:
    await full.sql("UPDATE log_entry SET seq = 900 WHERE seq = 300")
    await full.sql("UPDATE log_entry SET seq = 300 WHERE seq = 301")
    await full.sql("UPDATE log_entry SET seq = 301 WHERE seq = 900")
    assert (await full.audit()).first_bad_index == 300
    assert (await check(full)).first_bad_index == 300


async def test_deleted_and_closed_up_is_found(full: LogWorld) -> None:
    await full.sql("DELETE FROM log_entry WHERE seq = 300")
    await full.sql("UPDATE log_entry SET seq = -0 + seq + 10000 WHERE seq > 300")
    await full.sql("UPDATE log_entry SET seq = seq - 10001 WHERE seq > 10000")
    assert Fault.ENTRY_MISSING in faults(await check(full))
    assert (await full.audit()).first_bad_index == 300


async def test_an_inserted_row_is_found(full: LogWorld) -> None:
    body = forged(5000)
    await full.sql(
        "INSERT INTO log_entry (id, body, leaf_hash, seq) VALUES (:id, :b, :h, :s)",
        id=UUID(int=5000),
        b=body,
        h=leaf_hash(body),
        s=SIZE,
    )
    assert faults(await check(full)) == {Fault.ENTRY_EXTRA}
    assert faults(await full.audit()) == {Fault.ENTRY_EXTRA}


@pytest.mark.parametrize(
    "edit",
    [
        "size = size - 1",
        "root = sha256(root)",
        "frontier = frontier || frontier",
        "frontier = overlay(frontier placing '\\x00'::bytea from 1)",
        "checkpoint = replace(checkpoint, '700', '701')",
        "checkpoint = ''",
        "origin = 'elsewhere.example'",
        "published_size = -1, size = 0, frontier = '', root = sha256('')",
    ],
)
async def test_an_edited_head_is_found_and_never_signed_on(full: LogWorld, edit: str) -> None:
    if edit.startswith("size"):
        await full.sql("UPDATE log_head SET published_size = 0")
    await full.sql(f"UPDATE log_head SET {edit}")
    assert (await check(full)).reason is not None
    await full.append(1)
    before = dict(full.blobs.files)
    with pytest.raises(LogUnsound):
        await full.sequencer().sequence_once()
    assert full.blobs.files == before


async def roll_back(world: LogWorld) -> None:
    """Bring back the database as it was 50 entries ago: rows, head and its genuine signature."""
    await world.sql("CREATE TABLE old_head AS SELECT * FROM log_head")
    size = (await check(world)).size
    await world.append(50)
    await world.sequencer().sequence_once()
    await world.sql("DELETE FROM log_entry WHERE seq >= :s", s=size)
    await world.sql("DELETE FROM log_head")
    await world.sql("INSERT INTO log_head SELECT * FROM old_head")


async def test_a_database_rolled_back_is_refused_by_the_published_checkpoint(full: LogWorld) -> None:
    await roll_back(full)
    full.memory.note = None
    assert faults(await check(full)) == {Fault.ROLLED_BACK}
    await full.append(1)
    with pytest.raises(LogRolledBack):
        await full.sequencer().sequence_once()


async def test_database_and_files_rolled_back_together_are_refused_by_memory(full: LogWorld) -> None:
    old_files = dict(full.blobs.files)
    await roll_back(full)
    full.blobs.files = old_files
    health = await check(full)
    assert faults(health) == {Fault.ROLLED_BACK}
    assert health.reason is not None
    with pytest.raises(LogRolledBack):
        await full.sequencer().sequence_once()


async def test_a_running_sequencer_notices_a_rollback_without_any_file(full: LogWorld) -> None:
    sequencer = full.sequencer()
    await full.sql("CREATE TABLE old_head AS SELECT * FROM log_head")
    await full.append(5)
    old_files = dict(full.blobs.files)
    await sequencer.sequence_once()
    await full.sql("DELETE FROM log_entry WHERE seq >= :s", s=SIZE)
    await full.sql("DELETE FROM log_head")
    await full.sql("INSERT INTO log_head SELECT * FROM old_head")
    full.blobs.files, full.memory.note = old_files, None
    with pytest.raises(LogRolledBack):
        await sequencer.sequence_once()


async def test_another_tree_of_the_same_size_is_a_fork(full: LogWorld) -> None:
    """A copy of the database went on with the real key (a second site): each sees the other's checkpoint."""
    checkpoint, _ = await full.reader.checkpoint()
    other = type(checkpoint)(checkpoint.origin, checkpoint.size, leaf_hash(b"other"))
    full.memory.note = sign_checkpoint(other, [full.signer])
    assert faults(await check(full)) == {Fault.FORKED}
    with pytest.raises(LogForked):
        await full.sequencer().sequence_once()


async def test_a_remembered_smaller_tree_must_be_a_prefix(full: LogWorld) -> None:
    checkpoint, _ = await full.reader.checkpoint()
    full.memory.note = sign_checkpoint(type(checkpoint)(checkpoint.origin, 600, leaf_hash(b"x")), [full.signer])
    assert faults(await check(full)) == {Fault.FORKED}
    full.memory.note = sign_checkpoint(
        type(checkpoint)(checkpoint.origin, 600, await full.reader.root_at(600)), [full.signer]
    )
    assert (await check(full)).ok


async def test_a_checkpoint_signed_by_somebody_else_is_refused(full: LogWorld) -> None:
    stranger = new_world(full.engine).signer
    checkpoint, _ = await full.reader.checkpoint()
    full.blobs.files["checkpoint"] = sign_checkpoint(checkpoint, [stranger]).encode()
    assert Fault.CHECKPOINT_INVALID in faults(await check(full))
    with pytest.raises(LogUnsound):
        await full.sequencer().sequence_once()


async def test_lost_files_are_a_repairable_fault(full: LogWorld) -> None:
    full.blobs.files.clear()
    health = await check(full)
    assert faults(health) == {Fault.TILES_LAG}
    assert health.reason is None, "writing may go on"
    await full.sequencer().republish()
    assert (await check(full)).ok


async def test_every_tile_edit_is_found(full: LogWorld) -> None:
    rng = random.Random(11)
    clean = dict(full.blobs.files)
    current = {"tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"} | {
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/188",
        "checkpoint",
    }
    for name in sorted(current):
        for _ in range(10):
            data = bytearray(clean[name])
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            full.blobs.files[name] = bytes(data)
            if name == "checkpoint":
                assert not (await check(full)).ok
            else:
                assert not (await full.audit()).ok, name
        full.blobs.files[name] = clean[name]
    assert (await full.audit()).ok


def test_the_checkpoint_file_is_replaced_whole(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "newest.checkpoint")
    assert file.read() is None
    for note in ("one\n", "two — 二\n"):
        file.write(note)
        assert file.read() == note
    assert [path.name for path in tmp_path.iterdir()] == ["newest.checkpoint"]
