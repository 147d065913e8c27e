"""What a group of tests shares is made once: its tests run in one worker, as `make test` starts them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import groups

ROOT = Path(__file__).parents[2]
GROUPED = """
import os, pathlib, pytest
pytestmark = pytest.mark.xdist_group("{group}")
@pytest.mark.parametrize("place", ["a@b", "c::d", *range(10)])
def test_where(place):
    with pathlib.Path(os.environ["WORKERS"]).open("a") as out:
        print("{group}", os.environ["PYTEST_XDIST_WORKER"], file=out)
"""


def test_conftest_uses_it(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin(groups.__name__)


@pytest.mark.slow
def test_a_group_stays_in_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, group in enumerate(["one", "two", "one"]):
        (tmp_path / f"test_{number}.py").write_text(GROUPED.format(group=group), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8")
    found = tmp_path / "workers"
    monkeypatch.setenv("WORKERS", str(found))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    spread = ["-n", "2", "--dist", "loadgroup", "-p", groups.__name__, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *spread, str(tmp_path)],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = found.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 36
    assert len({line for line in lines if line.startswith("one")}) == 1
    assert len({line for line in lines if line.startswith("two")}) == 1
