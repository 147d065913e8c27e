"""Issuing and sealing documents."""

from exchange.errors.base import ExchangeError


class IssuerUnknownError(ExchangeError):
    """The resource this certificate type is made from is not in the catalogue; publish it first."""

    code = "issuer-unknown"

    def __init__(self, type_code: str) -> None:
        self.type_code = type_code
        super().__init__(type_code)


class DepartmentUnknownError(ExchangeError):
    """The catalogue has no department of this code; import the catalogue first (`yzt catalog import`)."""

    code = "department-unknown"

    def __init__(self, department: str) -> None:
        self.department = department
        super().__init__(department)


class SealUnavailableError(ExchangeError):
    """The issuer cannot seal this type now. Next: the operator looks at `yzt seal list` and `yzt key list`."""

    code = "seal-unavailable"

    def __init__(self, owner: str, reason: str) -> None:
        self.owner, self.reason = owner, reason
        super().__init__(f"{owner}: {reason}")


class SealingStoppedError(ExchangeError):
    """Documents cannot be sealed now, none of them. Next: mend the cause the sealing job names, then run it again."""

    code = "sealing-stopped"

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


class SealingJobNotFoundError(ExchangeError):
    """No sealing job has this number; `yzt document jobs` lists them."""

    code = "sealing-job-not-found"


class FaceNotMadeError(ExchangeError):
    """The certificate has no document of this format yet. Next: the operator orders it (`yzt document seal`)."""

    code = "face-not-made"
