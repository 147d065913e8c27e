"""办件: what is there is found, what is missing is said with its reason, and nobody is asked for it again."""

from datetime import date

import pytest
from sqlalchemy import text

from certs.evidence.receipt import verify_receipt
from certs.model import Reason, State
from exchange.demo.world import Resource, body_of
from exchange.errors import (
    CaseClosedError,
    CaseExistsError,
    CaseNotFoundError,
    EvidenceTypeUnknownError,
    NotAllowedError,
    ServiceItemUnknownError,
    SubjectInvalidError,
)
from exchange.model import CaseState
from exchange.model_views import CaseView, RequirementView
from tests.support.city import DIVORCE, FOOD, MCA, NR, PSB, SAMR, TRANSFER, WORLD, City, put

STATEMENT, MARRIAGE_PAPER, HOUSE_PAPER = "marital_statement", "marriage_certificate", "real_estate_certificate"


async def resolved(city: City, number: str = "C-1", department: str = NR) -> dict[str, RequirementView]:
    view: CaseView = await city.app.cases.resolve(city.clerk(department), number)
    return {requirement.id: requirement for requirement in view.requirements}


def lacks(requirement: RequirementView) -> set[str]:
    assert not requirement.satisfied
    return set(requirement.reasons)


async def test_a_repeated_opening_is_the_same_case_and_a_taken_number_is_refused(city: City) -> None:
    clerk, spouse = city.clerk(), WORLD.hero.spouse_id
    opened = await city.app.cases.open(clerk, number="C-1", service_item=TRANSFER, subject=city.hero)
    again = await city.app.cases.open(clerk, number="C-1", service_item=TRANSFER, subject=city.hero)
    assert again == opened
    assert opened.people == {
        "applicant": city.hero,
        "spouse": spouse,
        "organisation": WORLD.hero.uscc,
        "legal_representative": city.hero,
    }
    with pytest.raises(CaseExistsError):
        await city.app.cases.open(clerk, number="C-1", service_item=TRANSFER, subject=spouse)
    with pytest.raises(CaseExistsError):
        await city.app.cases.open(city.clerk(MCA), number="C-1", service_item=DIVORCE, subject=city.hero)
    assert len(await city.entries("case:opened")) == 1


async def test_who_may_open_and_see_a_case(city: City) -> None:
    cases, number = city.app.cases, await city.case()
    with pytest.raises(ServiceItemUnknownError):
        await cases.open(city.clerk(SAMR), number="C-2", service_item=TRANSFER, subject=city.hero)
    with pytest.raises(ServiceItemUnknownError):
        await cases.open(city.clerk(), number="C-2", service_item="nothing", subject=city.hero)
    with pytest.raises(SubjectInvalidError):
        await cases.open(city.clerk(), number="C-2", service_item=TRANSFER, subject=city.hero[:-1] + "0")
    with pytest.raises(NotAllowedError):
        await cases.open(city.citizen(), number="C-2", service_item=TRANSFER, subject=city.hero)
    assert WORLD.hero.spouse_id in (await cases.get(city.clerk(), number)).people.values()
    own = await cases.get(city.citizen(), number), *await cases.list(city.citizen(), 10)
    assert [(case.number, dict(case.people)) for case in own] == [(number, {})] * 2
    for stranger in (city.clerk(SAMR), city.citizen(WORLD.people[5].citizen_id), city.auditor()):
        with pytest.raises(CaseNotFoundError):
            await cases.get(stranger, number)
    assert await cases.list(city.clerk(SAMR), 10) == ()


async def test_a_transfer_is_proved_by_three_certificates(city: City) -> None:
    await city.case()
    found = await resolved(city)
    assert {requirement.by_kind for requirement in found.values()} == {"certificate"}
    assert found["ownership"].by_reference == await city.identifier("real_estate")
    (entry,) = await city.entries("case:resolved")
    assert city.hero.encode() not in entry.body


async def test_a_food_licence_is_proved_by_the_firm_and_its_representative_and_lacks_health(city: City) -> None:
    for number, applicant in (("C-1", WORLD.hero.uscc), ("C-2", city.hero)):
        await city.case(applicant, item=FOOD, number=number)
        found = await resolved(city, number, SAMR)
        firm = await city.identifier("business_licence", WORLD.hero.uscc)
        assert found["business_licence"].by_reference == firm
        assert found["legal_representative_identity"].by_reference == await city.identifier("household")
        assert lacks(found["health"]) == {"not-found"}


async def test_the_applicant_learns_what_to_bring_and_no_numbers(city: City) -> None:
    await city.case(WORLD.hero.uscc, item=FOOD)
    assert [case.number for case in await city.app.cases.list(city.citizen(), 10)] == ["C-1"]
    assert await city.app.cases.list(city.citizen(WORLD.hero.spouse_id), 10) == ()
    seen = await city.app.cases.resolve(city.citizen(), "C-1")  # the firm's legal representative
    assert [entry.id for entry in seen.requirements if not entry.satisfied] == ["health"]
    window = await city.app.cases.resolve(city.clerk(SAMR), "C-1")
    assert [entry.id for entry in window.requirements] == [entry.id for entry in seen.requirements]
    assert any(entry.by_reference for entry in window.requirements)
    assert not any(entry.by_reference for entry in seen.requirements)
    assert (bool(window.case.people), bool(seen.case.people)) == (True, False)
    with pytest.raises(CaseNotFoundError):
        await city.app.cases.resolve(city.citizen(WORLD.hero.spouse_id), "C-1")
    with pytest.raises(NotAllowedError):
        await city.app.cases.resolve(city.auditor(), "C-1")
    await city.app.cases.close(city.clerk(SAMR), "C-1")
    with pytest.raises(CaseClosedError):
        await city.app.cases.resolve(city.citizen(), "C-1")


async def test_a_divorce_is_proved_by_the_marriage_certificate(city: City) -> None:
    await city.case(item=DIVORCE)
    found = await resolved(city, department=MCA)
    assert found["marriage"].by_reference == await city.identifier("marriage")


@pytest.mark.parametrize(
    ("state", "reason", "lack"),
    [
        (State.SUSPENDED, Reason.INVESTIGATION, "suspended"),
        (State.ANNULLED, Reason.OBTAINED_BY_FRAUD, "revoked"),
        (State.VOIDED, Reason.ISSUED_BY_MISTAKE, "revoked"),
    ],
)
async def test_a_certificate_that_does_not_hold_proves_nothing(
    city: City, state: State, reason: Reason, lack: str
) -> None:
    await city.case()
    await city.decide(await city.identifier("real_estate"), state, reason)
    await city.decide(await city.identifier("household"), state, reason)
    found = await resolved(city)
    assert lack in lacks(found["ownership"])
    assert found["identity"].by_kind == "record"  # the register still says who she is


async def test_an_expired_certificate_proves_nothing(city: City) -> None:
    firm = next(f for f in WORLD.firms if f.valid_until and f.state == "存续" and f.valid_until > date(2027, 1, 1))
    await put(city.app, Resource.LICENCE, [body_of(firm)])
    await city.app.issuing.bulk("business_licence")
    await city.case(firm.uscc, item=FOOD)
    assert (await resolved(city, department=SAMR))["business_licence"].satisfied
    assert firm.valid_until is not None
    last_day = (firm.valid_until - city.clock.at.date()).days
    city.clock.forward(days=last_day - 1)
    assert (await resolved(city, department=SAMR))["business_licence"].satisfied
    city.clock.forward(days=2)
    assert lacks((await resolved(city, department=SAMR))["business_licence"]) == {"expired"}


async def test_two_flats_are_a_question_and_the_answer_is_honoured(city: City) -> None:
    second = dict((await city.record(Resource.REAL_ESTATE, WORLD.hero.certificate_no)).body)
    second |= {"certificate_no": "示（2020）示例市不动产权第0099999号", "location": "示例市另一处"}
    await put(city.app, Resource.REAL_ESTATE, [second])
    await city.app.issuing.bulk("real_estate")
    number = await city.case()
    found = await resolved(city)
    assert lacks(found["ownership"]) == {"choose-one"}
    choices = found["ownership"].alternatives[0].evidence[0].choices
    assert len(choices) == 2
    clerk = city.clerk()
    with_answer = {("ownership", HOUSE_PAPER): choices[1]}
    view = await city.app.cases.resolve(clerk, number, with_answer)
    assert {r.by_reference for r in view.requirements if r.id == "ownership"} == {choices[1]}
    result = await city.app.cases.use(clerk, number, with_answer)
    used = {row.what for row in await city.app.certificates.uses(city.citizen())}
    assert choices[1] in used
    assert choices[0] not in used
    assert len(result.receipts) == 3


async def test_without_a_grant_a_record_is_unavailable_not_absent(city: City) -> None:
    await city.case()
    await city.decide(await city.identifier("household"), State.SUSPENDED, Reason.INVESTIGATION)
    assert (await resolved(city))["identity"].by_kind == "record"
    city.clock.forward(days=3 * 365)  # every grant of the sample has ended
    assert lacks((await resolved(city))["identity"]) == {"suspended", "source-unavailable"}


async def test_two_household_records_of_one_person_are_ambiguous(city: City) -> None:
    await city.case()
    await city.decide(await city.identifier("household"), State.SUSPENDED, Reason.INVESTIGATION)

    # what no source of the sample can send: a second record that names the same person
    async with city.app.units.engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO adapter_record (resource, key, body, digest, as_of, run_id) SELECT resource, 'twin',"
                ' body || \'{"name": "另一人"}\', sha256(digest), as_of, run_id FROM adapter_record'
                " WHERE resource = 'psb.household' AND key = :who"
            ),
            {"who": city.hero},
        )
        await conn.execute(
            text("INSERT INTO adapter_record_subject VALUES (:who, 'psb.household', 'twin')"), {"who": city.hero}
        )
    assert "ambiguous" in lacks((await resolved(city))["identity"])
    released = await city.app.cases.use(city.clerk(), "C-1")
    assert PSB not in {value.source_department_name for value in released.values}
    assert "公安局" not in {value.source_department_name for value in released.values}


async def test_asking_for_what_is_there_is_refused_and_counted(city: City) -> None:
    number, clerk = await city.case(), city.clerk()
    refused = await city.app.cases.demand(clerk, number, MARRIAGE_PAPER)
    assert refused.refused
    assert refused.available_as == "certificate"
    assert "第十九条" in refused.sentence_zh
    # a statement proves what the certificate already proves
    assert (await city.app.cases.demand(clerk, number, STATEMENT)).refused
    assert await city.app.cases.refused_demands() == {NR: 2}
    assert len(await city.entries("case:demand-refused")) == 2
    assert refused.receipt is not None
    body = await city.body(refused.receipt.event_id)
    _, entry = verify_receipt(refused.receipt.token, body, city.app.keys.ring())
    assert entry.kind == "case:demand-refused"
    assert city.hero.encode() not in body


async def test_asking_for_what_is_missing_is_recorded_and_for_what_is_never_needed_refused(city: City) -> None:
    number, clerk = await city.case(WORLD.hero.uscc, item=FOOD), city.clerk(SAMR)
    recorded = await city.app.cases.demand(clerk, number, "health_certificate")
    assert not recorded.refused
    assert recorded.available_as is None
    with pytest.raises(EvidenceTypeUnknownError):
        await city.app.cases.demand(clerk, number, MARRIAGE_PAPER)
    assert await city.app.cases.refused_demands() == {}
    assert len(await city.entries("case:demand-recorded")) == 1


async def test_nothing_happens_in_a_closed_case(city: City) -> None:
    number, clerk = await city.case(), city.clerk()
    assert (await city.app.cases.close(clerk, number)).state is CaseState.CLOSED
    for act in (city.app.cases.resolve, city.app.cases.use, city.app.cases.close):
        with pytest.raises(CaseClosedError):
            await act(clerk, number)
    with pytest.raises(CaseClosedError):
        await city.app.cases.demand(clerk, number, MARRIAGE_PAPER)
    with pytest.raises(CaseNotFoundError):
        await city.app.cases.resolve(city.clerk(SAMR), number)
