"""System programs the tests need: found, installed when we may, and otherwise a clear reason.

In CI (`CI=true`) a missing program fails the run; elsewhere the tests that need it are skipped and say why.
"""

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Component:
    """A program: the names it goes by, and the Debian packages that bring it with what it needs."""

    name: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]


CHROMIUM = Component("chromium", ("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-noto-cjk"))


def require(component: Component) -> Path:
    """The path of the program. Skips the test when it is missing, fails it in CI."""
    found, reason = _obtain(component)
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{component.name} is missing: {reason}")
    pytest.skip(f"{component.name} is missing: {reason}")


@functools.cache
def _obtain(component: Component) -> tuple[Path | None, str]:
    found = _find(component)
    if found is not None:
        return found, ""
    reason = _install(component)
    return _find(component), reason


def _find(component: Component) -> Path | None:
    paths = (shutil.which(program) for program in component.programs)
    return next((Path(path) for path in paths if path), None)


def _install(component: Component) -> str:
    apt = shutil.which("apt-get")
    advice = f"install {' '.join(component.packages)}"
    if apt is None or os.geteuid() != 0:
        return f"{advice} (apt-get needs root here)"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-q"), ("install", "-y", "-q", "--no-install-recommends", *component.packages)):
        try:
            done = subprocess.run(
                [apt, *arguments], env=quiet, capture_output=True, text=True, timeout=600, check=False
            )
        except subprocess.TimeoutExpired:
            return f"{advice}: apt-get {arguments[0]} took longer than ten minutes"
        if done.returncode != 0:
            return f"{advice}: {done.stderr.strip()[-300:]}"
    return advice
