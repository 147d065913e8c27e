"""The four packages: from one place, quiet when imported, and shipped whole."""

import importlib.metadata
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import adapters
import catalog
import certs
import exchange
from tests.support.command import ROOT, clean_environment, run

PACKAGES = ("exchange", "certs", "catalog", "adapters")
FOLDERS = [str(ROOT / package) + "/" for package in PACKAGES]
# Effects of importing: what is opened, started or written by a line of ours (two libraries probe the machine when
# they are imported). Byte code is kept off, so that any write is ours.
_QUIET = """
import importlib, json, pkgutil, sys, threading
told = []
EVENTS = {"socket.__new__", "socket.bind", "socket.connect", "subprocess.Popen", "os.fork", "os.mkdir", "os.remove"}
def listen(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 3
    if event not in EVENTS and not writes:
        return
    frame = sys._getframe(1)
    while frame is not None and "site-packages" not in frame.f_code.co_filename:
        if frame.f_code.co_filename.startswith(tuple(sys.argv[2:])):
            told.append(f"{event} {arguments[0]} {frame.f_code.co_filename}:{frame.f_lineno}")
            return
        frame = frame.f_back
sys.addaudithook(listen)
names = []
for package in json.loads(sys.argv[1]):
    root = importlib.import_module(package)
    names.append(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if ".migrations." not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
            names.append(found.name)
print(json.dumps({"modules": len(names), "told": told, "threads": threading.active_count()}))
"""


def test_they_come_from_one_place() -> None:
    roots = {Path(package.__file__ or "").resolve().parents[1] for package in (exchange, certs, catalog, adapters)}
    assert roots == {ROOT}


def test_no_other_distribution_brings_a_package_of_the_same_name() -> None:
    bringing = importlib.metadata.packages_distributions()
    for name in (*PACKAGES, "tests"):
        assert set(bringing.get(name, [])) <= {"yizhengtong"}, name


def test_importing_every_module_opens_starts_and_writes_nothing() -> None:
    done = run([sys.executable, "-B", "-W", "ignore", "-c", _QUIET, json.dumps(PACKAGES), *FOLDERS], cwd=ROOT)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["modules"] > 200
    assert found["told"] == []
    assert found["threads"] == 1


def test_an_effect_of_importing_would_be_noticed(tmp_path: Path) -> None:
    package = tmp_path / "loud"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import socket\nsocket.socket().close()\nopen(__file__ + '.made', 'w').close()\n"
    )
    done = run([sys.executable, "-B", "-c", _QUIET, '["loud"]', f"{package}/"], cwd=tmp_path)
    told = json.loads(done.out)["told"]
    assert [line.split()[0] for line in told] == ["socket.__new__", "open"]


@pytest.mark.slow
def test_the_wheel_holds_the_four_packages_and_their_data_and_nothing_else(tmp_path: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES, "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    wanted = {name for name in tracked if name and name.split("/")[0] in PACKAGES and (ROOT / name).exists()}
    source = tmp_path / "source"
    for name in filter(None, tracked):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run([*pip, "--wheel-dir", str(tmp_path), str(source)], env=clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1"))
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted
