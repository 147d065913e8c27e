"""The guide about seals, followed word for word, and the same in both languages."""

import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.pki.files import write_pem
from tests.support.command import ROOT, free_port
from tests.support.seals import SealMaker
from tests.support.verbs import verb

GUIDE, CHINESE = ROOT / "docs" / "seals.md", ROOT / "docs" / "seals.zh-CN.md"
PASSWORDS = {name: f"the password of {name}" for name in ("ops", "anna", "boris", "dora")}


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_both_languages_have_the_same_commands_and_sections() -> None:
    assert commands(GUIDE) == commands(CHINESE)
    headings = [re.findall(r"^#+ ", page.read_text(encoding="utf-8"), re.MULTILINE) for page in (GUIDE, CHINESE)]
    assert headings[0] == headings[1]
    rows = [len(re.findall(r"^\|", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in (GUIDE, CHINESE)]
    assert rows[0] == rows[1]
    for page in (GUIDE, CHINESE):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), target


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the operator works, short of path because of the database's socket."""
    root = Path(tempfile.mkdtemp(prefix="yzt-sg-", dir="/tmp"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def papers_of_the_state(folder: Path) -> None:
    """What the operator gets from the State's seal system."""
    maker = SealMaker(datetime.now(UTC))
    (folder / "seal.esl").write_bytes(maker.seal())
    (folder / "state-root.pem").write_bytes(write_pem([maker.ca.root.certificate]))
    (folder / "state-issuing.pem").write_bytes(write_pem([maker.ca.issuing.certificate]))
    for name, crl in zip(("root", "issuing"), maker.ca.crls(maker.now), strict=True):
        (folder / f"state-{name}.crl").write_bytes(crl.der)


@pytest.mark.slow
@pytest.mark.timeout(900)  # some thirty commands, each of which opens the hub
@pytest.mark.xdist_group("seals-guide")
def test_an_operator_who_follows_the_guide_gets_there(folder: Path) -> None:
    papers_of_the_state(folder)
    catalogue = ROOT / "catalog" / "samples" / "region_339900.toml"
    for first in (["init", "--port", str(free_port())], ["catalog", "import", str(catalogue)]):
        assert verb(first, cwd=folder).code == 0
    proposal, states = "", []
    for line in commands(GUIDE):
        words = shlex.split(line.replace("PROPOSAL", proposal))
        who = words[words.index("--by") + 1] if "--by" in words else words[3] if words[1] == "access" else ""
        done = verb(words[1:], cwd=folder, given=PASSWORDS.get(who))
        assert done.code == 0, (line, done.said)
        if found := re.search(r"yzt seal approve \S+ (\S+)", done.out):
            proposal = found[1]
        if words[2] in {"approve", "stop"}:
            states.append(done.out.split()[2])
    assert states == ["active", "active", "active", "suspended", "active", "revoked"]
    shown = verb(["seal", "show", "33990000000001"], cwd=folder).out
    assert "kept by YZ02, YZ03" in shown
    assert "500 a day" in shown
