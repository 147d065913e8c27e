"""Issuing certificates from shared records: in bulk, resumable, each in two units with the intent journalled first.

A crash between reserving and storing leaves an intent; the next bulk run or the sweeper signs exactly what was decided.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.repo import records
from adapters.repo.records import Record
from certs import repo as certificates
from certs.bulk import BulkIssuance, BulkOutcome, ReadRequests, Signing, resolve_abandoned
from certs.errors import CertsError, CryptoError
from certs.intents import Intent, IssueRequest, Refused
from certs.model import Issuer, OnFile, SourceRecord
from certs.ports import Unit as CertsUnit
from certs.service import Issuance
from certs.type_catalogue import CertificateType, TypeCatalogue
from exchange.errors import IssuerUnknownError
from exchange.service.catalogue import Catalogue
from exchange.service.issuers import issuer_of
from exchange.service.keys import HubKeys, KeyRole, NoSignerError
from exchange.service.photos import Photos, refused
from exchange.uow import Reads, Units

CHUNK = 500
STALE_AFTER = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=1)  # an issuer without a key this long gets a new identifier once it has one


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record no certificate was made from, and every reason."""

    key: str = field(repr=False)
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What a bulk run did so far; `existing` were issued by an earlier run."""

    issued: int = 0
    existing: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Records looked at."""
        return self.issued + self.existing + len(self.refused)


@dataclass(frozen=True, slots=True)
class Issuing:
    """Turns records into certificates."""

    units: Units
    reads: Reads
    catalogue: Catalogue
    types: TypeCatalogue
    keys: HubKeys
    issuance: Issuance
    signing: Signing
    photos: Photos
    public_url: str

    @property
    def chunked(self) -> BulkIssuance:
        """The two units around a signature, chunk by chunk."""
        return BulkIssuance(self.units, self.issuance, self.signing)

    async def bulk(self, type_name: str, progress: Callable[[BulkReport], None] = lambda _: None) -> BulkReport:
        """Issue a certificate for every record of the type's resource that has none; call again after a crash.

        Raises:
            IssuerUnknownError: the resource the type is made from is not in the catalogue.
            TypeUnknown: there is no such type.
            NoSignerError: the issuer has no key; nothing was reserved, so a key made now can sign all of it.
        """
        kind, outcome = self.types.get(type_name), BulkOutcome()
        issuer = await self._issuer(kind)
        async for chunk in self._chunks(kind.resource):
            self.keys.signer(KeyRole.ISSUER, issuer.code)
            complete = await self._with_photos(kind, issuer, chunk, outcome)
            await self.chunked.issue(_requests(kind, issuer, [record.key for record in complete]), outcome)
            progress(_report(outcome))
        return _report(outcome)

    async def request(self, kind: CertificateType, record: Record) -> IssueRequest:
        """The request that makes a record into a certificate of its department.

        Whoever issues on it asks `photos.require` as well: a certificate without its photo could never be sealed.
        """
        return IssueRequest(kind, source_record(record), await self._issuer(kind))

    async def finish(self, intents: Sequence[Intent]) -> list[OnFile]:
        """Sign journalled intents and store the results in one unit."""
        return await self.chunked.finish(intents)

    async def sweep(self) -> int:
        """Finish or give up what a crash left between reserving and storing; returns how many were stored."""
        now = self.units.now()
        async with self.reads() as conn:
            stale = await certificates.stale_intents(conn, now - STALE_AFTER, CHUNK)
        waits = (NoSignerError, CryptoError)
        found = await resolve_abandoned(self.chunked, stale, give_up_before=now - GIVE_UP_AFTER, unavailable=waits)
        return len(found.stored)

    async def _with_photos(
        self, kind: CertificateType, issuer: Issuer, chunk: Sequence[Record], outcome: BulkOutcome
    ) -> list[Record]:
        """The records whose photo is there, if they state one; the others are refused."""
        missing = await self.photos.missing(kind, [record.body for record in chunk])
        refusals = [(record, refused(kind, record.body, missing)) for record in chunk]
        outcome.refused += [
            Refused(IssueRequest(kind, source_record(record), issuer), why) for record, why in refusals if why
        ]
        return [record for record, why in refusals if not why]

    async def _issuer(self, kind: CertificateType) -> Issuer:
        issuer = issuer_of(kind, await self.catalogue.snapshot(), self.public_url)
        if issuer is None:
            raise IssuerUnknownError(kind.code)
        return issuer

    async def _chunks(self, resource: str) -> AsyncIterator[list[Record]]:
        after = ""
        while True:
            async with self.reads() as conn:
                chunk = await records.scan(conn, resource, after=after, limit=CHUNK)
            if not chunk:
                return
            yield chunk
            after = chunk[-1].key


def _requests(kind: CertificateType, issuer: Issuer, keys: Sequence[str]) -> ReadRequests:
    async def read(unit: CertsUnit) -> list[IssueRequest]:
        # Read again and kept: a change that comes later finds the intent, and the cascade follows it.
        live = await records.find_many(unit.conn, kind.resource, keys, keep=True)
        return [IssueRequest(kind, source_record(record), issuer) for record in live]

    return read


def _report(outcome: BulkOutcome) -> BulkReport:
    refused = [Refusal(entry.request.record.key, reasons(entry.error)) for entry in outcome.refused]
    return BulkReport(outcome.issued, outcome.existing, refused)


def source_record(record: Record) -> SourceRecord:
    """An adapter's record as the certificate library takes it."""
    return SourceRecord(record.resource, record.key, record.body, record.digest, record.run_id, record.as_of)


def reasons(error: CertsError) -> tuple[str, ...]:
    """Every reason of a refusal, as text."""
    listed = getattr(error, "reasons", None)
    return tuple(listed) if listed else (str(error) or error.code,)
