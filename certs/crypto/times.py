"""Time claims of tokens (RFC 7519 §4.1.4-4.1.6), read without mercy: whole seconds, no text, no truth values."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from certs.errors import ClaimInvalid, TokenExpired, TokenNotYetValid

MAX_LEEWAY: Final = timedelta(seconds=60)
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the end of what datetime can hold


def numeric_date(claims: Mapping[str, object], name: str) -> int | None:
    """The claim as seconds since 1970, or None if absent.

    Raises:
        ClaimInvalid: text, a truth value, a fraction, negative, or beyond the year 9999.
    """
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:  # bool is an int to isinstance
        raise ClaimInvalid(name, "not a whole number of seconds since 1970")
    return value


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def check_window(claims: Mapping[str, object], *, now: datetime, leeway: timedelta) -> None:
    """Refuse a token outside iat, nbf and exp, each allowed to be off by `leeway` (at most 60 s).

    Raises:
        ClaimInvalid: a time claim is not a number of seconds.
        TokenExpired: `now` is at or after exp.
        TokenNotYetValid: `now` is before nbf or iat.
    """
    if not timedelta(0) <= leeway <= MAX_LEEWAY:
        raise ValueError("leeway must be between 0 and 60 seconds")
    at, slack = now.timestamp(), leeway.total_seconds()
    expires = numeric_date(claims, "exp")
    if expires is not None and at >= expires + slack:
        raise TokenExpired(f"expired at {moment(expires).isoformat()}", exp=expires)
    for name in ("nbf", "iat"):
        begins = numeric_date(claims, name)
        if begins is not None and at < begins - slack:
            raise TokenNotYetValid(f"{name} is {moment(begins).isoformat()}", claim=name)
