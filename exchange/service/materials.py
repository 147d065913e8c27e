"""电子材料: what no certificate and no record proves is handed in once, checked by a clerk, and reused next time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from exchange.errors import (
    CaseClosedError,
    CaseNotFoundError,
    EvidenceTypeUnknownError,
    ExchangeError,
    MaterialNotFoundError,
    MaterialRefusedError,
)
from exchange.model import Case, CaseState, Material, MaterialState, Principal, Role
from exchange.repo import cases as repo
from exchange.sealing import Sealer
from exchange.service import roles
from exchange.uow import Reads, Unit, Units

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 120
CHECKED_LEVEL = "B"  # 国办函〔2016〕108号: original seen and checked by a window
UPLOADED_LEVEL = "C"  # uploaded by the applicant, original still to be compared

_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


class Blobs(Protocol):
    """Where the bytes go; names are chosen by the hub."""

    async def put(self, name: str, data: bytes) -> None:
        """Store bytes under a name; storing the same again is harmless."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes of that name, None when there are none."""
        ...

    async def delete(self, name: str) -> None:
        """Remove what has that name, if anything has."""
        ...


class WantedMaterials(Protocol):
    """Knows which materials a service item asks for."""

    async def asks_for_material(self, service_item: str, evidence_type: str) -> bool:
        """Whether some requirement of the item can be met by a material of this type."""
        ...


@dataclass(frozen=True, slots=True)
class Materials:
    """Submitting, checking and reading materials. Bytes are sealed before they leave for the object store."""

    units: Units
    reads: Reads
    blobs: Blobs
    sealer: Sealer
    wanted: WantedMaterials

    async def submit(
        self, principal: Principal, *, case_number: str, evidence_type: str, filename: str, content: bytes
    ) -> Material:
        """Take a document for an open case of this applicant.

        Raises:
            CaseNotFoundError, CaseClosedError: not this applicant's open case.
            EvidenceTypeUnknownError: the matter does not ask for such a material.
            MaterialRefusedError: not a PDF, PNG or JPEG, empty, or over 10 MiB.
        """
        roles.applicant(principal)
        case = await self._case(principal, case_number)
        if not await self.wanted.asks_for_material(case.service_item, evidence_type):
            raise EvidenceTypeUnknownError
        media_type = _media_type(content)
        digest = hashlib.sha256(content).hexdigest()
        material_id = self.units.new_id()
        blob = f"materials/{material_id}"
        await self.blobs.put(blob, self.sealer.seal(content, str(material_id)))

        async def store(unit: Unit) -> Material:
            submitted = Material(
                id=material_id,
                subject=case.subject,
                evidence_type=evidence_type,
                case_number=case.number,
                filename=_plain_name(filename),
                media_type=media_type,
                size=len(content),
                digest=digest,
                blob=blob,
                state=MaterialState.SUBMITTED,
                trust_level=UPLOADED_LEVEL,
                submitted_at=unit.now,
            )
            await repo.add_material(unit.conn, submitted)
            detail = {"material": str(material_id), "evidence_type": evidence_type, "size": len(content)}
            unit.record("material:submitted", detail, subject=case.subject, case=case.number)
            return submitted

        try:
            return await self.units.run(store)
        except ExchangeError:  # nothing was written for sure: bytes no material names would stay for ever
            await self.blobs.delete(blob)
            raise

    async def check(
        self, principal: Principal, material_id: UUID, *, accept: bool, reason: str, valid_until: datetime | None
    ) -> Material:
        """Record that a clerk compared the upload with the original, once.

        Raises:
            MaterialNotFoundError: nothing with this id waits at the clerk's department.
        """
        department, officer = roles.officer(principal)

        async def decide(unit: Unit) -> Material:
            waiting = {item.id for item in await repo.materials_waiting(unit.conn, department)}
            decided = material_id in waiting and await repo.decide_material(
                unit.conn,
                material_id,
                state=MaterialState.ACCEPTED if accept else MaterialState.REJECTED,
                trust_level=CHECKED_LEVEL if accept else UPLOADED_LEVEL,
                checked_by=officer,
                checked_at=unit.now,
                valid_until=valid_until,
            )
            if not decided:
                raise MaterialNotFoundError
            unit.record(
                "material:accepted" if accept else "material:rejected",
                {"material": str(material_id), "evidence_type": decided.evidence_type, "reason": reason[:200]},
                subject=decided.subject,
                department=department,
                officer=officer,
                case=decided.case_number,
            )
            return decided

        return await self.units.run(decide)

    async def waiting(self, principal: Principal) -> tuple[Material, ...]:
        """Uploads that wait for a clerk of this department, oldest first."""
        department, _ = roles.officer(principal)
        async with self.reads() as conn:
            return await repo.materials_waiting(conn, department)

    async def mine(self, principal: Principal) -> tuple[Material, ...]:
        """Everything this applicant handed in, newest first."""
        subject = roles.applicant(principal)
        async with self.reads() as conn:
            return await repo.materials_of(conn, subject)

    async def content(self, principal: Principal, material_id: UUID) -> tuple[Material, bytes]:
        """The file, for its owner and for the clerks of the department whose case it was handed in for.

        Raises:
            MaterialNotFoundError: not theirs, or its bytes are gone.
        """
        async with self.reads() as conn:
            found = await repo.find_material(conn, material_id)
            case = None if found is None else await repo.find_case(conn, found.case_number)
        if found is None or case is None or not _may_read(principal, case):
            raise MaterialNotFoundError
        sealed = await self.blobs.get(found.blob)
        if sealed is None:
            raise MaterialNotFoundError
        return found, self.sealer.open(sealed, str(found.id))

    async def _case(self, principal: Principal, number: str) -> Case:
        async with self.reads() as conn:
            case = await repo.find_case(conn, number)
        if case is None or not roles.acts_for(principal, case):
            raise CaseNotFoundError
        if case.state is not CaseState.OPEN:
            raise CaseClosedError
        return case


def _may_read(principal: Principal, case: Case) -> bool:
    return roles.acts_for(principal, case) or (principal.role is Role.CLERK and principal.department == case.department)


def _media_type(content: bytes) -> str:
    """The type by the first bytes; what a browser claims is not asked."""
    if not content:
        raise MaterialRefusedError("empty")
    if len(content) > MAX_BYTES:
        raise MaterialRefusedError("too-large")
    for signature, media_type in _SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    raise MaterialRefusedError("type-not-accepted")


def _plain_name(filename: str) -> str:
    """The last path component without control characters; shown to people, never used as a path."""
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:MAX_NAME] or "material"
