"""The examples of the README, followed word for word: connect a register, pull it, register a system, ask, seal."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exchange.demo.departments.psb import PublicSecurity
from exchange.demo.people import build_world
from tests.support.command import ROOT, YZT, clean_environment, free_port, run, wait_until_it_answers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("readme-example")]


def block(language: str, number: int = 0) -> str:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return found[number]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the reader works, short of path because of the database's socket."""
    root = Path(tempfile.mkdtemp(prefix="yzt-rm-", dir="/tmp"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def register(server_url: str) -> Iterator[PublicSecurity]:
    """The population register the manifest connects."""
    department = PublicSecurity(server_url, f"psb_{os.urandom(6).hex()}")
    department.create(build_world())
    yield department
    department.drop()


def test_a_reader_who_follows_the_page_gets_an_answer(folder: Path, register: PublicSecurity) -> None:
    port = free_port()

    def yzt(*words: str) -> str:
        done = run([YZT, *words], cwd=folder)
        assert done.code == 0, (words, done.said)
        return done.out

    yzt("init", "--port", str(port))
    yzt("catalog", "import", str(ROOT / "catalog" / "samples" / "region_339900.toml"))
    home = folder / ".yzt"
    (home / "manifests" / "psb.household.toml").write_text(block("toml"), encoding="utf-8")
    url = register.url.replace("postgresql+psycopg", "postgresql")
    connections = block("toml", 1).replace("postgresql://reader@psb.example/registry", url)
    (home / "connections.toml").write_text(connections, encoding="utf-8")
    assert "every column is there" in yzt("adapter", "check", "psb.household")
    world = build_world()
    hero, people = world.hero, len(world.people)
    assert hero.citizen_id not in yzt("adapter", "preview", "psb.household")
    assert " stored" in yzt("adapter", "run", "psb.household")

    script = block("python").replace("http://127.0.0.1:8339", f"http://127.0.0.1:{port}")
    (folder / "ask.py").write_text(script, encoding="utf-8")
    asked = run([sys.executable, "ask.py"], cwd=folder)
    (folder / "nr-counter.jwks").write_text(asked.out)
    said = [line for line in block("sh", 2).splitlines() if line.startswith("yzt access")]
    assert len(said) == 2
    for line in said:
        yzt(*line.split()[1:])
    server = subprocess.Popen([YZT, "serve"], cwd=folder, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    try:
        assert wait_until_it_answers(server, f"http://127.0.0.1:{port}/readyz") == 200
        done = run([sys.executable, "ask.py", hero.citizen_id], cwd=folder)
        assert done.code == 0, done.said
        again = run([sys.executable, "ask.py", hero.citizen_id], cwd=folder)
        assert again.code == 0, again.said  # a reader tries twice
        sealed = [yzt(*line.split("#")[0].split()[1:]) for line in block("sh", 3).splitlines()]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    answer = json.loads(done.out)
    [record] = answer["answer"]["records"]
    with psycopg.connect(register.url) as conn:
        row = conn.execute("SELECT zz FROM ry_jbxx WHERE gmsfhm = %s", [hero.citizen_id]).fetchone()
    assert row is not None
    assert (record["fields"]["name"], record["fields"]["address"]) == (hero.name, row[0].strip())
    assert set(record["fields"]) == {"name", "address", "household_no"}
    assert answer["receipt"].count(".") == 2
    assert f"finished: {people} sealed, 0 already there, 0 refused of {people}" in sealed[-1]
