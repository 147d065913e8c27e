"""The import contracts hold, and each of them would notice: one violation per contract is planted and must be named."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("exchange", "certs", "catalog", "adapters")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

# contract (first words of its name) -> (module to spoil, import to plant)
VIOLATIONS = {
    "The house": ("catalog/rules/__init__.py", "import adapters.model"),
    "certs stands alone": ("certs/model.py", "import catalog.model"),
    "Pure modules": ("certs/lifecycle.py", "import sqlalchemy"),
    "Inside certs": ("certs/crypto/alg.py", "import certs.pki.crl"),
    "Inside exchange": ("exchange/uow.py", "import exchange.service.access"),
    "Routes and pages": ("exchange/http/routes/health.py", "import exchange.repo.uses"),
    "Settings are read": ("exchange/service/roles.py", "import exchange.settings"),
}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True, timeout=170)


def broken(output: str) -> list[str]:
    """Names of the broken contracts; the report folds long names over two lines."""
    text = " ".join(output.split())
    return [contract["name"] for contract in CONTRACTS if f"{contract['name']} BROKEN" in text]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The four packages and the contracts, in a directory of their own."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_every_contract_is_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_every_contract_has_its_violation() -> None:
    assert [name for contract in CONTRACTS for name in VIOLATIONS if contract["name"].startswith(name)] == list(
        VIOLATIONS
    )
    assert len(CONTRACTS) == len(VIOLATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_planted_violation_is_named(copy: Path, name: str) -> None:
    module, line = VIOLATIONS[name]
    path = copy / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(found.startswith(name) for found in broken(done.stdout)), done.stdout
