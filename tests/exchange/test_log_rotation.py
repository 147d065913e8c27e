"""Rotation of the log's key on a running hub: a worker that writes and a process that serves, on one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from certs.evidence.checkpoint import open_checkpoint
from certs.evidence.findings import LogHealth
from certs.evidence.merkle import verify_consistency
from certs.evidence.note import parse_note
from certs.evidence.proof import verify_proof
from certs.evidence.trust import decode_trust
from certs.journal import repo
from certs.journal.audit import audit
from certs.model import Verdict
from certs.offline.check_log import audit_log
from exchange import worker
from exchange.app import App
from exchange.service.keys import HubKeys, KeyRole
from exchange.settings import Settings
from exchange.uow import Unit
from exchange.wiring import open_app
from exchange.worker import attend, run_worker
from tests.conftest import already_running


@asynccontextmanager
async def working(*loops: "asyncio.Task[None]", stop: asyncio.Event) -> AsyncIterator[None]:
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*loops)


async def append(app: App) -> UUID:
    """One more event, from this process."""

    async def note(unit: Unit) -> UUID:
        return unit.record("evidence:exported", {"entries": 0, "certificates": 0})

    return await app.units.run(note)


async def proven(app: App, event: UUID) -> str:
    """The proof of an event, as soon as it is under a published checkpoint."""
    async with asyncio.timeout(20):
        while True:
            async with app.reads() as conn:
                row = await repo.find(conn, event)
            if row is not None and row.seq is not None and (await app.evidence.head()).size > row.seq:
                return await app.evidence.tlog_proof(event)
            await asyncio.sleep(0.05)


async def signatures(app: App, count: int, first: str) -> str:
    """The published checkpoint, once it bears so many signatures, the first of this key."""
    wanted = next(key for key in app.trust.log.identity().keys if key.vkey() == first).key_id
    async with asyncio.timeout(20):
        while True:
            note = (await app.evidence.head()).checkpoint
            signed = parse_note(note).signatures
            if len(signed) == count and signed[0].key_id == wanted:
                return note
            await asyncio.sleep(0.05)


def operator(app: App) -> HubKeys:
    """The keys as the process of the command line has them."""
    return HubKeys(app.units, app.reads, app.keys.directory, app.keys.open_key, app.now)


async def newest(app: App) -> str:
    await app.keys.reload()
    return app.trust.log.signers()[0].verifier.vkey()


async def whole(app: App) -> LogHealth:
    async with app.reads() as conn:
        return await audit(conn, app.evidence.blobs, app.trust.log.identity())


@pytest.fixture
async def serving(hub: App, hub_settings: Settings, hub_database_url: str) -> AsyncIterator[App]:
    """A second process's app on the database of the first."""
    async with open_app(hub_settings, database=already_running(hub_database_url)) as app:
        yield app


async def test_a_rotation_takes_effect_everywhere_without_a_restart(
    hub: App, serving: App, hub_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker, "HOUSEKEEPING_SECONDS", 0.5)
    monkeypatch.setattr(worker, "WATCH_SECONDS", 0.1)
    stop, command_line = asyncio.Event(), operator(hub)
    await command_line.reload()
    old = command_line.signer(KeyRole.LOG).kid
    worker_app = asyncio.create_task(run_worker(hub, stop))
    served = asyncio.create_task(attend(serving, stop))
    async with working(worker_app, served, stop=stop):
        first = await append(serving)
        events, notes = {first: await proven(serving, first)}, [(await serving.evidence.head()).checkpoint]
        former_file = serving.trust.key_file()

        await command_line.generate(KeyRole.LOG, hub.hub.operator)
        notes.append(await signatures(serving, 2, await newest(serving)))
        assert open_checkpoint(notes[-1], decode_trust(former_file).logs[0]).size, "outsiders need no new file yet"
        between = await append(serving)
        events[between] = await proven(serving, between)

        await command_line.retire(old)
        last = await append(serving)
        events[last] = await proven(serving, last)
        await asyncio.sleep(1)
        after = await append(hub)
        events[after] = await proven(serving, after)
        notes.append(await signatures(serving, 1, await newest(serving)))
        assert (hub.gate.reason, serving.gate.reason) == (None, None), "nobody refused anything on the way"
        assert [worker_app.done(), served.done()] == [False, False]
    await both_sides_hold(serving, events, notes)
    files = Path(hub_settings.data_dir) / "objects"
    report = audit_log(files, serving.trust.key_file(), earlier=notes[0])
    assert report.verdict is Verdict.VALID, report
    assert (await whole(serving)).ok


async def both_sides_hold(app: App, events: dict[UUID, str], notes: list[str]) -> None:
    """Proofs and checkpoints from before, during and after, with the key file an outsider gets now."""
    log = decode_trust(app.trust.key_file()).logs[0]
    assert len(log.keys) == 2
    for event, proof in events.items():
        verify_proof(proof, (await app.evidence.event(event)).body.encode(), log)
    seen = [open_checkpoint(note, log) for note in notes]
    path = await app.evidence.consistency(seen[0].size, seen[-1].size)
    hashes = [bytes.fromhex(each) for each in path.hashes]
    verify_consistency(seen[0].size, seen[-1].size, hashes, seen[0].root, seen[-1].root)


async def test_who_opens_the_hub_in_the_middle_of_it_goes_on(hub: App, serving: App) -> None:
    """The process that serves reads its keys only when it has to: it attends to nothing here."""
    command_line = operator(hub)
    await command_line.reload()
    old = command_line.signer(KeyRole.LOG).kid
    await command_line.generate(KeyRole.LOG, hub.hub.operator)
    await command_line.retire(old)
    await hub.keys.reload()
    event = await append(hub)
    await hub.sequencer.sequence_once()
    assert (await serving.log_watch.look()).ok
    assert serving.gate.reason is None
    verify_proof(
        await serving.evidence.tlog_proof(event),
        (await serving.evidence.event(event)).body.encode(),
        serving.trust.log.identity(),
    )
    await append(serving)
    assert (await serving.sequencer.sequence_once()).sequenced
