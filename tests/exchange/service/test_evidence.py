"""The evidence bundle of a case: an outsider checks it in another process without network and finds any changed bit."""

import asyncio
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest

from certs.journal.errors import EntryUnknown
from certs.offline.check_bundle import verify_bundle
from exchange.errors import CaseNotFoundError, NotAllowedError, TileNotFoundError
from tests.support.city import City

ROOT = Path(__file__).parents[3]
NO_NETWORK = """
import os, runpy, sys
sys.addaudithook(lambda event, args: os._exit(99) if event.startswith("socket.") else None)
sys.argv[0] = "certs"
runpy.run_module("certs", run_name="__main__")
"""


async def exported(city: City) -> bytes:
    """The bundle of a case in which certificates were reused."""
    await city.case()
    await city.app.cases.use(city.clerk(), "C-1")
    await city.app.sequencer.sequence_once()
    return await city.app.evidence.export(city.auditor(), "C-1")


def judge(directory: Path, bundle: bytes, trust: bytes) -> subprocess.CompletedProcess[str]:
    (directory / "case.zip").write_bytes(bundle)
    (directory / "trust.json").write_bytes(trust)
    at = "2026-11-22T10:00:00Z"
    files = (str(directory / "case.zip"), "--trust", str(directory / "trust.json"), "--at", at)
    command = [sys.executable, "-c", NO_NETWORK, "verify-bundle", *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_a_bundle_is_valid_for_an_outsider_without_network(city: City, tmp_path: Path) -> None:
    bundle = await exported(city)
    said = await asyncio.to_thread(judge, tmp_path, bundle, city.app.trust.key_file())
    assert said.returncode == 0, said.stdout + said.stderr
    names = ZipFile(BytesIO(bundle)).namelist()
    assert len([name for name in names if name.startswith("entries/")]) == 3
    everything = b"".join(ZipFile(BytesIO(bundle)).read(name) for name in names)
    for personal in (city.hero, city.world.hero.name, city.world.people[0].address):
        assert personal.encode() not in everything
    assert len(await city.entries("evidence:exported")) == 1


async def test_any_changed_bit_is_found(city: City) -> None:
    bundle, keys, at = await exported(city), city.app.trust.key_file(), city.clock()
    assert verify_bundle(bundle, keys, at=at).exit_code == 0
    random = Random(339900)
    for position in random.sample(range(len(bundle)), 200):
        changed = bytearray(bundle)
        changed[position] ^= 1 << random.randrange(8)
        assert verify_bundle(bytes(changed), keys, at=at).exit_code == 1, position


async def test_only_auditors_export_and_only_cases_something_was_used_for(city: City) -> None:
    await city.case()
    with pytest.raises(NotAllowedError):
        await city.app.evidence.export(city.clerk(), "C-1")
    for number in ("C-1", "C-9"):
        with pytest.raises(CaseNotFoundError):
            await city.app.evidence.export(city.auditor(), number)


async def test_the_head_grows_and_stays_consistent(city: City) -> None:
    old = await city.app.evidence.head()
    await city.case()
    await city.app.sequencer.sequence_once()
    new = await city.app.evidence.head()
    assert new.size == old.size + 1
    proof = await city.app.evidence.consistency(old.size, new.size)
    assert (proof.old_root_hex, proof.new_root_hex) == (old.root_hex, new.root_hex)
    opened = (await city.entries("case:opened"))[0]
    event = await city.app.evidence.event(opened.id)
    assert (event.seq, event.kind) == (new.size - 1, "case:opened")
    assert "c2sp.org/tlog-proof" in await city.app.evidence.tlog_proof(opened.id)
    with pytest.raises(EntryUnknown):
        await city.app.evidence.event(city.app.new_id())


async def test_only_published_files_are_handed_out(city: City) -> None:
    assert (await city.app.evidence.tile("checkpoint")).startswith(city.settings.log_origin.encode())
    assert await city.app.evidence.tile("tile/0/000.p/" + str((await city.app.evidence.head()).size % 256))
    for path in ("../keys", "trust/trust.jws", "tile/0/999", "materials/x", "tile/entries/../../checkpoint", ""):
        with pytest.raises(TileNotFoundError):
            await city.app.evidence.tile(path)
