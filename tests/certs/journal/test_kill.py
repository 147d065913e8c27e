"""kill -9 at arbitrary points of a real process, then recovery."""

import random
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from certs.crypto.ed25519 import Ed25519Signer
from certs.evidence.audit import audit_tiles
from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint
from certs.evidence.merkle import verify_consistency
from certs.journal import repo
from certs.journal.audit import audit
from certs.journal.health import check_on_start
from certs.journal.keys import FixedKeys
from certs.journal.memory import CheckpointFile
from certs.journal.proofs import LogReader
from certs.journal.sequencer import Sequencer
from tests.certs.journal.victim import DirectoryBlobs, note_signer
from tests.certs.journal.world import ORIGIN, START, LogWorld

ROOT = Path(__file__).parents[3]
ROUNDS = 12


def live_and_die(url: str, directory: Path, key: str, first: int, lines: int) -> list[int]:
    """Run the victim until it acknowledged `lines` entries, kill it, return every acknowledged number."""
    command = [sys.executable, "-m", "tests.certs.journal.victim", url, str(directory), key, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        seen = [victim.stdout.readline() for _ in range(lines)]
        victim.kill()
        seen += victim.stdout.readlines()
    return [int(line) for line in seen if line.endswith("\n")]


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_and_history_only_grows(
    bare: LogWorld, database_url: str, tmp_path: Path
) -> None:
    key = Ed25519Signer.generate().pkcs8().hex()
    blobs, memory, signer = DirectoryBlobs(tmp_path), CheckpointFile(tmp_path / "remembered"), note_signer(key)
    log = LogIdentity(ORIGIN, (signer.verifier,))

    def sequencer() -> Sequencer:
        return Sequencer(bare.engine, blobs, FixedKeys.of(signer), lambda: START, memory=memory)

    await sequencer().create_log()
    rng, acknowledged, older, interrupted = random.Random(1), [0], list[Checkpoint](), 0
    for _ in range(ROUNDS):
        acknowledged += live_and_die(database_url, tmp_path, key, acknowledged[-1] + 2, rng.randrange(1, 120))
        public = blobs.read("checkpoint")
        if public is not None:
            older.append(open_checkpoint(public.decode(), log))
        async with bare.engine.connect() as conn:
            head = await repo.load_head(conn)
            interrupted += head is not None and head.size != head.published_size
            health = await check_on_start(conn, blobs, memory.read(), log)
        assert health.reason is None, health
        reborn = sequencer()
        while (await reborn.sequence_once()).sequenced:
            pass
        async with bare.engine.connect() as conn:
            assert (await audit(conn, blobs, log)).ok
        assert audit_tiles(blobs.read, log)[0].ok
    assert interrupted, "some kills must fall between commit and publication"
    newest, _ = await LogReader(blobs, FixedKeys(log)).checkpoint()
    async with bare.engine.connect() as conn:
        for number in acknowledged[1:]:
            row = await repo.find(conn, UUID(int=number))
            assert row is not None
            assert row.seq is not None
    for old in older:
        proof = await LogReader(blobs, FixedKeys(log)).consistency(old.size, newest.size)
        verify_consistency(old.size, newest.size, proof, old.root, newest.root)
