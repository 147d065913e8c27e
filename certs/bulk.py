"""Issuing many certificates, and finishing what a crash left open.

Both are the two units of `certs.service` around a signature made on another thread; a chunk commits as a whole, so a
crash at any point leaves at most open intents, which the next run joins or the sweep resolves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from certs.crypto.ports import Signer
from certs.errors import CertsError, CryptoError
from certs.intents import Intent, IssueRequest, Refused, Reservation
from certs.issue import RandomBytes, redeem
from certs.model import Certificate, OnFile, SignedCertificate
from certs.ports import Unit, Units
from certs.service import Issuance
from certs.type_catalogue import TypeCatalogue

CHUNK = 500

ReadRequests = Callable[[Unit], Awaitable[Sequence[IssueRequest]]]
"""Reads what is to be issued, in the transaction that reserves it, so that the records cannot change in between."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Signs journalled intents. `signer_for` gives the issuer's key that was in force at the certificate's date."""

    types: TypeCatalogue
    signer_for: Callable[[Certificate], Signer]
    random_bytes: RandomBytes

    def sign(self, intent: Intent) -> SignedCertificate:
        """Sign exactly what was journalled. Blocking."""
        ticket = intent.ticket(self.types)
        return redeem(ticket, self.signer_for(ticket.certificate), self.random_bytes)

    async def sign_many(self, intents: Sequence[Intent]) -> list[tuple[Intent, SignedCertificate]]:
        """Sign on another thread, so that the event loop stays free."""
        return await asyncio.to_thread(lambda: [(intent, self.sign(intent)) for intent in intents])


@dataclass(slots=True)
class BulkOutcome:
    """Counts, and every refused request with its reason, for the file the operator retries from."""

    issued: int = 0
    existing: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BulkIssuance:
    """Issues a stream of requests in chunks; running it again continues where it stopped."""

    units: Units
    issuance: Issuance
    signing: Signing
    chunk: int = CHUNK

    async def run(self, requests: Iterable[IssueRequest]) -> BulkOutcome:
        """Issue all; a refused row does not stop the others, a lost database does."""
        outcome = BulkOutcome()
        for chunk in _chunks(requests, self.chunk):
            await self.issue(_given(chunk), outcome)
        return outcome

    async def issue(self, read: ReadRequests, outcome: BulkOutcome) -> None:
        """Issue one chunk and count it. `read` gives its requests inside the unit that reserves them."""

        async def reserve(unit: Unit) -> list[Reservation]:
            return await self.issuance.reserve_many(unit, await read(unit))

        reservations = await self.units.run(reserve)
        outcome.existing += sum(isinstance(r, OnFile) for r in reservations)
        outcome.refused += [r for r in reservations if isinstance(r, Refused)]
        # Two requests for one record share one intent.
        intents = list({r.id: r for r in reservations if isinstance(r, Intent)}.values())
        outcome.issued += len(await self.finish(intents))

    async def finish(self, intents: Sequence[Intent]) -> list[OnFile]:
        """Sign journalled intents, outside any transaction, and store the results in one unit."""
        if not intents:
            return []
        signed = await self.signing.sign_many(intents)

        async def store(unit: Unit) -> list[OnFile]:
            return await self.issuance.store_many(unit, signed)

        return await self.units.run(store)


@dataclass(frozen=True, slots=True)
class SweepOutcome:
    """What became of the open intents found: identifiers finished and given up."""

    stored: tuple[str, ...]
    abandoned: tuple[str, ...]


async def resolve_abandoned(
    bulk: BulkIssuance,
    intents: Sequence[Intent],
    *,
    give_up_before: datetime,
    unavailable: tuple[type[Exception], ...] = (CryptoError,),
) -> SweepOutcome:
    """Resolve intents left by a crash, one by one: sign and store exactly what was decided, or give it up.

    What no later try can mend is given up at once. A key that cannot be had now is waited for; intents from before
    `give_up_before` are not, since the certificate would bear a date long past. What is given up is never used again.

    Args:
        bulk: issuance, signing and units to work with.
        intents: open ones (`repo.stale_intents`), old enough that nobody is at work on them.
        give_up_before: the instant.
        unavailable: what says that the key cannot be had now.
    """
    stored: list[str] = []
    lost: list[tuple[Intent, str]] = []
    for intent in intents:
        try:
            await bulk.finish([intent])
            stored.append(intent.identifier)
        except unavailable as error:
            if intent.created_at < give_up_before:
                lost.append((intent, type(error).__name__))
        except CertsError as error:
            lost.append((intent, error.code))
    abandoned = [i for intent, why in lost for i in await _give_up(bulk, intent, why)]
    return SweepOutcome(tuple(stored), tuple(abandoned))


async def _give_up(bulk: BulkIssuance, intent: Intent, why: str) -> list[str]:
    async def abandon(unit: Unit) -> list[Intent]:
        return await bulk.issuance.abandon(unit, [intent], why)

    return [i.identifier for i in await bulk.units.run(abandon)]


def _given(chunk: Sequence[IssueRequest]) -> ReadRequests:
    async def read(_: Unit) -> Sequence[IssueRequest]:
        return chunk

    return read


def _chunks(requests: Iterable[IssueRequest], size: int) -> Iterator[list[IssueRequest]]:
    source = iter(requests)
    while chunk := list(islice(source, size)):
        yield chunk
