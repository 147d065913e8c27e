"""Attack cases 44, 47, 48 and 49: each package is refused before its content is believed, quickly, in little memory.

Case 49 is special: real files of some vendors have bytes in front or behind. They are not 有效 either, and the words
say 格式不规范, so that the reader knows why.
"""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from certs.model import Verdict
from certs.ofd.errors import PackageRefused
from certs.ofd.package import MAX_RATIO, MAX_TOTAL, read_package
from tests.certs.attacks.packages import BOMBS, DUPLICATES, GENUINE, IRREGULAR, PAGE, SLIP, overlapped
from tests.certs.attacks.seals import PARTS, verified
from tests.certs.ofd.world import failing
from tests.certs.ofd.zips import Raw, build

ROOT = Path(__file__).parents[3]
MEMORY_MIB = 64


def refused(content: bytes) -> None:
    """Refused by the reader, and a finding, not an exception, of the verification."""
    with pytest.raises(PackageRefused):
        read_package(content)
    found = verified(content)
    assert found.report.verdict is Verdict.INVALID
    assert failing(found) == {1: "package-irregular"}
    assert found.report.claims == {}


def test_the_document_behind_every_attack_is_valid() -> None:
    assert verified(build(GENUINE)).report.verdict is Verdict.VALID


@pytest.mark.parametrize("attack", SLIP)
def test_44_zip_slip(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused(SLIP[attack])
    assert not list(tmp_path.iterdir()), "nothing is ever unpacked to disk"


@pytest.mark.parametrize("attack", BOMBS)
def test_47_overlaps_and_bombs(attack: str) -> None:
    began = time.process_time()
    refused_unless_plain(attack)
    assert time.process_time() - began < 2


def refused_unless_plain(attack: str) -> None:
    """A package inside is one more file nobody signed; nothing opens it."""
    if attack != "package in the package":
        refused(BOMBS[attack])
        return
    found = verified(BOMBS[attack])
    assert failing(found) == {10: "uncovered"}


def test_47_as_it_was_found() -> None:
    """The reader of Python 3.11.7 lists a thousand MiB in 52 kB; ours reads nothing of it."""
    bomb = overlapped(20)
    assert len(bomb) < 60_000
    assert sum(i.file_size for i in zipfile.ZipFile(io.BytesIO(bomb)).infolist()) == 20 * 50 << 20
    refused(bomb)


def test_47_bombs_cost_no_memory(tmp_path: Path) -> None:
    """In a process of its own: not more than 64 MiB beside what reading the file itself took."""
    script = f"""
import resource, sys
from certs.ofd.package import read_package
from certs.ofd.errors import PackageRefused
bomb = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_package(bomb)
except PackageRefused:
    pass
else:
    sys.exit(1)
sys.exit(2 if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before > {MEMORY_MIB} * 1024 else 0)
"""
    for name in ("twenty entries on one blob", "more than 200 MiB in all", "ratio above 100"):
        (tmp_path / "bomb.ofd").write_bytes(BOMBS[name])
        command = [sys.executable, "-c", script, str(tmp_path / "bomb.ofd")]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0, name


def test_47_a_large_honest_part_is_read() -> None:
    """The ratio is of one entry, the total of all: an honest photo-heavy document passes."""
    honest = bytes(range(256)) * 4096
    assert len(read_package(build([*GENUINE, Raw(b"big.bin", honest)]))["big.bin"]) == 1 << 20
    assert MAX_RATIO == 100
    assert MAX_TOTAL == 200 << 20


@pytest.mark.parametrize("attack", DUPLICATES)
def test_48_duplicate_names(attack: str) -> None:
    refused(DUPLICATES[attack])


def test_48_two_readers_would_have_disagreed() -> None:
    """What the attack is about: the standard library gives the last of two pages, others the first."""
    package = zipfile.ZipFile(io.BytesIO(DUPLICATES["same name"]))
    assert package.read(PAGE) != PARTS[PAGE]
    assert package.namelist().count(PAGE) == 2


@pytest.mark.parametrize("attack", IRREGULAR)
def test_49_irregular_packages(attack: str) -> None:
    refused(IRREGULAR[attack])
    assert "格式不规范" in verified(IRREGULAR[attack]).report.deciding.zh


@pytest.mark.parametrize("attack", ["prefix", "second package in front"])
def test_49_the_standard_library_would_have_read_it(attack: str) -> None:
    assert zipfile.ZipFile(io.BytesIO(IRREGULAR[attack])).read(PAGE) == PARTS[PAGE]
