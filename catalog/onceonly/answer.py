"""The answer for a case: per requirement, satisfied by what, or what is still needed and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from catalog.model import EvidenceTypeId, Region, RequirementId, ServiceItemCode, SubjectRole


class ProofKind(StrEnum):
    """Where a proof comes from."""

    CERTIFICATE = "certificate"
    RECORD = "record"
    MATERIAL = "material"


class Lack(StrEnum):
    """Why an evidence type is not proved."""

    NOT_FOUND = "not-found"
    CONDITION_NOT_MET = "condition-not-met"
    TRUST_TOO_LOW = "trust-too-low"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    SUSPENDED = "suspended"
    CHOOSE_ONE = "choose-one"
    AMBIGUOUS = "ambiguous"
    SOURCE_UNAVAILABLE = "source-unavailable"


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece that proves `evidence_type`.

    `source` is the certificate type, the resource or the evidence type of the material; `identifier` the certificate
    identifier, record key or material id; `basis` says in Chinese what makes it good.
    """

    evidence_type: EvidenceTypeId
    kind: ProofKind
    source: str
    identifier: str
    basis: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An evidence type that is not proved.

    `count` is the number of pieces found in that condition. `candidates` are the identifiers to choose from and is
    filled for `CHOOSE_ONE` only: an ambiguous match may be another person's.
    """

    evidence_type: EvidenceTypeId
    kind: ProofKind
    reason: Lack
    count: int = 0
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """How far one evidence list got: all its types are either in `proofs` or in `missing`."""

    list_id: str
    proofs: tuple[Proof, ...]
    missing: tuple[Missing, ...]

    @property
    def satisfied(self) -> bool:
        """True when nothing of the list is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class RequirementAnswer:
    """The alternatives of one requirement in the catalogue's order; none when no list applies in the region."""

    requirement: RequirementId
    subject: SubjectRole
    lists: tuple[ListAnswer, ...]

    @property
    def satisfied_by(self) -> ListAnswer | None:
        """The satisfied list that stands first in the catalogue, or `None`.

        Lists are ordered alternatives, so this is the catalogue's preference, not a pick among matches.
        """
        return next((entry for entry in self.lists if entry.satisfied), None)

    @property
    def satisfied(self) -> bool:
        """True when at least one list is satisfied."""
        return self.satisfied_by is not None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for a whole service item at one instant."""

    service_item: ServiceItemCode
    at: datetime
    jurisdiction: Region
    answers: tuple[RequirementAnswer, ...]

    @property
    def satisfied(self) -> bool:
        """True when the citizen has to bring nothing."""
        return all(answer.satisfied for answer in self.answers)

    @property
    def still_needed(self) -> tuple[RequirementAnswer, ...]:
        """The requirements that are not satisfied, with their alternatives."""
        return tuple(answer for answer in self.answers if not answer.satisfied)


def is_available(
    resolution: Resolution, evidence_type: EvidenceTypeId, requirement: RequirementId | None = None
) -> bool:
    """Tell whether asking the citizen for `evidence_type` would be repeated collection (国令809 Art. 19).

    True when every requirement that knows the type (or only `requirement`, when given) is already satisfied by any
    of its lists, or has this very type in hand, even where a choice between several is still open. False when no
    requirement knows the type: that is no repeated collection, but no lawful demand either; see `is_required`.
    """
    asked = [answer for answer in _knowing(resolution, evidence_type) if requirement in (None, answer.requirement)]
    return bool(asked) and all(answer.satisfied or _in_hand(answer, evidence_type) for answer in asked)


def is_required(resolution: Resolution, evidence_type: EvidenceTypeId) -> bool:
    """Tell whether any requirement of the service item knows this evidence type at all."""
    return any(True for _ in _knowing(resolution, evidence_type))


def _knowing(resolution: Resolution, evidence_type: EvidenceTypeId) -> Iterator[RequirementAnswer]:
    for answer in resolution.answers:
        proved = {proof.evidence_type for entry in answer.lists for proof in entry.proofs}
        missing = {lack.evidence_type for entry in answer.lists for lack in entry.missing}
        if evidence_type in proved | missing:
            yield answer


def _in_hand(answer: RequirementAnswer, evidence_type: EvidenceTypeId) -> bool:
    proved = any(p.evidence_type == evidence_type for entry in answer.lists for p in entry.proofs)
    choice = any(
        m.evidence_type == evidence_type and m.reason is Lack.CHOOSE_ONE
        for entry in answer.lists
        for m in entry.missing
    )
    return proved or choice
