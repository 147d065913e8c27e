"""What was found for one evidence type and subject, each piece with the reason why it cannot be used, if any."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from catalog.model import (
    CertificateProof,
    EvidenceType,
    EvidenceTypeId,
    MaterialProof,
    RecordProof,
    SubjectRole,
)
from catalog.onceonly.answer import Lack, ProofKind
from catalog.onceonly.holdings import CertificateState, CheckedMaterial, HeldCertificate, Holdings, SharedRecord

_STATE_LACKS: Mapping[CertificateState, Lack | None] = MappingProxyType(
    {
        CertificateState.VALID: None,
        CertificateState.SUSPENDED: Lack.SUSPENDED,
        CertificateState.EXPIRED: Lack.EXPIRED,
        CertificateState.SUPERSEDED: Lack.REVOKED,
        CertificateState.CANCELLED: Lack.REVOKED,
        CertificateState.RESCINDED: Lack.REVOKED,
        CertificateState.REVOKED: Lack.REVOKED,
        CertificateState.VOIDED: Lack.REVOKED,
        CertificateState.TRANSFERRED: Lack.REVOKED,
    }
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing found: its identifier, why it cannot be used (`None`: it can) and what makes it good."""

    held: HeldCertificate | SharedRecord | CheckedMaterial
    identifier: str
    lack: Lack | None
    basis: str


@dataclass(frozen=True, slots=True)
class Found:
    """Everything found for one evidence type and subject; `source` is what `Holdings.unavailable` would name."""

    kind: ProofKind
    source: str
    pieces: tuple[Piece, ...]

    @property
    def usable(self) -> tuple[Piece, ...]:
        """The usable pieces. Only an exact copy is left out; two that differ at all are two."""
        usable: list[Piece] = []
        for piece in self.pieces:
            if piece.lack is None and piece not in usable:
                usable.append(piece)
        return tuple(usable)


def find(evidence: EvidenceType, subject: SubjectRole, holdings: Holdings, at: datetime) -> Found:
    """Collect what `holdings` has for `evidence` about `subject`, judged at the instant `at`.

    Raises:
        ValueError: the evidence type names no proof; the lint refuses such a type.
    """
    if evidence.certificate is not None:
        pieces = _certificates(evidence.certificate, subject, holdings, at)
        return Found(ProofKind.CERTIFICATE, evidence.certificate.type, tuple(pieces))
    if evidence.record is not None:
        return Found(ProofKind.RECORD, evidence.record.resource, tuple(_records(evidence.record, subject, holdings)))
    if evidence.material is not None:
        pieces = _materials(evidence.id, evidence.material, subject, holdings, at)
        return Found(ProofKind.MATERIAL, evidence.id, tuple(pieces))
    message = f"{evidence.id} names no proof"
    raise ValueError(message)


def _certificates(proof: CertificateProof, subject: SubjectRole, holdings: Holdings, at: datetime) -> Iterator[Piece]:
    for held in holdings.certificates:
        if held.type == proof.type and held.subject is subject:
            lack = _STATE_LACKS[held.state] or _period_lack(held.valid_from, held.valid_until, at)
            yield Piece(held, held.identifier, lack, f"电子证照，状态{held.state}")


def _records(proof: RecordProof, subject: SubjectRole, holdings: Holdings) -> Iterator[Piece]:
    terms = "，".join(f"{code}={'/'.join(accepted)}" for code, accepted in proof.when.items())
    for held in holdings.records:
        if held.resource == proof.resource and held.subject is subject:
            meets = all(_accepts(held.fields.get(code), accepted) for code, accepted in proof.when.items())
            lack = None if meets else Lack.CONDITION_NOT_MET
            yield Piece(held, held.key, lack, f"共享数据，{terms}" if terms else "共享数据")


def _accepts(value: object, accepted: tuple[str, ...]) -> bool:
    return value is not None and str(value) in accepted  # an absent item meets no condition


def _materials(
    evidence: EvidenceTypeId, proof: MaterialProof, subject: SubjectRole, holdings: Holdings, at: datetime
) -> Iterator[Piece]:
    for held in holdings.materials:
        if held.evidence_type == evidence and held.subject is subject:
            lack = _period_lack(None, held.valid_until, at)
            if lack is None and not held.trust.meets(proof.minimum):
                lack = Lack.TRUST_TOO_LOW
            yield Piece(held, held.identifier, lack, f"已核验材料，可信等级{held.trust}")


def _period_lack(valid_from: datetime | None, valid_until: datetime | None, at: datetime) -> Lack | None:
    if valid_until is not None and at >= valid_until:
        return Lack.EXPIRED
    return Lack.NOT_YET_VALID if valid_from is not None and at < valid_from else None
