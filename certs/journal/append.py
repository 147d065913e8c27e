"""The append side: events become entries in the caller's transaction, without a place and without a head lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.commitment import Opening, event_key
from certs.evidence.entry import EventFacts, encode_entry
from certs.evidence.merkle import leaf_hash
from certs.journal import repo
from certs.journal.ports import Event
from certs.journal.subjects import SubjectKeys


async def append(conn: AsyncConnection, entries: Sequence[tuple[UUID, bytes]]) -> dict[UUID, bytes]:
    """Insert entry bodies, one multi-row statement; returns id -> leaf hash. Order in the log comes later."""
    hashed = [(entry_id, body, leaf_hash(body)) for entry_id, body in entries]
    if hashed:
        await repo.insert_entries(conn, hashed)
    return {entry_id: leaf for entry_id, _, leaf in hashed}


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes the events of one hub (`hub`: its name in entries and receipts)."""

    hub: str
    keys: SubjectKeys

    async def append(self, conn: AsyncConnection, events: Sequence[Event]) -> Mapping[UUID, bytes]:
        """Commit subjects and cases, encode, insert; returns event id -> RFC 6962 leaf hash (32 bytes).

        Raises `EntryMalformed`, `EntryTooLarge`, `PersonalDataInEntry`, `KeyUnwrapFailed`.
        """
        owners = {event.id: key_owner(event.subject, event.case) for event in events}
        wanted = {owner for owner in owners.values() if owner is not None}
        now = max((event.at for event in events), default=None)
        keys = await self.keys.obtain(conn, wanted, now) if wanted and now is not None else {}
        entries = [(event.id, self.encode(event, keys.get(owners[event.id] or ""))) for event in events]
        return await append(conn, entries)

    async def opening(self, conn: AsyncConnection, event_id: UUID, label: str, value: str, *, owner: str) -> Opening:
        """What lets an auditor check that `value` stands behind one commitment of one event, and nothing else.

        `owner` is `key_owner(subject, case)` of the event. Raises `SubjectErased`.
        """
        return Opening(event_id, label, value, event_key(await self.keys.existing(conn, owner), event_id))

    def encode(self, event: Event, subject_key: bytes | None) -> bytes:
        """The entry body of one event; `subject_key` is its key owner's (see `key_owner`), None when it has none.

        Raises `EntryMalformed`, `EntryTooLarge`, `PersonalDataInEntry`.
        """
        facts = EventFacts(
            id=event.id,
            kind=event.kind,
            at=event.at,
            hub=self.hub,
            department=event.department,
            officer=event.officer,
            case=event.case,
            subject=event.subject,
            detail=event.detail,
        )
        return encode_entry(facts, subject_key)


def key_owner(subject: str | None, case: str | None) -> str | None:
    """Whose key an event is committed under: its subject's, else its case's own, else nobody's."""
    if subject is not None:
        return subject
    return None if case is None else f"case:{case}"
