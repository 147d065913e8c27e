"""Frames between a verifier and its child process: one letter, a length, the bytes. The child writes JSON only.

The parent never unpickles and never evaluates what comes back: a child that was taken over can lie about the files it
is given, and do nothing else.
"""

import os
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_HEAD: Final = struct.Struct(">cI")
_CHUNK: Final = 1 << 18
MAX_FRAME: Final = 256 * 1024 * 1024


class WireLost(Exception):
    """The other side closed, or sent what is no frame. Next: end the child and start another."""


class WireLate(Exception):
    """The deadline passed. Next: end the child and start another."""


@dataclass(slots=True)
class Wire:
    """One pair of pipes. `monotonic` gives seconds; without it reading and writing wait for ever (the child's side).

    `most` is the size of the largest frame that is taken.
    """

    reading: int
    writing: int
    monotonic: Callable[[], float] | None = None
    deadline: float = 0.0
    most: int = MAX_FRAME

    def send(self, kind: bytes, data: bytes = b"") -> None:
        """Write one frame. Raises WireLost, WireLate."""
        self._write(_HEAD.pack(kind, len(data)))
        self._write(data)

    def receive(self) -> tuple[bytes, bytes]:
        """Read one frame: its letter and its bytes. Raises WireLost, WireLate."""
        kind, size = _HEAD.unpack(self._read(_HEAD.size))
        if size > self.most:
            raise WireLost(f"a frame of {size} bytes")
        return kind, self._read(size)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            self._wait(self.writing, select.POLLOUT)
            try:
                left = left[os.write(self.writing, left[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise WireLost(str(error)) from error

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            self._wait(self.reading, select.POLLIN)
            try:
                part = os.read(self.reading, min(size, _CHUNK))
            except BlockingIOError:
                continue
            except OSError as error:
                raise WireLost(str(error)) from error
            if not part:
                raise WireLost("closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, for_what: int) -> None:
        if self.monotonic is None:
            return
        left = self.deadline - self.monotonic()
        poll = select.poll()
        poll.register(descriptor, for_what)
        if left <= 0 or not poll.poll(left * 1000):
            raise WireLate
