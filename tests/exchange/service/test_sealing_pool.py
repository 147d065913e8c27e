"""Documents sealed in other processes are the same documents, made faster; a parent that is killed leaves nobody."""

import asyncio
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from adapters.tsa.client import TsaClient
from certs.crypto.alg import Alg
from certs.crypto.keys import generate_key
from certs.documents.batch import Batch, RowRefused
from certs.documents.model import DocumentSeals
from certs.layout.fonts import load_fonts
from certs.model import Certificate, FaceKind
from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pki import der
from certs.pki.algorithms import SM3
from certs.pki.identity import Identity
from exchange.errors import SealingStoppedError
from exchange.service.key_opening import KeyOpener
from exchange.service.sealers import CheckedStamp
from exchange.service.sealing_pool import KeyStore, SealingPool
from tests.certs.documents.world import AT, seals, trust
from tests.certs.layout.samples import certificate_of_type, kind_of
from tests.support.city import Clock

SECRET = b"only-for-tests-0123456789"
PAIR = (FaceKind.OFD, FaceKind.PDF)


def on_disk(folder: Path) -> tuple[DocumentSeals, KeyStore]:
    """The seals with fresh keys that lie in files. The certificates are of other keys: nothing is verified here."""
    uris, made = {}, seals(stamped=False, archived=True)
    identities = []
    for name, alg, identity in (("ofd", Alg.SM2, made.ofd.identity), ("pdf", Alg.ES256, made.pdf.identity)):
        key = generate_key(alg, folder / f"{name}.pem", SECRET)
        uris[key.kid] = (folder / f"{name}.pem").as_uri()
        identities.append(Identity(key, identity.certificate, identity.chain))
    with_keys = DocumentSeals(replace(made.ofd, identity=identities[0]), replace(made.pdf, identity=identities[1]))
    return with_keys, KeyStore(uris, KeyOpener(SECRET))


def batch_of(made: DocumentSeals) -> Batch:
    return Batch(kind_of("marriage"), made, AT, "https://hub.339900.example")


def many(count: int) -> list[Certificate]:
    return [certificate_of_type("marriage", marriage_no=f"J339900-2026-{n:06d}") for n in range(count)]


async def test_two_processes_seal_what_one_seals(tmp_path: Path) -> None:
    made, store = on_disk(tmp_path)
    rows = many(20)
    broken = replace(rows[3], face={**rows[3].face, "spouse_a_name": "测\U000323b0"})
    rows[3] = broken
    outcomes = []
    for processes in (1, 2):
        async with SealingPool(store, processes=processes, fonts=load_fonts()) as pool:
            outcomes.append(await pool.seal(batch_of(made), rows))
    for one, two, row in zip(*outcomes, rows, strict=True):
        if row is broken:
            assert one == two == RowRefused("glyph-missing", "no glyph for spouse_a_name: \U000323b0 U+323B0 UNNAMED")
            continue
        assert isinstance(one, tuple)
        assert isinstance(two, tuple)
        assert tuple(f.kind for f in one) == tuple(f.kind for f in two) == PAIR
        assert [f.kid for f in one] == [f.kid for f in two] == list(store.uris)
        assert one[0].stamp_digest == two[0].stamp_digest, "the same document under the same seal"


async def test_a_key_that_is_not_there_refuses_the_batch(tmp_path: Path) -> None:
    made, store = on_disk(tmp_path)
    (tmp_path / "pdf.pem").unlink()
    async with SealingPool(store, processes=2, fonts=load_fonts()) as pool:
        with pytest.raises(SealingStoppedError, match="key-unreadable"):
            await pool.seal(batch_of(made), many(4))


def test_the_secret_of_the_keys_is_not_shown(tmp_path: Path) -> None:
    assert SECRET.decode() not in repr(on_disk(tmp_path)[1])


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_children_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    on_disk(tmp_path)
    command = [sys.executable, "-m", "tests.exchange.service.sealing_parent", str(tmp_path)]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    children = [int(pid) for pid in (await asyncio.wait_for(parent.stdout.readline(), 60)).split()]
    assert len(children) == 2
    assert all(map(alive, children))
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(10):
        while any(map(alive, children)):  # noqa: ASYNC110 - nothing tells us when a stranger's child ends
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("processes", [1, 2])
async def test_an_authority_that_does_not_stamp_refuses_the_batch(tmp_path: Path, processes: int) -> None:
    made, store = on_disk(tmp_path)
    nonce = partial(secrets.randbits, 64)
    stamp = CheckedStamp(TsaClient("http://127.0.0.1:1/tsa", 1), SM3, trust(Alg.SM2), nonce, Clock())
    unstamped = replace(made, ofd=replace(made.ofd, stamp=stamp))
    async with SealingPool(store, processes=processes, fonts=load_fonts()) as pool:
        with pytest.raises(SealingStoppedError, match="time-stamp-failed"):
            await pool.seal(batch_of(unstamped), many(3))


@dataclass(frozen=True)
class SlowStamp:
    """Takes its time, notes when, and says what no authority would: nothing is verified here."""

    notes: Path

    def __call__(self, value: bytes) -> bytes:
        begun = time.monotonic()
        time.sleep(0.2)
        with self.notes.open("a") as notes:
            notes.write(f"{os.getpid()} {begun} {time.monotonic()}\n")
        return der.sequence(der.octets(value[:8]))


async def test_while_one_waits_for_its_stamp_others_are_sealed(tmp_path: Path) -> None:
    made, store = on_disk(tmp_path)
    slow = replace(made, ofd=replace(made.ofd, stamp=SlowStamp(tmp_path / "notes")))
    rows = many(64)
    async with SealingPool(store, processes=2, fonts=load_fonts()) as pool:
        outcomes = await pool.seal(batch_of(slow), rows)
    waits = [line.split() for line in (tmp_path / "notes").read_text().splitlines()]
    at_once = [
        sum(pid == other and float(start) <= float(begun) < float(end) for other, start, end in waits)
        for pid, begun, _ in waits
    ]
    assert len(waits) == len(rows)
    assert 2 < max(at_once) <= 8
    for outcome, row in zip(outcomes, rows, strict=True):
        assert isinstance(outcome, tuple)
        assert certificate_in(read_ofd(outcome[0].data)) == row, "each in its place"


async def test_a_child_that_dies_breaks_the_batch(tmp_path: Path) -> None:
    made, store = on_disk(tmp_path)
    async with SealingPool(store, processes=2, fonts=load_fonts()) as pool:
        await pool.seal(batch_of(made), many(2))
        assert pool._children is not None
        work = asyncio.create_task(pool.seal(batch_of(made), many(200)))
        await asyncio.sleep(0.1)
        for pid in list(pool._children._processes):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(SealingStoppedError, match="process-lost"):
            await work


async def test_children_do_the_work_and_this_process_is_free(tmp_path: Path) -> None:
    """How much faster several are depends on who else uses the cores; that the parent does next to nothing does not."""
    made, store = on_disk(tmp_path)
    spent = {}
    for processes in (1, 2):
        async with SealingPool(store, processes=processes, fonts=load_fonts()) as pool:
            await pool.seal(batch_of(made), many(8))
            start = time.process_time()
            done = await pool.seal(batch_of(made), many(100))
            spent[processes] = time.process_time() - start
            assert all(isinstance(pair, tuple) for pair in done)
    assert spent[2] < spent[1] / 4, spent


async def test_a_key_made_after_the_children_began_stops_the_job_until_it_is_run_again(tmp_path: Path) -> None:
    made, store = on_disk(tmp_path)
    before = KeyStore({}, store.open_key)
    async with SealingPool(before, processes=2, fonts=load_fonts()) as pool:
        with pytest.raises(SealingStoppedError) as stopped:
            await pool.seal(batch_of(made), many(4))
    assert stopped.value.reason == "key-unreadable"
    assert "run the job again" in str(stopped.value)
