"""View models of the pages about sealing jobs."""

from dataclasses import dataclass

from exchange.model_sealing import SealingJob, SealingRow


@dataclass(frozen=True, slots=True)
class SealingPage:
    """ops/sealing.html: the newest jobs, the types (short names) to order, and the key that makes it one order."""

    jobs: tuple[SealingJob, ...]
    types: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class SealingJobPage:
    """ops/sealing_job.html: progress and rate; refused rows from `after` on, `following` leads to more."""

    job: SealingJob
    refused: tuple[SealingRow, ...]
    following: str | None
