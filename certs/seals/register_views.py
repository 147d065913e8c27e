"""What the register tells people about the past of a seal: acts on it and its uses. Pure values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.seals.history import SealState


@dataclass(frozen=True, slots=True)
class SealChangeRow:
    """One act: the state after it, who did it, who had proposed it (None: it took one person), its event."""

    state: SealState
    reason: str
    done_by: str
    proposed_by: str | None
    at: datetime
    event_id: UUID


@dataclass(frozen=True, slots=True)
class SealUseRow:
    """One document the seal was put on: SM3 of the stamp's TBS_Sign, certificate type and identifier, its event."""

    stamp_digest: bytes
    type_code: str
    document: str
    used_at: datetime
    event_id: UUID
