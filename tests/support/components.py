"""System programs the tests need: found, installed when we may, and otherwise a clear reason.

In CI (`CI=true`) a missing program fails the run; elsewhere the tests that need it are skipped and say why.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
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
GO = Component("go", ("go",), ("golang-go",))
MAVEN = Component("maven", ("mvn",), ("maven", "default-jdk-headless"))
NGINX = Component("nginx", ("nginx", "/usr/sbin/nginx"), ("nginx",))
OPENSSL = Component("openssl", ("openssl",), ("openssl",))
POPPLER = Component("poppler", ("pdftoppm",), ("poppler-utils",))
SOFTHSM = Component("softhsm", ("softhsm2-util",), ("softhsm2",))


class ComponentMissing(RuntimeError):
    """A system program is not there and could not be installed; the message says what to install."""


def require(component: Component) -> Path:
    """The path of the program. Skips the test when it is missing, fails it in CI."""
    try:
        need_package(component.packages, lambda: _find(component) is not None)
    except ComponentMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{component.name} is missing: {error}")
        pytest.skip(f"{component.name} is missing: {error}")
    found = _find(component)
    assert found is not None
    return found


def need_package(packages: str | tuple[str, ...], present: Callable[[], bool]) -> None:
    """Install Debian packages unless what they bring is `present` already.

    Raises:
        ComponentMissing: it is still not there; the message names the reason.
    """
    if present():
        return
    reason = _install((packages,) if isinstance(packages, str) else packages)
    if not present():
        raise ComponentMissing(reason)


def _find(component: Component) -> Path | None:
    paths = (shutil.which(program) for program in component.programs)
    return next((Path(path) for path in paths if path), None)


@functools.cache
def _install(packages: tuple[str, ...]) -> str:
    """Try once; the reason it may not have worked."""
    apt, advice = shutil.which("apt-get"), f"install {' '.join(packages)}"
    if apt is None or os.geteuid() != 0:
        return f"{advice} (apt-get needs root here)"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-q"), ("install", "-y", "-q", "--no-install-recommends", *packages)):
        try:
            done = subprocess.run(
                [apt, *arguments], env=quiet, capture_output=True, text=True, timeout=600, check=False
            )
        except subprocess.TimeoutExpired:
            return f"{advice}: apt-get {arguments[0]} took longer than ten minutes"
        if done.returncode != 0:
            return f"{advice}: {done.stderr.strip()[-300:]}"
    return advice
