"""Signed statements of a department: its system's client assertion (RFC 7523) and its officer assertion. PURE.

1. Strict parse: size, canonical base64url, no duplicate members, no header that brings a key (certs.crypto.jws).
2. The kid names one of the client's registered keys; that key decides the algorithm.
3. `typ` is one of those the place accepts, then the signature (PyJWT, with that key's algorithm and no other).
4. Issuer, audience, times and jti. Times are whole seconds; a clock may be off by 60 s.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from certs.crypto.alg import Alg
from certs.crypto.jwk import verifier_from_jwk
from certs.crypto.jws import Jws, parse_jws
from certs.crypto.ports import Verifier
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError, UnknownKey
from exchange.service.jose import verify_signature

MAX_ASSERTION_BYTES = 16 * 1024
MAX_LIFE_SECONDS = 300
SKEW_SECONDS = 60
_MAX_TEXT = 128
_LAST_SECOND = 2**33
DEPARTMENT_ALGS = frozenset({Alg.ES256, Alg.ED25519, Alg.SM2})


class AssertionInvalid(Exception):
    """The statement was refused; the argument is a short reason for the log."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a verified assertion says: by whom, about whom, its single-use id and when it ends."""

    issuer: str
    subject: str
    jti: str
    expires_at: datetime


def issuer_of(token: str) -> str:
    """Who the token claims to be from, unverified: only good for finding the keys to verify it with.

    Raises:
        AssertionInvalid: not a token, or no issuer.
    """
    return text_claim(_claims(_parse(token)), "iss")


def check_assertion(
    token: str, *, keys: Iterable[Mapping[str, str]], typs: Collection[str], audiences: Collection[str], now: datetime
) -> Statement:
    """Verify an assertion against the registered keys of the client it claims to be from.

    Raises:
        AssertionInvalid: any of the module's four steps failed.
    """
    jws = _parse(token)
    typ = str(jws.header.get("typ")).removeprefix("application/")
    if typ not in typs:
        raise AssertionInvalid("typ")
    try:
        verify_signature(token, _key(jws, keys))
    except CertsError as error:
        raise AssertionInvalid(error.code) from error
    claims = _claims(jws)
    require_audience(claims, audiences)
    expires = check_times(claims, now=now, max_life=MAX_LIFE_SECONDS)
    return Statement(text_claim(claims, "iss"), text_claim(claims, "sub"), text_claim(claims, "jti"), expires)


def text_claim(claims: Mapping[str, object], name: str) -> str:
    """A claim that must be non-empty text of at most 128 characters.

    Raises:
        AssertionInvalid: it is not.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise AssertionInvalid(name)
    return value


def require_audience(claims: Mapping[str, object], audiences: Collection[str]) -> None:
    """The audience is one of ours and nobody else's: text, or a list of exactly one.

    Raises:
        AssertionInvalid: it is not.
    """
    found = claims.get("aud")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, str) or found not in audiences:
        raise AssertionInvalid("aud")


def check_times(claims: Mapping[str, object], *, now: datetime, max_life: int) -> datetime:
    """Check exp (required), iat and nbf; a token may live `max_life` seconds. Returns when it ends.

    Raises:
        AssertionInvalid: a time that is no whole number of seconds, past, future, or too long a life.
    """
    second = now.timestamp()
    expires = _seconds(claims, "exp")
    issued = _seconds(claims, "iat") if "iat" in claims else None
    if expires <= second - SKEW_SECONDS:
        raise AssertionInvalid("expired")
    if issued is not None and issued > second + SKEW_SECONDS:
        raise AssertionInvalid("iat")
    if "nbf" in claims and _seconds(claims, "nbf") > second + SKEW_SECONDS:
        raise AssertionInvalid("nbf")
    if expires - (second if issued is None else issued) > max_life or expires - second > max_life + SKEW_SECONDS:
        raise AssertionInvalid("life")
    return datetime.fromtimestamp(expires, UTC)


def _seconds(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < _LAST_SECOND:  # bool is an int to isinstance
        raise AssertionInvalid(name)
    return value


def _parse(token: str) -> Jws:
    try:
        return parse_jws(token, max_bytes=MAX_ASSERTION_BYTES)
    except CertsError as error:
        raise AssertionInvalid(error.code) from error


def _claims(jws: Jws) -> dict[str, object]:
    try:
        return loads_object(jws.payload, MAX_ASSERTION_BYTES, 8)
    except CertsError as error:
        raise AssertionInvalid(error.code) from error


def _key(jws: Jws, keys: Iterable[Mapping[str, str]]) -> Verifier:
    for jwk in keys:
        verifier = verifier_from_jwk(jwk)
        if verifier.kid == jws.kid:
            return verifier
    raise UnknownKey(jws.kid)
