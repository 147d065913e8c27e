"""Cases, the materials handed in for them, and certificates shown for them."""

from exchange.errors.base import ExchangeError


class CaseNotFoundError(ExchangeError):
    """No case with this number is this person's or this department's; check the number."""

    code = "case-not-found"


class CaseExistsError(ExchangeError):
    """The case number is taken; open the existing case or use another number."""

    code = "case-exists"


class CaseClosedError(ExchangeError):
    """The case is closed; nothing can be asked for it any more. Open a new case."""

    code = "case-closed"


class ServiceItemUnknownError(ExchangeError):
    """The service item is not in the catalogue, or another department's; look it up in the list of service items."""

    code = "service-item-unknown"


class EvidenceTypeUnknownError(ExchangeError):
    """The service item does not ask for this evidence type; ask only for what its requirement list names."""

    code = "evidence-type-unknown"


class MaterialNotFoundError(ExchangeError):
    """No material with this id waits at this department; it may have been checked already."""

    code = "material-not-found"


class MaterialRefusedError(ExchangeError):
    """The file cannot be taken: wrong type, empty, or too large; hand in a PDF, PNG or JPEG up to the limit."""

    code = "material-refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


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
