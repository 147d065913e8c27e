"""A key was lost (密钥失密): what it signed, that nothing of it is believed any more, and certificates made anew.

Whoever holds a lost key writes any date, so what it signed proves nothing by itself from the loss on. Certificates
that are 有效 get a next version under the key that replaces it; the old version ends as key-compromised.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Final
from uuid import UUID

from adapters.repo import records
from certs import repo as certificates
from certs.errors import CertsError
from certs.errors.layout import PhotoMissing
from certs.evidence.entry import Entry, decode_entry
from certs.intents import Intent, IssueRequest, Refused, Reservation
from certs.journal import repo as journal
from certs.model import SEALED_FACES, FiledFace, OnFile, State
from exchange.errors import IssuerUnknownError, KeyStillTrustedError
from exchange.model_sealing import JobState, SealingJob
from exchange.repo.keys import KeyRow
from exchange.service.issuing import Issuing, reasons, source_record
from exchange.service.keys import HubKeys, KeyRole, NoSignerError
from exchange.service.sealing_jobs import SealingJobs
from exchange.service.trust import Trust
from exchange.uow import Reads, Unit, Units

CHUNK: Final = 200
_PAGE: Final = 1000
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DOCUMENTS: Final = frozenset(SEALED_FACES)
_SEALING: Final = (KeyRole.SEAL, KeyRole.SEAL_PDF)
_FACE_ADDED: Final = ("certificate:face-added",)
# what the log says of each use of a key; the log's own key signs every checkpoint, which is every entry there is
_EVENTS: Final = {
    KeyRole.ACCESS: ("access:token-issued",),
    KeyRole.RECEIPT: ("query:answered", "query:refused", "certificate:reused", "case:demand-recorded"),
    KeyRole.STATUS: ("status-list:published",),
    KeyRole.TRUST: ("status-list:published",),
    KeyRole.ISSUER: ("certificate:issued",),
    KeyRole.SEAL: _FACE_ADDED,
    KeyRole.SEAL_PDF: _FACE_ADDED,
}


class Outcome(StrEnum):
    """What became of one certificate of a lost key."""

    REISSUED = "reissued"
    NOT_IN_FORCE = "not-in-force"  # ended or followed already: nothing to do
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReissuedRow:
    """One certificate: its identifier, the one that follows it ("" if none), or why not.

    `sealed` is its type when it had sealed documents (OFD, PDF), else "".
    """

    identifier: str
    outcome: Outcome
    successor: str = ""
    reason: str = ""
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Reissue:
    """What a run did: a row per certificate, and the jobs that sealed the documents of the new versions."""

    rows: tuple[ReissuedRow, ...]
    jobs: tuple[SealingJob, ...]

    @property
    def complete(self) -> bool:
        """Whether nobody has to look at it again."""
        refused = any(row.outcome is Outcome.REFUSED for row in self.rows)
        return not refused and all(job.state is JobState.FINISHED and not job.refused for job in self.jobs)


@dataclass(frozen=True, slots=True)
class Compromise:
    """The run after the loss of a key. Everything may be repeated: what is done stays done."""

    units: Units
    reads: Reads
    keys: HubKeys
    issuing: Issuing
    trust: Trust
    sealing: SealingJobs

    async def faces(self, kid: str, *, since: datetime, until: datetime) -> AsyncIterator[tuple[FiledFace, ...]]:
        """Every face the key signed and that was filed from `since` until before `until`, in pages.

        Raises:
            KeyNotFoundError: there is no such key.
        """
        self.keys.row(kid)
        after = ("", "")
        while True:
            async with self.reads() as conn:
                page = await certificates.signed_by(conn, kid, since=since, until=until, after=after, limit=_PAGE)
            if not page:
                return
            yield page
            after = (page[-1].identifier, page[-1].kind.value)

    async def events(self, kid: str, *, since: datetime, until: datetime) -> AsyncIterator[Entry]:
        """Every event of the log that says the key signed, between the two instants.

        The log names keys of faces; for the others it counts which key was the newest of its role at that time.

        Raises:
            KeyNotFoundError: there is no such key.
        """
        held = self.keys.row(kid)
        first, last = _window(held, self.keys.rows)
        begin, end, after = max(since, first), min(until, last), UUID(int=0)
        kinds = _EVENTS.get(KeyRole(held.role), ())
        while kinds and begin < end:
            async with self.reads() as conn:
                page = await journal.of_kinds(conn, kinds, since=begin, until=end, after=after, limit=_PAGE)
            if not page:
                return
            for row in page:
                entry = decode_entry(row.body)
                if _signed_with(entry, held):
                    yield entry
            after = page[-1].id

    async def declare(self, kid: str, *, since: datetime, reason: str) -> None:
        """Believe nothing of the key from `since` on, retire it, make its successor if it can be made here, publish.

        A sealing key is replaced by whoever certifies it: until then its owner seals nothing.

        Raises:
            KeyNotFoundError: there is no such key.
        """
        held, role = self.keys.row(kid), KeyRole(self.keys.row(kid).role)
        if role not in _SEALING and not self._replaced(held):
            await self.keys.generate(role, held.owner)
        await self.keys.distrust(kid, since, reason)
        await self.trust.publish()

    async def reissue(
        self,
        kid: str,
        *,
        since: datetime | None = None,
        progress: Callable[[Sequence[ReissuedRow]], None] = lambda _: None,
    ) -> Reissue:
        """Make every certificate with a face of the key anew, in the order of identifiers, and seal its documents.

        A run that was cut off is simply run again: what has a successor counts as not in force, and what is not
        sealed yet is sealed.

        Args:
            kid: a key that was declared lost.
            since: only certificates with a face it signed from then on; None for all it ever signed. What it signed
                earlier cannot be told from forgeries either.
            progress: told about every chunk when it is done.

        Raises:
            KeyNotFoundError, KeyStillTrustedError: there is no such key, or it was not declared lost.
            NoSignerError, KeyUncertifiedError: the owner has no other key of this role yet; nothing was touched.
        """
        held = self.keys.row(kid)
        if held.distrusted_at is None:
            raise KeyStillTrustedError(kid)
        self._require_replacement(held)
        done: list[ReissuedRow] = []
        await self._give_up_open(held)
        async for chunk in self._identifiers(kid, since or _FIRST):
            rows = await self._reissue_chunk(chunk)
            await self._note(held, rows)
            progress(rows)
            done += rows
        if any(row.outcome is Outcome.REISSUED for row in done):
            await self.trust.publish()
        return Reissue(tuple(done), await self._seal({row.sealed for row in done if row.sealed}))

    async def _seal(self, types: Iterable[str]) -> tuple[SealingJob, ...]:
        """Seal what is 有效 and unsealed of these types; a job that stops says why and is run again later."""
        jobs = [await self.sealing.start(code, by="key-compromised") for code in sorted(types)]
        return tuple([await self.sealing.run(job.id) for job in jobs])

    def _require_replacement(self, held: KeyRow) -> None:
        """Nothing is touched while what follows could not be signed or sealed."""
        role = KeyRole(held.role)
        if role in _SEALING:
            self.keys.identity(role, held.owner)
        elif role is KeyRole.ISSUER:
            self.keys.signer(role, held.owner)

    def _replaced(self, held: KeyRow) -> bool:
        try:
            return self.keys.signer(KeyRole(held.role), held.owner).kid != held.kid
        except NoSignerError:
            return False

    async def _give_up_open(self, held: KeyRow) -> None:
        """Certificates that were to be signed with the lost key never will be: their records are free again."""
        if held.role != KeyRole.ISSUER:
            return
        async with self.reads() as conn:
            waiting = await certificates.stale_intents(conn, self.units.now(), _PAGE)
        lost = [i for i in waiting if i.certificate().issuer_code == held.owner and not self._can_sign(i)]

        async def abandon(unit: Unit) -> None:
            await self.issuing.issuance.abandon(unit, lost, "key-compromised")

        if lost:
            await self.units.run(abandon)

    def _can_sign(self, intent: Intent) -> bool:
        certificate = intent.certificate()
        try:
            self.keys.signer(KeyRole.ISSUER, certificate.issuer_code, at=certificate.issued_at)
        except NoSignerError:
            return False
        return True

    async def _identifiers(self, kid: str, since: datetime) -> AsyncIterator[list[str]]:
        """Each identifier once, in chunks; faces of one certificate follow each other."""
        chunk: list[str] = []
        last = ""
        async for page in self.faces(kid, since=since, until=self.units.now()):
            for face in page:
                if face.identifier != last:
                    chunk.append(face.identifier)
                    last = face.identifier
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
        if chunk:
            yield chunk

    async def _reissue_chunk(self, identifiers: Sequence[str]) -> list[ReissuedRow]:
        async with self.reads() as conn:
            found = await certificates.by_identifiers(conn, identifiers)
            filed = await certificates.filed_faces(conn, identifiers)
        in_force = [found[name] for name in identifiers if found[name].state is State.VALID]
        rows = {name: _not_in_force(name, found[name].state) for name in identifiers}
        asked: list[tuple[str, IssueRequest]] = []
        for item in in_force:
            name = str(item.certificate.identifier)
            request = await self._request(item)
            if isinstance(request, str):
                rows[name] = ReissuedRow(name, Outcome.REFUSED, reason=request)
            else:
                asked.append((name, request))

        async def reserve(unit: Unit) -> list[Reservation]:
            return await self.issuing.issuance.reissue_many(unit, asked)

        reserved = await self.units.run(reserve) if asked else []
        stored = await self._finish([r for r in reserved if isinstance(r, Intent)])
        for (name, _), reservation in zip_longest(asked, reserved):
            rows[name] = _row(name, reservation, stored)
        types = {name: found[name].certificate.type_code for name in identifiers if filed[name] & _DOCUMENTS}
        return [replace(row, sealed=types.get(name, "")) for name, row in rows.items()]

    async def _request(self, item: OnFile) -> IssueRequest | str:
        """The request from the record as it is now, or why there is none."""
        certificate = item.certificate
        kind = self.issuing.types.get(certificate.type_code)
        async with self.reads() as conn:
            record = await records.find_by_key(conn, certificate.source.resource, certificate.source.key)
        if record is None or record.deleted_at is not None:
            return "its record is gone; the next pull ends it"
        try:
            made = await self.issuing.request(kind, record)
            await self.issuing.photos.require(kind, record.body)
        except (IssuerUnknownError, PhotoMissing) as error:
            return str(error)
        return IssueRequest(made.kind, source_record(record), made.issuer)

    async def _finish(self, intents: Sequence[Intent]) -> dict[str, str]:
        """Identifier of each intent -> "" if it was stored, else why not; one bad row does not stop the others."""
        try:
            await self.issuing.finish(intents)
        except CertsError:
            return {intent.identifier: await self._finish_alone(intent) for intent in intents}
        return {intent.identifier: "" for intent in intents}

    async def _finish_alone(self, intent: Intent) -> str:
        try:
            await self.issuing.finish([intent])
        except CertsError as error:
            return "; ".join(reasons(error))
        return ""

    async def _note(self, held: KeyRow, rows: Sequence[ReissuedRow]) -> None:
        counts = {outcome.value: sum(row.outcome is outcome for row in rows) for outcome in Outcome}

        async def note(unit: Unit) -> None:
            unit.record("key:certificates-reissued", {"kid": held.kid, **counts}, department=held.owner)

        await self.units.run(note)


def _not_in_force(name: str, state: State) -> ReissuedRow:
    if state is State.SUSPENDED:
        return ReissuedRow(name, Outcome.REFUSED, reason="it is 暂扣: reinstate or end it, then run this again")
    return ReissuedRow(name, Outcome.NOT_IN_FORCE)


def _row(name: str, reservation: Reservation, stored: dict[str, str]) -> ReissuedRow:
    if isinstance(reservation, Refused):
        return ReissuedRow(name, Outcome.REFUSED, reason="; ".join(reasons(reservation.error)))
    if isinstance(reservation, OnFile):
        return ReissuedRow(name, Outcome.NOT_IN_FORCE, str(reservation.certificate.identifier))
    if why := stored[reservation.identifier]:
        return ReissuedRow(name, Outcome.REFUSED, reason=why)
    return ReissuedRow(name, Outcome.REISSUED, reservation.identifier)


def _window(held: KeyRow, rows: Sequence[KeyRow]) -> tuple[datetime, datetime]:
    """When the key was the newest of its role and owner: that is when it signed."""
    ends = [held.not_after, *([held.retired_at] if held.retired_at else [])]
    ends += [
        row.not_before
        for row in rows
        if (row.role, row.owner) == (held.role, held.owner) and row.not_before > held.not_before
    ]
    return held.not_before, min(ends)


def _signed_with(entry: Entry, held: KeyRow) -> bool:
    """Whether this event is about a signature of this key, as far as it says."""
    named = entry.detail.get("kid")
    if named is not None or entry.kind in _FACE_ADDED:
        return named == held.kid
    return held.role != KeyRole.ISSUER or entry.department == held.owner
