"""Makes the outcomes of queries durable, many in one commit: event, use and kept answer, or none of the three."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.evidence.receipt import Receipt as SignedReceipt
from certs.evidence.receipt import sign_receipt
from exchange.errors import LogUnsoundError, RequestInFlightError
from exchange.model import Principal, QueryRequest, Receipt, Use, UseRecord
from exchange.repo import queries as repo
from exchange.repo import uses
from exchange.repo.queries import Keep
from exchange.sealing import Sealer
from exchange.service.answers import Outcome, Released, answer_members, keepsake
from exchange.uow import Journal, LogGate, RecordedEvent

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Pending:
    """An outcome on its way to durability."""

    scope: str
    digest: bytes
    principal: Principal
    request: QueryRequest
    outcome: Outcome
    revision: int


@dataclass(frozen=True, slots=True)
class Durable:
    """An outcome that is in the log: when, and the receipt that says so."""

    at: datetime
    receipt: Receipt


class Outcomes:
    """`write` is the round of a `Batcher`: one transaction for all of its items."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        journal: Journal,
        gate: LogGate,
        hub: str,
        signer: Callable[[], Signer],
        sealer: Sealer,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._engine, self._journal, self._gate = engine, journal, gate
        self._hub, self._signer, self._sealer = hub, signer, sealer
        self._now, self._new_id = now, new_id

    async def write(self, items: Sequence[Pending]) -> Sequence[Durable | Exception]:
        """Commit every item whose request id is free; the others lost to a twin elsewhere.

        Raises:
            LogUnsoundError: the evidence log is unsound; nothing is written.
        """
        if self._gate.reason is not None:
            raise LogUnsoundError(self._gate.reason)
        try:
            return await self._commit(items)
        except _TakenError as error:
            won = [item for item in items if (item.scope, item.request.request_id) in error.free]
            durable = dict(zip(map(id, won), await self._commit(won) if won else (), strict=True))
            return [durable.get(id(item)) or RequestInFlightError() for item in items]

    async def _commit(self, items: Sequence[Pending]) -> Sequence[Durable]:
        now = self._now()
        events = [event_of(item, self._new_id(), now) for item in items]
        async with self._engine.begin() as conn:
            leaves = await self._journal.append(conn, events)
            made = [self._receipt(item, event, leaves) for item, event in zip(items, events, strict=True)]
            free = await repo.keep(conn, [keep for _, keep in made], now)
            if len(free) != len(items):
                raise _TakenError(free)
            await uses.add_many(conn, [use_of(item, event) for item, event in zip(items, events, strict=True)])
        # only now: a receipt leaves when its entry is durable
        return [durable for durable, _ in made]

    def _receipt(self, item: Pending, event: RecordedEvent, leaves: Mapping[UUID, bytes]) -> tuple[Durable, Keep]:
        members = answer_members(item.outcome, event.at)
        claims = SignedReceipt(
            issuer=self._hub,
            issued_at=event.at,
            event_id=event.id,
            leaf_hash=leaves[event.id],
            request_hash=item.digest,
            response_hash=sha256(canonical(members)).digest(),
        )
        receipt = Receipt(event.id, sign_receipt(claims, self._signer()))
        sealed = self._sealer.seal(keepsake(members, receipt), keep_context(item.scope, item.request.request_id))
        keep = Keep(item.scope, item.request.request_id, item.digest, sealed, event.at + KEPT_FOR)
        return Durable(event.at, receipt), keep


class _TakenError(Exception):
    """Some request ids were used by another process meanwhile; `free` are the ones that were not."""

    def __init__(self, free: set[tuple[str, str]]) -> None:
        self.free = free
        super().__init__()


def keep_context(scope: str, request_id: str) -> str:
    """What a kept answer is bound to, so that it opens for its own request only."""
    return f"{scope}\n{request_id}"


def event_of(item: Pending, event_id: UUID, at: datetime) -> RecordedEvent:
    """The evidence of an outcome; enough to decide it again offline, and nobody's data."""
    request, outcome = item.request, item.outcome
    detail: dict[str, object] = {
        "resource": request.resource,
        "fields": list(request.fields),
        "service_item": request.service_item,
        "legal_basis": request.legal_basis,
        "client": item.principal.client,
        "catalog_revision": item.revision,
    }
    if isinstance(outcome, Released):
        detail |= {"grant": outcome.grant, "records": len(outcome.records)}
    else:
        detail["reasons"] = [{"code": one.code.value, "names": list(one.names)} for one in outcome.reasons]
    return RecordedEvent(
        event_id,
        "query:answered" if isinstance(outcome, Released) else "query:refused",
        at,
        detail,
        subject=request.subject,
        department=item.principal.department,
        officer=item.principal.officer,
        case=request.case_number,
    )


def use_of(item: Pending, event: RecordedEvent) -> tuple[str, UseRecord]:
    """The row the person concerned will see in 用证记录."""
    released = isinstance(item.outcome, Released)
    record = UseRecord(
        event_id=event.id,
        at=event.at,
        use=Use.RECORD_QUERIED if released else Use.QUERY_REFUSED,
        department=item.principal.department or "",
        officer=item.principal.officer or "",
        purpose=item.request.service_item,
        case_number=item.request.case_number,
        what=item.request.resource,
        fields=item.request.fields,
        released=released,
    )
    return item.request.subject, record
