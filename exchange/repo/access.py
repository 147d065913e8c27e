"""Clients, officers, people, sessions and replay guards in and out of their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Principal, Role
from exchange.tables.access import client, jti, login_failure, officer, person, session


@dataclass(frozen=True, slots=True)
class Client:
    """A department's system: its OAuth client id and the public keys it and its officer log-in sign with."""

    client_id: str
    department: str
    keys: tuple[Mapping[str, str], ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Officer:
    """经办人 as registered by the department."""

    department: str
    officer: str
    name: str
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A local identity with its argon2 hash."""

    id: UUID
    password_hash: str
    principal: Principal


async def put_client(conn: AsyncConnection, registered: Client, at: datetime) -> None:
    """Register a client, or replace its keys."""
    values = {
        "client_id": registered.client_id,
        "department": registered.department,
        "jwks": {"keys": [dict(key) for key in registered.keys]},
        "active": registered.active,
        "registered_at": at,
    }
    changed = {name: values[name] for name in ("department", "jwks", "active")}
    await conn.execute(upsert(client).values(values).on_conflict_do_update(index_elements=["client_id"], set_=changed))


async def find_client(conn: AsyncConnection, client_id: str) -> Client | None:
    """The client with this id."""
    row = (await conn.execute(select(client).where(client.c.client_id == client_id))).first()
    if row is None:
        return None
    return Client(row.client_id, row.department, tuple(row.jwks["keys"]), row.active)


async def put_officer(conn: AsyncConnection, registered: Officer, at: datetime) -> None:
    """Register an officer, or replace name, roles and standing."""
    values = {name: getattr(registered, name) for name in Officer.__slots__} | {
        "roles": list(registered.roles),
        "registered_at": at,
    }
    changed = {name: values[name] for name in ("name", "roles", "active")}
    keys = ["department", "officer"]
    await conn.execute(upsert(officer).values(values).on_conflict_do_update(index_elements=keys, set_=changed))


async def find_officer(conn: AsyncConnection, department: str, number: str) -> Officer | None:
    """The officer with this work number in this department."""
    found = select(officer).where(officer.c.department == department, officer.c.officer == number)
    row = (await conn.execute(found)).first()
    if row is None:
        return None
    return Officer(row.department, row.officer, row.name, tuple(row.roles), row.active)


async def deactivate_client(conn: AsyncConnection, client_id: str) -> bool:
    """Stop a client; False when there is no such active client."""
    stopped = update(client).where(client.c.client_id == client_id, client.c.active).values(active=False)
    return (await conn.execute(stopped)).rowcount == 1


async def deactivate_officer(conn: AsyncConnection, department: str, number: str) -> bool:
    """Stop an officer, the console sessions of the same person too; False when there is no such active officer."""
    mine = and_(officer.c.department == department, officer.c.officer == number)
    stopped = await conn.execute(update(officer).where(mine, officer.c.active).values(active=False))
    people = and_(person.c.department == department, person.c.officer == number)
    await conn.execute(update(person).where(people).values(active=False))
    ids = select(person.c.id).where(people)
    await conn.execute(delete(session).where(session.c.person_id.in_(ids)))
    return stopped.rowcount == 1


async def both_active(conn: AsyncConnection, client_id: str, department: str, number: str) -> bool:
    """Whether the client and the officer a token names are still active."""
    found = select(client.c.client_id).where(
        client.c.client_id == client_id,
        client.c.active,
        select(officer.c.officer)
        .where(officer.c.department == department, officer.c.officer == number, officer.c.active)
        .exists(),
    )
    return (await conn.execute(found)).first() is not None


async def put_person(
    conn: AsyncConnection, id_: UUID, username: str, password_hash: str, principal: Principal, *, at: datetime
) -> bool:
    """Register a local identity; False when the name is taken."""
    values = {
        "id": id_,
        "username": username,
        "password_hash": password_hash,
        "role": principal.role,
        "name": principal.name,
        "department": principal.department,
        "officer": principal.officer,
        "subject": principal.subject,
        "active": True,
        "registered_at": at,
    }
    added = upsert(person).values(values).on_conflict_do_nothing().returning(person.c.id)
    return (await conn.execute(added)).first() is not None


_PRINCIPAL = (person.c.id, person.c.role, person.c.name, person.c.department, person.c.officer, person.c.subject)


def _principal(values: Sequence[Any]) -> Principal:
    account, role, name, department, number, subject = values
    return Principal(Role(role), name, department=department, officer=number, subject=subject, account=account)


async def find_account(conn: AsyncConnection, username: str) -> Account | None:
    """The active local identity with this user name."""
    found = select(person.c.password_hash, *_PRINCIPAL).where(person.c.username == username, person.c.active)
    row = (await conn.execute(found)).first()
    return None if row is None else Account(row.id, row.password_hash, _principal(row[1:]))


async def custodian_accounts(conn: AsyncConnection, department: str) -> dict[str, tuple[str, bool]]:
    """Work number -> name and whether active, of every seal custodian of a department.

    One person may have several accounts: one that is active is enough to act.
    """
    found = select(person.c.officer, person.c.name, person.c.active).where(
        person.c.department == department, person.c.role == Role.CUSTODIAN
    )
    rows = await conn.execute(found.order_by(person.c.active, person.c.username))
    return {row.officer: (row.name, row.active) for row in rows}


async def departments_with_custodians(conn: AsyncConnection) -> dict[str, dict[str, str]]:
    """Department -> work number -> name, of every active seal custodian."""
    found = select(person.c.department, person.c.officer, person.c.name).where(
        person.c.role == Role.CUSTODIAN, person.c.active
    )
    by_department: dict[str, dict[str, str]] = {}
    for row in await conn.execute(found.order_by(person.c.department, person.c.officer)):
        by_department.setdefault(row.department, {})[row.officer] = row.name
    return by_department


async def add_session(
    conn: AsyncConnection, token_hash: bytes, person_id: UUID, *, now: datetime, expires_at: datetime
) -> None:
    """Begin a session; ended ones are swept on the way."""
    await conn.execute(delete(session).where(session.c.expires_at <= now))
    await conn.execute(
        insert(session).values(
            token_hash=token_hash, person_id=person_id, created_at=now, last_seen_at=now, expires_at=expires_at
        )
    )


async def live_session(
    conn: AsyncConnection, token_hash: bytes, *, now: datetime, idle: timedelta
) -> tuple[Principal, datetime] | None:
    """Who the session belongs to and when it was last seen; None when it ended, idled out or its person stopped."""
    found = (
        select(session.c.last_seen_at, *_PRINCIPAL)
        .join(person, person.c.id == session.c.person_id)
        .where(
            session.c.token_hash == token_hash,
            session.c.expires_at > now,
            session.c.last_seen_at > now - idle,
            person.c.active,
        )
    )
    row = (await conn.execute(found)).first()
    return None if row is None else (_principal(row[1:]), row.last_seen_at)


async def touch_session(conn: AsyncConnection, token_hash: bytes, now: datetime) -> None:
    """Note that the session is in use."""
    await conn.execute(update(session).where(session.c.token_hash == token_hash).values(last_seen_at=now))


async def end_session(conn: AsyncConnection, token_hash: bytes) -> None:
    """End a session; an unknown one is ended already."""
    await conn.execute(delete(session).where(session.c.token_hash == token_hash))


async def spend_jti(conn: AsyncConnection, issuer: str, value: str, *, now: datetime, expires_at: datetime) -> bool:
    """Use up a token id; False when it was used before. Ids whose tokens have expired are swept."""
    await conn.execute(delete(jti).where(jti.c.expires_at <= now))
    spent = (
        upsert(jti)
        .values(issuer=issuer, jti_hash=sha256(value.encode()).digest(), expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(jti.c.issuer)
    )
    return (await conn.execute(spent)).first() is not None


async def locked_until(conn: AsyncConnection, keys: Sequence[str], now: datetime) -> datetime | None:
    """Until when the longest lock on any of these keys holds; None when none does."""
    found = select(func.max(login_failure.c.locked_until)).where(
        login_failure.c.key.in_(keys), login_failure.c.locked_until > now
    )
    until: datetime | None = (await conn.execute(found)).scalar()
    return until


async def count_failure(
    conn: AsyncConnection, key: str, *, now: datetime, window: timedelta, limit: int, lock: timedelta
) -> int:
    """Count one failure of `key`; the `limit`-th within `window` locks it for `lock`. Returns how many it makes."""
    fresh = login_failure.c.window_start <= now - window
    failures = case((fresh, 1), else_=login_failure.c.failures + 1)
    statement = upsert(login_failure).values(key=key, failures=1, window_start=now, locked_until=None)
    counted = await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": failures,
                "window_start": case((fresh, now), else_=login_failure.c.window_start),
                "locked_until": case((failures >= limit, now + lock), else_=login_failure.c.locked_until),
            },
        ).returning(login_failure.c.failures)
    )
    return int(counted.scalar_one())


async def forget_failures(conn: AsyncConnection, key: str) -> None:
    """A successful log-in clears the account's count (never the address's)."""
    await conn.execute(delete(login_failure).where(login_failure.c.key == key))
