"""Load from a third process: `wrk` where it is installed, else a small client of ours that speaks as much HTTP."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from bench.hub import CLIENT, OFFICER, Home
from exchange.demo.caller import ASSERTION_TYPE

CONNECTIONS = 32
_LUA = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What one round gave; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bad: int
    errors: int

    @property
    def rate(self) -> float:
        """Requests answered with 200, per second."""
        return (self.requests - self.bad) / self.seconds


@contextmanager
def served(kind: str, url: str, home: Path | None = None) -> Iterator[str]:
    """A server in a process of its own; yields its base address. On failure the end of what it said is shown."""
    command = [sys.executable, "-m", "bench.serving", kind, url, *([str(home)] if home else [])]
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        except Exception:
            said.seek(0)
            sys.stderr.write(said.read()[-2000:])
            raise
        finally:
            process.terminate()
            process.wait(30)


def tool() -> str:
    """The load generator that will be used."""
    return "wrk" if shutil.which("wrk") else "bench.client"


def press(base: str, mode: str, lines: Path, seconds: int, token: str = "-") -> Load:
    """Send for so many seconds over 32 connections; `lines` holds one path (get) or body (query) each.

    Raises:
        RuntimeError: an answer was not 200; a refusal is fast and would be measured as speed.
    """
    arguments = [mode, uuid4().hex[:16], token, str(lines)]
    if tool() == "wrk":
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_LUA), base, "--", *arguments]
    else:
        command = [sys.executable, "-m", "bench.client", base, str(seconds), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    load = Load(**json.loads(run.stdout.strip().splitlines()[-1]))
    if load.bad or load.errors or not load.requests:
        raise RuntimeError(f"{load.bad} answers other than 200, {load.errors} broken, of {load.requests}")
    return load


def access_token(base: str, home: Home) -> str:
    """A fresh token for the officer of the department's system; it lives ten minutes."""
    system = home.system()
    audience = home.settings().public_url
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": system.assertion(CLIENT, audience, "JWT"),
        "officer_assertion": system.assertion(OFFICER, audience, "officer+jwt"),
    }
    request = urllib.request.Request(f"{base}/oauth/token", urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["access_token"])


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    """Put the requests where the generator reads them."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
