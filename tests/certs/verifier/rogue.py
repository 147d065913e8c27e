"""A child like the real one that does what a taken-over parser would try; the content's first word says what."""

import ctypes
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certs.verifier.child as real
from certs.verifier.documents import verify_document
from certs.verifier.model import DocumentReport

_LIBC = ctypes.CDLL(None)


def _forever() -> None:
    while True:
        pass


def _allocate() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 * 1024 * 1024))


def _recurse(depth: int = 0) -> int:
    return _recurse(depth + 1) + 1


def _past_the_hook() -> None:
    """The limit on descriptors alone must hold: libc is called directly."""
    if _LIBC.open(b"/etc/passwd", 0) >= 0 or _LIBC.socket(2, 1, 0) >= 0:
        os._exit(0)  # would show as a crash, not as the refusal the test expects
    raise PermissionError


ACTS: dict[bytes, Callable[[], object]] = {
    b"hang": _forever,
    b"sleep": lambda: time.sleep(600),
    b"allocate": _allocate,
    b"write": lambda: Path("/tmp/yzt-rogue").write_bytes(b"x"),
    b"read": lambda: Path("/etc/passwd").read_bytes(),
    b"connect": lambda: socket.create_connection(("127.0.0.1", 1)),
    b"exec": lambda: subprocess.run(["/bin/true"], check=False),
    b"fork": os.fork,
    b"recurse": _recurse,
    b"past-the-hook": _past_the_hook,
    b"exit": lambda: os._exit(3),
    b"abort": os.abort,
    b"chatter": lambda: os.write(4, b"Z" * 4096),
    b"endless": lambda: [os.write(4, b"R\xff\xff\xff\xff") for _ in range(2)],
}


def misbehave(content: bytes, *arguments: Any, **named: Any) -> DocumentReport:
    """Do it, then verify as if nothing had been."""
    if act := ACTS.get(content.split(b" ")[0]):
        act()
    return verify_document(content, *arguments, **named)


if __name__ == "__main__":
    real.verify_document = misbehave  # type: ignore[attr-defined]  # the one seam: a rogue in the real harness
    real.serve()
