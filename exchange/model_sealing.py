"""Values of sealing jobs. No I/O; times aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

NOT_VALID: Final = "certificate-not-valid"
"""Why a row is refused whose certificate was not 有效 when its turn came."""


class RowState(StrEnum):
    """What came of one certificate. EXISTING: its sealed faces were there already; the first ones stay."""

    WAITING = "waiting"
    SEALED = "sealed"
    EXISTING = "existing"
    REFUSED = "refused"


class JobState(StrEnum):
    """Where a job stands. OPEN: rows wait and nothing speaks against going on; STOPPED: mend the cause, run again."""

    OPEN = "open"
    STOPPED = "stopped"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class SealingJob:
    """An order to seal the certificates of one type, with its progress.

    `stopped` is the code of what kept it from going on; `busy_seconds` the time spent working on it.
    """

    id: UUID
    type_code: str
    ordered_by: str
    created_at: datetime
    finished_at: datetime | None
    stopped: str | None
    stopped_detail: str | None
    total: int
    sealed: int
    existing: int
    refused: int
    busy_seconds: float

    @property
    def done(self) -> int:
        """Certificates something came of."""
        return self.sealed + self.existing + self.refused

    @property
    def rate(self) -> float:
        """Certificates (both faces) sealed per second of work."""
        return self.sealed / self.busy_seconds if self.busy_seconds else 0.0

    @property
    def state(self) -> JobState:
        """Where it stands."""
        if self.finished_at is not None:
            return JobState.FINISHED
        return JobState.STOPPED if self.stopped else JobState.OPEN


@dataclass(frozen=True, slots=True)
class SealingRow:
    """One certificate of a job; `reason` and `detail` say why it was refused, naming field or character."""

    identifier: str
    state: RowState
    reason: str | None = None
    detail: str | None = None
    done_at: datetime | None = None
