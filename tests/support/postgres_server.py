"""Run a command with a PostgreSQL server of its own: `python -m tests.support.postgres_server -- pytest …`.

Takes Debian's newest installed server (installing it when root), starts it on a free loopback port with a throw-away
cluster, passes its address in YZT_TEST_DATABASE_URL, and stops only what it started.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.components import need_package


def _binaries() -> Path:
    """The directory of the server's programs."""
    need_package("postgresql", lambda: bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))))
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running server; yields its SQLAlchemy asyncpg address (role and database `postgres`)."""
    programs, root = _binaries(), Path(tempfile.mkdtemp(prefix="yzt-pgsrv-", dir="/tmp"))
    cluster, port = root / "cluster", free_port()
    prefix: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(root, account.pw_uid, account.pw_gid)
        prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    init = [*prefix, str(programs / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
    subprocess.run(init, check=True, capture_output=True, cwd=root)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(root), "-c", "max_connections=300"]
    server = subprocess.Popen(
        [*prefix, str(programs / "postgres"), "-D", str(cluster), *options],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "1"])
        yield f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(2)
        server.wait(timeout=30)
        shutil.rmtree(root, ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], ready: list[str], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while subprocess.run(ready, check=False, capture_output=True).returncode != 0:
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the PostgreSQL server did not come up")
        time.sleep(0.1)


def main(arguments: list[str]) -> int:
    """Run the command after `--` against a fresh server and return its exit code."""
    with postgres_server() as address:
        return subprocess.run(
            arguments[arguments.index("--") + 1 :], check=False, env=os.environ | {"YZT_TEST_DATABASE_URL": address}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
