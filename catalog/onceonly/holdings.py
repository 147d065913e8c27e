"""What is already there for a case: certificates, shared records and checked materials, and what could not be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from catalog.model import EvidenceTypeId, ResourceId, SubjectRole, TrustLevel


class CertificateState(StrEnum):
    """证照状态 as the certificate library names it; only `VALID` proves anything."""

    VALID = "有效"
    SUSPENDED = "暂扣"
    SUPERSEDED = "已变更"
    CANCELLED = "注销"
    RESCINDED = "撤销"
    REVOKED = "吊销"
    VOIDED = "作废"
    TRANSFERRED = "转出"
    EXPIRED = "过期"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """An electronic certificate of the subject, in force in [`valid_from`, `valid_until`); `None` is open-ended."""

    type: str
    identifier: str
    state: CertificateState = CertificateState.VALID
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    subject: SubjectRole = SubjectRole.APPLICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRecord:
    """A record of `resource` found for the subject; `fields` maps item codes to values."""

    resource: ResourceId
    key: str
    fields: Mapping[str, object]
    subject: SubjectRole = SubjectRole.APPLICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMaterial:
    """A material handed in earlier, with the trust level it was given, good until `valid_until` (exclusive)."""

    evidence_type: EvidenceTypeId
    identifier: str
    trust: TrustLevel
    valid_until: datetime | None = None
    subject: SubjectRole = SubjectRole.APPLICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything known for one case.

    `unavailable` names certificate types and resources whose source could not be asked. Such a source proves
    nothing even when something is in hand: a second match may be among what it did not tell.
    """

    certificates: tuple[HeldCertificate, ...] = ()
    records: tuple[SharedRecord, ...] = ()
    materials: tuple[CheckedMaterial, ...] = ()
    unavailable: frozenset[str] = field(default_factory=frozenset)
