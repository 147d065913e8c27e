"""What can go wrong in the exchange's own rules; no HTTP words (`exchange.http.problems` maps them)."""

from collections.abc import Sequence
from uuid import UUID


class ExchangeError(Exception):
    """Base of every error the exchange raises on purpose; `code` is stable and documented in docs/problems.md."""

    code = "exchange-error"


class SettingsError(ExchangeError):
    """The settings cannot be used; every complaint is listed so that one edit mends them all."""

    code = "settings-invalid"

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("; ".join(complaints))


class UnauditedWriteError(ExchangeError):
    """A unit of work wrote rows but recorded no event; it was rolled back. Record an event in the same unit."""

    code = "unaudited-write"


class UnknownEventError(ExchangeError):
    """An event kind is not in the closed list of `exchange.events`; add it there and to docs/events.md."""

    code = "unknown-event"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


class LogUnsoundError(ExchangeError):
    """The evidence log is shorter or other than what was published; writes are refused until it is restored."""

    code = "log-unsound"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class StoreOutdatedError(ExchangeError):
    """The database schema is not the one this version needs; run `yzt migrate`."""

    code = "schema-outdated"


# ---- access ----


class AccessError(ExchangeError):
    """Somebody could not be identified or may not do this. Next: see the subclass."""

    code = "access-error"


class TokenRefusedError(AccessError):
    """The access token is missing, malformed, expired or not for this hub. Next: obtain a new one at /oauth/token.

    `reason` is for the log; callers are told no more than the class.
    """

    code = "token-invalid"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ClientRefusedError(AccessError):
    """The client assertion (RFC 7523) was refused: key, audience, time, type or replay. Next: sign a fresh one."""

    code = "client-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class OfficerRefusedError(AccessError):
    """The officer assertion was refused, or names nobody who is registered and active. Next: register the officer."""

    code = "officer-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TokenRequestError(AccessError):
    """The token request itself is wrong. Next: send grant_type=client_credentials with both assertions, once each."""

    code = "token-request-invalid"

    def __init__(self, error: str, reason: str) -> None:
        self.error, self.reason = error, reason
        super().__init__(f"{error}: {reason}")


class LoginRefusedError(AccessError):
    """User name and password do not match an active account. Next: try again, or ask the operator."""

    code = "login-refused"


class LoginLockedError(AccessError):
    """Too many failed log-ins from this account or address. Next: wait `retry_after` seconds."""

    code = "login-locked"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"locked for {retry_after} s")


class RegistrationRefusedError(AccessError):
    """A client, officer or person cannot be registered like this. Next: mend what the message names."""

    code = "registration-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


# ---- queries ----


class QueryRefusedError(ExchangeError):
    """The query is outside what was granted. Next: read `reasons`; apply for a grant or correct the case.

    `event_id` names the row the refusal left in the evidence log; `reasons` are (code, zh, en, names).
    """

    code = "query-refused"

    def __init__(self, event_id: UUID, reasons: Sequence[tuple[str, str, str, tuple[str, ...]]]) -> None:
        self.event_id, self.reasons = event_id, tuple(reasons)
        super().__init__(", ".join(reason[0] for reason in reasons))


class SubjectUnavailableError(ExchangeError):
    """No single record of this subject may be released for this case; why is in the evidence log only.

    Next: check the case number and the number of the subject; an auditor can look up `event_id`.
    """

    code = "subject-unavailable"

    def __init__(self, event_id: UUID) -> None:
        self.event_id = event_id
        super().__init__(str(event_id))


class RequestReusedError(ExchangeError):
    """The request id was used before with another body. Next: use a new id for a new request."""

    code = "request-id-reused"


class RequestInFlightError(ExchangeError):
    """The same request is being answered right now. Next: repeat it after a second."""

    code = "request-in-flight"


class NotAllowedError(ExchangeError):
    """The person's role does not cover this act; sign in with an account of the role named."""

    code = "not-allowed"

    def __init__(self, needed: str) -> None:
        self.needed = needed
        super().__init__(needed)


class CaseNotFoundError(ExchangeError):
    """No case with this number exists for the asking department; check the number."""

    code = "case-not-found"


class CaseExistsError(ExchangeError):
    """The case number is taken; open the existing case or use another number."""

    code = "case-exists"


class CaseClosedError(ExchangeError):
    """The case is closed; nothing can be asked for it any more. Open a new case."""

    code = "case-closed"


class ServiceItemUnknownError(ExchangeError):
    """The service item is not in the catalogue, or is not carried out by this department."""

    code = "service-item-unknown"


class EvidenceTypeUnknownError(ExchangeError):
    """The service item does not ask for this evidence type; ask only for what its requirement list names."""

    code = "evidence-type-unknown"


class CertificateNotHeldError(ExchangeError):
    """The applicant holds no valid certificate with this identifier; offer one of those listed as valid."""

    code = "certificate-not-held"


class CodeNotAcceptedError(ExchangeError):
    """The code is unknown, used, expired, or not of this case's applicant; ask the holder to show a new one."""

    code = "code-not-accepted"


class TooManyMissesError(ExchangeError):
    """Too many wrong codes by this officer; wait some minutes before trying again."""

    code = "too-many-misses"


class PresentationNotFoundError(ExchangeError):
    """No such presentation for this person; start again with a new code."""

    code = "presentation-not-found"


class PresentationOverError(ExchangeError):
    """The presentation is not in the state this step needs (expired, refused, already collected); show a new code."""

    code = "presentation-over"

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state)


class NothingRequestedError(ExchangeError):
    """None of the certificates shown is needed by this case's service item; nothing may be released."""

    code = "nothing-requested"


class MaterialNotFoundError(ExchangeError):
    """No material with this id waits at this department; it may have been checked already."""

    code = "material-not-found"


class MaterialRefusedError(ExchangeError):
    """The file cannot be taken: wrong type, empty, or too large; hand in a PDF, PNG or JPEG up to the limit."""

    code = "material-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SubjectInvalidError(ExchangeError):
    """The subject is neither a valid citizen number nor a valid unified social credit code; check every digit."""

    code = "subject-invalid"


class GrantMissingError(ExchangeError):
    """The department's grant ended between looking and releasing; look again what the case needs."""

    code = "grant-missing"


class IssuerUnknownError(ExchangeError):
    """The resource this certificate type is made from is not in the catalogue; publish it first."""

    code = "issuer-unknown"

    def __init__(self, type_code: str) -> None:
        self.type_code = type_code
        super().__init__(type_code)


class TileNotFoundError(ExchangeError):
    """Not a published file of the log; fetch `checkpoint` first and only tiles within its size."""

    code = "tile-not-found"


class ManifestMissingError(ExchangeError):
    """No manifest fills this resource; put one file for it into the manifests directory."""

    code = "manifest-missing"

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(resource)


class NotInitialisedError(ExchangeError):
    """The hub cannot open: its keys, its log or its own packages are not in place; run `yzt init`."""

    code = "not-initialised"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


# ---- verification of foreign documents ----


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


# ---- purpose-marked copies ----


class CopyNotFoundError(ExchangeError):
    """This person made no such copy; look at the list of your copies."""

    code = "copy-not-found"


class CopyGoneError(ExchangeError):
    """The copy can no longer be downloaded: it was taken, withdrawn, or waited too long; make a new one."""

    code = "copy-gone"


class CopyLimitError(ExchangeError):
    """Too many copies were made today; make the next one tomorrow."""

    code = "copy-limit"


class CopyFormatError(ExchangeError):
    """Copies are made as OFD or PDF only; choose one of them."""

    code = "copy-format"


class CopyCodeUnknownError(ExchangeError):
    """No copy has this verification code; read it again from the copy, all seven groups."""

    code = "copy-code-unknown"
