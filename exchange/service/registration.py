"""Who is let in: departments' systems with their keys, officers, local identities; and who is stopped."""

from collections.abc import Mapping, Sequence

from argon2 import PasswordHasher

from certs.crypto.jwk import public_jwk, verifier_from_jwk
from certs.errors import CertsError
from exchange.errors import RegistrationRefusedError
from exchange.model import Principal, Role
from exchange.repo import access as repo
from exchange.repo.access import Client, Officer
from exchange.uow import Unit, Units

_MAX_KEYS = 8
_MIN_PASSWORD = 12


class Registration:
    """Registers and stops clients, officers and people; every change is an event."""

    def __init__(self, *, units: Units, hasher: PasswordHasher) -> None:
        self._units, self._hasher = units, hasher

    async def client(self, client_id: str, *, department: str, jwks: Mapping[str, object]) -> None:
        """Register a department's system, or replace its keys (a public JWK set: its own and its officer log-in's).

        Raises:
            RegistrationRefusedError: no key, too many, a private one, or one of an unknown kind.
        """
        keys = _public_keys(jwks)

        async def work(unit: Unit) -> None:
            await repo.put_client(unit.conn, Client(client_id, department, keys, active=True), unit.now)
            thumbprints = sorted(key["kid"] for key in keys)
            unit.record("access:client-registered", {"client": client_id, "kids": thumbprints}, department=department)

        await self._units.run(work)

    async def officer(self, number: str, *, department: str, name: str, roles: Sequence[str] = (Role.CLERK,)) -> None:
        """Register an officer under the department's work number, or replace name and roles."""

        async def work(unit: Unit) -> None:
            registered = Officer(department, number, name, tuple(roles), active=True)
            await repo.put_officer(unit.conn, registered, unit.now)
            unit.record("access:officer-registered", {"roles": sorted(roles)}, department=department, officer=number)

        await self._units.run(work)

    async def person(self, username: str, password: str, principal: Principal) -> None:
        """Give a person a local account with one role.

        Raises:
            RegistrationRefusedError: the name is taken, the password is short, or the role lacks what it needs.
        """
        _check_person(password, principal)
        hashed = self._hasher.hash(password)

        async def work(unit: Unit) -> None:
            if not await repo.put_person(unit.conn, unit.new_id(), username, hashed, principal, at=unit.now):
                raise RegistrationRefusedError("the user name is taken")
            unit.record(
                "access:person-registered",
                {"role": principal.role.value},
                subject=principal.subject,
                department=principal.department,
                officer=principal.officer,
            )

        await self._units.run(work)

    async def deactivate_client(self, client_id: str) -> bool:
        """Stop a client at once; False when there is no such active client."""

        async def work(unit: Unit) -> bool:
            stopped = await repo.deactivate_client(unit.conn, client_id)
            unit.record("access:client-deactivated", {"client": client_id, "was_active": stopped})
            return stopped

        return await self._units.run(work)

    async def deactivate_officer(self, department: str, number: str) -> bool:
        """Stop an officer at once, sessions included; False when there is no such active officer."""

        async def work(unit: Unit) -> bool:
            stopped = await repo.deactivate_officer(unit.conn, department, number)
            detail = {"was_active": stopped}
            unit.record("access:officer-deactivated", detail, department=department, officer=number)
            return stopped

        return await self._units.run(work)


def _public_keys(jwks: Mapping[str, object]) -> tuple[dict[str, str], ...]:
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise RegistrationRefusedError(f"a JWK set of 1 to {_MAX_KEYS} public keys is needed")
    try:
        return tuple(public_jwk(verifier_from_jwk(key)) for key in keys)
    except (CertsError, AttributeError) as error:
        raise RegistrationRefusedError(f"a key cannot be used: {error}") from error


def _check_person(password: str, principal: Principal) -> None:
    if len(password) < _MIN_PASSWORD:
        raise RegistrationRefusedError(f"a password has at least {_MIN_PASSWORD} characters")
    if principal.role is Role.APPLICANT and not principal.subject:
        raise RegistrationRefusedError("an applicant needs a subject")
    if principal.role is Role.CLERK and not (principal.department and principal.officer):
        raise RegistrationRefusedError("a clerk needs a department and a work number")
    if principal.role is Role.CUSTODIAN and not (principal.department and principal.officer):
        raise RegistrationRefusedError("a custodian of seals needs a department and a work number")
