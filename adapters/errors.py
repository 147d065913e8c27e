"""What can go wrong between the hub and a department's system. Every class says what happened and the next step."""

from collections.abc import Sequence
from dataclasses import dataclass


class AdaptersError(Exception):
    """Base of every error of this package."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a manifest: the key path (`map.birth_date.format`) and a sentence."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ManifestInvalidError(AdaptersError):
    """The manifest is wrong; `problems` lists every mistake at once. Correct the file and check it again."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class UnknownSecretError(AdaptersError):
    """A manifest names a connection or secret that the store does not hold. Add it, or correct the name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no connection or secret is named {name!r}")


class SourceError(AdaptersError):
    """A department's system failed us; the data pulled earlier stays served. Try again later or call its clerk."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SourceUnreachableError(SourceError):
    """No connection, or the source refused us. Check address, account and network with the department."""


class SourceTimeoutError(SourceError):
    """The source did not answer within its deadline and was cut off. Ask the department about its load."""


class SourceTooLargeError(SourceError):
    """The source sent more than the manifest allows and was cut off. Raise `max_bytes` only if the size is right."""


class SourceGarbageError(SourceError):
    """The answer is not what the manifest describes. Compare `records`, `format` and the source's documentation."""


class SourceSchemaError(SourceError):
    """Columns named in the manifest are missing at the source; nothing was pulled. Correct the manifest."""

    def __init__(self, missing: Sequence[str], offered: Sequence[str]) -> None:
        self.missing, self.offered = tuple(missing), tuple(offered)
        super().__init__(f"missing at the source: {', '.join(missing)}; it offers: {', '.join(offered)}")


class SourceDriftedError(SourceError):
    """The pages of the source moved while they were read, so rows may be missing. The pull starts over by itself."""


class AddressRefusedError(SourceError):
    """The address is not allowed for this connection (SSRF guard). Add the host to the connection if it is right."""


class PullAlreadyRunningError(AdaptersError):
    """Another run of this resource holds the lock. Wait for it to end."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(f"a pull of {resource} is already running")


class QuarantineLimitError(AdaptersError):
    """Too many rows were refused; the run stopped and the old data stays served. Read the quarantine of the run."""

    def __init__(self, *, quarantined: int, read: int, limit: str) -> None:
        self.quarantined, self.read, self.limit = quarantined, read, limit
        super().__init__(f"{quarantined} of {read} rows were quarantined; the limit is {limit}")


class DeleteLimitError(AdaptersError):
    """A full pull would delete too much and deleted nothing. Ask the source, then raise `deletes.stop_above`."""

    def __init__(self, *, deletions: int, live: int, limit: str) -> None:
        self.deletions, self.live, self.limit = deletions, live, limit
        super().__init__(f"{deletions} of {live} records would be deleted; the limit is {limit}")


class PositionMovedError(AdaptersError):
    """Another process advanced this run; nothing of this chunk was stored. Start the pull again: it resumes."""

    def __init__(self, run_id: object) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} was advanced by another process")


class PictureRefusedError(AdaptersError):
    """A row's picture cannot be taken; the row is in quarantine with the reason. Ask the department for another."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class BlobNameError(AdaptersError):
    """The object name is empty, too long, or tries to leave the store. Use letters, digits, `._-` and `/`."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"not an object name: {name!r}")


class BlobStoreError(AdaptersError):
    """The object store did not do what was asked; nothing was acknowledged. Check the store and try again."""

    def __init__(self, operation: str, name: str, reason: str) -> None:
        self.operation, self.name, self.reason = operation, name, reason
        super().__init__(f"{operation} of {name!r} failed: {reason}")


class TsaError(AdaptersError):
    """The time-stamp authority gave nothing to use; nothing was stamped. Check `YZT_TSA_URL`, then try again."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url}: {reason}")


class TsaUnreachableError(TsaError):
    """The time-stamp authority could not be reached, or did not answer in time. Try again; look at its service."""


class TsaAnswerRefusedError(TsaError):
    """What answered at the time-stamp authority's address is no time-stamp service. Check `YZT_TSA_URL`."""
