"""Fuzzing in a normal run: bounded in time, over every target. `make fuzz` runs the same targets longer."""

import importlib.util
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certs.attacks.effort import examples
from tests.certs.attacks.mutants import blind
from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.readers import READERS
from tests.fuzz.rightful import RIGHTFUL
from tests.fuzz.target import Target, survives
from tests.fuzz.targets import EACH, TARGETS

UNSIGNED = {**READERS, **DOCUMENTS, **RIGHTFUL}
# Targets whose genuine input is refused in the end, because the harness asks for one thing more than it holds.
NEVER_ACCEPTED = {"sealed-part"}
SECONDS = 15


@cache
def target(name: str) -> Target:
    return TARGETS[name]()


@pytest.mark.parametrize("name", EACH)
def test_genuine_inputs_are_accepted(name: str) -> None:
    seeds = target(name).seeds()
    assert seeds
    assert all(len(seed) <= target(name).max_bytes for seed in seeds), "the engine would cut it"
    accepted = [survives(target(name), seed) for seed in seeds]
    assert any(accepted) is (name not in NEVER_ACCEPTED)


@pytest.mark.parametrize("name", UNSIGNED)
@examples(60)
@given(data=st.data())
def test_changed_inputs_end_in_refusals(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(target(name).seeds()))
    survives(target(name), data.draw(blind(seed)))


@pytest.mark.parametrize("name", UNSIGNED)
def test_shapes_without_sense_end_in_refusals(name: str) -> None:
    for shape in (
        b"",
        b"\0",
        b"\xff" * 9,
        b"\x30\x84\xff\xff\xff\xff",
        b"{" * 9000,
        b"[" * 9000,
        b"<a>" * 3000,
        b"(" * 9000,
    ):
        survives(target(name), shape[: target(name).max_bytes])


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="no atheris for this system")
def test_guided_by_coverage(tmp_path: Path) -> None:
    """All targets in one process; stops at the first input that does what none may, and shows it.

    By the command, because a process counts the peak of whoever started it to its own memory, and this one may be big.
    """
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS), "--corpus", str(tmp_path), "all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    said = re.search(r"(\d+) inputs +(\d+) edges", done.stdout)
    assert said, done.stdout
    assert int(said[1]) > 100
    assert int(said[2]) > 1000
