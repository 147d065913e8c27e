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


class BatchStartedError(ExchangeError):
    """The verification has started: nothing can be added to it any more. Next: begin another one."""

    code = "batch-started"


class BatchFullError(ExchangeError):
    """One verification takes 10,000 documents; nothing of this request was kept. Next: start it, begin another."""

    code = "batch-full"
