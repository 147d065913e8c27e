"""民政局: the marriage register, offered to others only through a REST service with expiring tokens."""

import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from exchange.demo.changes import Change
from exchange.demo.departments.mca_data import Question, first_written, lower_some, read_page, row_of, write_rows
from exchange.demo.departments.mca_service import TOKEN_SECONDS
from exchange.demo.world import Marriage, Resource, World

CLIENT_ID: Final = "yizhengtong-hub"
_STOP_SECONDS: Final = 10


class CivilAffairs:
    """The register's directory (data file, credentials) and the service process that answers from it.

    `port` 0 takes any free port; the address is in `url` once `start` returned. Use as a context manager to
    stop the service at the end; only the process started here is ever ended. The service ends by itself when its
    starter is killed.
    """

    def __init__(self, directory: Path, port: int = 0, token_seconds: float = TOKEN_SECONDS) -> None:
        self.data = directory / "hydj.sqlite"
        self.credentials = directory / "client.json"
        self.url = ""
        self._port = port
        self._token_seconds = token_seconds
        self._process: subprocess.Popen[str] | None = None

    def create(self, world: World) -> None:
        """Fill the register anew and draw a client secret for the hub (readable by the owner only)."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (self.data, *self.data.parent.glob(f"{self.data.name}-*")):
            leftover.unlink(missing_ok=True)
        rows = [row_of(marriage, first_written(marriage)) for marriage in world.marriages]
        lower_some(rows)
        rows.extend(
            row_of(item.record, first_written(item.record), item.defect)
            for item in world.bad(Resource.MARRIAGE)
            if isinstance(item.record, Marriage)
        )
        write_rows(self.data, rows)
        self.credentials.touch(mode=0o600)
        client = {"client_id": CLIENT_ID, "client_secret": secrets.token_urlsafe(32)}
        self.credentials.write_text(json.dumps(client), encoding="utf-8")

    def apply(self, changes: Sequence[Change], at: datetime) -> None:
        """Write the changes that concern marriages; a running service shows them at once."""
        rows = [row_of(change.after, at) for change in changes if isinstance(change.after, Marriage)]
        write_rows(self.data, rows)

    def client(self) -> tuple[str, str]:
        """Client id and secret the hub was given."""
        held = json.loads(self.credentials.read_text(encoding="utf-8"))
        return held["client_id"], held["client_secret"]

    def count(self) -> int:
        """Rows in the register, bad ones included."""
        return read_page(self.data, 1, 1, Question()).total

    def start(self) -> str:
        """Start the service in its own process and return its address once it accepts connections.

        Raises:
            RuntimeError: the service ended before it listened.
        """
        command = [sys.executable, "-m", "exchange.demo.departments.mca_service"]
        command += ["--port", str(self._port), "--data", str(self.data), "--credentials", str(self.credentials)]
        command += ["--token-seconds", str(self._token_seconds), "--end-with-input"]
        root = Path(__file__).parents[3]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, fixed arguments
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            self.stop()
            raise RuntimeError(f"the marriage register's service ended with code {code}")
        self.url = json.loads(line)["listening"]
        return self.url

    @property
    def pid(self) -> int | None:
        """Process id of the running service."""
        return self._process.pid if self._process else None

    def stop(self) -> None:
        """End the service started here; nothing happens when none runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
