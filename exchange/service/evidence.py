"""The evidence log for outsiders: head, entries, proofs, tiles, and the evidence bundle of a case."""

from dataclasses import dataclass
from uuid import UUID

from certs import repo as certificates
from certs.evidence.bundle import Bundle, encode_bundle
from certs.evidence.entry import decode_entry
from certs.evidence.errors import EvidenceError
from certs.evidence.merkle import leaf_hash
from certs.evidence.tiles import parse_path
from certs.journal import repo as journal
from certs.journal.errors import EntryUnknown
from certs.journal.ports import Blobs
from certs.journal.proofs import LogReader
from certs.journal.repo import Row
from certs.model import FaceKind
from certs.sdjwt import SdJwt, present
from exchange.errors import CaseNotFoundError, TileNotFoundError
from exchange.model import Principal, Role
from exchange.model_views import ConsistencyProof, LogEvent, LogHead
from exchange.repo import cases, uses
from exchange.service import roles
from exchange.service.trust import Trust
from exchange.uow import Reads, Unit, Units

CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reads of the log; the only write is the event that an auditor exported a bundle."""

    units: Units
    reads: Reads
    blobs: Blobs
    log: LogReader
    trust: Trust

    async def head(self) -> LogHead:
        """The newest published checkpoint."""
        checkpoint, note = await self.log.checkpoint()
        return LogHead(checkpoint.size, checkpoint.root.hex(), note)

    async def event(self, event_id: UUID) -> LogEvent:
        """One entry and its place in the tree.

        Raises:
            EntryUnknown: no such event.
        """
        row = await self._row(event_id)
        entry = decode_entry(row.body)
        return LogEvent(entry.id, entry.kind, entry.at, row.seq, row.leaf_hash.hex(), row.body.decode())

    async def tlog_proof(self, event_id: UUID) -> str:
        """The proof of inclusion as C2SP tlog-proof text, verified against the signed root before it leaves."""
        async with self.reads() as conn:
            return await self.log.tlog_proof(conn, event_id)

    async def consistency(self, old: int, new: int) -> ConsistencyProof:
        """That the tree of `new` entries holds the tree of `old` unchanged."""
        hashes = await self.log.consistency(old, new)
        roots = [(await self.log.root_at(size)).hex() for size in (old, new)]
        return ConsistencyProof(old, new, roots[0], roots[1], tuple(h.hex() for h in hashes), verified=True)

    async def tile(self, path: str) -> bytes:
        """A published file of the log: `checkpoint` or a tile (C2SP tlog-tiles).

        Raises:
            TileNotFoundError: not a name of such a file, or not published.
        """
        data = await self.blobs.get(path if path == CHECKPOINT else _tile_path(path))
        if data is None:
            raise TileNotFoundError
        return data

    async def export(self, principal: Principal, case_number: str) -> bytes:
        """The evidence bundle (证据包) of a case: entries, proofs, checkpoint, trust, certificates.

        Raises:
            NotAllowedError: only auditors export.
            CaseNotFoundError: nothing was used for such a case.
        """
        roles.require(principal, Role.AUDITOR)
        async with self.reads() as conn:
            case = await cases.find_case(conn, case_number)
            rows = await uses.of_case(conn, case_number)
        if case is None or not rows:
            raise CaseNotFoundError
        identifiers = sorted({name for row in rows for name in row.what.split(", ") if name.startswith("1.2.156.")})
        bundle = await self.bundle([row.event_id for row in rows], identifiers)

        async def note(unit: Unit) -> None:
            detail = {"entries": len(bundle.entries), "certificates": len(bundle.certificates)}
            unit.record("evidence:exported", detail, officer=principal.officer, case=case_number)

        await self.units.run(note)
        return encode_bundle(bundle)

    async def bundle(self, event_ids: list[UUID], identifiers: list[str]) -> Bundle:
        """Everything an outsider needs to check these events and certificates without asking the hub."""
        _, note = await self.log.checkpoint()
        entries = {event_id: (await self._row(event_id)).body for event_id in event_ids}
        proofs = {event_id: await self.tlog_proof(event_id) for event_id in event_ids}
        published = await self.trust.publish()
        return Bundle(
            entries=entries,
            proofs=proofs,
            certificates={name.replace(".", "-"): await self._certificate(name) for name in identifiers},
            status_lists={str(list_id): token for list_id, token in published.status_lists.items()},
            checkpoint=note,
            trust=published.keys,
            trust_list=published.trust,
        )

    async def _certificate(self, identifier: str) -> str:
        async with self.reads() as conn:
            faces = await certificates.faces(conn, identifier)
        # Without disclosures: what was released where stands in the entries; a bundle carries nobody's data.
        return present(SdJwt.parse(faces[FaceKind.SD_JWT].decode()), frozenset())

    async def _row(self, event_id: UUID) -> Row:
        async with self.reads() as conn:
            row = await journal.find(conn, event_id)
        if row is None:
            raise EntryUnknown(event_id)
        assert leaf_hash(row.body) == row.leaf_hash, "an entry that no longer hashes to its leaf is never handed out"
        return row


def _tile_path(path: str) -> str:
    try:
        return parse_path(path).path
    except EvidenceError:
        raise TileNotFoundError from None
