"""Console log-ins of local identities: argon2id, lock-out per account and address, sessions that idle out."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from exchange.errors import LoginLockedError, LoginRefusedError
from exchange.model import Principal
from exchange.repo import access as repo
from exchange.repo.access import Account
from exchange.uow import Reads, Unit, Units

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 50
_TOUCH_EVERY = timedelta(minutes=1)
_MAX_PASSWORD = 1024
_MAX_NAME = 60


class Sessions:
    """Logs people in and out; a session token is 256 random bits, stored as its SHA-256 only."""

    def __init__(self, *, reads: Reads, units: Units, now: Callable[[], datetime]) -> None:
        self._reads, self._units, self._now = reads, units, now
        self.hasher = PasswordHasher()
        self._decoy = decoy(self.hasher)

    async def login(self, username: str, password: str, *, address: str) -> tuple[Principal, str]:
        """Check the password and begin a session; returns who it is and the session token.

        An unknown name costs the same argon2 work as a known one, and both are counted.

        Raises:
            LoginLockedError: five failures of the account or fifty of the address within 15 minutes.
            LoginRefusedError: wrong name or password.
        """
        name = username[:_MAX_NAME]
        keys = (f"account:{name}", f"address:{address[:64]}")
        async with self._reads() as conn:
            locked = await repo.locked_until(conn, keys, self._now())
            account = await repo.find_account(conn, name)
        if locked is not None:
            raise LoginLockedError(int((locked - self._now()).total_seconds()) + 1)
        await self._count_attempt(keys[0])
        if not await self._password_fits(account, password) or account is None:
            await self._units.run(lambda unit: _failed(unit, keys[1], account))
            raise LoginRefusedError
        token = token_urlsafe(32)
        await self._units.run(lambda unit: _begin(unit, account, token, keys[0]))
        return account.principal, token

    async def _count_attempt(self, key: str) -> None:
        """Counted before it is tried, so that of guesses sent at once no more are tried than one after another.

        Its evidence is the event of how it ended; a good one takes the count back.
        """
        async with self._reads() as conn:
            tried = await repo.count_failure(
                conn, key, now=self._now(), window=WINDOW, limit=ACCOUNT_FAILURES, lock=LOCK
            )
        if tried > ACCOUNT_FAILURES:
            raise LoginLockedError(int(LOCK.total_seconds()) + 1)

    async def session(self, token: str) -> Principal | None:
        """Who this session belongs to; None when it is unknown, ended, or idle for 30 minutes."""
        digest, now = _digest(token), self._now()
        async with self._reads() as conn:
            found = await repo.live_session(conn, digest, now=now, idle=IDLE)
            if found is not None and now - found[1] > _TOUCH_EVERY:
                # not evidence, only the idle clock: no event, hence no unit of work
                await repo.touch_session(conn, digest, now)
        return None if found is None else found[0]

    async def logout(self, token: str) -> None:
        """End the session; an unknown one is ended already."""
        async with self._reads() as conn:
            await repo.end_session(conn, _digest(token))

    async def _password_fits(self, account: Account | None, password: str) -> bool:
        if len(password) > _MAX_PASSWORD:
            return False
        stored = self._decoy if account is None else account.password_hash
        return await asyncio.to_thread(self._matches, stored, password)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self.hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False


def decoy(hasher: PasswordHasher) -> str:
    """A hash that fits no password anybody knows and costs as much to try as any other.

    It is drawn, not computed: every start of the program makes one.
    """
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


async def _failed(unit: Unit, address: str, account: Account | None) -> None:
    who = account.principal if account else None
    unit.record(
        "access:login-failed",
        {"account_known": account is not None},
        subject=who.subject if who else None,
        department=who.department if who else None,
        officer=who.officer if who else None,
    )
    await repo.count_failure(unit.conn, address, now=unit.now, window=WINDOW, limit=ADDRESS_FAILURES, lock=LOCK)


async def _begin(unit: Unit, account: Account, token: str, key: str) -> None:
    who = account.principal
    await repo.forget_failures(unit.conn, key)
    await repo.add_session(unit.conn, _digest(token), account.id, now=unit.now, expires_at=unit.now + ABSOLUTE)
    unit.record(
        "access:login-succeeded",
        {"role": who.role.value},
        subject=who.subject,
        department=who.department,
        officer=who.officer,
    )
