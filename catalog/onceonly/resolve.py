"""Once only (国令716 Art. 7, 国令809 Art. 19): which requirements of a matter are met by what is already there.

1. A requirement applies when its jurisdiction covers the case's region; so does each of its lists.
2. Every applicable requirement must be met; one satisfied list meets it (OR); a list needs all its types (AND).
3. A type is proved by exactly one usable piece of the requirement's subject. Two usable pieces are refused, or put
   to the applicant as a question where the type says so. Nothing is ever picked because it came first.
4. A source that could not be asked proves nothing and is reported as such, never as "not found".
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from catalog.model import (
    EvidenceList,
    EvidenceType,
    EvidenceTypeId,
    Region,
    Requirement,
    RequirementId,
    ServiceItem,
    Several,
    covers,
)
from catalog.onceonly.answer import Lack, ListAnswer, Missing, Proof, RequirementAnswer, Resolution
from catalog.onceonly.holdings import Holdings
from catalog.onceonly.pieces import Found, Piece, find

Choices = Mapping[tuple[RequirementId, EvidenceTypeId], str]
"""Answers to the choice questions: identifier chosen for a type of a requirement."""
NO_CHOICES: Choices = MappingProxyType({})

_NEAREST_FIRST = (
    # of several unusable pieces the one nearest to being usable is reported
    Lack.SUSPENDED,
    Lack.NOT_YET_VALID,
    Lack.EXPIRED,
    Lack.TRUST_TOO_LOW,
    Lack.CONDITION_NOT_MET,
    Lack.REVOKED,
)


def resolve(
    service_item: ServiceItem,
    requirements: Mapping[RequirementId, Requirement],
    evidence_types: Mapping[EvidenceTypeId, EvidenceType],
    holdings: Holdings,
    *,
    at: datetime,
    jurisdiction: Region,
    choices: Choices = NO_CHOICES,
) -> Resolution:
    """Answer, for every requirement of `service_item` that applies in `jurisdiction`, what meets it at `at`.

    Args:
        service_item: the matter of the case.
        requirements: at least those the service item names.
        evidence_types: at least those the requirements name.
        holdings: what the hub has and what it could not ask.
        at: aware instant the answer is for.
        jurisdiction: region of the case.
        choices: the applicant's answers to earlier `CHOOSE_ONE` questions. A choice that is no longer usable leaves
            the question open, even if one other piece is left; a type that must be unique takes no choice.

    Raises:
        KeyError: a requirement or evidence type is not in the mappings (the lint keeps this from being published).
    """

    def prove(requirement: Requirement, evidence_id: EvidenceTypeId) -> Proof | Missing:
        evidence = evidence_types[evidence_id]
        found = find(evidence, requirement.subject, holdings, at)
        if found.source in holdings.unavailable:
            return Missing(evidence_id, found.kind, Lack.SOURCE_UNAVAILABLE)
        return _decide(evidence, found, choices.get((requirement.id, evidence_id)))

    def list_answer(requirement: Requirement, entry: EvidenceList) -> ListAnswer:
        results = [prove(requirement, evidence_id) for evidence_id in entry.evidence]
        proofs = tuple(result for result in results if isinstance(result, Proof))
        return ListAnswer(entry.id, proofs, tuple(result for result in results if isinstance(result, Missing)))

    applicable = (requirements[requirement_id] for requirement_id in service_item.requirements)
    answers = tuple(
        RequirementAnswer(
            requirement.id,
            requirement.subject,
            tuple(
                list_answer(requirement, entry)
                for entry in requirement.lists
                if covers(entry.jurisdiction, jurisdiction)
            ),
        )
        for requirement in applicable
        if covers(requirement.jurisdiction, jurisdiction)
    )
    return Resolution(service_item.code, at, jurisdiction, answers)


def _decide(evidence: EvidenceType, found: Found, chosen: str | None) -> Proof | Missing:
    usable = found.usable
    if not usable:
        return _lacking(evidence.id, found)
    if evidence.several is Several.REFUSE and len(usable) > 1:
        return Missing(evidence.id, found.kind, Lack.AMBIGUOUS, len(usable))
    if evidence.several is Several.CHOOSE:
        picked = usable if chosen is None else tuple(piece for piece in usable if piece.identifier == chosen)
        if len(picked) != 1:
            candidates = tuple(piece.identifier for piece in usable)
            return Missing(evidence.id, found.kind, Lack.CHOOSE_ONE, len(usable), candidates)
        return _proof(evidence.id, found, picked[0])
    return _proof(evidence.id, found, usable[0])


def _proof(evidence: EvidenceTypeId, found: Found, piece: Piece) -> Proof:
    return Proof(evidence, found.kind, found.source, piece.identifier, piece.basis)


def _lacking(evidence: EvidenceTypeId, found: Found) -> Missing:
    lacks = [piece.lack for piece in found.pieces]
    for lack in _NEAREST_FIRST:
        if lack in lacks:
            return Missing(evidence, found.kind, lack, lacks.count(lack))
    return Missing(evidence, found.kind, Lack.NOT_FOUND)
