"""The log's key changes while several processes write and read: no refusal, no fork, one tree on both sides of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from certs.crypto.ed25519 import Ed25519Signer
from certs.evidence.audit import audit_tiles
from certs.evidence.checkpoint import LogIdentity, open_checkpoint
from certs.evidence.errors import NoteUntrusted
from certs.evidence.merkle import verify_consistency
from certs.evidence.note import NoteSigner, NoteVerifier, parse_note
from certs.evidence.proof import verify_proof
from certs.journal import repo
from certs.journal.audit import audit
from certs.journal.errors import LogKeyMissing, LogUnsound
from certs.journal.health import check_on_start
from certs.journal.keys import judged
from certs.journal.proofs import LogReader
from certs.journal.sequencer import Sequencer
from tests.certs.journal.world import ORIGIN, START, LogWorld


def new_key() -> NoteSigner:
    return NoteSigner.of(ORIGIN, Ed25519Signer.generate())


@dataclass(frozen=True)
class KeyTable:
    """The keys as the database has them, newest first; `used` may sign."""

    every: tuple[NoteSigner, ...]
    used: tuple[NoteSigner, ...]


@dataclass
class Shelf:
    """Where the table is kept; each process reads it when it likes."""

    table: KeyTable

    def add(self, key: NoteSigner) -> None:
        self.table = KeyTable((key, *self.table.every), (key, *self.table.used))

    def retire(self, key: NoteSigner) -> None:
        self.table = replace(self.table, used=tuple(k for k in self.table.used if k is not key))


@dataclass
class ProcessKeys:
    """What one process knows of the shelf, and which keys it cannot open."""

    shelf: Shelf
    closed: tuple[NoteSigner, ...] = ()
    learned: int = 0
    known: KeyTable = field(init=False)

    def __post_init__(self) -> None:
        self.known = self.shelf.table

    def identity(self) -> LogIdentity:
        return LogIdentity(ORIGIN, tuple(key.verifier for key in self.known.every))

    def signers(self) -> Sequence[NoteSigner]:
        return [key for key in self.known.used if key not in self.closed]

    def in_use(self) -> Sequence[NoteVerifier]:
        return [key.verifier for key in self.known.used]

    async def learn(self) -> None:
        await asyncio.sleep(0)
        self.learned += 1
        self.known = self.shelf.table


@dataclass
class Rotation:
    world: LogWorld
    shelf: Shelf

    def process(self, *closed: NoteSigner) -> tuple[ProcessKeys, Sequencer]:
        """A process that starts now. Each has a memory of its own machine's: none."""
        keys = ProcessKeys(self.shelf, closed)
        return keys, Sequencer(self.world.engine, self.world.blobs, keys, lambda: START, memory=self.world.memory)

    @property
    def note(self) -> str:
        return self.world.blobs.files["checkpoint"].decode()

    @property
    def signed_by(self) -> list[NoteVerifier]:
        """Whose signatures the published checkpoint bears, in their order."""
        keys = {key.verifier.key_id: key.verifier for key in self.shelf.table.every}
        return [keys[signature.key_id] for signature in parse_note(self.note).signatures]


@pytest.fixture
def rotation(world: LogWorld) -> Rotation:
    return Rotation(world, Shelf(KeyTable((world.signer,), (world.signer,))))


async def test_leader_and_follower_go_through_a_rotation_together(rotation: Rotation) -> None:
    world, old, new = rotation.world, rotation.world.signer, new_key()
    leading, leader = rotation.process()
    following, follower = rotation.process()
    notes = []
    await world.append(300)
    await leader.sequence_once()
    notes.append(rotation.note)
    rotation.shelf.add(new)
    await leading.learn()
    await world.append(20)
    await leader.sequence_once()
    notes.append(rotation.note)
    assert rotation.signed_by == [new.verifier, old.verifier], "while both are in use, whoever has one can verify"
    rotation.shelf.retire(old)
    await leading.learn()
    await world.append(20)
    await leader.sequence_once()
    notes.append(rotation.note)
    assert rotation.signed_by == [new.verifier]

    assert following.learned == 0
    await world.append(20)
    done = await follower.sequence_once()
    assert (done.led, done.sequenced, following.learned) == (True, 20, 1), "it learned instead of refusing"
    notes.append(rotation.note)
    assert rotation.signed_by == [new.verifier]
    await whole(rotation, notes)


async def whole(rotation: Rotation, notes: list[str]) -> None:
    """Every checkpoint ever signed is a prefix of the tree as it is, and of every later one."""
    world, log = rotation.world, ProcessKeys(rotation.shelf).identity()
    seen = [open_checkpoint(note, log) for note in notes]
    reader = LogReader(world.blobs, ProcessKeys(rotation.shelf))
    for older, newer in pairwise(seen):
        path = await reader.consistency(older.size, newer.size)
        verify_consistency(older.size, newer.size, path, older.root, newer.root)
    async with world.engine.connect() as conn:
        assert (await audit(conn, world.blobs, log)).ok
        for row in await repo.rows(conn, 299, 301):
            assert verify_proof(await reader.tlog_proof(conn, row.id), row.body, log)[0] == row.seq
    outside, checkpoint = audit_tiles(world.blobs.files.get, log)
    assert (outside.ok, checkpoint) == (True, seen[-1])


async def test_an_idle_log_is_signed_again_once_and_is_the_same_tree(rotation: Rotation) -> None:
    world, old, new = rotation.world, rotation.world.signer, new_key()
    keys, sequencer = rotation.process()
    await world.append(5)
    await sequencer.sequence_once()
    before = open_checkpoint(rotation.note, keys.identity())
    rotation.shelf.add(new)
    await keys.learn()
    assert (await sequencer.sequence_once()).sequenced == 0
    assert rotation.signed_by == [new.verifier, old.verifier]
    assert world.memory.note == rotation.note
    assert open_checkpoint(rotation.note, keys.identity()) == before
    puts = dict(world.blobs.puts)
    for _ in range(3):
        await sequencer.sequence_once()
    assert dict(world.blobs.puts) == puts, "once"
    await world.append(1)
    await sequencer.sequence_once()


async def test_outsiders_with_the_former_key_verify_until_it_is_retired(rotation: Rotation) -> None:
    world, old, new = rotation.world, rotation.world.signer, new_key()
    former = LogIdentity(ORIGIN, (old.verifier,))
    keys, sequencer = rotation.process()
    rotation.shelf.add(new)
    await keys.learn()
    await world.append(3)
    await sequencer.sequence_once()
    assert open_checkpoint(rotation.note, former).size == 3
    assert audit_tiles(world.blobs.files.get, former)[0].ok
    rotation.shelf.retire(old)
    await keys.learn()
    await world.append(1)
    await sequencer.sequence_once()
    with pytest.raises(NoteUntrusted):
        open_checkpoint(rotation.note, former)


async def test_who_cannot_open_the_new_key_does_not_sign_it_away(rotation: Rotation) -> None:
    world, old, new = rotation.world, rotation.world.signer, new_key()
    able, one = rotation.process()
    _, other = rotation.process(new)
    rotation.shelf.add(new)
    await able.learn()
    await one.sequence_once()
    note = rotation.note
    assert (await other.sequence_once()).led
    assert (await one.sequence_once()).led
    assert rotation.note == note
    rotation.shelf.retire(old)
    await world.append(1)
    keys, unable = rotation.process(new)
    with pytest.raises(LogKeyMissing):
        await unable.sequence_once()
    assert keys.signers() == []
    assert (await one.sequence_once()).sequenced == 1, "it waited for who can"


async def test_a_lost_key_is_replaced_on_the_head_although_the_log_is_idle(rotation: Rotation) -> None:
    world, old, lost = rotation.world, rotation.world.signer, new_key()
    keys, sequencer = rotation.process()
    rotation.shelf.add(lost)
    rotation.shelf.retire(old)
    await keys.learn()
    await world.append(2)
    await sequencer.sequence_once()
    assert rotation.signed_by == [lost.verifier]
    next_one = new_key()
    rotation.shelf.add(next_one)
    rotation.shelf.retire(lost)
    await keys.learn()
    await sequencer.sequence_once()
    assert rotation.signed_by == [next_one.verifier]


async def test_readers_and_watchers_learn_before_they_refuse(rotation: Rotation) -> None:
    world, old, new = rotation.world, rotation.world.signer, new_key()
    reading, watching = ProcessKeys(rotation.shelf), ProcessKeys(rotation.shelf)
    rotation.shelf.add(new)
    rotation.shelf.retire(old)
    _, sequencer = rotation.process()
    await world.append(2)
    await sequencer.sequence_once()
    assert (await LogReader(world.blobs, reading).checkpoint())[0].size == 2
    async with world.engine.connect() as conn:
        health = await judged(watching, lambda log: check_on_start(conn, world.blobs, world.memory.note, log))
    assert health.ok
    assert (reading.learned, watching.learned) == (1, 1)


async def test_a_checkpoint_of_a_key_nobody_knows_is_refused_as_before(rotation: Rotation) -> None:
    world, stranger = rotation.world, new_key()
    await world.append(2)
    await rotation.process()[1].sequence_once()
    keys, sequencer = rotation.process()
    foreign = Rotation(world, Shelf(KeyTable((stranger, world.signer), (stranger,))))
    await foreign.process()[1].sequence_once()
    with pytest.raises(LogUnsound):
        await sequencer.sequence_once()
    with pytest.raises(LogUnsound):
        await LogReader(world.blobs, keys).checkpoint()
    async with world.engine.connect() as conn:
        health = await judged(keys, lambda log: check_on_start(conn, world.blobs, world.memory.note, log))
    assert health.reason
