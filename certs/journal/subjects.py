"""The keys behind commitments: one per subject, wrapped, destroyable.

A subject's row is found by `HMAC-SHA256(index key, subject)`, so the table names nobody. The key itself is wrapped
by AES-256-GCM (NIST SP 800-38D) under the hub's data key, bound to its row by the additional data.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.commitment import SUBJECT_KEY_BYTES
from certs.journal import repo
from certs.journal.errors import KeyUnwrapFailed, SubjectErased

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_PURPOSE = b"yzt/log-subject-key/v1/"


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """Finds, makes and destroys subject keys. `index_key` and `data_key` are 32 secret bytes each."""

    index_key: bytes = field(repr=False)
    data_key: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Set the cipher up once: it costs more than unwrapping a key."""
        object.__setattr__(self, "_cipher", AESGCM(self.data_key))

    def index(self, subject: str) -> bytes:
        """Row index of a subject: 32 bytes that mean nothing without the index key."""
        return hmac.digest(self.index_key, subject.encode(), "sha256")

    async def obtain(self, conn: AsyncConnection, subjects: Iterable[str], now: datetime) -> dict[str, bytes]:
        """Key of every subject, made where there is none, in the caller's transaction.

        Raises `KeyUnwrapFailed` when a stored key was wrapped under another data key.
        """
        indexes = {self.index(subject): subject for subject in subjects}
        stored = await repo.load_subject_keys(conn, sorted(indexes)) if indexes else {}
        wrapped = {index: key for index, key in stored.items() if key is not None}
        new = {index: self._wrap(index) for index in indexes if index not in wrapped}
        if new:
            wrapped |= await repo.add_subject_keys(conn, new, now)
        return {indexes[index]: self.unwrap(index, key) for index, key in wrapped.items()}

    async def existing(self, conn: AsyncConnection, subject: str) -> bytes:
        """Key of a subject who must already have one. Raises `SubjectErased`, also for someone never seen."""
        index = self.index(subject)
        wrapped = (await repo.load_subject_keys(conn, [index])).get(index)
        if wrapped is None:
            raise SubjectErased
        return self.unwrap(index, wrapped)

    def _wrap(self, index: bytes) -> bytes:
        key, nonce = secrets.token_bytes(SUBJECT_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, key, _PURPOSE + index)

    def unwrap(self, index: bytes, wrapped: bytes) -> bytes:
        """The 32-byte key of the row at `index`. Raises `KeyUnwrapFailed`."""
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, _PURPOSE + index)
        except (InvalidTag, ValueError):
            raise KeyUnwrapFailed from None


async def erase(conn: AsyncConnection, subject_index: bytes, now: datetime) -> bool:
    """Destroy a subject's key (个人信息删除, PIPL Art. 47); False if there was none.

    Every commitment of that person becomes unlinkable; hashes, proofs and receipts still verify. Backups of the
    database keep the wrapped key until they expire: the retention of backups bounds the erasure.
    """
    return await repo.destroy_subject_key(conn, subject_index, now)
