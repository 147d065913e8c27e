"""One Idempotency-Key has one effect: a repeated request gets the first one's answer, another body is refused.

The key is taken in the unit of work that does the act, so a twin waits for it and then finds its answer; what was
refused left no key behind and may be tried again.

One table keeps the answers, and two ways lead into it. This one is for every act that is a unit of work: a new route
calls `once`, and `given` before costly work outside the unit. The other is for queries alone
(`exchange.service.queries`), which have no unit of their own: the key is looked up in the read, and taken in the
statement, that a whole round of them shares. A unit for each would cost its transaction and two statements more, on a
path where already SQLAlchemy in place of the driver costs two thirds of the throughput (measured). A refused query is
an outcome with a receipt, so its key keeps the refusal too.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from certs.crypto.strict_json import canonical
from exchange.errors import RequestReusedError
from exchange.model import Principal
from exchange.repo import kept as repo
from exchange.repo.kept import KEPT_FOR, Place
from exchange.sealing import Sealer
from exchange.uow import Reads, Unit, Units


@dataclass(frozen=True, slots=True)
class Repeats:
    """Runs acts once per key. What is kept is a name of what was done (a number, an id), encrypted."""

    units: Units
    reads: Reads
    sealer: Sealer

    async def once(
        self,
        principal: Principal,
        key: str | None,
        request: Mapping[str, object],
        work: Callable[[Unit], Awaitable[str]],
    ) -> str:
        """Do `work` in a unit, or give back what it gave for the same key; without a key it is simply done.

        `request` is all the effect depends on, as JSON values.

        Raises:
            RequestReusedError: the key was used for another request.
        """
        if key is None:
            return await self.units.run(work)
        place, digest = Place(scope_of(principal), key), _digest(request)
        try:
            return await self.units.run(lambda unit: self._first(unit, place, digest, work))
        except _Taken:
            return await self._repeated(place, digest)

    async def given(self, principal: Principal, key: str | None, request: Mapping[str, object]) -> str | None:
        """What `once` gave for the key already, None when nothing: asked before costly work outside a unit.

        Raises:
            RequestReusedError: the key was used for another request.
        """
        if key is None:
            return None
        place = Place(scope_of(principal), key)
        async with self.reads() as conn:
            found = await repo.kept(conn, place, self.units.now())
        return None if found is None else self._opened(place, found, _digest(request))

    async def _first(self, unit: Unit, place: Place, digest: bytes, work: Callable[[Unit], Awaitable[str]]) -> str:
        if not await repo.claim(unit.conn, place, digest, now=unit.now, expires_at=unit.now + KEPT_FOR):
            raise _Taken
        done = await work(unit)
        await repo.keep(unit.conn, place, self.sealer.seal(done.encode(), place.context))
        return done

    async def _repeated(self, place: Place, digest: bytes) -> str:
        async with self.reads() as conn:
            found = await repo.kept(conn, place, self.units.now())
        if found is None:
            raise RequestReusedError
        return self._opened(place, found, digest)

    def _opened(self, place: Place, found: tuple[bytes, bytes], digest: bytes) -> str:
        if found[0] != digest:
            raise RequestReusedError
        return self.sealer.open(found[1], place.context).decode()


class _Taken(Exception):
    """The key is taken: this unit is rolled back, the answer kept is given."""


def _digest(request: Mapping[str, object]) -> bytes:
    return sha256(canonical(dict(request))).digest()


def scope_of(principal: Principal) -> str:
    """Whose keys these are: a client's, or a person's at a console; no two share any (B2 row 70)."""
    if principal.client:
        return f"client:{principal.client}"
    if principal.subject is not None:
        return f"{principal.role}:{principal.subject}"[:80]
    if principal.officer is None and principal.account is not None:
        return f"{principal.role}:{principal.account}"
    return f"{principal.role}:{principal.department}/{principal.officer}"[:80]
