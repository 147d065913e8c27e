"""亮证: a holder shows a one-time code, a clerk claims it for a case, the holder sees who asks for what and agrees.

1. offer     the holder chooses certificates; a code of 8 digits lives at most 60 seconds
2. claim     a clerk's code, one conditional update: of a thousand parallel attempts one wins
3. confirm   the holder has seen department, matter and fields; refusing is as easy
4. collect   evidence is durable first, then the agreed fields are released, once
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from exchange.errors import (
    CertificateNotHeldError,
    CodeNotAcceptedError,
    ExchangeError,
    NothingRequestedError,
    PresentationNotFoundError,
    PresentationOverError,
    TooManyMissesError,
)
from exchange.model import (
    Case,
    Presentation,
    PresentationState,
    PresentedCertificate,
    Principal,
    ShowCode,
    Use,
    UseRecord,
)
from exchange.repo import presentations as repo
from exchange.repo import uses
from exchange.service import roles
from exchange.uow import Reads, Unit, Units

CODE_LIFETIME = timedelta(seconds=60)
ANSWER_TIME = timedelta(minutes=5)
MISS_WINDOW = timedelta(minutes=5)
MISS_LIMIT = 20


Note = Callable[[Unit, Presentation, UUID], Awaitable[None]]
"""What else to store in the unit of a move; given the moved presentation and the event's id."""


class OpenCases(Protocol):
    """Finds the open case a clerk works on."""

    async def open_case(self, principal: Principal, number: str) -> Case:
        """The open case of the clerk's department; raises CaseNotFoundError or CaseClosedError."""
        ...

    async def keep_open(self, unit: Unit, number: str) -> None:
        """Nobody closes the case before the unit ends; raises CaseClosedError."""
        ...


class Wallet(Protocol):
    """The certificates of a holder, as far as presenting needs them."""

    async def valid_identifiers(self, subject: str) -> frozenset[str]:
        """Identifiers of the holder's certificates that are valid now."""
        ...

    async def needed(self, identifiers: tuple[str, ...], service_item: str) -> Mapping[str, tuple[str, ...]]:
        """Of these certificates, those the service item asks for, with the face fields it needs."""
        ...

    async def present(self, identifier: str, fields: tuple[str, ...]) -> PresentedCertificate:
        """The certificate disclosing only these fields, verified as of now."""
        ...


class DepartmentNames(Protocol):
    """Names of departments for the holder to read."""

    async def department_name(self, code: str) -> str:
        """The Chinese name of a department."""
        ...


@dataclass(frozen=True, slots=True)
class Presentations:
    """The four steps above. `code_key` keys the hash a code is kept by; `random_code` makes 8 unguessable digits."""

    units: Units
    reads: Reads
    cases: OpenCases
    wallet: Wallet
    names: DepartmentNames
    code_key: bytes
    random_code: Callable[[], str]

    async def offer(self, principal: Principal, certificates: tuple[str, ...]) -> ShowCode:
        """Make a one-time code for some of the holder's valid certificates.

        Raises:
            CertificateNotHeldError: one of them is not the holder's, or not valid now.
        """
        subject = roles.applicant(principal)
        if not certificates or not set(certificates) <= await self.wallet.valid_identifiers(subject):
            raise CertificateNotHeldError

        async def store(unit: Unit) -> ShowCode:
            code = self.random_code()
            while await repo.code_is_live(unit.conn, self._hash(code)):
                code = self.random_code()
            expires = unit.now + CODE_LIFETIME
            shown = Presentation(unit.new_id(), subject, certificates, PresentationState.SHOWN, expires)
            await repo.add(unit.conn, shown, code_hash=self._hash(code), at=unit.now)
            unit.record(
                "presentation:offered", {"presentation": str(shown.id), "count": len(certificates)}, subject=subject
            )
            return ShowCode(shown.id, code, expires)

        return await self.units.run(store)

    async def claim(self, principal: Principal, *, code: str, case_number: str) -> Presentation:
        """Take a shown code for a case. What will be released is what the matter needs of what is shown, no more.

        Raises:
            CodeNotAcceptedError: unknown, used, expired, or another person's code; the miss is counted.
            TooManyMissesError: this officer guessed too often.
            NothingRequestedError: the matter needs none of the certificates shown.
        """
        department, officer = roles.officer(principal)
        case = await self.cases.open_case(principal, case_number)
        guesser = _guesser(department, officer)
        await self._refuse_guessing(guesser)
        async with self.reads() as conn:
            shown = await repo.shown(conn, self._hash(code), case.subject)
        needed = {} if shown is None else await self.wallet.needed(shown.certificates, case.service_item)

        async def take(unit: Unit) -> Presentation | None:
            await repo.one_by_one(unit.conn, guesser)
            if await repo.misses(unit.conn, guesser, now=unit.now, window=MISS_WINDOW) >= MISS_LIMIT:
                raise TooManyMissesError
            await self.cases.keep_open(unit, case.number)
            claimed = shown and await repo.claim(
                unit.conn,
                shown.id,
                department=department,
                officer=officer,
                case_number=case.number,
                service_item=case.service_item,
                requested=needed,
                now=unit.now,
                answer_by=unit.now + ANSWER_TIME,
            )
            if claimed is None:
                await repo.count_miss(unit.conn, guesser, _window(unit.now))
                unit.record("presentation:code-missed", {}, department=department, officer=officer)
                return None
            event_id = self._record(unit, "presentation:claimed", claimed, {"certificates": len(needed)})
            if not needed:
                await self._end_unneeded(unit, claimed, event_id)
            return claimed

        claimed = await self.units.run(take)
        if claimed is None:
            raise CodeNotAcceptedError
        if not claimed.requested:
            raise NothingRequestedError
        return await self._named(claimed)

    async def confirm(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """The holder agrees to what `status` showed."""
        subject = roles.applicant(principal)
        return await self._move(
            presentation_id,
            "presentation:confirmed",
            PresentationState.CLAIMED,
            PresentationState.CONFIRMED,
            subject=subject,
        )

    async def refuse(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """The holder refuses; nothing is released and the refusal is in the use log."""
        subject = roles.applicant(principal)

        async def note(unit: Unit, refused: Presentation, event_id: UUID) -> None:
            await uses.add(unit.conn, subject, _unreleased(refused, event_id, unit.now, Use.PRESENTATION_REFUSED))

        return await self._move(
            presentation_id,
            "presentation:refused",
            PresentationState.CLAIMED,
            PresentationState.REFUSED,
            subject=subject,
            note=note,
        )

    async def collect(self, principal: Principal, presentation_id: UUID) -> tuple[PresentedCertificate, ...]:
        """Release the agreed fields to the clerk who asked, once; the evidence is durable before this returns.

        Raises:
            PresentationNotFoundError, PresentationOverError: not this clerk's, or not agreed to, or collected before.
            CaseClosedError: the case it was asked for was closed meanwhile.
        """
        department, officer = roles.officer(principal)
        agreed = await self._find(presentation_id)
        if (agreed.department, agreed.officer) != (department, officer):
            raise PresentationNotFoundError

        async def note(unit: Unit, collected: Presentation, _: UUID) -> None:
            await self.cases.keep_open(unit, collected.case_number or "")
            for identifier, names in (collected.requested or {}).items():
                detail = {"certificate": identifier, "fields": sorted(names)}
                event_id = self._record(unit, "certificate:presented", collected, detail)
                row = _use(collected, event_id, unit.now, Use.CERTIFICATE_PRESENTED, what=identifier, names=names)
                await uses.add(unit.conn, collected.subject, row)

        collected = await self._move(
            presentation_id,
            "presentation:collected",
            PresentationState.CONFIRMED,
            PresentationState.COLLECTED,
            officer=officer,
            department=department,
            note=note,
        )
        # Verified only now: what was revoked before this moment is shown as revoked, never as it was.
        return tuple([await self.wallet.present(key, names) for key, names in (collected.requested or {}).items()])

    async def status(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """How far it got, for its holder and for the clerk who claimed it.

        Raises:
            PresentationNotFoundError: there is none for this person.
        """
        found = await self._find(presentation_id)
        theirs = principal.subject == found.subject or (
            principal.officer is not None
            and (principal.department, principal.officer) == (found.department, found.officer)
        )
        if not theirs:
            raise PresentationNotFoundError
        if found.state in _ALIVE and found.expires_at <= self.units.now():
            found = replace(found, state=PresentationState.EXPIRED)
        return await self._named(found)

    async def expire(self) -> int:
        """End presentations whose time is over, with a row in the use log for those a clerk had claimed."""

        async def end(unit: Unit) -> int:
            over = await repo.expire(unit.conn, unit.now)
            for item in over:
                event_id = self._record(unit, "presentation:expired", item, {})
                if item.department is not None:
                    row = _unreleased(item, event_id, unit.now, Use.PRESENTATION_EXPIRED)
                    await uses.add(unit.conn, item.subject, row)
            return len(over)

        async with self.reads() as conn:
            if not await repo.any_over(conn, self.units.now()):
                return 0
        return await self.units.run(end)

    async def _refuse_guessing(self, guesser: str) -> None:
        async with self.reads() as conn:
            if await repo.misses(conn, guesser, now=self.units.now(), window=MISS_WINDOW) >= MISS_LIMIT:
                raise TooManyMissesError

    async def _end_unneeded(self, unit: Unit, claimed: Presentation, event_id: UUID) -> None:
        """The code is spent, and the holder sees who took it for nothing."""
        before, after = PresentationState.CLAIMED, PresentationState.REFUSED
        await repo.move(unit.conn, claimed.id, before=before, after=after, now=unit.now)
        self._record(unit, "presentation:refused", claimed, {"reason": NothingRequestedError.code})
        row = _unreleased(claimed, event_id, unit.now, Use.PRESENTATION_REFUSED)
        await uses.add(unit.conn, claimed.subject, row)

    async def _move(
        self,
        presentation_id: UUID,
        event: str,
        before: PresentationState,
        after: PresentationState,
        *,
        subject: str | None = None,
        officer: str | None = None,
        department: str | None = None,
        note: Note | None = None,
    ) -> Presentation:
        async def step(unit: Unit) -> Presentation:
            moved = await repo.move(
                unit.conn,
                presentation_id,
                before=before,
                after=after,
                now=unit.now,
                subject=subject,
                officer=officer,
                department=department,
            )
            if moved is None:
                raise await self._why_not(unit, presentation_id, subject)
            event_id = self._record(unit, event, moved, {})
            if note is not None:
                await note(unit, moved, event_id)
            return moved

        return await self._named(await self.units.run(step))

    async def _why_not(self, unit: Unit, presentation_id: UUID, subject: str | None) -> ExchangeError:
        found = await repo.find(unit.conn, presentation_id)
        if found is None or (subject is not None and found.subject != subject):
            return PresentationNotFoundError()
        over = found.state in _ALIVE and found.expires_at <= unit.now
        return PresentationOverError(PresentationState.EXPIRED if over else found.state)

    def _record(self, unit: Unit, event: str, item: Presentation, detail: Mapping[str, object]) -> UUID:
        return unit.record(
            event,
            {"presentation": str(item.id), **detail},
            subject=item.subject,
            department=item.department,
            officer=item.officer,
            case=item.case_number,
        )

    async def _find(self, presentation_id: UUID) -> Presentation:
        async with self.reads() as conn:
            found = await repo.find(conn, presentation_id)
        if found is None:
            raise PresentationNotFoundError
        return found

    async def _named(self, item: Presentation) -> Presentation:
        if item.department is None:
            return item
        return replace(
            item, department_name=await self.names.department_name(item.department), purpose=item.service_item
        )

    def _hash(self, code: str) -> bytes:
        return hmac.digest(self.code_key, code.encode(), "sha256")


_ALIVE = {PresentationState.SHOWN, PresentationState.CLAIMED, PresentationState.CONFIRMED}


def _guesser(department: str, officer: str) -> str:
    """Whom misses are counted for: work numbers are unique inside a department only."""
    return hashlib.sha256(f"{department}/{officer}".encode()).hexdigest()[:40]


def _window(at: datetime) -> datetime:
    seconds = int(MISS_WINDOW.total_seconds())
    return at.fromtimestamp(int(at.timestamp()) // seconds * seconds, at.tzinfo)


def _unreleased(item: Presentation, event_id: UUID, at: datetime, use: Use) -> UseRecord:
    """A presentation that came to nothing: what was asked for, and that nothing left."""
    names = {name for fields in (item.requested or {}).values() for name in fields}
    return replace(_use(item, event_id, at, use, what=str(item.id), names=tuple(names)), released=False)


def _use(item: Presentation, event_id: UUID, at: datetime, use: Use, *, what: str, names: tuple[str, ...]) -> UseRecord:
    return UseRecord(
        event_id=event_id,
        at=at,
        use=use,
        department=item.department or "",
        officer=item.officer or "",
        purpose=item.service_item or "",
        case_number=item.case_number or "",
        what=what,
        fields=tuple(sorted(names)),
        released=True,
    )
