"""The hub's own access tokens: RFC 9068 `at+jwt`, signed by the access key, verified once and remembered."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from certs.crypto.alg import Alg
from certs.crypto.jws import sign_jws, verify_jws
from certs.crypto.ports import Signer, Verifier
from certs.crypto.strict_json import dumps, loads_object
from certs.errors import CertsError, UnknownKey
from exchange.errors import TokenRefusedError
from exchange.model import Principal, Role
from exchange.service.assertions import AssertionInvalid, check_times, require_audience, text_claim

LIFE = timedelta(minutes=10)
TYP = "at+jwt"
SCOPE = "exchange"
_MAX_BYTES = 8 * 1024
_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """What /oauth/token answers (RFC 6749 §5.1); `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was verified: who it speaks for, and the instant after which it is worth nothing."""

    principal: Principal
    expires_at: datetime


class AccessTokens:
    """Issues and verifies; remembers at most 10,000 verified tokens by digest, never beyond their `exp`.

    `signer` and `verifiers` are asked each time, so that keys can rotate under a running process.
    """

    def __init__(
        self,
        *,
        issuer: str,
        signer: Callable[[], Signer],
        verifiers: Callable[[], Iterable[Verifier]],
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.audience = f"{issuer}/api/v1"
        self._issuer, self._signer, self._verifiers = issuer, signer, verifiers
        self._now, self._new_id = now, new_id
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()

    def issue(self, *, client: str, department: str, officer: str, now: datetime) -> tuple[TokenResponse, str]:
        """A token for this officer of this department's client, and its jti for the log."""
        jti = str(self._new_id())
        issued = int(now.timestamp())
        life = int(LIFE.total_seconds())
        claims = {
            "iss": self._issuer,
            "sub": client,
            "client_id": client,
            "aud": self.audience,
            "iat": issued,
            "exp": issued + life,
            "jti": jti,
            "scope": SCOPE,
            "department": department,
            "act": {"sub": officer},
        }
        return TokenResponse(sign_jws(dumps(claims), self._signer(), TYP), life, SCOPE), jti

    def verify(self, token: str) -> Principal:
        """Who the token speaks for; the officer's name is the work number until `name` was given.

        Raises:
            TokenRefusedError: malformed, forged, of another type or audience, or expired.
        """
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._verified[digest] = self._check(token)
            if len(self._verified) > _CACHED:
                self._verified.popitem(last=False)
        if known.expires_at <= self._now():
            self._verified.pop(digest, None)
            raise TokenRefusedError("expired")
        return known.principal

    def forget(self, *, client: str | None = None, department: str | None = None, officer: str | None = None) -> None:
        """Drop what is remembered of a client, or of an officer of a department."""
        for digest, known in tuple(self._verified.items()):
            who = known.principal
            if (client and who.client == client) or (
                officer and who.officer == officer and who.department == department
            ):
                del self._verified[digest]

    def _check(self, token: str) -> Verified:
        try:
            jws = verify_jws(token, self._resolve, TYP, max_bytes=_MAX_BYTES)
            claims = loads_object(jws.payload, _MAX_BYTES, 4)
            if text_claim(claims, "iss") != self._issuer:
                raise AssertionInvalid("iss")
            require_audience(claims, (self.audience,))
            expires = check_times(claims, now=self._now(), max_life=int(LIFE.total_seconds()))
            act = claims.get("act")
            officer = text_claim(act if isinstance(act, dict) else {}, "sub")
            client, department = text_claim(claims, "client_id"), text_claim(claims, "department")
        except CertsError as error:
            raise TokenRefusedError(error.code) from error
        except AssertionInvalid as error:
            raise TokenRefusedError(str(error)) from error
        principal = Principal(Role.CLERK, officer, department=department, officer=officer, client=client)
        return Verified(principal, expires)

    def _resolve(self, kid: str, alg: Alg) -> Verifier:
        for verifier in self._verifiers():
            if verifier.kid == kid and verifier.alg is alg:
                return verifier
        raise UnknownKey(kid)


def named(principal: Principal, name: str) -> Principal:
    """The same principal under the name people know."""
    return replace(principal, name=name)
