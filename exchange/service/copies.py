"""加注件: a holder makes a copy of an own certificate for one named purpose, gets it once, and may withdraw it.

1. make       the copy is drawn and sealed; terms, digest and seal use are durable before anything can be downloaded
2. download   one DELETE gives the file out: of a thousand parallel attempts one gets it, and the hub has it no more
3. check      whoever was given it learns by its code what it is for and whether it is good, and nobody's data
4. withdraw   the holder ends it; its check says so at once

What waits is encrypted at rest and dropped after a day. Checks of codes that are none are counted per address.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs import repo as certificates
from certs.copies.errors import CopyTermsRefused
from certs.copies.page import check_printable_terms
from certs.copies.terms import DEFAULT_DAYS, MAX_DAYS, CopyTerms, check_terms, code_of, read_code
from certs.documents.copying import copied_ofd, copied_pdf
from certs.documents.model import DocumentSeals, SealedFile
from certs.layout.fonts import FontStack
from certs.model import Certificate, FaceKind, OnFile, State, day_begins, law_day
from certs.seals.service import SealRegister, StampUse
from certs.seals.signature import read_v4
from certs.type_catalogue import TypeCatalogue
from exchange.errors import (
    CertificateNotHeldError,
    CopyCodeUnknownError,
    CopyFormatError,
    CopyGoneError,
    CopyLimitError,
    CopyNotFoundError,
    TooManyMissesError,
)
from exchange.model import Principal, Use, UseRecord
from exchange.model_copies import (
    Copy,
    CopyCheck,
    CopyComparison,
    CopyFile,
    CopyOffer,
    CopyState,
    CopyView,
    CopyWish,
)
from exchange.model_views import VerificationView
from exchange.repo import access as misses
from exchange.repo import copies as repo
from exchange.repo import uses
from exchange.sealing import Sealer
from exchange.service import roles
from exchange.service.copy_views import checked, copy_of, copy_view
from exchange.service.photos import Photos
from exchange.service.repeats import Repeats
from exchange.uow import Reads, Unit, Units

FILE_LIFETIME: Final = timedelta(hours=24)
PER_DAY: Final = 50
SHOWN: Final = 200
CHECK_PAUSE: Final = timedelta(minutes=1)  # checks of one copy within it are recorded once
MISS_WINDOW: Final = timedelta(minutes=15)
MISS_LIMIT: Final = 50
_CODE_BYTES: Final = 18
_MEDIA: Final = {FaceKind.OFD: ("ofd", "application/ofd"), FaceKind.PDF: ("pdf", "application/pdf")}


class FindsSeals(Protocol):
    """What issuers seal with."""

    async def for_issuer(self, owner: str, type_code: str, *, documents: int = 1) -> DocumentSeals:
        """What `owner` seals a document of the type with, now; raises what keeps it from sealing."""
        ...


class Verifies(Protocol):
    """Verification of any file."""

    async def verify(self, content: bytes, *, at: datetime | None) -> VerificationView:
        """The report; never raises for what is in the file."""
        ...


@dataclass(frozen=True, slots=True)
class Copies:
    """The acts above. `sealer` encrypts files at rest, `random_bytes` makes unguessable codes."""

    units: Units
    reads: Reads
    repeats: Repeats
    types: TypeCatalogue
    fonts: FontStack
    photos: Photos
    sealers: FindsSeals
    register: SealRegister
    verification: Verifies
    sealer: Sealer
    random_bytes: Callable[[int], bytes]
    public_url: str

    async def offer(self, principal: Principal, identifier: str) -> CopyOffer:
        """Which last days a copy of the certificate may have.

        Raises:
            CertificateNotHeldError: not the applicant's, or not valid now.
        """
        certificate = await self._held(roles.applicant(principal), identifier)
        latest = latest_day(certificate, law_day(self.units.now()))
        return CopyOffer(min(law_day(self.units.now()) + timedelta(days=DEFAULT_DAYS), latest), latest)

    async def make(self, principal: Principal, wish: CopyWish, *, key: str | None) -> CopyView:
        """Make a copy; it waits a day to be downloaded. `key` is an Idempotency-Key: one key, one copy.

        Raises:
            CertificateNotHeldError: not the applicant's, or not valid now.
            CopyFormatError: neither OFD nor PDF.
            CopyTermsRefused: a text or the last day cannot be.
            CopyLimitError: too many copies today.
            RequestReusedError: the key was used for another copy.
            PhotoMissing: the photo the certificate states is not there.
            What `Sealers.for_issuer` raises: the issuer cannot seal now.
        """
        subject = roles.applicant(principal)
        if wish.format not in _MEDIA:
            raise CopyFormatError
        request = {**asdict(wish), "valid_until": wish.valid_until.isoformat() if wish.valid_until else ""}
        already = await self.repeats.given(principal, key, request)
        if already is not None:
            return await self.get(principal, UUID(already))
        async with self.reads() as conn:  # nothing is drawn and sealed in vain; asked again when it is stored
            await _require_room(conn, subject, self.units.now())
        certificate = await self._held(subject, wish.identifier)
        terms = self._terms(certificate, wish)
        seals = await self.sealers.for_issuer(certificate.issuer_code, certificate.type_code)
        photo = await self.photos.of(certificate, self.types.get(certificate.type_code))
        made = await asyncio.to_thread(self._seal, certificate, terms, wish.format, seals, photo)

        async def store(unit: Unit) -> str:
            await repo.one_by_one(unit.conn, subject)
            await _require_room(unit.conn, subject, unit.now)
            return str(await self._store(unit, copy_of(unit.new_id(), subject, terms, made), made, seals))

        return await self.get(principal, UUID(await self.repeats.once(principal, key, request, store)))

    async def mine(self, principal: Principal) -> tuple[CopyView, ...]:
        """The copies this applicant made, newest first."""
        subject = roles.applicant(principal)
        async with self.reads() as conn:
            found = await repo.of_subject(conn, subject, SHOWN)
            originals = await certificates.by_identifiers(conn, [item.identifier for item in found])
        return tuple(self._view(item, originals.get(item.identifier)) for item in found)

    async def get(self, principal: Principal, copy_id: UUID) -> CopyView:
        """One of the applicant's copies.

        Raises:
            CopyNotFoundError: there is none of this person's.
        """
        found = await self._mine(principal, copy_id)
        return self._view(found, await self._original(found))

    async def download(self, principal: Principal, copy_id: UUID) -> CopyFile:
        """The file, once; afterwards the hub has it no more.

        Raises:
            CopyNotFoundError: there is none of this person's.
            CopyGoneError: it was downloaded, withdrawn, or waited more than a day; or its original has ended.
        """
        found = await self._mine(principal, copy_id)

        async def take(unit: Unit) -> bytes:
            original = await certificates.by_identifier(unit.conn, found.identifier)
            if original.state_at(unit.now) is not State.VALID:
                raise CopyGoneError
            sealed = await repo.take_file(unit.conn, found.id, unit.now)
            if sealed is None:
                raise CopyGoneError
            event_id = self._record(unit, "copy:downloaded", found)
            await self._use(unit, found, event_id, Use.COPY_DOWNLOADED)
            return sealed

        sealed = await self.units.run(take)
        ending, media_type = _MEDIA[found.format]
        data = self.sealer.open(sealed, str(found.id))
        return CopyFile(f"copy-{found.code[:9]}.{ending}", media_type, data)

    async def withdraw(self, principal: Principal, copy_id: UUID) -> CopyView:
        """End a copy; withdrawing it again changes nothing.

        Raises:
            CopyNotFoundError: there is none of this person's.
        """
        found = await self._mine(principal, copy_id)

        async def end(unit: Unit) -> None:
            if await repo.withdraw(unit.conn, found.id, found.subject, unit.now):
                self._record(unit, "copy:withdrawn", found)

        if found.withdrawn_at is None:
            await self.units.run(end)
        return await self.get(principal, copy_id)

    async def check(self, code: str, *, address: str) -> CopyCheck:
        """What the copy with this code is for, and whether it is good now.

        Raises:
            CopyCodeUnknownError: no copy has it, or it is no code at all; counted for the address.
            TooManyMissesError: too many such attempts from this address.
        """
        found = await self._by_code(code, address)

        async def note(unit: Unit) -> None:
            if await repo.note_check(unit.conn, found.id, now=unit.now, pause=CHECK_PAUSE):
                event_id = self._record(unit, "copy:checked", found)
                await self._use(unit, found, event_id, Use.COPY_CHECKED)

        now = self.units.now()
        if found.checked_at is None or found.checked_at <= now - CHECK_PAUSE:
            await self.units.run(note)
        return checked(found, await self._original(found), self.types.get(found.type_code), now)

    async def compare(self, code: str, content: bytes, *, address: str) -> CopyComparison:
        """Hold a file against the record of a code: is it this copy, byte for byte, and does it verify?

        Raises as `check`; whatever is wrong with the file is in the result.
        """
        check = await self.check(code, address=address)
        same = hashlib.sha256(content).hexdigest() == check.digest
        report = await self.verification.verify(content, at=None)
        good = same and check.state == CopyState.IN_FORCE
        return CopyComparison(check, same, report.verdict if good else "invalid", report)

    async def drop_unclaimed(self) -> int:
        """Drop files nobody downloaded within a day; how many."""

        async def drop(unit: Unit) -> int:
            dropped = await repo.drop_files(unit.conn, unit.now)
            for copy_id in dropped:
                unit.record("copy:lapsed", {"copy": str(copy_id)})
            return len(dropped)

        async with self.reads() as conn:
            if not await repo.any_file_over(conn, self.units.now()):
                return 0
        return await self.units.run(drop)

    async def _held(self, subject: str, identifier: str) -> Certificate:
        async with self.reads() as conn:
            found = (await certificates.by_identifiers(conn, (identifier,))).get(identifier)
        if found is None or subject not in {holder.code for holder in found.certificate.holders}:
            raise CertificateNotHeldError
        if found.state_at(self.units.now()) is not State.VALID:
            raise CertificateNotHeldError
        return found.certificate

    def _terms(self, certificate: Certificate, wish: CopyWish) -> CopyTerms:
        made_at = self.units.now().astimezone(UTC).replace(microsecond=0)
        latest = latest_day(certificate, law_day(made_at))
        terms = CopyTerms(
            original=certificate.identifier,
            purpose=wish.purpose,
            matter=wish.matter,
            recipient=wish.recipient,
            valid_until=wish.valid_until or min(law_day(made_at) + timedelta(days=DEFAULT_DAYS), latest),
            code=code_of(self.random_bytes(_CODE_BYTES)),
            made_at=made_at,
        )
        check_terms(terms)
        check_printable_terms(terms, self.fonts)
        if terms.valid_until > latest:
            raise CopyTermsRefused("valid_until", "not-in-term")
        return terms

    def _seal(
        self, certificate: Certificate, terms: CopyTerms, form: FaceKind, seals: DocumentSeals, photo: bytes | None
    ) -> SealedFile:
        kind, at, url, fonts = self.types.get(certificate.type_code), self.units.now(), self.public_url, self.fonts
        if form is FaceKind.OFD:
            return copied_ofd(certificate, kind, terms, seals.ofd, fonts=fonts, at=at, public_url=url, photo=photo)
        return copied_pdf(certificate, kind, terms, seals.pdf, fonts=fonts, at=at, public_url=url, photo=photo)

    async def _store(self, unit: Unit, copy: Copy, made: SealedFile, seals: DocumentSeals) -> UUID:
        """Terms, digest, encrypted file and the use of the seal, all or nothing."""
        sealed = self.sealer.seal(made.data, str(copy.id))
        await repo.add(unit.conn, copy, sealed=sealed, drop_at=unit.now + FILE_LIFETIME)
        if made.stamp_digest is not None:
            es_id = read_v4(seals.ofd.seal_der).info.es_id
            use = StampUse(made.stamp_digest, copy.identifier)
            await self.register.log_uses(unit, es_id, copy.type_code, [use])
        self._record(unit, "copy:made", copy)
        return copy.id

    async def _mine(self, principal: Principal, copy_id: UUID) -> Copy:
        subject = roles.applicant(principal)
        async with self.reads() as conn:
            found = await repo.find(conn, copy_id, subject)
        if found is None:
            raise CopyNotFoundError
        return found

    async def _by_code(self, typed: str, address: str) -> Copy:
        """Whatever is wrong with a code, the same is answered and counted."""
        guesser, code = f"copies:{address[:64]}", read_code(typed)
        async with self.reads() as conn:
            if await misses.locked_until(conn, [guesser], self.units.now()) is not None:
                raise TooManyMissesError
            found = await repo.by_code(conn, code or "")
        if found is not None:
            return found

        async def count(unit: Unit) -> None:
            await misses.count_failure(
                unit.conn, guesser, now=unit.now, window=MISS_WINDOW, limit=MISS_LIMIT, lock=MISS_WINDOW
            )
            unit.record("copy:code-missed", {})

        await self.units.run(count)
        raise CopyCodeUnknownError

    async def _original(self, copy: Copy) -> OnFile | None:
        async with self.reads() as conn:
            return (await certificates.by_identifiers(conn, (copy.identifier,))).get(copy.identifier)

    def _view(self, copy: Copy, original: OnFile | None) -> CopyView:
        kind = self.types.get(copy.type_code)
        return copy_view(copy, original, kind, now=self.units.now(), public_url=self.public_url)

    def _record(self, unit: Unit, event: str, copy: Copy) -> UUID:
        """Terms leave only as the digest of the file that holds them: people type names into them."""
        detail = {
            "copy": str(copy.id),
            "certificate": copy.identifier,
            "format": copy.format.value,
            "digest": copy.digest.hex(),
            "valid_until": copy.valid_until.isoformat(),
            "kid": copy.kid,
        }
        return unit.record(event, detail, subject=copy.subject)

    async def _use(self, unit: Unit, copy: Copy, event_id: UUID, use: Use) -> None:
        original = await certificates.by_identifier(unit.conn, copy.identifier)
        row = UseRecord(
            event_id=event_id,
            at=unit.now,
            use=use,
            department="",
            officer="",
            recipient=copy.recipient,
            purpose=copy.purpose,
            case_number="",
            what=copy.identifier,
            fields=tuple(sorted(original.certificate.face)) if use is Use.COPY_DOWNLOADED else (),
            released=use is Use.COPY_DOWNLOADED,
        )
        await uses.add(unit.conn, copy.subject, row)


async def _require_room(conn: AsyncConnection, subject: str, now: datetime) -> None:
    if await repo.made_since(conn, subject, day_begins(law_day(now))) >= PER_DAY:
        raise CopyLimitError


def latest_day(certificate: Certificate, today: date) -> date:
    """The last day a copy made today may have: never beyond the original's."""
    latest = today + timedelta(days=MAX_DAYS)
    return latest if certificate.valid_until is None else min(latest, certificate.valid_until)
