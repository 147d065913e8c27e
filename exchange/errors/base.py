"""The root of the tree, and what stops the hub itself."""

from collections.abc import Sequence
from pathlib import Path


class ExchangeError(Exception):
    """Base of every error the exchange raises on purpose; `code` is stable and documented in docs/problems.md."""

    code = "exchange-error"


class SettingsError(ExchangeError):
    """The settings cannot be used; every complaint is listed so that one edit mends them all."""

    code = "settings-invalid"

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("; ".join(complaints))


class NotInitialisedError(ExchangeError):
    """The hub cannot open: its keys, its log or its own packages are not in place; run `yzt init`."""

    code = "not-initialised"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class StoreOutdatedError(ExchangeError):
    """The database schema is not the one this version needs; run `yzt migrate`."""

    code = "schema-outdated"


class EmbeddedDatabaseError(ExchangeError):
    """The embedded database does not start; its log says why. A home is copied with owners and modes (`cp -a`)."""

    code = "database-not-started"

    def __init__(self, log: Path) -> None:
        self.log = log
        super().__init__(f"see {log}")


class LogUnsoundError(ExchangeError):
    """The evidence log is shorter or other than what was published; writes are refused until it is restored."""

    code = "log-unsound"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class UnauditedWriteError(ExchangeError):
    """A unit of work wrote rows but recorded no event; it was rolled back. Record an event in the same unit."""

    code = "unaudited-write"


class UnknownEventError(ExchangeError):
    """An event kind is not in the closed list of `exchange.events`; add it there and to docs/events.md."""

    code = "unknown-event"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)
