"""What is already there for a case: certificates, records its department may read, and checked materials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.repo import records
from catalog.model import DepartmentCode, EvidenceTypeId, ResourceId, SubjectRole, TrustLevel
from catalog.onceonly import CertificateState, CheckedMaterial, HeldCertificate, Holdings, SharedRecord
from catalog.rules import grant_in_force
from catalog.snapshot import CatalogueSnapshot
from certs.model import OnFile, State, day_begins, day_ends
from exchange.model import Case, Material, MaterialState
from exchange.repo import cases as repo
from exchange.service.case_people import people_of
from exchange.service.wallet import Wallet
from exchange.uow import Reads

# 过期 is computed by the resolver from the dates, so a stored certificate is never in it.
_STATES: Mapping[State, CertificateState] = {
    State.VALID: CertificateState.VALID,
    State.SUSPENDED: CertificateState.SUSPENDED,
    State.SUPERSEDED: CertificateState.SUPERSEDED,
    State.DEREGISTERED: CertificateState.CANCELLED,
    State.ANNULLED: CertificateState.RESCINDED,
    State.REVOKED: CertificateState.REVOKED,
    State.VOIDED: CertificateState.VOIDED,
    State.TRANSFERRED: CertificateState.TRANSFERRED,
    State.EXPIRED: CertificateState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """Looks up holdings; releases nothing."""

    reads: Reads
    wallet: Wallet

    async def people(self, applicant: str) -> Mapping[str, str]:
        """Role -> subject for everybody a case of this applicant may ask about."""
        return await people_of(applicant, self._bodies)

    async def holdings(self, case: Case) -> Holdings:
        """Everything known about the people of the case, as far as its department may read it."""
        snapshot = await self.wallet.catalogue.snapshot()
        evidence = await self.wallet.catalogue.evidence_of(case.service_item)
        now = self.wallet.verification.now()
        resources = {entry.record.resource for entry in evidence if entry.record is not None}
        readable = {r for r in resources if _may_read(snapshot, case, r, now)}
        certificates: list[HeldCertificate] = []
        found: list[SharedRecord] = []
        materials: list[CheckedMaterial] = []
        for role, subject in case.people.items():
            as_role = SubjectRole(role)
            certificates += [self._certificate(item, as_role) for item in await self.wallet.held(subject)]
            materials += [_material(item, as_role) for item in await self._accepted(subject)]
            for resource in sorted(readable):
                found += await self._records(resource, subject, as_role)
        return Holdings(
            certificates=tuple(certificates),
            records=tuple(found),
            materials=tuple(materials),
            unavailable=frozenset(str(resource) for resource in resources - readable),
        )

    async def _records(self, resource: ResourceId, subject: str, role: SubjectRole) -> list[SharedRecord]:
        async with self.reads() as conn:
            rows = await records.find_by_subject(conn, resource, subject)
        return [SharedRecord(resource=resource, key=row.key, fields=row.body, subject=role) for row in rows]

    async def _bodies(self, resource: str, subject: str) -> Sequence[Mapping[str, object]]:
        async with self.reads() as conn:
            return [row.body for row in await records.find_by_subject(conn, resource, subject)]

    async def _accepted(self, subject: str) -> list[Material]:
        async with self.reads() as conn:
            return [m for m in await repo.materials_of(conn, subject) if m.state is MaterialState.ACCEPTED]

    def _certificate(self, item: OnFile, role: SubjectRole) -> HeldCertificate:
        certificate = item.certificate
        until = certificate.valid_until
        return HeldCertificate(
            type=self.wallet.types.get(certificate.type_code).slug,
            identifier=str(certificate.identifier),
            state=_STATES[item.state],
            valid_from=day_begins(certificate.valid_from),
            valid_until=None if until is None else day_ends(until),
            subject=role,
        )


def _material(item: Material, role: SubjectRole) -> CheckedMaterial:
    return CheckedMaterial(
        evidence_type=EvidenceTypeId(item.evidence_type),
        identifier=str(item.id),
        trust=TrustLevel(item.trust_level),
        valid_until=item.valid_until,
        subject=role,
    )


def _may_read(snapshot: CatalogueSnapshot, case: Case, resource: ResourceId, now: datetime) -> bool:
    """Whether a grant for this matter is in force; what may not be read cannot satisfy anything."""
    return any(
        case.service_item in grant.purposes and grant_in_force(grant, now) is None
        for grant in snapshot.grants_for(DepartmentCode(case.department), resource)
    )
