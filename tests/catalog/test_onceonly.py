"""Once only by example, on the sample catalogue's matters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.loader import CatalogueFile
from catalog.model import EvidenceTypeId, Region, RequirementId, ResourceId, ServiceItemCode, SubjectRole, TrustLevel
from catalog.onceonly import (
    NO_CHOICES,
    CertificateState,
    CheckedMaterial,
    Choices,
    HeldCertificate,
    Holdings,
    Lack,
    Missing,
    ProofKind,
    Resolution,
    SharedRecord,
    is_available,
    is_required,
    resolve,
)
from tests.catalog.builders import AT

TRANSFER = ServiceItemCode("11339900MB900004X53000715001001")
FOOD = ServiceItemCode("11339900MB9000031D3000131015000")
SECOND = timedelta(seconds=1)


def answer(sample: CatalogueFile, item: ServiceItemCode, held: Holdings, choices: Choices = NO_CHOICES) -> Resolution:
    items = {entry.code: entry for entry in sample.service_item}
    requirements = {entry.id: entry for entry in sample.requirement}
    types = {entry.id: entry for entry in sample.evidence_type}
    return resolve(items[item], requirements, types, held, at=AT, jurisdiction=Region("339900"), choices=choices)


def household(key: str = "339900199001010011", **fields: object) -> SharedRecord:
    return SharedRecord(resource=ResourceId("psb.household"), key=key, fields=fields)


def marriage(status: str | None, key: str = "J339900-1") -> SharedRecord:
    return SharedRecord(resource=ResourceId("mca.marriage"), key=key, fields={"status": status})


def flat(identifier: str, state: CertificateState = CertificateState.VALID) -> HeldCertificate:
    return HeldCertificate(type="real_estate", identifier=identifier, state=state)


def missing(resolution: Resolution, requirement: str, list_id: str) -> Missing:
    (found,) = (a for a in resolution.answers if a.requirement == requirement)
    (entry,) = (e for e in found.lists if e.list_id == list_id)
    (lack,) = entry.missing
    return lack


def test_a_transfer_needs_nothing_from_a_married_owner(sample: CatalogueFile) -> None:
    held = Holdings(certificates=(flat("E1"),), records=(household(), marriage("有效")))
    resolution = answer(sample, TRANSFER, held)
    assert resolution.satisfied
    assert resolution.still_needed == ()
    by = {a.requirement: a.satisfied_by for a in resolution.answers}
    assert {r: entry.list_id for r, entry in by.items() if entry} == {
        "identity": "record",
        "marital_status": "record",
        "ownership": "certificate",
    }
    entry = by[RequirementId("ownership")]
    assert entry is not None
    (proof,) = entry.proofs
    assert (proof.kind, proof.source, proof.identifier) == (ProofKind.CERTIFICATE, "real_estate", "E1")
    assert "有效" in proof.basis


def test_nothing_found_lists_every_alternative(sample: CatalogueFile) -> None:
    resolution = answer(sample, TRANSFER, Holdings())
    assert [a.requirement for a in resolution.still_needed] == ["identity", "marital_status", "ownership"]
    for list_id in ("certificate", "record", "statement"):
        assert missing(resolution, "marital_status", list_id).reason is Lack.NOT_FOUND


def test_two_household_records_are_refused_and_not_named(sample: CatalogueFile) -> None:
    lack = missing(answer(sample, TRANSFER, Holdings(records=(household("a"), household("b")))), "identity", "record")
    assert (lack.reason, lack.count, lack.candidates) == (Lack.AMBIGUOUS, 2, ())


def test_one_key_with_two_contents_is_ambiguous_but_an_exact_copy_is_one(sample: CatalogueFile) -> None:
    twins = Holdings(records=(household(name="甲"), household(name="乙")))
    assert missing(answer(sample, TRANSFER, twins), "identity", "record").reason is Lack.AMBIGUOUS
    copies = Holdings(records=(household(name="甲"), household(name="甲")))
    (identity, *_) = answer(sample, TRANSFER, copies).answers
    assert identity.satisfied


def test_two_flats_are_a_question_and_the_choice_answers_it(sample: CatalogueFile) -> None:
    held = Holdings(certificates=(flat("E1"), flat("E2"), flat("E3", CertificateState.CANCELLED)))
    lack = missing(answer(sample, TRANSFER, held), "ownership", "certificate")
    assert (lack.reason, lack.candidates) == (Lack.CHOOSE_ONE, ("E1", "E2"))
    question = (RequirementId("ownership"), EvidenceTypeId("real_estate_certificate"))
    chosen = answer(sample, TRANSFER, held, {question: "E2"})
    entry = chosen.answers[2].satisfied_by
    assert entry is not None
    assert [proof.identifier for proof in entry.proofs] == ["E2"]
    for wrong in ("E3", "E9"):
        again = missing(answer(sample, TRANSFER, held, {question: wrong}), "ownership", "certificate")
        assert again.reason is Lack.CHOOSE_ONE


def test_a_choice_that_lapsed_is_not_replaced_by_what_is_left(sample: CatalogueFile) -> None:
    question = (RequirementId("ownership"), EvidenceTypeId("real_estate_certificate"))
    held = Holdings(certificates=(flat("E1", CertificateState.CANCELLED), flat("E2")))
    lack = missing(answer(sample, TRANSFER, held, {question: "E1"}), "ownership", "certificate")
    assert (lack.reason, lack.candidates) == (Lack.CHOOSE_ONE, ("E2",))


def test_a_choice_cannot_settle_an_identity(sample: CatalogueFile) -> None:
    question = (RequirementId("identity"), EvidenceTypeId("household_record"))
    held = Holdings(records=(household("a"), household("b")))
    resolution = answer(sample, TRANSFER, held, {question: "a"})
    assert missing(resolution, "identity", "record").reason is Lack.AMBIGUOUS


@pytest.mark.parametrize(
    ("state", "lack"),
    [
        (CertificateState.SUSPENDED, Lack.SUSPENDED),
        (CertificateState.EXPIRED, Lack.EXPIRED),
        (CertificateState.SUPERSEDED, Lack.REVOKED),
        (CertificateState.CANCELLED, Lack.REVOKED),
        (CertificateState.RESCINDED, Lack.REVOKED),
        (CertificateState.REVOKED, Lack.REVOKED),
        (CertificateState.VOIDED, Lack.REVOKED),
        (CertificateState.TRANSFERRED, Lack.REVOKED),
    ],
)
def test_only_a_valid_certificate_proves(sample: CatalogueFile, state: CertificateState, lack: Lack) -> None:
    resolution = answer(sample, TRANSFER, Holdings(certificates=(flat("E1", state),)))
    assert missing(resolution, "ownership", "certificate").reason is lack


def test_a_certificate_proves_from_its_first_to_before_its_last_instant(sample: CatalogueFile) -> None:
    def reason(**period: object) -> Lack | None:
        held = HeldCertificate(type="real_estate", identifier="E1", **period)  # type: ignore[arg-type]  # dates only
        entry = answer(sample, TRANSFER, Holdings(certificates=(held,))).answers[2].lists[0]
        return entry.missing[0].reason if entry.missing else None

    assert reason(valid_from=AT, valid_until=AT + SECOND) is None
    assert reason(valid_from=AT + SECOND) is Lack.NOT_YET_VALID
    assert reason(valid_until=AT) is Lack.EXPIRED


def test_the_nearest_of_several_unusable_pieces_is_reported(sample: CatalogueFile) -> None:
    held = Holdings(certificates=(flat("E1", CertificateState.VOIDED), flat("E2", CertificateState.SUSPENDED)))
    lack = missing(answer(sample, TRANSFER, held), "ownership", "certificate")
    assert (lack.reason, lack.count) == (Lack.SUSPENDED, 1)


@pytest.mark.parametrize("status", ["已离婚", None])
def test_a_record_must_meet_its_condition(sample: CatalogueFile, status: str | None) -> None:
    resolution = answer(sample, TRANSFER, Holdings(records=(marriage(status),)))
    assert missing(resolution, "marital_status", "record").reason is Lack.CONDITION_NOT_MET


def test_a_divorced_and_a_running_marriage_are_one_match(sample: CatalogueFile) -> None:
    held = Holdings(records=(marriage("已离婚", "J1"), marriage("有效", "J2")))
    entry = answer(sample, TRANSFER, held).answers[1].satisfied_by
    assert entry is not None
    assert entry.proofs[0].identifier == "J2"


def test_an_unreachable_source_is_not_the_same_as_nothing_found(sample: CatalogueFile) -> None:
    held = Holdings(records=(household(),), unavailable=frozenset({"psb.household", "real_estate"}))
    resolution = answer(sample, TRANSFER, held)
    assert missing(resolution, "identity", "record").reason is Lack.SOURCE_UNAVAILABLE
    assert missing(resolution, "ownership", "certificate").reason is Lack.SOURCE_UNAVAILABLE
    assert missing(resolution, "identity", "certificate").reason is Lack.NOT_FOUND
    assert not is_available(resolution, EvidenceTypeId("real_estate_certificate"))


def test_a_food_licence_asks_firm_representative_and_a_checked_material(sample: CatalogueFile) -> None:
    representative = SharedRecord(
        resource=ResourceId("psb.household"), key="r", fields={}, subject=SubjectRole.LEGAL_REPRESENTATIVE
    )
    licence = HeldCertificate(type="business_licence", identifier="L", subject=SubjectRole.ORGANISATION)

    def health(trust: TrustLevel) -> Resolution:
        paper = CheckedMaterial(evidence_type=EvidenceTypeId("health_certificate"), identifier="m", trust=trust)
        held = Holdings(certificates=(licence,), records=(representative,), materials=(paper,))
        return answer(sample, FOOD, held)

    assert health(TrustLevel.B).satisfied
    assert health(TrustLevel.A).satisfied
    assert missing(health(TrustLevel.C), "health", "material").reason is Lack.TRUST_TOO_LOW


def test_evidence_about_somebody_else_proves_nothing(sample: CatalogueFile) -> None:
    held = Holdings(records=(household(),))  # the applicant's, not the legal representative's
    resolution = answer(sample, FOOD, held)
    assert missing(resolution, "legal_representative_identity", "record").reason is Lack.NOT_FOUND


def test_asking_again_for_what_is_available_is_repeated_collection(sample: CatalogueFile) -> None:
    held = Holdings(certificates=(flat("E1"), flat("E2")), records=(household(), marriage("有效")))
    resolution = answer(sample, TRANSFER, held)
    assert is_available(resolution, EvidenceTypeId("household_record"))
    assert is_available(resolution, EvidenceTypeId("household_certificate"))  # the record has answered it
    assert is_available(resolution, EvidenceTypeId("marital_statement"))
    assert is_available(resolution, EvidenceTypeId("real_estate_certificate"))  # only the choice is open
    assert not is_available(resolution, EvidenceTypeId("health_certificate"))
    assert not is_required(resolution, EvidenceTypeId("health_certificate"))
    nothing = answer(sample, TRANSFER, Holdings())
    assert not is_available(nothing, EvidenceTypeId("household_record"))
    assert is_required(nothing, EvidenceTypeId("household_record"))


def test_availability_is_asked_per_requirement(sample: CatalogueFile) -> None:
    resolution = answer(sample, TRANSFER, Holdings(records=(household(),)))
    assert is_available(resolution, EvidenceTypeId("household_record"), RequirementId("identity"))
    assert not is_available(resolution, EvidenceTypeId("household_record"), RequirementId("ownership"))


def test_a_type_needed_twice_is_available_only_when_both_needs_are_met(sample: CatalogueFile) -> None:
    """Two requirements of one matter know the household record: the applicant's and the spouse's."""
    item = next(entry for entry in sample.service_item if entry.code == TRANSFER)
    identity = next(entry for entry in sample.requirement if entry.id == "identity")
    spouse = replace(identity, id=RequirementId("spouse_identity"), subject=SubjectRole.SPOUSE)
    both = replace(item, requirements=(identity.id, spouse.id))
    types = {entry.id: entry for entry in sample.evidence_type}
    record = EvidenceTypeId("household_record")

    def available(*records: SharedRecord) -> bool:
        requirements = {identity.id: identity, spouse.id: spouse}
        held = Holdings(records=records)
        resolution = resolve(both, requirements, types, held, at=AT, jurisdiction=Region("339900"))
        return is_available(resolution, record)

    assert not available(household())
    assert available(household(), replace(household("b"), subject=SubjectRole.SPOUSE))
