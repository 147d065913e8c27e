"""Turns a resolution into what a clerk reads. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from catalog.model import EvidenceTypeId, RequirementId
from catalog.onceonly import ListAnswer, ProofKind, RequirementAnswer, Resolution
from catalog.snapshot import CatalogueSnapshot
from exchange.model import Case
from exchange.model_views import AlternativeView, CaseView, EvidenceView, Kind, RequirementView

_KINDS: Mapping[ProofKind, Kind] = {
    ProofKind.CERTIFICATE: "certificate",
    ProofKind.RECORD: "record",
    ProofKind.MATERIAL: "material",
}


def case_view(case: Case, resolution: Resolution, snapshot: CatalogueSnapshot) -> CaseView:
    """The case with every requirement satisfied by something, or still needed and why."""
    item = snapshot.service_items[resolution.service_item]
    requirements = tuple(_requirement(answer, snapshot) for answer in resolution.answers)
    return CaseView(case, item.name_zh, item.name_en, requirements)


def without_references(view: CaseView) -> CaseView:
    """The same for the applicant: what is there and what to bring, without numbers of certificates and records."""
    requirements = tuple(_without_references(entry) for entry in view.requirements)
    return replace(view, case=without_people(view.case), requirements=requirements)


def without_people(case: Case) -> Case:
    """The same for the applicant: who else may be asked about is the department's to know."""
    return replace(case, people={})


def available_as(resolution: Resolution, evidence_type: EvidenceTypeId) -> Kind | None:
    """In what form the fact behind an evidence type is already there."""
    for answer in resolution.answers:
        named = {p.evidence_type for e in answer.lists for p in e.proofs} | {
            m.evidence_type for e in answer.lists for m in e.missing
        }
        if evidence_type in named:
            own = [p for entry in answer.lists for p in entry.proofs if p.evidence_type == evidence_type]
            proofs = own or list(answer.satisfied_by.proofs if answer.satisfied_by else ())
            if proofs:
                return _KINDS[proofs[0].kind]
    return None


def demand_sentences(snapshot: CatalogueSnapshot, evidence_type: EvidenceTypeId, *, refused: bool) -> tuple[str, str]:
    """Why a demand was refused or recorded, for the clerk, in Chinese and English."""
    entry = snapshot.evidence_types[evidence_type]
    if refused:
        return (
            f"《政务数据共享条例》第十九条：“{entry.name_zh}”所证明的事项已可通过共享获得，不得要求申请人重复提供。",
            f"Decree 809 Art. 19: what “{entry.name_en}” proves is available and may not be asked for again.",
        )
    return (
        f"尚无可用的“{entry.name_zh}”，已记录，请一次性告知申请人提供。",
        f"“{entry.name_en}” is not available; recorded. Tell the applicant once and completely what to bring.",
    )


def _requirement(answer: RequirementAnswer, snapshot: CatalogueSnapshot) -> RequirementView:
    requirement = snapshot.requirements[RequirementId(answer.requirement)]
    chosen = answer.satisfied_by
    first = chosen.proofs[0] if chosen and chosen.proofs else None
    reasons = () if chosen else tuple(dict.fromkeys(m.reason.value for e in answer.lists for m in e.missing))
    return RequirementView(
        id=answer.requirement,
        name_zh=requirement.name_zh,
        name_en=requirement.name_en,
        satisfied=answer.satisfied,
        basis=first.basis if first else None,
        by_kind=_KINDS[first.kind] if first else None,
        by_reference=first.identifier if first else None,
        reasons=reasons,
        alternatives=tuple(_alternative(entry, snapshot) for entry in answer.lists),
        law=requirement.law,
    )


def _without_references(requirement: RequirementView) -> RequirementView:
    alternatives = tuple(
        AlternativeView(tuple(replace(evidence, choices=()) for evidence in alternative.evidence))
        for alternative in requirement.alternatives
    )
    return replace(requirement, by_reference=None, alternatives=alternatives)


def _alternative(entry: ListAnswer, snapshot: CatalogueSnapshot) -> AlternativeView:
    found = {proof.evidence_type: _KINDS[proof.kind] for proof in entry.proofs}
    choices = {missing.evidence_type: missing.candidates for missing in entry.missing}
    types = [*found, *(missing.evidence_type for missing in entry.missing)]
    return AlternativeView(
        tuple(
            EvidenceView(
                evidence_type=key,
                name_zh=snapshot.evidence_types[key].name_zh,
                name_en=snapshot.evidence_types[key].name_en,
                available_as=found.get(key),
                choices=choices.get(key, ()),
                as_material=snapshot.evidence_types[key].material is not None,
            )
            for key in types
        )
    )
