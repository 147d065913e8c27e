"""Who asks: tokens, assertions, log-ins, registration, roles."""

from exchange.errors.base import ExchangeError


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
    """Too many failed log-ins from this account or address. Next: wait as long as `Retry-After` says."""

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


class NotAllowedError(ExchangeError):
    """The account's role does not cover this act. Next: leave it to somebody of a role that may, named in `roles`."""

    code = "not-allowed"

    def __init__(self, *needed: str) -> None:
        self.needed = tuple(str(role) for role in needed)
        super().__init__(f"only for {' or '.join(self.needed)}")
