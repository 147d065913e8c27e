"""Salts for selective disclosure: 128 random bits each, asked from the system in batches."""

import os
from typing import Final

from certs.crypto import base64url

_SALT_BYTES: Final = 16
_BATCH: Final = 256


class SaltPool:
    """Callable that gives a fresh salt as base64url text. Make one per process and keep it.

    Drawing is one atomic list operation, so threads may share it; a forked child starts with an empty pool, so no
    salt is ever given twice.
    """

    __slots__ = ("_salts",)

    def __init__(self) -> None:
        self._salts: list[str] = []
        os.register_at_fork(after_in_child=self._salts.clear)

    def __call__(self) -> str:
        """A salt of 22 characters."""
        try:
            return self._salts.pop()
        except IndexError:
            pool = os.urandom(_SALT_BYTES * _BATCH)
            fresh = (pool[at : at + _SALT_BYTES] for at in range(0, len(pool), _SALT_BYTES))
            first, *rest = base64url.encode_all(fresh, _SALT_BYTES)
            self._salts.extend(rest)
            return first
