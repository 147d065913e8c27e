"""Salted commitments: what an entry holds instead of a person or a case number.

`commitment = HMAC-SHA256(event key, label || 0x00 || value)` with `event key = HKDF-SHA256(subject key, event id)`.
Destroying the 32-byte subject key makes every commitment of that person unlinkable for ever (RFC 2104: the keyed
hash cannot be searched without the key, however few values are possible), while hashes and proofs stay as they are.
To open one entry for an auditor, hand out its *event key*: it says nothing about the person's other entries.
"""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from certs.evidence.errors import EntryMalformed

SUBJECT_KEY_BYTES = 32
_INFO = b"yzt/commitment/v1/"
_NO_SALT = bytes(hashlib.sha256().digest_size)  # RFC 5869 §2.2


def event_key(subject_key: bytes, event_id: UUID) -> bytes:
    """Key of one event: RFC 5869 HKDF-SHA256, no salt, `info` = version and event id, 32 bytes out."""
    if len(subject_key) != SUBJECT_KEY_BYTES:
        raise EntryMalformed(f"subject key of {len(subject_key)} bytes")
    extracted = hmac.digest(_NO_SALT, subject_key, "sha256")
    return hmac.digest(extracted, _INFO + event_id.bytes + b"\x01", "sha256")


def commit(key: bytes, label: str, value: str) -> bytes:
    """Commit to `value` under an event key. `label` (subject, case) keeps equal values apart."""
    return hmac.digest(key, label.encode() + b"\x00" + value.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows an auditor that `value` stands behind a commitment of one event; holds personal data."""

    event_id: UUID
    label: str
    value: str
    key: bytes

    def opens(self, commitment: bytes) -> bool:
        """Whether the commitment is over this value. Constant time."""
        return hmac.compare_digest(commit(self.key, self.label, self.value), commitment)
