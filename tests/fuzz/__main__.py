"""Fuzz targets side by side: `python -m tests.fuzz [--seconds 120] [--workers 2] [--corpus .fuzz] [TARGET …]`.

Prints a line per target (inputs tried, edges of code seen) and ends with 1 when an input did what none may; the input
lies in the corpus directory as `TARGET.found-*` and is tried again by `python -m tests.fuzz.replay TARGET FILE`.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.targets import EACH, TARGETS

SECONDS_PER_INPUT, MEGABYTES = 10, 1024
_PROGRESS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one target ended."""

    target: str
    found: bool
    inputs: int
    edges: int
    log: str


def fuzz(target: str, corpus: Path, *flags: str) -> Outcome:
    """Run one target in a process of its own; `flags` are libFuzzer's."""
    limits = [f"-timeout={SECONDS_PER_INPUT}", f"-rss_limit_mb={MEGABYTES}", "-keep_seed=1"]
    command = [sys.executable, "-m", "tests.fuzz.engine", target, str(corpus / target), *limits, *flags]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    log = done.stdout + done.stderr
    last = (_PROGRESS.findall(log) or [("0", "0")])[-1]
    return Outcome(target, done.returncode != 0, int(last[0]), int(last[1]), log)


def _told(log: str) -> str:
    """The exception and where the input lies, without the engine's diary."""
    start = max(log.find("=== Uncaught Python exception"), 0)
    lines = (line for line in log[start:].splitlines() if not line.startswith(("#", "INFO", "0x", "stat::")))
    return "\n".join(lines)[:4000]


def main(arguments: Sequence[str]) -> int:
    """All named targets, or all there are; returns how many stopped at a find."""
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", choices=[[], *TARGETS])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz"))
    chosen = parser.parse_args(arguments)
    flags = [f"-max_total_time={chosen.seconds}"]
    names = chosen.targets or list(EACH)
    found = 0
    with ThreadPoolExecutor(chosen.workers) as pool:
        for outcome in pool.map(lambda name: fuzz(name, chosen.corpus, *flags), names):
            found += outcome.found
            word = "FOUND" if outcome.found else "ok"
            print(f"{outcome.target:20} {word:6} {outcome.inputs:>9} inputs {outcome.edges:>6} edges", flush=True)  # noqa: T201 - its output
            if outcome.found:
                print(_told(outcome.log), flush=True)  # noqa: T201 - its output
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
