"""Salts for selective disclosure: 132 random bits each, asked from the system in batches."""

import os
from threading import Lock
from typing import Final

from certs.crypto import base64url

SALT_CHARS: Final = 22  # 132 bits
_BATCH_SALTS: Final = 256
_BATCH_BYTES: Final = 33 * _BATCH_SALTS // 2  # 33 random bytes make 44 characters, two salts without a remainder


class SaltPool:
    """Callable that gives a fresh salt as base64url text. Make one per process and keep it.

    Threads may share the pool; a forked child starts with an empty pool of its own: no salt is ever given twice.
    """

    __slots__ = ("_lock", "_salts")

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = Lock()  # the parent's may have been held by a thread that the child does not have
        self._salts: list[str] = []

    def __call__(self) -> str:
        """A salt of 22 characters, opaque text: not meant to be decoded."""
        return self.take(1)[0]

    def take(self, count: int) -> list[str]:
        """So many salts."""
        with self._lock:
            if count > len(self._salts):
                self._salts += _draw(count)
            kept = len(self._salts) - count
            taken = self._salts[kept:]
            del self._salts[kept:]
        return taken


def _draw(least: int) -> list[str]:
    text = base64url.encode(os.urandom(_BATCH_BYTES * (1 + least // _BATCH_SALTS)))
    return [text[at : at + SALT_CHARS] for at in range(0, len(text), SALT_CHARS)]
