"""One chunk of a sealing job: what is to be sealed, sealed elsewhere, and filed in one unit with the uses of the seal.

Nothing is released before its evidence is durable: documents, entries of the use log (用印记录), results of the rows
and events commit together. A process that dies before that leaves nothing; the rows still wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from adapters.errors import BlobStoreError
from certs import repo as certificates
from certs import repo_documents as documents
from certs.documents.batch import Batch, RowRefused
from certs.documents.model import DocumentSeals, SealedFile
from certs.errors import CertsError
from certs.model import SEALED_FACES, Certificate, FaceKind, MadeFace, OnFile, State
from certs.seals.errors import SealUseRefused
from certs.seals.service import SealRegister, StampUse
from certs.seals.signature import read_v4
from certs.service import Issuance
from certs.type_catalogue import CertificateType, TypeCatalogue
from exchange.errors import ExchangeError, SealingStoppedError
from exchange.model_sealing import NOT_VALID, RowState, SealingRow
from exchange.repo import sealing as repo
from exchange.service.keys import NoSignerError
from exchange.service.photos import Photos
from exchange.service.sealers import Sealers
from exchange.service.sealing_pool import SealingPool
from exchange.uow import Reads, Unit, Units


@dataclass(slots=True)
class Chunk:
    """What came of some rows, ready to be filed. `uses` maps seal number and type to documents by stamp."""

    results: list[SealingRow] = field(default_factory=list)
    faces: list[MadeFace] = field(default_factory=list)
    uses: dict[tuple[str, str], list[StampUse]] = field(default_factory=dict)
    stopped: SealingStoppedError | None = None


@dataclass(frozen=True, slots=True)
class SealingWork:
    """Seals and files chunks."""

    units: Units
    reads: Reads
    types: TypeCatalogue
    issuance: Issuance
    sealers: Sealers
    register: SealRegister
    photos: Photos
    public_url: str

    async def seal(self, identifiers: Sequence[str], pool: SealingPool) -> Chunk:
        """Seal what is to be sealed of these certificates.

        `stopped` says what keeps the rows without a result from having one: nothing that lies in them.
        """
        chunk = Chunk()
        for issuer, wanted in (await self._wanted(identifiers, chunk)).items():
            try:
                await self._seal_for(issuer, wanted, pool, chunk)
            except SealingStoppedError as error:
                chunk.stopped = error
        return chunk

    async def file(self, unit: Unit, job_id: UUID, chunk: Chunk, *, seconds: float) -> None:
        """File a chunk, event `sealing:chunk-filed`; a face that is there already is not replaced, nor logged as used.

        Raises:
            SealUseRefused, SealNotFound: a seal was stopped since; nothing of the chunk is released.
        """
        await documents.lock(unit.conn, [result.identifier for result in chunk.results])
        added = await self.issuance.attach_faces(unit, chunk.faces)
        for (es_id, type_code), uses in sorted(chunk.uses.items()):
            released = [use for use in uses if (use.document, FaceKind.OFD) in added]
            await self.register.log_uses(unit, es_id, type_code, released)
        for passing in (False, True):
            refused = [r.identifier for r in chunk.results if r.reason and (r.reason == NOT_VALID) is passing]
            await documents.note_refused(unit.conn, refused, for_good=not passing)
        await repo.settle(unit.conn, job_id, chunk.results, seconds=seconds, now=unit.now)
        counts = {state.value: sum(r.state is state for r in chunk.results) for state in RowState}
        unit.record("sealing:chunk-filed", {"job": str(job_id), **{k: v for k, v in counts.items() if v}})

    async def _wanted(self, identifiers: Sequence[str], chunk: Chunk) -> Mapping[str, list[Certificate]]:
        """By issuer what is to be sealed; rows that need no sealing get their result."""
        async with self.reads() as conn:
            on_file = await certificates.by_identifiers(conn, identifiers)
            filed = await certificates.filed_faces(conn, identifiers)
        wanted: dict[str, list[Certificate]] = {}
        for identifier in identifiers:
            found = on_file.get(identifier)
            ended = self._why_not(found)
            if ended is not None or found is None:
                chunk.results.append(_refused(identifier, ended or RowRefused("certificate-not-found", "")))
            elif filed[identifier].issuperset(SEALED_FACES):
                chunk.results.append(SealingRow(identifier, RowState.EXISTING))
            else:
                wanted.setdefault(found.certificate.issuer_code, []).append(found.certificate)
        return wanted

    def _why_not(self, found: OnFile | None) -> RowRefused | None:
        state = State.VALID if found is None else found.state_at(self.units.now())
        return None if state is State.VALID else RowRefused(NOT_VALID, state.value)

    async def _seal_for(self, issuer: str, wanted: list[Certificate], pool: SealingPool, chunk: Chunk) -> None:
        kind = self.types.get(wanted[0].type_code)
        seals, allowed = await self._seals(issuer, kind.code, len(wanted))
        batch = Batch(kind, seals, self.units.now().replace(microsecond=0), self.public_url)
        es_id = read_v4(seals.ofd.seal_der).info.es_id
        photos = await self._photos(wanted[:allowed], kind)
        for certificate, outcome in zip(wanted, await pool.seal(batch, wanted[:allowed], photos), strict=False):
            identifier = str(certificate.identifier)
            if isinstance(outcome, RowRefused):
                chunk.results.append(_refused(identifier, outcome))
            else:
                chunk.results.append(SealingRow(identifier, RowState.SEALED))
                chunk.faces += [MadeFace(identifier, made.kind, made.data, made.kid) for made in outcome]
                chunk.uses.setdefault((es_id, kind.code), []).extend(_uses(identifier, outcome))
        if allowed < len(wanted):
            raise SealingStoppedError(SealUseRefused.code, "the seal's rules of use allow no more today")

    async def _photos(self, wanted: Sequence[Certificate], kind: CertificateType) -> Mapping[str, bytes]:
        try:
            return await self.photos.of_all(wanted, kind)
        except BlobStoreError as error:
            raise SealingStoppedError("photos-unreadable", str(error)) from error

    async def _seals(self, issuer: str, type_code: str, count: int) -> tuple[DocumentSeals, int]:
        """What to seal with, and for how many documents the seal's rules of use have room."""
        while True:
            try:
                return await self.sealers.for_issuer(issuer, type_code, documents=count), count
            except SealUseRefused as error:
                if count <= 1:
                    raise SealingStoppedError(error.code, str(error)) from error
                count //= 2
            except (CertsError, ExchangeError) as error:
                raise SealingStoppedError(error.code, str(error)) from error
            except NoSignerError as error:
                raise SealingStoppedError("no-signer", str(error)) from error


def _refused(identifier: str, why: RowRefused) -> SealingRow:
    return SealingRow(identifier, RowState.REFUSED, why.code, why.detail)


def _uses(identifier: str, made: Sequence[SealedFile]) -> list[StampUse]:
    return [StampUse(face.stamp_digest, identifier) for face in made if face.stamp_digest is not None]
