"""办件: what a matter needs is looked up, not asked for again (国令716 Art. 7, 国令809 Art. 19).

1. open      the applicant and whom the records say stands behind him are fixed for the case
2. resolve   per requirement: satisfied by which certificate, record or material, or still needed and why
3. demand    asking the applicant for what is available is refused and counted
4. use       what satisfies the case is released field by field; its evidence is durable first
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from catalog.model import EvidenceTypeId, Region, RequirementId, ServiceItemCode
from catalog.onceonly import Resolution, is_available, is_required
from certs.face_values import is_citizen_id
from certs.identifiers import is_uscc
from exchange.errors import (
    CaseClosedError,
    CaseExistsError,
    CaseNotFoundError,
    EvidenceTypeUnknownError,
    ServiceItemUnknownError,
    SubjectInvalidError,
)
from exchange.model import Case, CaseState, Principal, Receipt, Role
from exchange.model_views import CaseResult, CaseView, DemandOutcome
from exchange.repo import cases as repo
from exchange.service import roles
from exchange.service.case_evidence import CaseEvidence
from exchange.service.case_release import CaseRelease
from exchange.service.case_views import (
    available_as,
    case_view,
    demand_sentences,
    without_people,
    without_references,
)
from exchange.service.catalogue import Catalogue
from exchange.service.receipts import Receipts
from exchange.uow import Reads, Unit, Units

Choices = Mapping[tuple[str, str], str]
NO_CHOICES: Choices = {}


@dataclass(frozen=True, slots=True)
class Cases:
    """The four steps above, for the clerks of the department that opened the case."""

    units: Units
    reads: Reads
    catalogue: Catalogue
    evidence: CaseEvidence
    release: CaseRelease
    receipts: Receipts
    region: Region

    async def open(self, principal: Principal, *, number: str, service_item: str, subject: str) -> Case:
        """Open a case for an applicant; the same clerk repeating it gets the same case.

        Raises:
            ServiceItemUnknownError: not a service item of the clerk's department.
            CaseExistsError: the number is taken by another case.
            SubjectInvalidError: the subject is no 公民身份号码 or 统一社会信用代码.
        """
        department, officer = roles.officer(principal)
        if (await self.catalogue.service_item(service_item)).department != department:
            raise ServiceItemUnknownError
        _check_subject(subject)
        people = await self.evidence.people(subject)

        async def store(unit: Unit) -> Case:
            opened = Case(number, service_item, department, subject, officer, unit.now, CaseState.OPEN, people)
            if not await repo.add_case(unit.conn, opened):
                raise CaseExistsError
            detail = {"service_item": service_item, "roles": sorted(people)}
            unit.record("case:opened", detail, subject=subject, department=department, officer=officer, case=number)
            return opened

        try:
            return await self.units.run(store)
        except CaseExistsError:
            found = await self._find(number)
            if found is None or (found.department, found.service_item, found.subject) != (
                department,
                service_item,
                subject,
            ):
                raise
            return found

    async def get(self, principal: Principal, number: str) -> Case:
        """The case, for its department's clerks; for its applicant without the numbers of the other people in it.

        Raises:
            CaseNotFoundError: no such case for this person.
        """
        found = await self._seen(principal, number)
        return found if principal.role is Role.CLERK else without_people(found)

    async def list(self, principal: Principal, limit: int) -> tuple[Case, ...]:
        """A clerk's department's cases, or an applicant's own; newest first."""
        async with self.reads() as conn:
            if principal.role is Role.APPLICANT:
                about = await repo.cases_about(conn, roles.applicant(principal), limit)
                return tuple(without_people(case) for case in about)
            return await repo.cases_of(conn, roles.officer(principal)[0], limit)

    async def open_case(self, principal: Principal, number: str) -> Case:
        """The open case of the clerk's department.

        Raises:
            CaseNotFoundError, CaseClosedError: there is none, or it is closed.
        """
        roles.officer(principal)
        return await self._open(principal, number)

    async def keep_open(self, unit: Unit, number: str) -> None:
        """Let nobody close the case before the unit ends: what is released, is released for an open case.

        Raises:
            CaseClosedError: it was closed before.
        """
        if not await repo.hold_open(unit.conn, number):
            raise CaseClosedError

    async def resolve(self, principal: Principal, number: str, choices: Choices = NO_CHOICES) -> CaseView:
        """What is satisfied and what is still needed; `choices` answers the questions of an earlier answer.

        The applicant of the case may ask as well, and is told what to bring without the numbers of what was found:
        some of it is other people's.

        Raises:
            NotAllowedError: neither a clerk nor an applicant.
            CaseNotFoundError, CaseClosedError: there is none for this person, or it is closed.
        """
        if principal.role is not Role.APPLICANT:
            roles.officer(principal)
        case = await self._open(principal, number)
        resolution = await self._resolution(case, choices)

        async def note(unit: Unit) -> None:
            needed = [str(answer.requirement) for answer in resolution.still_needed]
            detail = {"service_item": case.service_item, "satisfied": resolution.satisfied, "needed": needed}
            self._record(unit, "case:resolved", case, principal, detail)

        await self.units.run(note)
        view = case_view(case, resolution, await self.catalogue.snapshot())
        return view if principal.role is Role.CLERK else without_references(view)

    async def demand(self, principal: Principal, number: str, evidence_type: str) -> DemandOutcome:
        """Ask the applicant for a document. Refused, and counted, when it is available (条例 Art. 19).

        Raises:
            EvidenceTypeUnknownError: the matter does not ask for it; nobody may be asked for more.
        """
        case = await self.open_case(principal, number)
        resolution = await self._resolution(case, NO_CHOICES)
        wanted = EvidenceTypeId(evidence_type)
        if not is_required(resolution, wanted):
            raise EvidenceTypeUnknownError
        refused = is_available(resolution, wanted)

        async def note(unit: Unit) -> UUID:
            await repo.add_demand(
                unit.conn,
                id_=unit.new_id(),
                case_number=number,
                department=case.department,
                evidence_type=evidence_type,
                outcome="refused" if refused else "recorded",
                at=unit.now,
            )
            event = "case:demand-refused" if refused else "case:demand-recorded"
            return self._record(unit, event, case, principal, {"evidence_type": evidence_type})

        event_id, leaves = await self.units.run_logged(note)
        zh, en = demand_sentences(await self.catalogue.snapshot(), wanted, refused=refused)
        return DemandOutcome(
            refused=refused,
            evidence_type=evidence_type,
            available_as=available_as(resolution, wanted) if refused else None,
            sentence_zh=zh,
            sentence_en=en,
            receipt=self.receipts.issue(
                event_id, leaves[event_id], {"case": number, "demand": evidence_type}, {"refused": refused}
            ),
        )

    async def use(self, principal: Principal, number: str, choices: Choices = NO_CHOICES) -> CaseResult:
        """Release the fields that satisfy the case: reused certificates, shared records, checked materials."""
        case = await self.open_case(principal, number)
        resolution = await self._resolution(case, choices)
        return await self.release.release(principal, case, resolution)

    async def close(self, principal: Principal, number: str) -> Case:
        """Close the case; nothing can be asked for it afterwards."""
        case = await self.open_case(principal, number)

        async def work(unit: Unit) -> Receipt | None:
            if not await repo.close_case(unit.conn, number):
                raise CaseClosedError
            self._record(unit, "case:closed", case, principal, {})
            return None

        await self.units.run(work)
        return replace(case, state=CaseState.CLOSED)

    async def refused_demands(self) -> Mapping[str, int]:
        """How many repeated demands were refused, by department."""
        async with self.reads() as conn:
            return await repo.demands_refused(conn)

    async def _resolution(self, case: Case, choices: Choices) -> Resolution:
        snapshot = await self.catalogue.snapshot()
        holdings = await self.evidence.holdings(case)
        typed = {
            (RequirementId(requirement), EvidenceTypeId(evidence)): key
            for (requirement, evidence), key in choices.items()
        }
        return snapshot.resolve(
            ServiceItemCode(case.service_item),
            holdings,
            at=self.units.now(),
            jurisdiction=self.region,
            choices=typed,
        )

    def _record(self, unit: Unit, event: str, case: Case, principal: Principal, detail: Mapping[str, object]) -> UUID:
        return unit.record(
            event,
            detail,
            subject=case.subject,
            department=case.department,
            officer=principal.officer,
            case=case.number,
        )

    async def _seen(self, principal: Principal, number: str) -> Case:
        found = await self._find(number)
        if found is None or not _may_see(principal, found):
            raise CaseNotFoundError
        return found

    async def _open(self, principal: Principal, number: str) -> Case:
        case = await self._seen(principal, number)
        if case.state is not CaseState.OPEN:
            raise CaseClosedError
        return case

    async def _find(self, number: str) -> Case | None:
        async with self.reads() as conn:
            return await repo.find_case(conn, number)


def _check_subject(subject: str) -> None:
    if not (is_citizen_id(subject) or is_uscc(subject)):
        raise SubjectInvalidError


def _may_see(principal: Principal, case: Case) -> bool:
    return roles.acts_for(principal, case) or (principal.role is Role.CLERK and principal.department == case.department)
