"""The resolver against a naive oracle written from the rules, on thousands of random models.

The oracle shares no code with the resolver: it lists every way to give each needed type one piece and looks whether
exactly one way (or the chosen one) remains.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import (
    CertificateProof,
    DepartmentCode,
    EvidenceList,
    EvidenceType,
    EvidenceTypeId,
    ItemCode,
    MaterialProof,
    RecordProof,
    Region,
    Requirement,
    RequirementId,
    ResourceId,
    ServiceItem,
    ServiceItemCode,
    Several,
    SubjectRole,
    TrustLevel,
)
from catalog.onceonly import (
    CertificateState,
    CheckedMaterial,
    HeldCertificate,
    Holdings,
    Lack,
    Resolution,
    SharedRecord,
    is_available,
    resolve,
)

NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
REGIONS = [Region(code) for code in ("000000", "330000", "339900", "339901", "320000")]
ROLES = [SubjectRole.APPLICANT, SubjectRole.SPOUSE]
INSTANTS = [None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]
TYPES = [EvidenceTypeId(f"t{n}") for n in range(5)]
Model = dict[str, Any]


def random_model(pick: random.Random) -> Model:
    evidence = {entry: random_type(pick, entry) for entry in TYPES}
    requirements = [
        Requirement(
            id=RequirementId(f"r{n}"),
            name_zh="r",
            name_en="r",
            subject=pick.choice(ROLES),
            jurisdiction=pick.choice([*REGIONS, *REGIONS[:3]]),
            lists=tuple(
                EvidenceList(
                    id=str(number),
                    evidence=tuple(pick.sample(TYPES, pick.randint(1, 3))),
                    jurisdiction=pick.choice(REGIONS),
                )
                for number in range(pick.randint(1, 3))
            ),
        )
        for n in range(pick.randint(0, 3))
    ]
    questions = [(r.id, t) for r in requirements for t in TYPES]
    return {
        "requirements": {entry.id: entry for entry in requirements},
        "evidence": evidence,
        "holdings": Holdings(
            certificates=tuple(random_certificate(pick) for _ in range(pick.randint(0, 4))),
            records=tuple(random_record(pick) for _ in range(pick.randint(0, 4))),
            materials=tuple(random_material(pick) for _ in range(pick.randint(0, 4))),
            unavailable=frozenset(pick.sample(["c0", "c1", "d.r0", "d.r1"], pick.choice([0, 0, 0, 1]))),
        ),
        "region": pick.choice(REGIONS[2:4]),
        "choices": {q: pick.choice("xyz") for q in pick.sample(questions, min(len(questions), pick.randint(0, 4)))},
    }


def random_type(pick: random.Random, entry: EvidenceTypeId) -> EvidenceType:
    when = {ItemCode("s"): ("1", "2")} if pick.random() < 0.5 else {}
    proof: dict[str, Any] = pick.choice(
        [
            {"certificate": CertificateProof(type=pick.choice(["c0", "c1"]))},
            {"record": RecordProof(resource=ResourceId(pick.choice(["d.r0", "d.r1"])), when=when)},
            {"material": MaterialProof(minimum=pick.choice(list(TrustLevel)))},
        ]
    )
    return EvidenceType(id=entry, name_zh="t", name_en="t", several=pick.choice(list(Several)), **proof)


def random_certificate(pick: random.Random) -> HeldCertificate:
    return HeldCertificate(
        type=pick.choice(["c0", "c1"]),
        identifier=pick.choice("xyz"),
        state=pick.choice([CertificateState.VALID] * 4 + list(CertificateState)),
        valid_from=pick.choice(INSTANTS),
        valid_until=pick.choice(INSTANTS),
        subject=pick.choice(ROLES),
    )


def random_record(pick: random.Random) -> SharedRecord:
    return SharedRecord(
        resource=ResourceId(pick.choice(["d.r0", "d.r1"])),
        key=pick.choice("xyz"),
        fields=pick.choice([{}, {"s": None}, {"s": "1"}, {"s": 2}, {"s": "3"}]),
        subject=pick.choice(ROLES),
    )


def random_material(pick: random.Random) -> CheckedMaterial:
    return CheckedMaterial(
        evidence_type=pick.choice(TYPES),
        identifier=pick.choice("xyz"),
        trust=pick.choice(list(TrustLevel)),
        valid_until=pick.choice(INSTANTS),
        subject=pick.choice(ROLES),
    )


# ---- the oracle ----


def inside(outer: str, inner: str) -> bool:
    if outer == "000000":
        return True
    if outer[2:] == "0000":
        return outer[:2] == inner[:2]
    return outer[:4] == inner[:4] if outer[4:] == "00" else outer == inner


def good_pieces(model: Model, evidence: EvidenceType, role: SubjectRole) -> list[str]:
    """Identifiers of all distinct usable pieces, or nothing at all when the source is silent."""
    held: Holdings = model["holdings"]
    good: list[tuple[str, object]] = []
    if evidence.certificate:
        source: str = evidence.certificate.type
        for c in held.certificates:
            live = (c.valid_from or NOW) <= NOW and (c.valid_until is None or c.valid_until > NOW)
            if (c.type, c.subject, c.state.value, live) == (source, role, "有效", True):
                good.append((c.identifier, c))
    elif evidence.record:
        source = evidence.record.resource
        for r in held.records:
            conditions = evidence.record.when.items()
            if (r.resource, r.subject) == (source, role) and not [
                1 for code, ok in conditions if str(r.fields.get(code, "")) not in ok
            ]:
                good.append((r.key, r))
    else:
        source = evidence.id
        assert evidence.material
        allowed = "ABCD"[: "ABCD".index(evidence.material.minimum) + 1]
        for m in held.materials:
            live = m.valid_until is None or m.valid_until > NOW
            if (m.evidence_type, m.subject, live) == (source, role, True) and m.trust in allowed:
                good.append((m.identifier, m))
    if source in held.unavailable:
        return []
    return [name for n, (name, piece) in enumerate(good) if piece not in [other for _, other in good[:n]]]


def expected_proof(model: Model, requirement: Requirement, evidence_id: EvidenceTypeId) -> str | None:
    evidence = model["evidence"][evidence_id]
    good = good_pieces(model, evidence, requirement.subject)
    choice = model["choices"].get((requirement.id, evidence_id))
    if evidence.several is Several.CHOOSE and choice is not None:
        good = [name for name in good if name == choice]
    return good[0] if len(good) == 1 else None


def expected(model: Model) -> Mapping[str, list[tuple[str, dict[str, str | None]]]]:
    return {
        requirement.id: [
            (entry.id, {t: expected_proof(model, requirement, t) for t in entry.evidence})
            for entry in requirement.lists
            if inside(entry.jurisdiction, model["region"])
        ]
        for requirement in model["requirements"].values()
        if inside(requirement.jurisdiction, model["region"])
    }


# ---- the comparison ----


def resolved(model: Model) -> Resolution:
    item = ServiceItem(
        code=ServiceItemCode("i"),
        name_zh="i",
        name_en="i",
        department=DepartmentCode("d"),
        requirements=tuple(model["requirements"]),
    )
    return resolve(
        item,
        model["requirements"],
        model["evidence"],
        model["holdings"],
        at=NOW,
        jurisdiction=model["region"],
        choices=model["choices"],
    )


def assert_agrees(model: Model) -> None:
    oracle = expected(model)
    resolution = resolved(model)
    assert [a.requirement for a in resolution.answers] == list(oracle)
    for answer in resolution.answers:
        lists = oracle[answer.requirement]
        assert [entry.list_id for entry in answer.lists] == [list_id for list_id, _ in lists]
        for entry, (_, proofs) in zip(answer.lists, lists, strict=True):
            assert {p.evidence_type: p.identifier for p in entry.proofs} == {t: p for t, p in proofs.items() if p}
            assert {m.evidence_type for m in entry.missing} == {t for t, p in proofs.items() if not p}
        assert answer.satisfied is any(all(proofs.values()) for _, proofs in lists)
    assert resolution.satisfied is all(any(all(p.values()) for _, p in lists) for lists in oracle.values())
    assert_reasons(model, resolution)


def assert_reasons(model: Model, resolution: Resolution) -> None:
    for answer, _, lack in lacks(resolution):
        evidence = model["evidence"][lack.evidence_type]
        good = good_pieces(model, evidence, answer.subject)
        source = (evidence.certificate and evidence.certificate.type) or (evidence.record and evidence.record.resource)
        assert (lack.reason is Lack.SOURCE_UNAVAILABLE) is (source in model["holdings"].unavailable)
        assert (lack.reason is Lack.AMBIGUOUS) is (evidence.several is Several.REFUSE and len(good) > 1)
        assert (lack.reason is Lack.CHOOSE_ONE) is (evidence.several is Several.CHOOSE and len(good) > 0)
        assert list(lack.candidates) == (good if lack.reason is Lack.CHOOSE_ONE else [])
        assert not is_available(resolution, lack.evidence_type, answer.requirement) or (
            answer.satisfied
            or lack.reason is Lack.CHOOSE_ONE
            or any(
                m.reason is Lack.CHOOSE_ONE for _, _, m in lacks(resolution) if m.evidence_type == lack.evidence_type
            )
        )


def lacks(resolution: Resolution) -> Iterator[tuple[Any, Any, Any]]:
    for answer in resolution.answers:
        for entry in answer.lists:
            for lack in entry.missing:
                yield answer, entry, lack


@pytest.mark.parametrize("block", range(10))
def test_agrees_with_brute_force_on_seeded_models(block: int) -> None:
    pick = random.Random(20261122 + block)
    for _ in range(400):
        assert_agrees(random_model(pick))


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_agrees_with_brute_force_on_searched_models(pick: random.Random) -> None:
    assert_agrees(random_model(pick))


def test_the_random_models_reach_every_outcome() -> None:
    pick = random.Random(7)
    reasons: set[Lack] = set()
    met = set()
    for _ in range(1500):
        resolution = resolved(random_model(pick))
        reasons |= {lack.reason for _, _, lack in lacks(resolution)}
        met |= {answer.satisfied for answer in resolution.answers}
    assert reasons == set(Lack)
    assert met == {True, False}
