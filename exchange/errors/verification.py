"""Verification of foreign documents."""

from exchange.errors.base import ExchangeError


class VerifierBusyError(ExchangeError):
    """More files wait for verification than can be read in time. Next: try again in a minute."""

    code = "verifier-busy"


class BatchRefusedError(ExchangeError):
    """Too many or too large files for one verification, or too many running ones. Next: verify fewer at a time."""

    code = "batch-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class BatchNotFoundError(ExchangeError):
    """No verification of this number was asked for by this person, or its day is over. Next: verify again."""

    code = "batch-not-found"


class BatchRunningError(ExchangeError):
    """The verification has not ended yet. Next: wait until it has."""

    code = "batch-running"
