"""What a matter asks for and what proves it: service item → requirements → evidence lists → evidence types.

Shape of CCCEV 2 as used by the EU Once-Only system: every requirement of a service item applies, the lists of one
requirement are alternatives (OR), the types inside one list are all needed (AND).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.model.vocabulary import (
    NATIONWIDE,
    DepartmentCode,
    EvidenceTypeId,
    ItemCode,
    Region,
    RequirementId,
    ResourceId,
    ServiceItemCode,
    ServiceObject,
    Several,
    SubjectRole,
    TrustLevel,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProof:
    """Proved by a valid electronic certificate of this type (`household`, `marriage`, …).

    `fields` are the face fields the proof needs and the only ones released; empty releases the whole face.
    """

    type: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """Proved by a shared record of `resource` in which every item of `when` has one of the accepted values."""

    resource: ResourceId
    when: Mapping[ItemCode, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialProof:
    """Proved by an uploaded material whose trust level is at least `minimum`."""

    minimum: TrustLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceType:
    """证明材料 type; exactly one of `certificate`, `record`, `material` is set (the lint checks it).

    `several` says what two usable pieces mean; see `Several`.
    """

    id: EvidenceTypeId
    name_zh: str
    name_en: str
    certificate: CertificateProof | None = None
    record: RecordProof | None = None
    material: MaterialProof | None = None
    several: Several = Several.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceList:
    """One way to meet a requirement: all `evidence` types together, in the area of `jurisdiction`."""

    id: str
    evidence: tuple[EvidenceTypeId, ...]
    jurisdiction: Region = NATIONWIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """要件: a fact a service item needs about `subject`, with its alternatives in order of preference."""

    id: RequirementId
    name_zh: str
    name_en: str
    lists: tuple[EvidenceList, ...]
    subject: SubjectRole = SubjectRole.APPLICANT
    law: str = ""
    jurisdiction: Region = NATIONWIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceItem:
    """政务服务事项 as carried out by one department (实施清单 entry)."""

    code: ServiceItemCode
    name_zh: str
    name_en: str
    department: DepartmentCode
    requirements: tuple[RequirementId, ...]
    service_object: ServiceObject = ServiceObject.PERSON
    law: str = ""


def covers(outer: Region, inner: Region) -> bool:
    """Tell whether region `outer` contains region `inner` by the digits of GB/T 2260.

    `000000` covers all, `330000` covers `339900`, `339900` covers `339901`; a region covers itself.
    """
    prefix = str(outer)
    while prefix.endswith("00"):
        prefix = prefix[:-2]
    return inner.startswith(prefix)
