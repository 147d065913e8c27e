"""Who may have many documents verified, and what is theirs: nobody finds a verification but who asked for it."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson

from exchange.errors import BatchNotFoundError, NotAllowedError
from exchange.model import Principal, Role
from exchange.repo import verifications as repo
from exchange.repo.verifications import BatchRow
from exchange.uow import Reads

_ASKERS = frozenset({Role.AUDITOR, Role.CLERK})


@dataclass(frozen=True, slots=True)
class Askers:
    """Tells askers apart by a keyed hash of who they are, which is all that is kept of them."""

    reads: Reads
    now: Callable[[], datetime]
    key: bytes = field(repr=False)

    def hashed(self, principal: Principal) -> bytes:
        """Who asks, as kept. Raises NotAllowedError for anybody but auditors and clerks."""
        if not may_ask(principal):
            raise NotAllowedError(*sorted(_ASKERS))
        account = None if principal.account is None else str(principal.account)
        who = [principal.role, principal.department, principal.officer, principal.client, account or principal.name]
        return hmac.digest(self.key, orjson.dumps(who), sha256)

    async def own(self, principal: Principal, id_: UUID) -> BatchRow:
        """A verification of theirs. Raises NotAllowedError, BatchNotFoundError (also when its time is over)."""
        async with self.reads() as conn:
            row = await repo.find(conn, id_, self.hashed(principal))
        if row is None or row.expires_at <= self.now():
            raise BatchNotFoundError
        return row


def may_ask(principal: Principal) -> bool:
    """Whether this is somebody who may have many documents verified: an auditor, a clerk, a department's system."""
    return principal.role in _ASKERS
