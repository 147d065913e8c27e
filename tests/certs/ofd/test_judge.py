"""An independent judge: ofdrw (Apache-2.0, Java) reads and validates what we seal and refuses what was changed.

Runs where Java and Maven are, and ofdrw was fetched before:
`mvn -f tests/certs/ofd/java_judge dependency:resolve`. The tests themselves never use the network.
"""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH, Place, seal_document
from certs.ofd.writer import pack
from tests.certs.layout.samples import certificate_of_type
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD
from tests.certs.ofd.test_certificate import document_of
from tests.support.components import MAVEN, require

JUDGE = Path(__file__).parent / "java_judge"
XML_FLAGS = ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"]


@pytest.fixture(scope="module")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where ofdrw and what it needs lie."""
    require(MAVEN)
    found = tmp_path_factory.mktemp("judge") / "class_path"
    command = ["mvn", "-q", "-B", "-f", str(JUDGE), "dependency:build-classpath", f"-Dmdep.outputFile={found}"]
    for known in (["-o"], []):  # asks the registry only for what is not here yet
        done = subprocess.run([*command, *known], capture_output=True, timeout=300, check=False)
        if done.returncode == 0 and found.exists():
            return found.read_text("utf-8")
    if os.environ.get("CI") == "true":
        pytest.fail(f"ofdrw could not be fetched: {done.stdout.decode()[-300:]}")
    pytest.skip("ofdrw is not here and could not be fetched")


def judged(class_path: str, folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Name -> what the judge says."""
    for name, body in files.items():
        (folder / name).write_bytes(body)
    command = ["java", *XML_FLAGS, "-cp", class_path, str(JUDGE / "Judge.java"), *files]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, timeout=60, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    lines = [x for x in done.stdout.decode().splitlines() if x.startswith(("VALID", "INVALID"))]
    return dict(zip(files, lines, strict=True))


def test_the_judge_accepts_what_we_seal_and_refuses_what_was_changed(class_path: str, tmp_path: Path) -> None:
    def flipped(path: str, old: bytes, new: bytes) -> bytes:
        assert old in PARTS[path]
        return pack({**PARTS, path: PARTS[path].replace(old, new)})

    last = PARTS[VALUE_PATH][-1:]
    files = {
        "good.ofd": pack(PARTS),
        "page.ofd": flipped(PAGE, "甲".encode(), "乙".encode()),
        "metadata.ofd": flipped("OFD.xml", b"1.2.3", b"1.2.4"),
        "signature.ofd": flipped(SIGNATURE_PATH, b"140 230", b"140 130"),
        "seal.ofd": pack({**PARTS, SEAL_PATH: PARTS[SEAL_PATH][:-1] + bytes([PARTS[SEAL_PATH][-1] ^ 1])}),
        "value.ofd": pack({**PARTS, VALUE_PATH: PARTS[VALUE_PATH][:-1] + bytes([last[0] ^ 1])}),
    }
    said = judged(class_path, tmp_path, files)
    assert said.pop("good.ofd") == "VALID 2 持证主体 测试甲|仅供测试"
    assert all(answer.startswith("INVALID") for answer in said.values()), said
    ours = {name: WORLD.verify(body).report.verdict.value for name, body in files.items() if name != "good.ofd"}
    assert set(ours.values()) == {"invalid"}


def test_we_are_stricter_than_the_judge(class_path: str, tmp_path: Path) -> None:
    """A file nobody signed, and a signer the seal does not list: the judge says valid, we do not."""
    files = {
        "added.ofd": pack({**PARTS, "Doc_0/Annots/Page_0.xml": b"<a/>"}),
        "stranger.ofd": pack(WORLD.parts(by=WORLD.seals.stranger)),
    }
    said = judged(class_path, tmp_path, files)
    assert all(answer.startswith("VALID") for answer in said.values()), said
    assert {WORLD.verify(body).report.verdict.value for body in files.values()} == {"invalid"}


def test_the_judge_reads_a_real_certificate_with_a_rare_character(class_path: str, tmp_path: Path) -> None:
    sealing = replace(WORLD.sealing(), places=(Place(0, 10, 10),))
    sealed = seal_document(document_of("birth", certificate_of_type("birth")), sealing)
    said = judged(class_path, tmp_path, {"birth.ofd": sealed})["birth.ofd"]
    assert said.startswith("VALID 1 出生医学证明")
    assert "测试|𬭬" in said
