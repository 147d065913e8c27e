"""Homes of hubs on the embedded default, used as an operator uses them: through the command alone."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exchange.demo.departments.samr import MarketSupervision
from exchange.demo.manifests import manifest_paths
from exchange.demo.people import build_world
from exchange.embedded import embedded_postgres
from tests.support.command import YZT, Done, clean_environment, free_port
from tests.support.verbs import verb

HUB = "11339900MB90000585"
PSB = "11339900MB9000015P"
SAMR = "11339900MB9000031D"
NR = "11339900MB900004X5"
CATALOGUE = Path(__file__).parents[3] / "catalog" / "samples" / "region_339900.toml"


@dataclass(frozen=True, slots=True)
class Home:
    """A home directory, and `yzt` over it."""

    path: Path

    def yzt(self, *arguments: str | Path, given: str | None = None) -> Done:
        """Run a verb; whatever happens, no secret of the home is printed."""
        done = verb(["--home", self.path, *arguments], given=given)
        for secret in self.secrets():
            assert secret not in done.said
        return done

    def secrets(self) -> list[str]:
        folder = self.path / "secrets"
        return [path.read_text().strip() for path in folder.glob("*")] if folder.exists() else []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a verb that runs until it is told to stop."""
        return subprocess.Popen(
            [YZT, "--home", self.path, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )


@pytest.fixture
def nowhere(tmp_path: Path) -> Home:
    """A home that was never initialised."""
    return Home(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """An initialised home with the sample catalogue, short of path because of its socket."""
    root = Path(tempfile.mkdtemp(prefix="yzt-cli-", dir="/tmp"))
    root.chmod(0o755)  # the embedded server may run as a service user
    made = Home(root / "hub")
    assert made.yzt("init", "--port", str(free_port())).code == 0
    assert made.yzt("catalog", "import", CATALOGUE).code == 0
    with embedded_postgres(made.path / "data" / "pg"):  # kept up, so that a verb need not start it
        yield made
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def connected(home: Home) -> Home:
    """The home with the market supervision's dropped files, pulled."""
    department = MarketSupervision(home.path / "samr")
    department.create(build_world())
    connections = home.path / "connections.toml"
    connections.write_text(f'[connections.samr]\nurl = "{department.directory.resolve().as_uri()}"\n')
    manifest = next(path for path in manifest_paths() if path.stem == "samr.business_licence")
    (home.path / "manifests" / manifest.name).write_bytes(manifest.read_bytes())
    assert home.yzt("adapter", "run", "samr.business_licence").code == 0
    return home
