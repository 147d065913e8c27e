"""The lock files: every pin with its hashes, every dependency we name, nothing of the machine that made them."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {
    "runtime.lock": PROJECT["dependencies"],
    "dev.lock": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"],
}
_PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s\\;]+)(?: ;[^\\\n]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)
# spelled apart, so that this file is not found by its own search
_MACHINE = [
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/opt/whe" + "els",
    "--find-" + "links",
    "--index-" + "url",
    "files.python" + "hosted",
]


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    found = {canonical(pin.group(1)): pin.group(2) for pin in _PIN.finditer(text)}
    assert len(found) == len(re.findall(r"^[A-Za-z0-9._-]+==", text, re.MULTILINE)), "a pin has no hash"
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    assert {canonical(item) for item in LOCKS[name]} - pins(name).keys() == set()


def test_what_runs_is_what_was_tested() -> None:
    tested = pins("dev.lock")
    assert {name: version for name, version in pins("runtime.lock").items() if tested.get(name) != version} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_minimum_versions_hold(name: str) -> None:
    locked = pins(name)
    for requirement in LOCKS[name]:
        least = re.search(r">=([\d.]+)", requirement)
        if least:
            assert numbers(locked[canonical(requirement)]) >= numbers(least.group(1)), requirement


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    search = ["git", "grep", "-lFI", *(f"-e{text}" for text in _MACHINE)]
    listed = subprocess.run(search, cwd=ROOT, check=False, capture_output=True, text=True)
    assert set(listed.stdout.splitlines()) <= {"tests/meta/test_locks.py", "Makefile"}
