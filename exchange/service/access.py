"""Who is calling: tokens for departments' systems (RFC 6749, 7523, 9068), sessions for people, and registration."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from certs.crypto.ports import Signer, Verifier
from exchange.errors import AccessError, ClientRefusedError, OfficerRefusedError, TokenRefusedError, TokenRequestError
from exchange.model import Principal, Role
from exchange.repo import access as repo
from exchange.repo.access import Client
from exchange.service.access_tokens import AccessTokens, TokenResponse, named
from exchange.service.assertions import SKEW_SECONDS, AssertionInvalid, Statement, check_assertion, issuer_of
from exchange.service.registration import Registration
from exchange.service.sessions import Sessions
from exchange.uow import Reads, Unit, Units

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLIENT_TYPS = frozenset({"JWT", "client-authentication+jwt"})
_OFFICER_TYPS = frozenset({"officer+jwt"})
_SKEW = timedelta(seconds=SKEW_SECONDS)


class Access:
    """The door: every caller becomes a `Principal` here or is refused."""

    def __init__(
        self,
        *,
        reads: Reads,
        units: Units,
        issuer: str,
        signer: Callable[[], Signer],
        verifiers: Callable[[], Iterable[Verifier]],
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._reads, self._units, self._now = reads, units, now
        self._audiences = (issuer, f"{issuer}/oauth/token")
        self._tokens = AccessTokens(issuer=issuer, signer=signer, verifiers=verifiers, now=now, new_id=new_id)
        self._sessions = Sessions(reads=reads, units=units, now=now)
        self._registration = Registration(units=units, hasher=self._sessions.hasher)

    async def issue_token(self, form: Mapping[str, str]) -> TokenResponse:
        """Answer a token request: client_credentials with `client_assertion` and `officer_assertion`.

        1. The client assertion is signed by a registered, active client.
        2. The officer assertion is signed by the same department and names an active officer of it.
        3. Both jti are used up and the event is recorded in one commit, then the token leaves.

        Raises:
            TokenRequestError: the request is not of this kind.
            ClientRefusedError, OfficerRefusedError: step 1, step 2, or a replayed jti.
        """
        _check_request(form)
        client = await self._claimed_client(form["client_assertion"])
        try:
            about_client, about_officer = await self._verify(client, form)
            return await self._units.run(lambda unit: self._grant(unit, client, about_client, about_officer))
        except AccessError as error:
            await self._record_refusal(client, error)
            raise

    def verify(self, bearer: str) -> Principal:
        """Who a bearer token speaks for, without asking whether client and officer are still active.

        For callers that check that themselves in the same read as their data (queries); else `authenticate`.

        Raises:
            TokenRefusedError: see `AccessTokens.verify`.
        """
        return self._tokens.verify(bearer)

    async def authenticate(self, bearer: str) -> Principal:
        """Who a bearer token speaks for; client and officer are active at this moment.

        Raises:
            TokenRefusedError: the token is not good, or client or officer was deactivated.
        """
        principal = self._tokens.verify(bearer)
        department, number = principal.department or "", principal.officer or ""
        async with self._reads() as conn:
            active = await repo.both_active(conn, principal.client or "", department, number)
            officer = await repo.find_officer(conn, department, number) if active else None
        if officer is None:
            self._tokens.forget(client=principal.client, department=department, officer=number)
            raise TokenRefusedError("deactivated")
        return named(principal, officer.name)

    async def login(self, username: str, password: str, *, address: str) -> tuple[Principal, str]:
        """Log a person in; see `Sessions.login`."""
        return await self._sessions.login(username, password, address=address)

    async def session(self, token: str) -> Principal | None:
        """Who a session belongs to; see `Sessions.session`."""
        return await self._sessions.session(token)

    async def logout(self, token: str) -> None:
        """End a session."""
        await self._sessions.logout(token)

    async def register_client(self, client_id: str, *, department: str, jwks: Mapping[str, object]) -> None:
        """Register a department's system; see `Registration.client`."""
        await self._registration.client(client_id, department=department, jwks=jwks)
        self._tokens.forget(client=client_id)

    async def register_officer(
        self, number: str, *, department: str, name: str, roles: Sequence[str] = (Role.CLERK,)
    ) -> None:
        """Register an officer; see `Registration.officer`."""
        await self._registration.officer(number, department=department, name=name, roles=roles)

    async def register_person(self, username: str, password: str, principal: Principal) -> None:
        """Give a person a local account; see `Registration.person`."""
        await self._registration.person(username, password, principal)

    async def deactivate_client(self, client_id: str) -> bool:
        """Stop a client at once."""
        self._tokens.forget(client=client_id)
        return await self._registration.deactivate_client(client_id)

    async def deactivate_officer(self, department: str, number: str) -> bool:
        """Stop an officer at once."""
        self._tokens.forget(department=department, officer=number)
        return await self._registration.deactivate_officer(department, number)

    async def _claimed_client(self, assertion: str) -> Client:
        try:
            client_id = issuer_of(assertion)
        except AssertionInvalid as error:
            raise ClientRefusedError(str(error)) from error
        async with self._reads() as conn:
            client = await repo.find_client(conn, client_id)
        if client is None:
            raise ClientRefusedError("unknown-client")
        return client

    async def _verify(self, client: Client, form: Mapping[str, str]) -> tuple[Statement, Statement]:
        about_client = self._client_statement(client, form)
        try:
            about_officer = check_assertion(
                form["officer_assertion"],
                keys=client.keys,
                typs=_OFFICER_TYPS,
                audiences=self._audiences,
                now=self._now(),
            )
        except AssertionInvalid as error:
            raise OfficerRefusedError(str(error)) from error
        if about_officer.issuer != client.client_id:
            raise OfficerRefusedError("iss")
        async with self._reads() as conn:
            officer = await repo.find_officer(conn, client.department, about_officer.subject)
        if officer is None or not officer.active or Role.CLERK not in officer.roles:
            raise OfficerRefusedError("not-an-active-officer")
        return about_client, about_officer

    def _client_statement(self, client: Client, form: Mapping[str, str]) -> Statement:
        try:
            found = check_assertion(
                form["client_assertion"],
                keys=client.keys,
                typs=_CLIENT_TYPS,
                audiences=self._audiences,
                now=self._now(),
            )
        except AssertionInvalid as error:
            raise ClientRefusedError(str(error)) from error
        names = {found.issuer, found.subject, form.get("client_id", client.client_id)}
        if names != {client.client_id} or not client.active:
            raise ClientRefusedError("client" if client.active else "inactive")
        return found

    async def _record_refusal(self, client: Client, error: AccessError) -> None:
        async def work(unit: Unit) -> None:
            detail = {"client": client.client_id, "error": error.code, "reason": getattr(error, "reason", "")}
            unit.record("access:token-refused", detail, department=client.department)

        await self._units.run(work)

    async def _grant(
        self, unit: Unit, client: Client, about_client: Statement, about_officer: Statement
    ) -> TokenResponse:
        if not await _spend(unit, client, about_client, "client"):
            raise ClientRefusedError("replayed")
        if not await _spend(unit, client, about_officer, "officer"):
            raise OfficerRefusedError("replayed")
        token, jti = self._tokens.issue(
            client=client.client_id, department=client.department, officer=about_officer.subject, now=unit.now
        )
        unit.record(
            "access:token-issued",
            {"client": client.client_id, "jti": jti},
            department=client.department,
            officer=about_officer.subject,
        )
        return token


def _check_request(form: Mapping[str, str]) -> None:
    if form.get("grant_type") != "client_credentials":
        raise TokenRequestError("unsupported_grant_type", "only client_credentials is offered")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRequestError("invalid_client", f"client_assertion_type is {ASSERTION_TYPE}")
    for name in ("client_assertion", "officer_assertion"):
        if not form.get(name):
            raise TokenRequestError("invalid_request", f"{name} is missing")
    if form.get("scope", "exchange") != "exchange":
        raise TokenRequestError("invalid_scope", "the only scope is exchange")


async def _spend(unit: Unit, client: Client, statement: Statement, kind: str) -> bool:
    """Keep the id until the last second its token could still be accepted, clock skew included."""
    until = statement.expires_at + _SKEW
    return await repo.spend_jti(
        unit.conn, f"{kind}:{client.client_id}"[:60], statement.jti, now=unit.now, expires_at=until
    )
