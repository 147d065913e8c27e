"""Run our commands as a user does: in a process of their own, with nothing inherited that names a hub."""

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
YZT = Path(sys.executable).with_name("yzt")

# The hook is installed before anything of ours is imported, and cannot be removed.
_OFFLINE = """
import contextlib, io, json, sys
def refuse(event, _arguments):
    if event.startswith("socket."):
        raise PermissionError(f"no network here: {event}")
sys.addaudithook(refuse)
from certs.__main__ import main as certs
from exchange.cli import main as yzt
answers = []
for program, *arguments in json.load(sys.stdin):
    sys.argv = [program, *arguments]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = yzt() if program == "yzt" else certs(arguments)
        except SystemExit as error:
            code = error.code
    answers.append([code, said.getvalue()])
json.dump(answers, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left with and printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def clean_environment(**more: str) -> dict[str, str]:
    """The process's environment without settings of any hub and without colours or a wide terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YZT_")}
    return kept | {"COLUMNS": "80", "NO_COLOR": "1"} | more


def run(
    command: Sequence[str | Path],
    *,
    given: str | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
    env: dict[str, str] | None = None,
) -> Done:
    """Run to the end; no traceback is ever an answer to a user."""
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        env=env or clean_environment(),
        input=given or "",
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def offline(commands: Sequence[Sequence[str | Path]]) -> list[Done]:
    """Run commands (`yzt …` or `certs …`) one after the other in one process in which every socket is refused."""
    given = json.dumps([[str(part) for part in command] for command in commands])
    done = run([sys.executable, "-c", _OFFLINE], given=given, cwd=ROOT, timeout=300)
    assert done.code == 0, done.err
    return [Done(int(code or 0), said, "") for code, said in json.loads(done.out)]


def free_port() -> int:
    """A loopback port nobody listens on, below the range from which outgoing connections take theirs."""
    for port in random.sample(range(20000, 32000), 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


def wait_until_it_answers(server: subprocess.Popen[str], url: str, seconds: float = 90) -> int:
    """The status of an address as soon as anything answers there; what the server said when it never does."""
    end = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as found:
                return int(found.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            time.sleep(0.2)
    server.terminate()
    raise AssertionError(f"{url} never answered: {server.communicate(timeout=60)}")
