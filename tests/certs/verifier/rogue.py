"""A child like the real one that does what a taken-over parser would try; the content's first word says what."""

import ctypes
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certs.verifier.child as real
from certs.ofd.package import MAX_ENTRIES, MAX_TOTAL, read_package
from certs.verifier.documents import verify_document
from certs.verifier.kinds import DocumentKind
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
    b"huge-report": lambda: os.write(4, b"R" + (40 * 1024 * 1024).to_bytes(4, "big")),
    b"endless": lambda: [os.write(4, b"R\xff\xff\xff\xff") for _ in range(2)],
}


LIES: dict[bytes, dict[str, object]] = {
    b"lie-about-file": {"sha256": "ab" * 32},
    b"lie-about-digest": {"sm3": "ab" * 32},
    b"lie-about-size": {"size": 1},
    b"lie-about-time": {"at": datetime(2000, 1, 1, tzinfo=UTC)},
    b"lie-about-kind": {"kind": DocumentKind.OFD},
}


def unpack_without_end(data: bytes) -> Mapping[str, bytes]:
    """More files, or more in them, than any archive may have."""
    if b"many" in data:
        return {str(n): b"" for n in range(MAX_ENTRIES + 1)}
    return {str(n): bytes(MAX_TOTAL // 4) for n in range(5)} if b"much" in data else read_package(data)


def misbehave(content: bytes, *arguments: Any, **named: Any) -> DocumentReport:
    """Do it, then verify as if nothing had been."""
    if act := ACTS.get(content.split(b" ")[0]):
        act()
    report = verify_document(content, *arguments, **named)
    return replace(report, **LIES.get(content.split(b" ")[0], {}))  # type: ignore[arg-type]  # members by name


if __name__ == "__main__":
    # the seams: a rogue in the real harness
    real.verify_document = misbehave  # type: ignore[attr-defined]
    real.read_package = unpack_without_end  # type: ignore[attr-defined]
    real.serve()
