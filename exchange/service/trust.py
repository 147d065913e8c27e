"""What verifiers of this hub's documents believe: the trust list (信任列表), status lists, and the log's key.

`bundle` is what the hub itself verifies with, from the database as it is now. `publish` signs the same for outsiders
and puts it where they fetch it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from catalog import repo as catalogue
from certs import repo as certificates
from certs.copies.terms import code_digest
from certs.crypto import base64url
from certs.crypto.keyring import KeyRing
from certs.decisions import StatusLists
from certs.evidence.checkpoint import LogIdentity
from certs.evidence.note import NoteVerifier
from certs.evidence.trust import encode_trust
from certs.journal.keys import LogKeys
from certs.seals import repo as seals
from certs.seals.history import SealOnFile
from certs.trust import StatusHistory, StatusNotice, StatusSnapshot, TrustBundle, TypeName, sign_trust_bundle
from certs.trust_documents import DocumentTrust
from certs.type_catalogue import TypeCatalogue
from exchange.repo import authorities, copies
from exchange.service.authorities import Authorities
from exchange.service.catalogue import Catalogue
from exchange.service.held import Held
from exchange.service.issuers import trusted_issuers
from exchange.service.keys import HubKeys, KeyRole
from exchange.uow import Reads, Unit, Units

LIFETIME = timedelta(days=7)
TRUST_BLOB = "trust/trust.jws"
KEYS_BLOB = "trust/keys.json"


class Blobs(Protocol):
    """Where published files go."""

    async def put(self, name: str, data: bytes) -> None:
        """Store a file whole."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The file, None when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """One publication: status lists by id, the signed trust list, and the file of keys for offline verifiers."""

    status_lists: dict[UUID, str]
    trust: str
    keys: bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """Builds and publishes trust. `hub` is the hub's name in receipts, `log` its evidence log."""

    units: Units
    reads: Reads
    blobs: Blobs
    keys: HubKeys
    catalogue: Catalogue
    types: TypeCatalogue
    authorities: Authorities
    status: StatusLists
    seals: Held[Mapping[str, SealOnFile]]
    log: LogKeys
    hub: str
    public_url: str

    async def bundle(
        self, histories: Iterable[StatusHistory] = (), snapshots: Iterable[StatusSnapshot] = ()
    ) -> TrustBundle:
        """The trust of this moment with the given knowledge about states."""
        now = self.units.now()
        snapshot = await self.catalogue.snapshot()
        since = min((row.not_before for row in self.keys.rows), default=now)
        distrusted = self.keys.distrusted()
        return TrustBundle(
            hub=self.hub,
            issued_at=now,
            expires_at=now + LIFETIME,
            issuers=trusted_issuers(self.types, snapshot, self.public_url, since),
            types={kind.code: TypeName(kind.zh, kind.en) for kind in self.types},
            keys=self.keys.ring(),
            distrusted=distrusted,
            snapshots=tuple(snapshots),
            histories={history.uri: history for history in histories},
            documents=await self._documents(distrusted),
        )

    async def version(self) -> tuple[object, ...]:
        """A value that is another one whenever `bundle` without knowledge about states would be, but for its dates."""
        async with self.reads() as conn:
            parts = (
                await catalogue.read_revision(conn),
                await authorities.read_revision(conn),
                await seals.count_changes(conn),
            )
        return (*parts, self.keys.rows)

    async def about(self, identifier: str) -> TrustBundle:
        """Trust that knows every decision about one certificate up to now; cheap however long the lists are."""
        history = await self.history(identifier)
        return await self.bundle([] if history is None else [history])

    async def history(self, identifier: str) -> StatusHistory | None:
        """Every decision about one certificate up to now, None when it is not on file."""
        async with self.reads() as conn:
            on_file = (await certificates.by_identifiers(conn, (identifier,))).get(identifier)
            changes = (await certificates.changes(conn, (identifier,))).get(identifier, [])
        if on_file is None:
            return None
        place = on_file.certificate.status
        notices = tuple(StatusNotice(place.index, c.to_state, c.reason, c.authority, c.effective_at) for c in changes)
        return StatusHistory(place.uri, self.units.now(), notices, (identifier, place.index))

    async def publish(self) -> Published:
        """Sign status lists and trust list as the states are now, put them in place, record the publication.

        Keys are read again first: what another process declared lost must not be published as trusted once more.
        """
        await self.keys.reload()
        now = self.units.now()
        async with self.reads() as conn:
            lists = await self.status.publish(conn, self.keys.signer(KeyRole.STATUS), now)
            histories = [await self.status.history(conn, list_id, now) for list_id in lists]
            withdrawn = {code_digest(code): at for code, at in (await copies.withdrawn(conn)).items()}
        snapshots = [StatusSnapshot(self.status.uri(list_id), token, now) for list_id, token in lists.items()]
        bundle = replace(await self.bundle(histories, snapshots), withdrawn_copies=withdrawn)
        published = Published(lists, sign_trust_bundle(bundle, self.keys.signer(KeyRole.TRUST)), self.key_file())
        for list_id, token in lists.items():
            await self.blobs.put(status_blob(list_id), token.encode())
        await self.blobs.put(TRUST_BLOB, published.trust.encode())
        await self.blobs.put(KEYS_BLOB, published.keys)

        async def note(unit: Unit) -> None:
            unit.record("status-list:published", {"lists": len(lists), "at": now.isoformat()})

        await self.units.run(note)
        return published

    def key_file(self) -> bytes:
        """The keys of the hub and of its log for `python -m certs … --trust`; hand it out by another way.

        Keys the hub lost are marked so; of the log's they are left out, because a checkpoint bears no date to judge.
        """
        origin = self.log.identity().origin
        rows = [row for row in self.keys.rows if row.role == KeyRole.LOG and row.distrusted_at is None]
        vouched = tuple(NoteVerifier(origin, base64url.decode(row.jwk["x"])) for row in rows)
        return encode_trust([LogIdentity(origin, vouched)], self.keys.anchors())

    async def _documents(self, distrusted: Mapping[str, datetime]) -> DocumentTrust:
        pki = await self.authorities.pki_trust()
        return DocumentTrust(pki.roots, pki.intermediates, pki.crls, await self.seals.now(), distrusted)

    def ring(self) -> KeyRing:
        """Every key that ever signed, with role and window."""
        return self.keys.ring()


def status_blob(list_id: UUID) -> str:
    """Name of a status list among the published files."""
    return f"status/{list_id}.jwt"
