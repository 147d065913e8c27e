"""Issuing over the database: reserve and journal, sign elsewhere, store and journal.

Nothing is signed inside a transaction, and nothing signed is released before `store` has committed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from certs import repo
from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import canonical
from certs.errors import (
    CertificateExists,
    CertificateNotFound,
    CertsError,
    IntentAbandoned,
    IntentMismatch,
    IssuanceInProgress,
    TransitionRefused,
)
from certs.face import json_face
from certs.identifiers import parse
from certs.intents import Intent, IssueRequest, Predecessor, Refused, Reservation, SourceKey
from certs.issue import decide
from certs.lifecycle import may_succeed, settle
from certs.model import (
    Certificate,
    FaceKind,
    MadeFace,
    OnFile,
    Reason,
    SignedCertificate,
    State,
    StatusChange,
    StatusRef,
)
from certs.ports import Unit

LIST_SIZE = 1 << 20
OPEN_LISTS = 8


@dataclass(frozen=True, slots=True)
class Issuance:
    """Issues certificates.

    `serials` gives an unguessable serial per call (`identifiers.random_serial`); `status_base` is the address under
    which status lists are published, without a slash at the end.
    """

    serials: Callable[[], str]
    status_base: str
    list_size: int = LIST_SIZE

    async def reserve(self, unit: Unit, request: IssueRequest) -> Intent | OnFile:
        """Reserve an identifier and journal the intent, event `certificate:issue-intended`.

        Idempotent: a record already made into a certificate returns that one, whatever its state; an issuance of the
        same record under way returns its intent, so that a retry signs the same certificate.

        Raises:
            IssueRefused, IssuerNotEntitled: as `certs.issue.decide`.
            CertificateExists: the record was made into a certificate when it had other content.
            IssuanceInProgress: the same, and that certificate is not stored yet.
        """
        return _or_raise((await self.reserve_many(unit, [request]))[0])

    async def reserve_many(self, unit: Unit, requests: Sequence[IssueRequest]) -> list[Reservation]:
        """`reserve` for up to 1000 requests in a few statements; refusals are returned in place, not raised."""
        return await self._reserve(unit, requests, {})

    async def supersede(self, unit: Unit, identifier: str, request: IssueRequest) -> Intent | OnFile:
        """Reserve the next version (版本 + 1) of a certificate from its changed record.

        The old version becomes 已变更 when the new one is stored. An unchanged record of a 有效 certificate returns it.

        Raises:
            CertificateNotFound: no such certificate.
            TransitionRefused: its state allows no successor, or it is not the newest version of this record.
            IssueRefused, IssuerNotEntitled, IssuanceInProgress: as `reserve`.
        """
        old = await repo.by_identifier(unit.conn, identifier)
        same = old.certificate.source.digest == request.record.digest
        if same and old.state is State.VALID:
            return old
        may_succeed(old.state, same_record=same)
        latest = (await repo.latest_of(unit.conn, [request.source])).get(request.source)
        if latest is None or latest.certificate.identifier != old.certificate.identifier:
            raise TransitionRefused(old.state, State.SUPERSEDED, "it is not the newest version of this record")
        before = Predecessor(old.certificate.identifier, old.state)
        return _or_raise((await self._reserve(unit, [request], {request.source: before}))[0])

    async def reissue_many(self, unit: Unit, asked: Sequence[tuple[str, IssueRequest]]) -> list[Reservation]:
        """Reserve the next version of 有效 certificates whose key was lost (密钥失密换发), also of unchanged records.

        `asked` pairs identifiers with requests, up to 1000. Refusals are returned in place. Each old version becomes
        已变更 with reason `key-compromised` when its successor is stored.
        """
        latest = await repo.latest_of(unit.conn, [request.source for _, request in asked])
        before: dict[SourceKey, Predecessor] = {}
        for identifier, request in asked:
            newest = latest.get(request.source)
            if newest and str(newest.certificate.identifier) == identifier and newest.state is State.VALID:
                before[request.source] = Predecessor(parse(identifier), newest.state, Reason.KEY_COMPROMISED)
        fit = [request for _, request in asked if request.source in before]
        reserved = iter(await self._reserve(unit, fit, before))
        return [next(reserved) if r.source in before else _not_in_force(r, latest.get(r.source)) for _, r in asked]

    async def _reserve(
        self, unit: Unit, requests: Sequence[IssueRequest], before: Mapping[SourceKey, Predecessor]
    ) -> list[Reservation]:
        # Sorted, so that two reservations of the same records meet in the same order and never deadlock.
        first: dict[SourceKey, IssueRequest] = {}
        for request in sorted(requests, key=lambda r: r.source):
            first.setdefault(request.source, request)
        done = await self._known(unit, list(first), before)
        drafts: dict[SourceKey, Certificate] = {}
        given_up = await repo.given_up_versions(unit.conn, [str(old.identifier) for old in before.values()])
        for source, request in first.items():
            if source in done:
                continue
            try:
                drafts[source] = self._decide(unit, request, before.get(source), given_up)
            except CertsError as error:
                done[source] = Refused(request, error)
        if drafts:
            done |= await self._journal(unit, first, drafts, before)
        return [_judge(request, done[request.source]) for request in requests]

    async def _known(
        self, unit: Unit, sources: Sequence[SourceKey], before: Mapping[SourceKey, Predecessor]
    ) -> dict[SourceKey, Reservation]:
        on_file = await repo.latest_of(unit.conn, sources)
        known: dict[SourceKey, Reservation] = {
            source: found
            for source, found in on_file.items()
            if source not in before or found.certificate.identifier != before[source].identifier
        }
        return known | await repo.open_intents(unit.conn, sources)

    def _decide(
        self, unit: Unit, request: IssueRequest, before: Predecessor | None, given_up: Mapping[str, int]
    ) -> Certificate:
        previous = before.identifier if before else None
        return decide(
            request.kind,
            request.record,
            request.issuer,
            now=unit.now,
            serial="" if before else self.serials(),
            previous=previous,
            given_up=given_up.get(str(previous), 0),
        )

    async def _journal(
        self,
        unit: Unit,
        requests: Mapping[SourceKey, IssueRequest],
        drafts: Mapping[SourceKey, Certificate],
        before: Mapping[SourceKey, Predecessor],
    ) -> dict[SourceKey, Reservation]:
        list_id, start = await self._take_indexes(unit, len(drafts))
        intents = {
            source: self._intent(unit, requests[source], draft, before.get(source), place=(list_id, start + n))
            for n, (source, draft) in enumerate(drafts.items())
        }
        inserted = await repo.insert_intents(unit.conn, list(intents.values()))
        done: dict[SourceKey, Reservation] = {s: i for s, i in intents.items() if i.id in inserted}
        raced = [source for source in intents if source not in done]
        if raced:
            done |= await self._known(unit, raced, before)
        for source, reservation in done.items():
            if isinstance(reservation, Intent):
                _record_intended(unit, reservation, requests[source], joined=source in raced)
        for source in raced:
            done.setdefault(source, Refused(requests[source], IssuanceInProgress()))
        return done

    def _intent(
        self,
        unit: Unit,
        request: IssueRequest,
        draft: Certificate,
        before: Predecessor | None,
        *,
        place: tuple[UUID, int],
    ) -> Intent:
        list_id, index = place
        certificate = replace(draft, status=StatusRef(f"{self.status_base}/{list_id}", index))
        payload = canonical(json_face(certificate, request.kind))
        return Intent(
            id=unit.new_id(),
            identifier=str(certificate.identifier),
            type_code=request.kind.code,
            resource=request.record.resource,
            key=request.record.key,
            version=certificate.version,
            record_digest=request.record.digest,
            payload=payload,
            digest=sha256(payload).digest(),
            holder_key=request.holder_key,
            status_list=list_id,
            status_index=index,
            predecessor=str(before.identifier) if before else None,
            predecessor_state=before.state if before else None,
            predecessor_reason=before.reason if before else None,
            created_at=unit.now,
        )

    async def _take_indexes(self, unit: Unit, count: int) -> tuple[UUID, int]:
        taken = await repo.take_indexes(unit.conn, count)
        if taken is None and await repo.count_open_lists(unit.conn, count) >= OPEN_LISTS:
            taken = await repo.take_indexes(unit.conn, count, wait=True)
        if taken is None:
            await repo.add_list(unit.conn, unit.new_id(), max(self.list_size, count), unit.now)
            taken = await repo.take_indexes(unit.conn, count)
        assert taken is not None, "a list opened in this transaction has room and no other writer"
        return taken

    async def store(self, unit: Unit, intent: Intent, signed: SignedCertificate) -> OnFile:
        """File what was signed, event `certificate:issued`; a second call returns what the first has filed.

        A decision that came before the certificate (吊销 before issue) holds at once.

        Raises:
            IntentAbandoned: the intent was given up; the signature must be discarded.
            IntentMismatch: the signed content is not the journalled one.
            TransitionRefused: the version it follows has changed its state meanwhile.
        """
        return (await self.store_many(unit, [(intent, signed)]))[0]

    async def store_many(self, unit: Unit, signed: Sequence[tuple[Intent, SignedCertificate]]) -> list[OnFile]:
        """`store` for up to 1000 certificates; one refusal refuses all of them."""
        predecessors = [i.predecessor for i, _ in signed if i.predecessor]
        locked = await repo.lock_intents(unit.conn, [i.id for i, _ in signed], predecessors)
        for intent, result in signed:
            _check_storable(locked.get(intent.identifier), intent, result)
        stored = [i.identifier for i in locked.values() if i.outcome == "stored"]
        done = await repo.by_identifiers(unit.conn, stored)
        decided = await repo.changes(unit.conn, [i.identifier for i, _ in signed] + predecessors)
        fresh = [
            (i, s, settle(decided.get(i.identifier, ())))
            for i, s in {i.identifier: (i, s) for i, s in signed}.values()
            if i.identifier not in done
        ]
        for intent, _, _ in fresh:
            await self._retire_predecessor(unit, intent, done)
        if fresh:
            await repo.insert_certificates(unit.conn, fresh, unit.now)
        for intent, result, state in fresh:
            done[intent.identifier] = OnFile(result.certificate, state)
            _record_issued(unit, intent, result.certificate, state)
        return [done[i.identifier] for i, _ in signed]

    async def _retire_predecessor(self, unit: Unit, intent: Intent, on_file: Mapping[str, OnFile]) -> None:
        if intent.predecessor is None:
            return
        old = on_file.get(intent.predecessor)
        if old is None:
            raise CertificateNotFound(intent.predecessor)
        if old.state is not intent.predecessor_state:
            raise TransitionRefused(old.state, State.SUPERSEDED, "its state changed while the next was signed")
        if old.state is not State.VALID:
            return
        issuer, reason = old.certificate.issuer_code, intent.predecessor_reason or Reason.SOURCE_CHANGED
        event_id = unit.record(
            "certificate:superseded",
            {
                "identifier": intent.predecessor,
                "successor": intent.identifier,
                "type": intent.type_code,
                "reason": reason.value,
            },
            subject=old.certificate.holders[0].code,
            department=issuer,
        )
        change = StatusChange(intent.predecessor, State.SUPERSEDED, reason, intent.identifier, issuer, unit.now)
        await repo.insert_change(
            unit.conn, change, change_id=unit.new_id(), before=old.state, now=unit.now, event_id=event_id
        )
        await repo.set_state(unit.conn, intent.predecessor, State.SUPERSEDED)

    async def attach_faces(self, unit: Unit, made: Sequence[MadeFace]) -> frozenset[tuple[str, FaceKind]]:
        """File faces made later (OFD, PDF, QR), event `certificate:face-added` each; returns those that are new.

        The first one stays: what was released is never replaced, and a face not returned must be discarded.

        Raises:
            CertificateNotFound: no such certificate; nothing is filed.
        """
        on_file = await repo.by_identifiers(unit.conn, [face.identifier for face in made])
        for face in made:
            if face.identifier not in on_file:
                raise CertificateNotFound(face.identifier)
        added = await repo.add_faces(unit.conn, made, unit.now) if made else frozenset()
        for face in made:
            if (face.identifier, face.kind) in added:
                _record_face(unit, face, on_file[face.identifier].certificate)
        return added

    async def abandon(self, unit: Unit, intents: Sequence[Intent], why: str) -> list[Intent]:
        """Give up intents that are still open, event `certificate:issue-abandoned`; returns those given up.

        Their identifiers and status indexes are never used again; the indexes are published as invalid.
        """
        locked = await repo.lock_intents(unit.conn, [i.id for i in intents])
        still_open = [i for i in locked.values() if i.outcome is None]
        if not still_open:
            return []
        await repo.resolve_intents(unit.conn, [i.id for i in still_open], "abandoned", unit.now)
        for intent in still_open:
            detail = {"identifier": intent.identifier, "type": intent.type_code, "intent": str(intent.id), "why": why}
            unit.record("certificate:issue-abandoned", detail)
        return still_open


def _not_in_force(request: IssueRequest, found: OnFile | None) -> Refused:
    """Why nothing follows: an older version, or a state that a new version would undo."""
    state = found.state if found else State.SUPERSEDED
    return Refused(request, TransitionRefused(state, State.SUPERSEDED, "it is not the version in force"))


def _judge(request: IssueRequest, found: Reservation) -> Reservation:
    """Whether what is there for this record is what was asked for."""
    if isinstance(found, OnFile) and found.certificate.source.digest != request.record.digest:
        return Refused(request, CertificateExists(str(found.certificate.identifier)))
    if isinstance(found, Intent) and found.record_digest != request.record.digest:
        return Refused(request, IssuanceInProgress(identifier=found.identifier))
    return found


def _or_raise(reservation: Reservation) -> Intent | OnFile:
    if isinstance(reservation, Refused):
        raise reservation.error
    return reservation


def _check_storable(journalled: Intent | None, intent: Intent, signed: SignedCertificate) -> None:
    if journalled is None:
        raise IntentMismatch(f"no intent {intent.id}", identifier=intent.identifier)
    if journalled.outcome == "abandoned":
        raise IntentAbandoned(intent.identifier)
    # Compared as bytes: the payload inside the signature, not a value somebody carried along.
    face = parse_jws(signed.faces[FaceKind.JSON].decode("ascii"))
    if sha256(face.payload).digest() != journalled.digest:
        raise IntentMismatch("the signed content differs", identifier=intent.identifier)
    if signed.certificate.identifier != parse(journalled.identifier):
        raise IntentMismatch("the identifier differs", identifier=intent.identifier)


def _record_intended(unit: Unit, intent: Intent, request: IssueRequest, *, joined: bool) -> None:
    unit.record(
        "certificate:issue-intended",
        {
            "identifier": intent.identifier,
            "type": intent.type_code,
            "version": intent.version,
            "intent": str(intent.id),
            "digest": intent.digest.hex(),
            "joined": joined,
        },
        department=request.issuer.code,
    )


def _record_face(unit: Unit, face: MadeFace, certificate: Certificate) -> None:
    unit.record(
        "certificate:face-added",
        {
            "identifier": face.identifier,
            "face": face.kind.value,
            "digest": sha256(face.body).hexdigest(),
            "kid": face.kid,
        },
        subject=certificate.holders[0].code,
        department=certificate.issuer_code,
    )


def _record_issued(unit: Unit, intent: Intent, certificate: Certificate, state: State) -> None:
    unit.record(
        "certificate:issued",
        {
            "identifier": intent.identifier,
            "type": intent.type_code,
            "version": intent.version,
            "intent": str(intent.id),
            "digest": intent.digest.hex(),
            "resource": intent.resource,
            "run": str(certificate.source.run_id),
            "status_list": certificate.status.uri,
            "status_index": certificate.status.index,
            "state": state.value,
        },
        subject=certificate.holders[0].code,
        department=certificate.issuer_code,
    )
