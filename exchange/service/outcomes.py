"""Makes the outcomes of queries durable, many in one commit: event, use and kept answer, or none of the three."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from catalog.rules import rate_window
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.evidence.merkle import leaf_hash
from certs.evidence.receipt import Receipt as SignedReceipt
from certs.evidence.receipt import sign_receipt
from certs.journal.append import Journal
from exchange.errors import LogUnsoundError, RequestInFlightError
from exchange.model import Principal, QueryRequest, Receipt, Use, UseRecord
from exchange.policy import Reason, ReasonCode
from exchange.repo import queries as repo
from exchange.repo.kept import KEPT_FOR, Place
from exchange.repo.queries import Outgoing, Statements, Stored
from exchange.sealing import Sealer
from exchange.service.answers import Outcome, Refused, Released, answer_members, keepsake, refusal
from exchange.uow import LogGate, Reads, RecordedEvent


class Pending(NamedTuple):
    """An outcome on its way to durability."""

    scope: str
    digest: bytes
    principal: Principal
    request: QueryRequest
    outcome: Outcome
    revision: int
    subject_index: bytes
    wrapped_key: bytes | None


class Durable(NamedTuple):
    """An outcome that is in the log: when, the receipt that says so, and both as they are given and kept."""

    at: datetime
    receipt: Receipt
    given: bytes


class Outcomes:
    """`write` is the round of a `Batcher`: one transaction for all of its items."""

    def __init__(
        self,
        *,
        reads: Reads,
        journal: Journal,
        gate: LogGate,
        signer: Callable[[], Signer],
        sealer: Sealer,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._reads, self._journal, self._gate = reads, journal, gate
        self._signer, self._sealer, self._now, self._new_id = signer, sealer, now, new_id

    def subject_index(self, subject: str) -> bytes:
        """Where the log keeps the key of a subject."""
        return self._journal.keys.index(subject)

    async def write(self, conn: Statements, items: Sequence[Pending]) -> Sequence[Durable | Exception]:
        """Commit every item whose request id is free; the others lost to a twin elsewhere.

        What is beyond the ceiling of its grant is committed as the refusal it becomes, in a second round: kept to the
        end of the minute only, so that the same request may come again then.

        Raises:
            LogUnsoundError: the evidence log is unsound; nothing is written.
        """
        if self._gate.reason is not None:
            raise LogUnsoundError(self._gate.reason)
        now = self._now()
        keys = await self._subject_keys(items, now)
        done = await self._store(conn, items, keys, now, expires_at=now + KEPT_FOR)
        beyond = [place for place, one in enumerate(done) if one is None]
        if beyond:
            refused = [_beyond_ceiling(items[place]) for place in beyond]
            stored = await self._store(conn, refused, keys, now, expires_at=rate_window(now)[1])
            for place, item, one in zip(beyond, refused, stored, strict=True):
                done[place] = _told(item, one) if isinstance(one, Durable) else one
        return [RequestInFlightError() if one is None else one for one in done]

    async def _store(
        self,
        conn: Statements,
        items: Sequence[Pending],
        keys: Mapping[str, bytes],
        now: datetime,
        *,
        expires_at: datetime,
    ) -> list[Durable | Exception | None]:
        """What came of each item; None for what is beyond the ceiling of its grant."""
        signer = self._signer()
        made = [self._outgoing(item, keys[item.request.subject], now, signer) for item in items]
        outgoing = [one for one, _ in made]
        minute, _ = rate_window(now)
        stored = await repo.store(conn, outgoing, now=now, expires_at=expires_at, minute=minute)
        # only now: a receipt leaves when its entry is durable
        return [_came_of(one, durable, stored) for one, durable in made]

    async def _subject_keys(self, items: Sequence[Pending], now: datetime) -> Mapping[str, bytes]:
        """The log's keys of the subjects, from the read that came with each item; a first-seen subject gets one."""
        log = self._journal.keys
        known = {item.request.subject: item for item in items}
        keys = {
            who: log.unwrap(item.subject_index, item.wrapped_key)
            for who, item in known.items()
            if item.wrapped_key is not None
        }
        missing = known.keys() - keys.keys()
        if missing:
            # a key nobody used is no evidence of anything, so it may commit before its first event
            async with self._reads() as conn:
                keys |= await log.obtain(conn, missing, now)
        return keys

    def _outgoing(self, item: Pending, subject_key: bytes, now: datetime, signer: Signer) -> tuple[Outgoing, Durable]:
        event = event_of(item, self._new_id(), now)
        entry = self._journal.encode(event, subject_key)
        leaf = leaf_hash(entry)
        members = answer_members(item.outcome, now)
        claims = SignedReceipt(
            issuer=self._journal.hub,
            issued_at=now,
            event_id=event.id,
            leaf_hash=leaf,
            request_hash=item.digest,
            response_hash=sha256(canonical(members)).digest(),
        )
        receipt = Receipt(event.id, sign_receipt(claims, signer))
        request_id = item.request.request_id
        given = keepsake(members, receipt)
        sealed = self._sealer.seal(given, Place(item.scope, request_id).context)
        subject, use = use_of(item, event)
        rate = item.outcome.rate if isinstance(item.outcome, Released) else None
        outgoing = Outgoing(
            item.scope, request_id, item.digest, sealed, event.id, entry, leaf, subject, use, item.outcome.grant, rate
        )
        return outgoing, Durable(now, receipt, given)


def _came_of(one: Outgoing, durable: Durable, stored: Stored) -> Durable | Exception | None:
    if one.event_id in stored.won:
        return durable
    return None if one.event_id in stored.beyond else RequestInFlightError()


def _beyond_ceiling(item: Pending) -> Pending:
    refused = Refused((Reason(ReasonCode.RATE_EXCEEDED),), item.outcome.grant)
    asked = item.scope, item.digest, item.principal, item.request
    return Pending(*asked, refused, item.revision, item.subject_index, item.wrapped_key)


def _told(item: Pending, done: Durable) -> Exception:
    assert isinstance(item.outcome, Refused)
    return refusal(item.outcome.reasons, done.receipt.event_id, at=done.at, now=done.at)


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
        if outcome.grant is not None:
            detail["grant"] = outcome.grant
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
