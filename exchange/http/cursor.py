"""Opaque page cursors: signed, and good for one list of one caller only (B2 row 79)."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from certs.crypto import base64url
from certs.errors import EncodingRefused
from exchange.http.faults import Fault

_TAG_BYTES = 16
_MAX_CHARS = 256


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads cursors under a 32-byte key."""

    key: bytes = field(repr=False)

    def write(self, position: tuple[datetime, UUID], *, purpose: str) -> str:
        """A cursor for the page after `position`; `purpose` names the list and whose it is."""
        payload = f"{position[0].isoformat()}|{position[1]}".encode()
        return base64url.encode(self._tag(payload, purpose) + payload)

    def read(self, cursor: str, *, purpose: str) -> tuple[datetime, UUID]:
        """The position behind a cursor.

        Raises:
            Fault: `cursor-invalid`: changed, of another list, or of another caller.
        """
        try:
            data = base64url.decode(cursor[:_MAX_CHARS])
            tag, payload = data[:_TAG_BYTES], data[_TAG_BYTES:]
            if not hmac.compare_digest(tag, self._tag(payload, purpose)):
                raise Fault("cursor-invalid")
            at, event = payload.decode().split("|")
            return datetime.fromisoformat(at), UUID(event)
        except (EncodingRefused, ValueError) as error:
            raise Fault("cursor-invalid") from error

    def _tag(self, payload: bytes, purpose: str) -> bytes:
        return hmac.digest(self.key, purpose.encode() + b"\x00" + payload, "sha256")[:_TAG_BYTES]
