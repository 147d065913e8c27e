"""A second opinion by golang.org/x/mod/sumdb (Go). Optional: skipped where Go or its module cannot be had."""

import base64
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.certs.evidence.builders import mth, small_log, subproof
from tests.support.components import GO, require

SOURCE = Path(__file__).parent / "go_judge"
SIZE = 700


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = require(GO)
    binary = tmp_path_factory.mktemp("judge") / "judge"
    built = subprocess.run([go, "build", "-o", binary, "."], cwd=SOURCE, capture_output=True, text=True, check=False)
    if built.returncode and ("dial" in built.stderr or "proxy" in built.stderr or "toolchain" in built.stderr):
        if os.environ.get("CI") == "true":
            pytest.fail(f"Go module not reachable: {built.stderr[:200]}")
        pytest.skip(f"Go module not reachable: {built.stderr[:200]}")
    assert built.returncode == 0, built.stderr
    return binary


def spell(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in hashes]


def test_go_agrees_on_tiles_proofs_and_forgeries(judge: Path, tmp_path: Path) -> None:
    rng = random.Random(5)
    log = small_log(SIZE)
    for name, data in log.tiles().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    inclusion, consistency = [], []
    for index in {0, 255, 256, SIZE - 1, *rng.sample(range(SIZE), 40)}:
        entry = base64.b64encode(log.bodies[index]).decode()
        other = base64.b64encode(log.bodies[(index + 1) % SIZE]).decode()
        text = log.proof(index)
        inclusion += [
            {"text": text, "entry": entry, "good": True},
            {"text": text, "entry": other, "good": False},
            {"text": text.replace("index ", "index 1"), "entry": entry, "good": False},
        ]
    for old in {1, 255, 256, 257, 512, *rng.sample(range(1, SIZE), 20)}:
        hashes = subproof(old, log.bodies, True)
        genuine = {
            "old": old,
            "new": SIZE,
            "old_root": spell([mth(log.bodies[:old])])[0],
            "new_root": spell([mth(log.bodies)])[0],
            "hashes": spell(hashes),
            "good": True,
        }
        forged = genuine | {"old_root": spell([mth(log.bodies[: old - 1])])[0], "good": False}
        consistency += [genuine, forged]
    case = {"vkey": log.note_key.verifier.vkey(), "inclusion": inclusion, "consistency": consistency}
    (tmp_path / "case.json").write_text(json.dumps(case))
    said = subprocess.run([judge, tmp_path], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip() == f"{len(inclusion)} inclusion, {len(consistency)} consistency"
    inclusion[0]["good"] = False  # the judge does judge
    (tmp_path / "case.json").write_text(json.dumps(case))
    assert subprocess.run([judge, tmp_path], capture_output=True, check=False).returncode == 1
