"""Verifications of many documents as their asker sees them. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from exchange.model_views import VerificationView


class BatchState(StrEnum):
    """How far a verification of many documents is; COLLECTING: its asker may still add documents."""

    COLLECTING = "collecting"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class BatchView:
    """A verification of many documents: `total` grows while archives are opened, `counts` are by verdict.

    Results are forgotten at `expires_at`, and so is what was collected and never started.
    """

    id: UUID
    state: BatchState
    asked_at: datetime
    at: datetime
    uploads: int
    total: int
    done: int
    counts: Mapping[str, int]
    finished_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ResultView:
    """The result of one file: its number in the order given, the name its bearer gave it, the report."""

    number: int
    name: str = field(repr=False)
    report: VerificationView
    deciding: str | None = None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Some results in order; `last` is the number to go on after, None at the end."""

    results: tuple[ResultView, ...]
    last: int | None
