"""How tests get their system programs, and what they say when there is none."""

import shutil

import pytest

from tests.support import components
from tests.support.components import Component, ComponentMissing, need_package, require

NOWHERE = Component("nothing", ("no-such-program-here",), ("no-such-package-here",))


@pytest.fixture
def not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    components._install.cache_clear()
    monkeypatch.setattr("os.geteuid", lambda: 1000)


def test_a_program_that_is_there_is_found_without_installing() -> None:
    assert str(require(Component("sh", ("sh",), ()))) == shutil.which("sh")


@pytest.mark.usefixtures("not_root")
def test_a_missing_program_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install no-such-package-here"):
        require(NOWHERE)


@pytest.mark.usefixtures("not_root")
def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nothing is missing"):
        require(NOWHERE)


@pytest.mark.usefixtures("not_root")
def test_a_missing_package_is_named() -> None:
    with pytest.raises(ComponentMissing, match="install postgresql"):
        need_package("postgresql", lambda: False)
