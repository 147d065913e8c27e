"""Releases what satisfies a case: certificates reused, shared records queried, materials pointed to.

Nothing leaves before its evidence is durable: certificates by an event and a row in the use log of this module, records
by the query service.
"""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from adapters.repo import records
from catalog.model import DepartmentCode, ResourceId
from catalog.onceonly import Proof, ProofKind, Resolution
from catalog.rules import grant_in_force
from certs.crypto.strict_json import canonical
from exchange.errors import CaseClosedError, GrantMissingError
from exchange.model import Case, PresentedCertificate, Principal, QueryRequest, Receipt, Use, UseRecord
from exchange.model_views import CaseResult, FieldValue
from exchange.policy import minimise
from exchange.repo import cases, uses
from exchange.service.catalogue import Catalogue
from exchange.service.queries import Queries
from exchange.service.receipts import Receipts
from exchange.service.wallet import Wallet
from exchange.uow import Reads, Unit, Units

Released = tuple[list[FieldValue], list[Receipt]]


@dataclass(frozen=True, slots=True)
class CaseRelease:
    """One release per proof; a proof that two requirements share is released once."""

    units: Units
    reads: Reads
    catalogue: Catalogue
    wallet: Wallet
    queries: Queries
    receipts: Receipts

    async def release(self, principal: Principal, case: Case, resolution: Resolution) -> CaseResult:
        """Release every satisfied requirement's evidence; what is still needed is simply not there."""
        chosen = [answer.satisfied_by for answer in resolution.answers]
        roles = [answer.subject.value for answer in resolution.answers]
        proofs = {
            (proof, case.people.get(role, case.subject))
            for entry, role in zip(chosen, roles, strict=True)
            if entry is not None
            for proof in entry.proofs
        }
        values: list[FieldValue] = []
        receipts: list[Receipt] = []
        for proof, subject in sorted(proofs, key=lambda pair: (pair[0].kind, pair[0].source, pair[0].identifier)):
            released = await self._one(principal, case, proof, subject)
            values += released[0]
            receipts += released[1]
        return CaseResult(case, tuple(values), tuple(receipts))

    async def _one(self, principal: Principal, case: Case, proof: Proof, subject: str) -> Released:
        if proof.kind is ProofKind.CERTIFICATE:
            return await self._certificate(principal, case, proof, subject)
        if proof.kind is ProofKind.RECORD:
            return await self._record(principal, case, proof, subject)
        return [await self._material(proof)], []

    async def _certificate(self, principal: Principal, case: Case, proof: Proof, subject: str) -> Released:
        fields = (await self.wallet.fields_wanted(case.service_item))[proof.source]
        shown = await self.wallet.present(proof.identifier, fields)

        async def note(unit: Unit) -> UUID:
            if not await cases.hold_open(unit.conn, case.number):
                raise CaseClosedError
            detail = {
                "certificate": proof.identifier,
                "fields": sorted(fields),
                "service_item": case.service_item,
                "verdict": shown.verdict,
            }
            event_id = unit.record(
                "certificate:reused",
                detail,
                subject=subject,
                department=case.department,
                officer=principal.officer,
                case=case.number,
            )
            row = UseRecord(
                event_id=event_id,
                at=unit.now,
                use=Use.CERTIFICATE_REUSED,
                department=case.department,
                officer=principal.officer or "",
                purpose=case.service_item,
                case_number=case.number,
                what=proof.identifier,
                fields=tuple(sorted(fields)),
                released=True,
            )
            await uses.add(unit.conn, subject, row)
            return event_id

        event_id, leaves = await self.units.run_logged(note)
        question = {"case": case.number, "certificate": proof.identifier, "fields": list(fields)}
        receipt = self.receipts.issue(event_id, leaves[event_id], question, {"token": shown.token})
        return self._face(shown, proof, fields), [receipt]

    def _face(self, shown: PresentedCertificate, proof: Proof, fields: tuple[str, ...]) -> list[FieldValue]:
        kind = self.wallet.types.get(shown.type)
        return [
            FieldValue(
                name_zh=entry.zh,
                name_en=entry.en,
                value=str(shown.claims[entry.code]),
                source_department_name=shown.issuer_name,
                as_of=shown.as_of,
                verdict=shown.verdict,
                basis=proof.basis,
                sensitive=entry.sensitive,
                group=f"{kind.zh} · {kind.en}",
            )
            for entry in kind.face
            if entry.code in shown.claims and entry.code in fields
        ]

    async def _record(self, principal: Principal, case: Case, proof: Proof, subject: str) -> Released:
        items, basis = await self._granted(case, proof.source)
        request = QueryRequest(
            request_id=str(self.units.new_id()),
            resource=proof.source,
            subject=subject,
            fields=items,
            case_number=case.number,
            service_item=case.service_item,
            legal_basis=basis,
        )
        wanted = await self._wanted(proof, items)
        answer = await self.queries.answer(principal, request)
        snapshot = await self.catalogue.snapshot()
        resource = snapshot.resources[ResourceId(proof.source)]
        names = {str(item.code): item for item in resource.items}
        values = [
            FieldValue(
                name_zh=names[code].name_zh,
                name_en=names[code].name_en,
                value="" if value is None else str(value),
                source_department_name=await self.catalogue.department_name(record.source_department),
                as_of=record.as_of,
                verdict="valid",
                basis=proof.basis,
                sensitive=names[code].sensitivity == "sensitive",
                group=f"{resource.name_zh} · {resource.name_en}",
            )
            for record in answer.records
            if record.digest == wanted
            for code, value in record.fields.items()
        ]
        return values, [answer.receipt]

    async def _wanted(self, proof: Proof, items: tuple[str, ...]) -> str:
        """Digest of the record that proves, as released: other records (an earlier marriage) stay here."""
        async with self.reads() as conn:
            record = await records.find_by_key(conn, proof.source, proof.identifier)
        body = {} if record is None else record.body
        return sha256(canonical(minimise(body, items))).hexdigest()

    async def _granted(self, case: Case, resource: str) -> tuple[tuple[str, ...], str]:
        snapshot = await self.catalogue.snapshot()
        for grant in snapshot.grants_for(DepartmentCode(case.department), ResourceId(resource)):
            if case.service_item in grant.purposes and grant_in_force(grant, self.units.now()) is None:
                return tuple(str(item) for item in grant.items), grant.legal_basis
        raise GrantMissingError

    async def _material(self, proof: Proof) -> FieldValue:
        labels = await self.catalogue.labels()
        return FieldValue(
            name_zh=labels.zh(proof.evidence_type),
            name_en=labels.en(proof.evidence_type),
            value=proof.identifier,
            source_department_name="",
            as_of=None,
            verdict="valid",
            basis=proof.basis,
            group=f"{labels.zh(proof.evidence_type)} · {labels.en(proof.evidence_type)}",
        )
