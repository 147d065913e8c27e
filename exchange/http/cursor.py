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
        return self.write_text(f"{position[0].isoformat()}|{position[1]}", purpose=purpose)

    def write_text(self, position: str, *, purpose: str) -> str:
        """As `write`, for a list ordered by a text."""
        payload = position.encode()
        return base64url.encode(self._tag(payload, purpose) + payload)

    def read(self, cursor: str, *, purpose: str) -> tuple[datetime, UUID]:
        """The position behind a cursor.

        Raises:
            Fault: `cursor-invalid`: changed, of another list, or of another caller.
        """
        try:
            at, event = self.read_text(cursor, purpose=purpose).split("|")
            return datetime.fromisoformat(at), UUID(event)
        except ValueError as error:
            raise Fault("cursor-invalid") from error

    def read_text(self, cursor: str, *, purpose: str) -> str:
        """As `read`, for a list ordered by a text; raises likewise."""
        try:
            data = base64url.decode(cursor[:_MAX_CHARS])
            tag, payload = data[:_TAG_BYTES], data[_TAG_BYTES:]
            if not hmac.compare_digest(tag, self._tag(payload, purpose)):
                raise Fault("cursor-invalid")
            return payload.decode()
        except (EncodingRefused, ValueError) as error:
            raise Fault("cursor-invalid") from error

    def _tag(self, payload: bytes, purpose: str) -> bytes:
        return hmac.digest(self.key, purpose.encode() + b"\x00" + payload, "sha256")[:_TAG_BYTES]
