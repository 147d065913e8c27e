"""A source record changed: the certificate built on it is superseded by its next version, or ended, at once.

Every change is consumed exactly once, in the unit that records what came of it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from adapters.errors import BlobStoreError
from adapters.repo import records
from adapters.repo.records import Change, Record
from certs import repo as certificates
from certs.decisions import change_status
from certs.errors import CertsError, IssueRefused, TransitionRefused
from certs.intents import Intent, SourceKey
from certs.issue import decide
from certs.model import OnFile, Reason, State, StatusChange
from certs.type_catalogue import CertificateType
from exchange.errors import IssuerUnknownError
from exchange.service.issuing import Issuing
from exchange.service.keys import NoSignerError
from exchange.uow import Unit

BATCH = 1000
_LOCK = select(func.pg_advisory_lock(func.hashtextextended("certificate-cascade", 0)))
_UNLOCK = select(func.pg_advisory_unlock(func.hashtextextended("certificate-cascade", 0)))
_ENDS = {
    "吊销": (State.REVOKED, Reason.PENALTY),
    "撤销": (State.ANNULLED, Reason.GRANTED_UNLAWFULLY),
    "迁出": (State.TRANSFERRED, Reason.MOVED_AWAY),
}
"""What a source says in words about the end of a right; anything else that ends it is 注销."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """Follows the changes the adapters left."""

    issuing: Issuing

    async def run(self) -> Counter[str]:
        """Follow every change not followed yet, one cascade at a time; returns outcome -> count.

        A change that cannot be followed yet (no key, certificate 暂扣, a character no font prints, a photo that is not
        there) is counted as `waiting` and tried again later: none of these ends anybody's right.
        """
        outcomes: Counter[str] = Counter()
        last = 0
        async with self._alone():
            while batch := await self._waiting(last):
                last = batch[-1].id
                outcomes += await self._follow_all(batch)
        return outcomes

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the cascade's session lock; the server releases it when this process dies."""
        async with self.issuing.reads() as conn:
            await conn.execute(_LOCK)
            try:
                yield
            finally:
                await conn.execute(_UNLOCK)

    async def _waiting(self, after: int) -> list[Change]:
        async with self.issuing.reads() as conn:
            return await records.unconsumed_changes(conn, limit=BATCH, after=after)

    async def _follow_all(self, batch: Sequence[Change]) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        stuck = await self._finish_intents(batch)
        built = await self._built_on(batch)
        for kind, newest, change in built:
            try:
                outcomes[await self._follow(kind, newest, change)] += 1
            except (CertsError, NoSignerError, IssuerUnknownError, BlobStoreError):
                stuck.add((change.resource, change.key))
        touched = {(change.resource, change.key) for change in batch}
        outcomes["no-certificate"] += len(touched - stuck - {(c.resource, c.key) for *_, c in built})
        outcomes["waiting"] += len(stuck)
        await self._consume([c.id for c in batch if (c.resource, c.key) not in stuck], outcomes)
        return outcomes

    async def _consume(self, ids: Sequence[int], outcomes: Counter[str]) -> None:
        async def work(unit: Unit) -> None:
            await records.consume_changes(unit.conn, ids, unit.now)
            unit.record("certificate:cascade-completed", {"changes": len(ids), "outcomes": dict(+outcomes)})

        if ids:
            await self.issuing.units.run(work)

    async def _finish_intents(self, batch: Sequence[Change]) -> set[tuple[str, str]]:
        """Finish what was reserved from these records before they changed; returns those that cannot be yet."""
        wanted = self._sources(batch)
        async with self.issuing.reads() as conn:
            intents = await certificates.open_intents(conn, wanted) if wanted else {}
        stuck = set()
        for (_, resource, key), intent in intents.items():
            try:
                await self.issuing.finish([intent])
            except (CertsError, NoSignerError):
                stuck.add((resource, key))
        return stuck

    def _sources(self, batch: Sequence[Change]) -> list[SourceKey]:
        touched = dict.fromkeys((change.resource, change.key) for change in batch)
        return [(kind.code, *source) for source in touched for kind in self.issuing.types.of_resource(source[0])]

    async def _built_on(self, batch: Sequence[Change]) -> list[tuple[CertificateType, OnFile, Change]]:
        """The newest certificate of each type built on a changed record, once per record; one look-up for the batch."""
        latest = {(change.resource, change.key): change for change in batch}
        wanted = self._sources(batch)
        async with self.issuing.reads() as conn:
            found = await certificates.latest_of(conn, wanted) if wanted else {}
        return [
            (self.issuing.types.get(code), on_file, latest[resource, key])
            for (code, resource, key), on_file in found.items()
        ]

    async def _follow(self, kind: CertificateType, newest: OnFile, change: Change) -> str:
        """The certificate follows the record as it is now, whatever the change said."""
        async with self.issuing.reads() as conn:
            record = await records.find_by_key(conn, change.resource, change.key)
        return await self._renew(kind, newest, record)

    async def _renew(self, kind: CertificateType, newest: OnFile, record: Record | None) -> str:
        if record is None or record.deleted_at is not None:
            return await self._end(newest, State.DEREGISTERED, Reason.SOURCE_ENDED, "source record deleted")
        request = await self.issuing.request(kind, record)
        identifier = str(newest.certificate.identifier)
        try:
            # Whether the record still carries a certificate is asked first: 暂扣 keeps nobody from 吊销.
            now, previous = self.issuing.units.now(), newest.certificate.identifier
            decide(kind, request.record, request.issuer, now=now, serial="", previous=previous)
            await self.issuing.photos.require(kind, record.body)
            reserved = await self.issuing.units.run(
                lambda unit: self.issuing.issuance.supersede(unit, identifier, request)
            )
        except IssueRefused as error:
            state, reason = _end_of(kind, record)
            return await self._end(newest, state, reason, "; ".join(error.reasons))
        except TransitionRefused:
            if newest.state is State.SUSPENDED:
                raise
            return "already-ended"
        if isinstance(reserved, Intent):
            await self.issuing.finish([reserved])
            return "superseded"
        return "unchanged"

    async def _end(self, item: OnFile, state: State, reason: Reason, text: str) -> str:
        certificate = item.certificate

        async def end(unit: Unit) -> None:
            change = StatusChange(str(certificate.identifier), state, reason, text, certificate.issuer_code, unit.now)
            await change_status(unit, change)

        try:
            await self.issuing.units.run(end)
        except TransitionRefused:
            return "already-ended"
        return state.value


def _end_of(kind: CertificateType, record: Record) -> tuple[State, Reason]:
    words = "" if kind.in_force is None else str(record.body.get(kind.in_force[0]) or "")
    return next((end for word, end in _ENDS.items() if word in words), (State.DEREGISTERED, Reason.SOURCE_ENDED))
