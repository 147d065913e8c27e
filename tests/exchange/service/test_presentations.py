"""亮证: the holder sees who asks for what before anything leaves, and every code works once."""

import asyncio

import pytest

from certs.model import Reason, State
from exchange.errors import (
    CaseClosedError,
    CertificateNotHeldError,
    CodeNotAcceptedError,
    NotAllowedError,
    NothingRequestedError,
    PresentationNotFoundError,
    PresentationOverError,
    TooManyMissesError,
)
from exchange.model import Presentation, PresentationState, ShowCode, Use
from tests.support.city import DIVORCE, FOOD, MCA, NR, SAMR, TRANSFER, WORLD, City


async def shown(city: City, *kinds: str) -> ShowCode:
    offered = tuple([await city.identifier(kind) for kind in kinds or ("household", "marriage")])
    return await city.app.presentations.offer(city.citizen(), offered)


async def claimed(city: City) -> Presentation:
    number = await city.case()
    return await city.app.presentations.claim(city.clerk(), code=(await shown(city)).code, case_number=number)


async def test_the_whole_flow_releases_the_agreed_fields_once(city: City) -> None:
    number = await city.case()
    code = await shown(city)
    assert len(code.code) == 8
    assert (code.expires_at - city.clock.at).total_seconds() <= 60
    taken = await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)

    seen = await city.app.presentations.status(city.citizen(), code.presentation_id)
    assert seen == taken
    assert (seen.department_name, seen.case_number, seen.purpose) == ("自然资源和规划局", number, TRANSFER)
    assert seen.requested == {
        await city.identifier("household"): ("name", "citizen_id", "address", "household_no"),
        await city.identifier("marriage"): ("marriage_no", "registered_on", "spouse_a_name", "spouse_b_name"),
    }
    with pytest.raises(PresentationOverError):  # nothing leaves before the holder agreed
        await city.app.presentations.collect(city.clerk(), taken.id)
    agreed = await city.app.presentations.confirm(city.citizen(), taken.id)
    assert agreed.state is PresentationState.CONFIRMED
    collected = await city.app.presentations.collect(city.clerk(), taken.id)
    assert {item.verdict for item in collected} == {"valid"}
    household = next(item for item in collected if item.type == "household")
    assert set(household.claims) == {"name", "citizen_id", "address", "household_no"}
    assert "1988-03-15" not in household.token  # birth_date stays with the holder
    rows = await city.app.certificates.uses(city.citizen())
    assert {row.what for row in rows} == {item.identifier for item in collected}
    assert all(row.use is Use.CERTIFICATE_PRESENTED and row.released and row.department == NR for row in rows)


async def test_collecting_twice_or_by_somebody_else_is_refused(city: City) -> None:
    taken = await claimed(city)
    await city.app.presentations.confirm(city.citizen(), taken.id)
    for other in (city.clerk(officer="NR0002"), city.clerk(SAMR, "NR0001")):
        with pytest.raises(PresentationNotFoundError):
            await city.app.presentations.collect(other, taken.id)
        with pytest.raises(PresentationNotFoundError):
            await city.app.presentations.status(other, taken.id)
    await city.app.presentations.collect(city.clerk(), taken.id)
    with pytest.raises(PresentationOverError) as over:
        await city.app.presentations.collect(city.clerk(), taken.id)
    assert over.value.state == PresentationState.COLLECTED
    assert len(await city.entries("presentation:collected")) == 1


async def test_only_the_holder_confirms_or_refuses(city: City) -> None:
    taken = await claimed(city)
    stranger = city.citizen(WORLD.hero.spouse_id)
    for act in (city.app.presentations.confirm, city.app.presentations.refuse, city.app.presentations.status):
        with pytest.raises(PresentationNotFoundError):
            await act(stranger, taken.id)
    with pytest.raises(NotAllowedError):
        await city.app.presentations.confirm(city.clerk(), taken.id)


async def test_a_refusal_releases_nothing_and_stays_in_the_use_log(city: City) -> None:
    taken = await claimed(city)
    await city.app.presentations.refuse(city.citizen(), taken.id)
    for act in (city.app.presentations.confirm, city.app.presentations.refuse):
        with pytest.raises(PresentationOverError):
            await act(city.citizen(), taken.id)
    with pytest.raises(PresentationOverError):
        await city.app.presentations.collect(city.clerk(), taken.id)
    (row,) = await city.app.certificates.uses(city.citizen())
    assert (row.use, row.released) == (Use.PRESENTATION_REFUSED, False)


async def test_a_code_dies_after_a_minute_and_an_answer_after_five(city: City) -> None:
    number = await city.case()
    code = await shown(city)
    city.clock.forward(seconds=61)
    with pytest.raises(CodeNotAcceptedError):
        await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)
    fresh = await shown(city)
    taken = await city.app.presentations.claim(city.clerk(), code=fresh.code, case_number=number)
    city.clock.forward(minutes=5, seconds=1)
    with pytest.raises(PresentationOverError) as over:
        await city.app.presentations.confirm(city.citizen(), taken.id)
    assert over.value.state == PresentationState.EXPIRED
    assert (await city.app.presentations.status(city.clerk(), taken.id)).state is PresentationState.EXPIRED
    assert await city.app.presentations.expire() == 2
    assert await city.app.presentations.expire() == 0
    (row,) = await city.app.certificates.uses(city.citizen())  # the code nobody took is nobody's use
    assert (row.use, row.released) == (Use.PRESENTATION_EXPIRED, False)


async def test_nothing_leaves_for_a_case_that_was_closed_meanwhile(city: City) -> None:
    taken = await claimed(city)
    await city.app.presentations.confirm(city.citizen(), taken.id)
    await city.app.cases.close(city.clerk(), taken.case_number or "")
    with pytest.raises(CaseClosedError):
        await city.app.presentations.collect(city.clerk(), taken.id)
    assert await city.entries("certificate:presented") == []
    city.clock.forward(minutes=5, seconds=1)
    assert await city.app.presentations.expire() == 1
    (row,) = await city.app.certificates.uses(city.citizen())  # the holder sees that nothing came of it
    assert (row.use, row.released) == (Use.PRESENTATION_EXPIRED, False)


async def test_two_workers_that_end_the_same_presentation_end_it_once(city: City) -> None:
    await claimed(city)
    city.clock.forward(minutes=5, seconds=1)
    ended = await asyncio.gather(*(city.app.presentations.expire() for _ in range(6)))
    assert sum(ended) == 1
    assert len(await city.entries("presentation:expired")) == 1


async def test_a_code_works_for_its_holders_case_only_and_a_miss_is_counted(city: City) -> None:
    await city.case(WORLD.hero.spouse_id, number="C-2")
    number = await city.case()
    code = await shown(city)
    wrong = f"{(int(code.code) + 1) % 10**8:08d}"
    for attempt, case_number in ((wrong, number), (code.code, "C-2")):
        with pytest.raises(CodeNotAcceptedError):
            await city.app.presentations.claim(city.clerk(), code=attempt, case_number=case_number)
    assert len(await city.entries("presentation:code-missed")) == 2
    taken = await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)
    assert taken.state is PresentationState.CLAIMED
    with pytest.raises(CodeNotAcceptedError):  # one time
        await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)


async def test_a_matter_that_needs_nothing_shown_gets_nothing_and_spends_the_code(city: City) -> None:
    await city.case(item=DIVORCE)
    code = await shown(city, "real_estate")
    with pytest.raises(NothingRequestedError):
        await city.app.presentations.claim(city.clerk(MCA), code=code.code, case_number="C-1")
    status = await city.app.presentations.status(city.citizen(), code.presentation_id)
    assert status.state is PresentationState.REFUSED
    with pytest.raises(PresentationOverError):
        await city.app.presentations.confirm(city.citizen(), code.presentation_id)
    (row,) = await city.app.certificates.uses(city.citizen())
    assert (row.department, row.released, row.fields) == (MCA, False, ())


async def test_only_valid_certificates_of_ones_own_can_be_shown(city: City) -> None:
    own = await city.identifier("household")
    hers = await city.identifier("household", WORLD.hero.spouse_id)
    for chosen in ((), (hers,), (own, hers), ("1.2.156.3005.2.no.such.thing",)):
        with pytest.raises(CertificateNotHeldError):
            await city.app.presentations.offer(city.citizen(), chosen)
    await city.decide(own, State.SUSPENDED, Reason.INVESTIGATION)
    with pytest.raises(CertificateNotHeldError):
        await city.app.presentations.offer(city.citizen(), (own,))


async def test_what_was_revoked_after_the_holder_agreed_is_never_shown_as_valid(city: City) -> None:
    taken = await claimed(city)
    await city.app.presentations.confirm(city.citizen(), taken.id)
    marriage = await city.identifier("marriage")
    await city.decide(marriage, State.ANNULLED, Reason.OBTAINED_BY_FRAUD)
    collected = await city.app.presentations.collect(city.clerk(), taken.id)
    verdicts = {item.identifier: item.verdict for item in collected}
    assert verdicts == {marriage: "invalid", await city.identifier("household"): "valid"}


async def test_twenty_misses_in_five_minutes_stop_an_officer_and_nobody_else(city: City) -> None:
    number = await city.case()
    await city.case(item=FOOD, number="C-3")
    code = await shown(city)
    for _ in range(20):
        with pytest.raises(CodeNotAcceptedError):
            await city.app.presentations.claim(city.clerk(), code="x", case_number=number)
    with pytest.raises(TooManyMissesError):
        await city.app.presentations.claim(city.clerk(), code=code.code, case_number=number)
    with pytest.raises(CodeNotAcceptedError):  # the same work number in another department
        await city.app.presentations.claim(city.clerk(SAMR, "NR0001"), code="x", case_number="C-3")
    colleague = city.clerk(officer="NR0002")
    taken = await city.app.presentations.claim(colleague, code=code.code, case_number=number)
    assert taken.state is PresentationState.CLAIMED
    city.clock.forward(minutes=5)
    fresh = await shown(city)
    await city.app.presentations.claim(city.clerk(), code=fresh.code, case_number=number)
