import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import PoolProxiedConnection, event, text

from certs.evidence.checkpoint import open_checkpoint
from certs.evidence.merkle import verify_consistency
from certs.evidence.proof import verify_proof
from certs.journal import repo
from certs.journal.errors import EntryEdited, EntryNotPublished, EntryUnknown, LogMissing, LogRolledBack, PublishFailed
from certs.journal.sequencer import Sequencer
from tests.certs.journal.world import LogWorld


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - no event to wait for: the loop under test is observed from outside
        await asyncio.sleep(0.02)


async def test_creates_the_log_once_and_publishes_the_empty_tree(bare: LogWorld) -> None:
    with pytest.raises(LogMissing):
        await bare.sequencer().sequence_once()
    assert await bare.sequencer().create_log()
    assert not await bare.sequencer().create_log()
    await bare.sequencer().sequence_once()
    assert open_checkpoint(bare.blobs.files["checkpoint"].decode(), bare.sequencer().log).size == 0


async def test_proves_every_entry_across_tile_boundaries(world: LogWorld) -> None:
    sequencer, size, older = world.sequencer(), 0, []
    for count in (1, 254, 1, 1, 300, 212, 1024):
        ids = await world.append(count)
        done = await sequencer.sequence_once()
        size += count
        assert (done.sequenced, done.size) == (count, size)
        await world.assert_whole(size)
        older.append((await world.reader.checkpoint())[0])
        async with world.engine.connect() as conn:
            for event_id in (ids[0], ids[-1]):
                row = await repo.find(conn, event_id)
                assert row is not None
                proof = await world.reader.tlog_proof(conn, event_id)
                assert verify_proof(proof, row.body, sequencer.log)[0] == row.seq
    newest = older[-1]
    for old in older:
        path = await world.reader.consistency(old.size, newest.size)
        verify_consistency(old.size, newest.size, path, old.root, newest.root)


async def test_batches_are_bounded_and_keep_the_order_of_arrival(world: LogWorld) -> None:
    ids = await world.append(10)
    sequencer = world.sequencer()
    assert [(await sequencer.sequence_once(max_batch=4)).sequenced for _ in range(4)] == [4, 4, 2, 0]
    async with world.engine.connect() as conn:
        assert [row.id for row in await repo.rows(conn, 0, 10)] == ids


async def test_an_entry_waits_until_its_checkpoint_is_public(world: LogWorld) -> None:
    (event_id,) = await world.append(1)
    sequencer = world.sequencer()
    await sequencer.sequence_once(max_batch=1)
    (late,) = await world.append(1)
    async with world.engine.connect() as conn:
        assert await world.reader.tlog_proof(conn, event_id)
        with pytest.raises(EntryNotPublished):
            await world.reader.tlog_proof(conn, late)
        with pytest.raises(EntryUnknown):
            await world.reader.tlog_proof(conn, type(late)(int=99))


async def test_only_one_leads_and_nothing_is_sequenced_twice(world: LogWorld) -> None:
    await world.append(2000)
    pair = [world.sequencer(), world.sequencer()]

    total, stood_back = 0, 0

    async def drain(sequencer: Sequencer) -> None:
        nonlocal total, stood_back
        while total < 2000:
            done = await sequencer.sequence_once(max_batch=100)
            total += done.sequenced
            stood_back += not done.led

    await asyncio.gather(*(drain(sequencer) for sequencer in pair))
    assert total == 2000
    assert stood_back, "they did meet"
    await world.assert_whole(2000)


async def test_a_second_leader_stands_back(world: LogWorld) -> None:
    await world.append(1)
    async with world.engine.begin() as conn:
        assert await repo.try_lead(conn)
        assert not (await world.sequencer().sequence_once()).led
    assert (await world.sequencer().sequence_once()).sequenced == 1


async def test_run_sequences_until_stopped(world: LogWorld) -> None:
    sequencer, stop = world.sequencer(), asyncio.Event()
    task = asyncio.create_task(sequencer.run(stop, interval=0.02))
    await world.append(5)
    async with asyncio.timeout(10):
        await until(lambda: b"\n5\n" in world.blobs.files.get("checkpoint", b""))
    stop.set()
    await task
    assert sequencer.trouble is None
    assert sequencer.last_ok is not None


async def test_run_survives_failing_files_and_stops_on_an_unsound_log(world: LogWorld) -> None:
    sequencer, stop = world.sequencer(), asyncio.Event()
    world.blobs.fail = lambda _name: "lost"
    await world.append(5)
    task = asyncio.create_task(sequencer.run(stop, interval=0.02))
    async with asyncio.timeout(10):
        await until(lambda: isinstance(sequencer.trouble, PublishFailed))
        world.blobs.fail = lambda _name: None
        await until(lambda: sequencer.trouble is None)
    await world.assert_whole(5)
    await world.sql("UPDATE log_head SET size = 4, frontier = substring(frontier FOR 32), published_size = 4")
    with pytest.raises(Exception, match="head row edited"):
        await asyncio.wait_for(task, 10)


FAULTS = [(mode, kind) for mode in ("lost", "stored") for kind in ("tile/0/", "tile/1/", "tile/entries/", "checkpoint")]


@pytest.mark.parametrize(("mode", "kind"), FAULTS)
@pytest.mark.parametrize("fresh_process", [False, True])
async def test_a_failed_put_loses_nothing(world: LogWorld, mode: str, kind: str, fresh_process: bool) -> None:
    sequencer = world.sequencer()
    await world.append(300)
    await sequencer.sequence_once()
    before = world.blobs.files["checkpoint"]
    await world.append(700)
    world.blobs.fail = lambda name: mode if name.startswith(kind) else None
    with pytest.raises(PublishFailed):
        await sequencer.sequence_once()
    if not (mode == "stored" and kind == "checkpoint"):
        assert world.blobs.files["checkpoint"] == before, "a checkpoint is visible before its tiles"
    await world.append(50)
    with pytest.raises(PublishFailed):
        await sequencer.sequence_once()
    async with world.engine.connect() as conn:
        census = await repo.census(conn)
    assert census is not None
    assert census.sequenced == 1000, "nothing new is sequenced while a committed head is not public"
    world.blobs.fail = lambda _name: None
    done = await (world.sequencer() if fresh_process else sequencer).sequence_once()
    assert done.sequenced == 50
    await world.assert_whole(1050)


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("which", [1, 2, 3])
async def test_a_failed_commit_loses_nothing(world: LogWorld, persisted: bool, which: int) -> None:
    """Commit 1 ends the look for unpublished work, 2 the sequencing, 3 the publication."""
    sequencer = world.sequencer()
    await world.append(300)
    await sequencer.sequence_once()
    await world.append(400)
    dialect = world.engine.sync_engine.dialect
    original, commits = dialect.do_commit, 0

    def failing(connection: PoolProxiedConnection) -> None:
        nonlocal commits
        commits += 1
        if commits == which and not persisted:
            raise OSError("commit did not reach the server")
        original(connection)
        if commits == which:
            raise OSError("commit done, answer lost")

    dialect.do_commit = failing  # type: ignore[method-assign,assignment]  # the answer to a commit is lost
    try:
        with pytest.raises(OSError, match="commit"):
            await sequencer.sequence_once()
    finally:
        dialect.do_commit = original  # type: ignore[method-assign]  # healed
    assert commits == which
    await sequencer.sequence_once()
    await world.assert_whole(700)


async def test_a_crash_between_commit_and_publication_is_repaired_first(world: LogWorld) -> None:
    sequencer = world.sequencer()
    await sequencer.sequence_once()
    await world.append(500)
    world.blobs.fail = lambda _name: "lost"
    with pytest.raises(PublishFailed):
        await sequencer.sequence_once()
    del sequencer
    world.blobs.fail = lambda _name: None
    reborn = world.sequencer()
    assert (await reborn.sequence_once()).sequenced == 0
    await world.assert_whole(500)


async def test_lost_and_damaged_files_are_written_again_from_the_database(world: LogWorld) -> None:
    sequencer = world.sequencer()
    await world.append(1000)
    await sequencer.sequence_once()
    whole = dict(world.blobs.files)
    world.blobs.files.clear()
    assert not (await world.audit()).ok
    await sequencer.republish()
    assert world.blobs.files == whole
    damaged = "tile/1/000.p/3"
    world.blobs.files[damaged] = bytes(96)
    await world.append(300)
    await sequencer.sequence_once()
    health = await world.audit()
    assert health.ok, "the next tiles come from the database, not from the damaged one"


async def test_a_log_that_existed_is_never_created_again(world: LogWorld) -> None:
    await world.append(3)
    await world.sequencer().sequence_once()
    await world.sql("DELETE FROM log_head")
    with pytest.raises(LogRolledBack):
        await world.sequencer().create_log()
    await world.sql("DELETE FROM log_entry")
    with pytest.raises(LogRolledBack):
        await world.sequencer().create_log()
    world.blobs.files.clear()
    with pytest.raises(LogRolledBack):
        await world.sequencer().create_log()


async def test_an_entry_edited_while_it_waits_is_never_sequenced(world: LogWorld) -> None:
    await world.append(3)
    await world.sql("UPDATE log_entry SET body = body || ' '::bytea WHERE id = :id", id=UUID(int=2))
    with pytest.raises(EntryEdited):
        await world.sequencer().sequence_once()
    assert (await world.audit()).size == 0


async def test_append_is_one_statement(world: LogWorld) -> None:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(world.engine.sync_engine, "before_cursor_execute", note)
    await world.append(50)
    assert len([s for s in statements if "log_entry" in s]) == 1
    async with world.engine.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM log_entry")) == 50
