"""What is asked of a department's records, and what is published."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from uuid import UUID

from exchange.errors.base import ExchangeError


class QueryRefusedError(ExchangeError):
    """The query is outside what was granted. Next: read `reasons`; apply for a grant or correct the case.

    `event_id` names the row the refusal left in the evidence log; `reasons` are (code, zh, en, names).
    """

    code = "query-refused"

    def __init__(self, event_id: UUID, reasons: Sequence[tuple[str, str, str, tuple[str, ...]]]) -> None:
        self.event_id, self.reasons = event_id, tuple(reasons)
        super().__init__(", ".join(reason[0] for reason in reasons))


class GrantRateExceededError(QueryRefusedError):
    """The queries agreed for one minute of the grant are used up. Next: ask again after `Retry-After` seconds.

    The same request id may be used again then. `retry_after` is in whole seconds, at least one.
    """

    code = "grant-rate-exceeded"

    def __init__(
        self, event_id: UUID, reasons: Sequence[tuple[str, str, str, tuple[str, ...]]], *, wait: timedelta
    ) -> None:
        self.retry_after = max(1, ceil(wait.total_seconds()))
        super().__init__(event_id, reasons)


class SubjectUnavailableError(ExchangeError):
    """No single record of this subject may be released for this case; why is in the evidence log only.

    Next: check the case number and the number of the subject; an auditor can look up `event_id`.
    """

    code = "subject-unavailable"

    def __init__(self, event_id: UUID) -> None:
        self.event_id = event_id
        super().__init__(str(event_id))


class SubjectInvalidError(ExchangeError):
    """The subject is neither a valid citizen number nor a valid unified social credit code; check every digit."""

    code = "subject-invalid"


class RequestReusedError(ExchangeError):
    """The request id was used before with another body. Next: use a new id for a new request."""

    code = "request-id-reused"


class RequestInFlightError(ExchangeError):
    """The same request is being answered right now. Next: repeat it after a second."""

    code = "request-in-flight"


class GrantMissingError(ExchangeError):
    """The department's grant ended between looking and releasing; look again what the case needs."""

    code = "grant-missing"


class ManifestMissingError(ExchangeError):
    """No manifest fills this resource; put one file for it into the manifests directory."""

    code = "manifest-missing"

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(resource)


class TileNotFoundError(ExchangeError):
    """Not a published file of the log; fetch `checkpoint` first and only tiles within its size."""

    code = "tile-not-found"
