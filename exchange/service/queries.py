"""共享查询: one department asks for fields of another's record, for one case. Every outcome leaves its row first.

1. One request id has one effect: the same question gets the same outcome, another one is refused. This is kept where
   other acts keep theirs, on a way of its own; `exchange.service.repeats` says why, and which way a new route takes.
2. ONE read, shared with concurrent queries: the asker's standing, kept answer, case, records, catalogue revision.
3. The pure decision (exchange.policy) over the catalogue at exactly that revision.
4. Zero records, or two where one was to be identified, are refused.
5. What is left after minimising is released once event, use and kept answer are committed together.

Queries of one moment go through steps 2 to 5 as one round: each is woken once, and the database is asked twice for all.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from catalog.model import DepartmentCode, Resource, ResourceId
from catalog.snapshot import CatalogueSnapshot
from certs.crypto.strict_json import canonical
from exchange.errors import (
    QueryRefusedError,
    RequestInFlightError,
    RequestReusedError,
    SubjectUnavailableError,
    TokenRefusedError,
)
from exchange.model import Principal, QueryAnswer, QueryRequest, RecordAnswer, UseRecord
from exchange.policy import Decision, Reason, ReasonCode, decide, identity_reasons, minimise
from exchange.repo import queries as repo
from exchange.repo import uses
from exchange.repo.kept import Place
from exchange.repo.queries import MOST_RECORDS, Ask, Found, Kept, Pool, Statements, StoredRecord
from exchange.repo.uses import Before
from exchange.sealing import Sealer
from exchange.service.answers import Outcome, Refused, Released, question_digest, refusal, reopened
from exchange.service.batcher import Batcher
from exchange.service.outcomes import Durable, Outcomes, Pending
from exchange.service.repeats import scope_of
from exchange.service.roles import officer
from exchange.uow import Reads

_RELOADS = 3


class Catalogue(Protocol):
    """The catalogue in memory."""

    async def at_revision(self, revision: int) -> CatalogueSnapshot:
        """The catalogue of this revision, or a newer one."""
        ...


class Asked(NamedTuple):
    """A query on its way to its outcome; `digest` is that of the question."""

    principal: Principal
    request: QueryRequest
    digest: bytes
    ask: Ask


class Queries:
    """Answers queries; remembers which request ids are being answered."""

    def __init__(
        self,
        *,
        pool: Pool,
        reads: Reads,
        outcomes: Outcomes,
        catalogue: Catalogue,
        sealer: Sealer,
        now: Callable[[], datetime],
    ) -> None:
        self._pool, self._reads, self._catalogue, self._sealer, self._now = pool, reads, catalogue, sealer, now
        self._outcomes = outcomes
        self._batcher: Batcher[Asked, QueryAnswer] = Batcher(self._answer_all)
        self._flying: set[tuple[str, str]] = set()

    async def answer(self, principal: Principal, request: QueryRequest) -> QueryAnswer:
        """Release the granted fields, or refuse; the module's docstring numbers the steps.

        Raises:
            NotAllowedError: not a clerk of a department.
            TokenRefusedError: client or officer was deactivated and asks for an earlier answer.
            QueryRefusedError, SubjectUnavailableError: the decision, after it left its row.
            GrantRateExceededError: one of those, about this minute only.
            RequestReusedError, RequestInFlightError: step 1.
            LogUnsoundError: nothing may be released now.
        """
        officer(principal)
        slot = (scope_of(principal), request.request_id)
        if slot in self._flying:
            raise RequestInFlightError
        self._flying.add(slot)
        try:
            ask = _ask(principal, request, slot[0], self._outcomes.subject_index(request.subject))
            return await self._batcher.submit(Asked(principal, request, question_digest(request), ask))
        finally:
            self._flying.discard(slot)

    async def recent(self, principal: Principal, limit: int, before: Before | None = None) -> tuple[UseRecord, ...]:
        """The clerk's own newest queries and other uses, `limit` at most, older than `before`."""
        department, number = officer(principal)
        async with self._reads() as conn:
            return await uses.of_officer(conn, department, number, limit, before)

    async def forget_expired(self) -> int:
        """Delete kept answers whose day is over; returns how many. For the worker."""
        async with self._reads() as conn:
            return await repo.forget_expired(conn, self._now())

    async def drained(self) -> None:
        """Return when every outcome under way is durable; for an orderly stop."""
        await self._batcher.drained()

    async def _answer_all(self, items: Sequence[Asked]) -> Sequence[QueryAnswer | Exception]:
        """One round: what each of the queries gets."""
        async with self._pool.acquire() as conn:
            found, snapshot = await self._look(conn, [item.ask for item in items])
            now = self._now()
            came = [self._decided(item, one, snapshot, now) for item, one in zip(items, found, strict=True)]
            pending = [one for one in came if isinstance(one, Pending)]
            done = iter(await self._outcomes.write(conn, pending) if pending else ())
        return [answered(one, next(done)) if isinstance(one, Pending) else one for one in came]

    async def _look(self, conn: Statements, asks: Sequence[Ask]) -> tuple[Sequence[Found], CatalogueSnapshot]:
        """Records and catalogue of one moment; read again when the catalogue was changed in between."""
        for _ in range(_RELOADS):
            found = await repo.read(conn, asks, self._now())
            revision = found[0].revision  # one statement sees one revision
            snapshot = await self._catalogue.at_revision(revision)
            if snapshot.revision == revision:
                break
        return found, snapshot

    def _decided(
        self, item: Asked, found: Found, snapshot: CatalogueSnapshot, now: datetime
    ) -> Pending | QueryAnswer | Exception:
        """An outcome that is to be made durable, or what an earlier one of the same request gives."""
        if found.kept is not None:
            return self._repeated(item, found.kept, now) if found.active else TokenRefusedError("deactivated")
        ask = item.ask
        outcome = outcome_of(item.request, item.principal, found, snapshot, now)
        asked = ask.scope, item.digest, item.principal, item.request
        return Pending(*asked, outcome, snapshot.revision, ask.subject_index, found.wrapped_key)

    def _repeated(self, item: Asked, kept: Kept, now: datetime) -> QueryAnswer | Exception:
        if kept.body_digest != item.digest:
            return RequestReusedError()
        opened = self._sealer.open(kept.sealed, Place(item.ask.scope, item.ask.request_id).context)
        try:
            return reopened(opened, now)
        except (QueryRefusedError, SubjectUnavailableError) as error:
            return error


def _ask(principal: Principal, request: QueryRequest, scope: str, subject_index: bytes) -> Ask:
    return Ask(
        client=principal.client or "",
        department=principal.department or "",
        officer=principal.officer or "",
        scope=scope,
        request_id=request.request_id,
        case_number=request.case_number,
        subject=request.subject,
        subject_index=subject_index,
        resource=request.resource,
    )


def outcome_of(
    request: QueryRequest, principal: Principal, found: Found, snapshot: CatalogueSnapshot, now: datetime
) -> Outcome:
    """Decide and minimise. Pure."""
    resource = snapshot.resources.get(ResourceId(request.resource))
    grants = snapshot.grants_for(DepartmentCode(principal.department or ""), ResourceId(request.resource))
    decision = decide(
        request,
        principal=principal,
        officer_active=found.active,
        case=found.case,
        grants=grants,
        resource=resource,
        now=now,
    )
    if not decision.allowed or resource is None:
        return Refused(decision.reasons)
    bodies = [record.body for record in found.records]
    reasons = identity_reasons(bodies, resource, snapshot.evidence_types.values())
    if len(bodies) > MOST_RECORDS:
        reasons = (Reason(ReasonCode.IDENTITY_AMBIGUOUS),)
    if reasons:
        return Refused(reasons)
    return _released(decision, found.records, resource)


def answered(item: Pending, done: Durable | Exception) -> QueryAnswer | Exception:
    """What the asker gets for an outcome now that it is durable, or is not."""
    if isinstance(done, Exception):
        return done
    if isinstance(item.outcome, Refused):
        return refusal(item.outcome.reasons, done.receipt.event_id, at=done.at, now=done.at)
    return QueryAnswer(item.outcome.records, item.outcome.grant, done.at, done.receipt, done.given)


def _released(decision: Decision, records: tuple[StoredRecord, ...], resource: Resource) -> Released:
    minimal = tuple(_minimal(record, decision.fields, resource) for record in records)
    return Released(minimal, decision.grant_id or "", decision.rate)


def _minimal(record: StoredRecord, fields: tuple[str, ...], resource: Resource) -> RecordAnswer:
    """The granted fields only; the digest is theirs, since one of the whole record could be searched for the rest."""
    released = minimise(record.body, fields)
    return RecordAnswer(
        resource=resource.id,
        fields=released,
        source_department=resource.source or resource.provider,
        as_of=record.as_of,
        pulled_at=record.pulled_at,
        run_id=record.run_id,
        digest=sha256(canonical(released)).hexdigest(),
    )
