"""A source record changed: the certificate built on it is superseded by its next version, or ended, at once.

Every change is consumed exactly once, in the unit that records what came of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.repo import records
from adapters.repo.records import Change, Record
from certs import repo as certificates
from certs.decisions import change_status
from certs.errors import CertsError, IssueRefused, TransitionRefused
from certs.intents import Intent
from certs.model import OnFile, Reason, State, StatusChange
from certs.type_catalogue import CertificateType
from exchange.service.issuing import Issuing
from exchange.uow import Unit

BATCH = 1000
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
        """Follow every change not followed yet; returns outcome -> count."""
        outcomes: Counter[str] = Counter()
        while batch := await self._waiting():
            built = await self._built_on(batch)
            done = Counter([await self._follow(kind, newest, change) for kind, newest, change in built])
            done["no-certificate"] += len(
                {(c.resource, c.key) for c in batch} - {(c.resource, c.key) for *_, c in built}
            )
            await self._consume([change.id for change in batch], done)
            outcomes += done
        return outcomes

    async def _waiting(self) -> list[Change]:
        async with self.issuing.reads() as conn:
            return await records.unconsumed_changes(conn, limit=BATCH)

    async def _consume(self, ids: Sequence[int], outcomes: Counter[str]) -> None:
        async def work(unit: Unit) -> None:
            await records.consume_changes(unit.conn, ids, unit.now)
            unit.record("certificate:cascade-completed", {"changes": len(ids), "outcomes": dict(outcomes)})

        await self.issuing.units.run(work)

    async def _built_on(self, batch: Sequence[Change]) -> list[tuple[CertificateType, OnFile, Change]]:
        """The newest certificate of each type built on a changed record, once per record; one look-up for the batch."""
        latest = {(change.resource, change.key): change for change in batch}
        wanted = [
            (kind.code, resource, key) for resource, key in latest for kind in self.issuing.types.of_resource(resource)
        ]
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
            reserved = await self.issuing.units.run(
                lambda unit: self.issuing.issuance.supersede(unit, identifier, request)
            )
        except IssueRefused as error:
            state, reason = _end_of(kind, record)
            return await self._end(newest, state, reason, "; ".join(error.reasons))
        except TransitionRefused:
            return "already-ended"
        if isinstance(reserved, Intent):
            await self.issuing.finish([reserved])
            return "superseded"
        return "unchanged"

    async def _end(self, item: OnFile, state: State, reason: Reason, text: str) -> str:
        certificate = item.certificate

        async def decide(unit: Unit) -> None:
            change = StatusChange(str(certificate.identifier), state, reason, text, certificate.issuer_code, unit.now)
            await change_status(unit, change)

        try:
            await self.issuing.units.run(decide)
        except CertsError:
            return "already-ended"
        return state.value


def _end_of(kind: CertificateType, record: Record) -> tuple[State, Reason]:
    words = "" if kind.in_force is None else str(record.body.get(kind.in_force[0]) or "")
    return next((end for word, end in _ENDS.items() if word in words), (State.DEREGISTERED, Reason.SOURCE_ENDED))
