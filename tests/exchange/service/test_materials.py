"""电子材料: handed in once, checked once, reused in the next case, and unreadable to everybody else."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from exchange.errors import (
    CaseClosedError,
    CaseNotFoundError,
    EvidenceTypeUnknownError,
    MaterialNotFoundError,
    MaterialRefusedError,
    NotAllowedError,
)
from exchange.model import Material, MaterialState, Principal
from exchange.sealing import SealBrokenError
from tests.support.city import FOOD, NR, SAMR, WORLD, City

FIRM, HEALTH = WORLD.hero.uscc, "health_certificate"
PDF = b"%PDF-1.7 the health certificate of an invented cook"


def firm(city: City) -> Principal:
    return city.citizen(FIRM)


async def submitted(city: City, number: str = "C-1", *, content: bytes = PDF, filename: str = "health.pdf") -> Material:
    return await city.app.materials.submit(
        firm(city), case_number=number, evidence_type=HEALTH, filename=filename, content=content
    )


async def test_who_hands_in_for_a_firm_sees_it_among_his_own(city: City) -> None:
    await city.case(FIRM, item=FOOD)
    person = city.citizen()
    handed_in = await city.app.materials.submit(
        person, case_number="C-1", evidence_type=HEALTH, filename="health.pdf", content=PDF
    )
    assert [m.id for m in await city.app.materials.mine(person)] == [handed_in.id]
    assert await city.app.materials.mine(city.citizen(WORLD.hero.spouse_id)) == ()


async def test_a_checked_material_satisfies_this_case_and_the_next(city: City) -> None:
    clerk = city.clerk(SAMR)
    await city.case(FIRM, item=FOOD)
    waiting = await submitted(city)
    assert waiting.trust_level == "C"
    view = await city.app.cases.resolve(clerk, "C-1")
    (health,) = [r for r in view.requirements if r.id == "health"]
    assert not health.satisfied, "an unchecked upload proves nothing"
    assert [m.id for m in await city.app.materials.waiting(clerk)] == [waiting.id]
    until = city.clock.at + timedelta(days=365)
    checked = await city.app.materials.check(clerk, waiting.id, accept=True, reason="", valid_until=until)
    assert (checked.state, checked.trust_level) == (MaterialState.ACCEPTED, "B")
    assert await city.app.materials.waiting(clerk) == ()
    await city.app.cases.close(clerk, "C-1")

    await city.case(FIRM, item=FOOD, number="C-2")
    view = await city.app.cases.resolve(clerk, "C-2")
    (health,) = [r for r in view.requirements if r.id == "health"]
    assert (health.by_kind, health.by_reference) == ("material", str(waiting.id))
    assert (await city.app.cases.demand(clerk, "C-2", HEALTH)).refused
    assert str(waiting.id) in {value.value for value in (await city.app.cases.use(clerk, "C-2")).values}
    city.clock.forward(days=366)
    view = await city.app.cases.resolve(clerk, "C-2")
    assert next(r for r in view.requirements if r.id == "health").reasons == ("expired",)


async def test_a_rejected_material_proves_nothing_and_is_decided_once(city: City) -> None:
    clerk = city.clerk(SAMR)
    await city.case(FIRM, item=FOOD)
    waiting = await submitted(city)
    rejected = await city.app.materials.check(clerk, waiting.id, accept=False, reason="illegible", valid_until=None)
    assert rejected.state is MaterialState.REJECTED
    with pytest.raises(MaterialNotFoundError):
        await city.app.materials.check(clerk, waiting.id, accept=True, reason="", valid_until=None)
    assert not next(r for r in (await city.app.cases.resolve(clerk, "C-1")).requirements if r.id == "health").satisfied
    assert [entry.detail["reason"] for entry in await city.entries("material:rejected")] == ["illegible"]
    assert await city.entries("material:accepted") == []


async def test_who_may_check(city: City) -> None:
    await city.case(FIRM, item=FOOD)
    waiting = await submitted(city)
    with pytest.raises(MaterialNotFoundError):
        await city.app.materials.check(city.clerk(NR), waiting.id, accept=True, reason="", valid_until=None)
    with pytest.raises(NotAllowedError):
        await city.app.materials.check(firm(city), waiting.id, accept=True, reason="", valid_until=None)
    assert [m.state for m in await city.app.materials.mine(firm(city))] == [MaterialState.SUBMITTED]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MZ\x90 a program called health.pdf", "type-not-accepted"),
        (b"<svg onload=alert(1)>", "type-not-accepted"),
        (b"%PDF-" + bytes(10 * 1024 * 1024), "too-large"),
    ],
)
async def test_what_is_no_document_is_refused(city: City, content: bytes, reason: str) -> None:
    await city.case(FIRM, item=FOOD)
    with pytest.raises(MaterialRefusedError) as refused:
        await submitted(city, content=content)
    assert refused.value.reason == reason
    assert await city.app.materials.mine(firm(city)) == ()


async def test_a_material_belongs_to_an_open_case_of_ones_own_that_asks_for_it(city: City) -> None:
    await city.case(FIRM, item=FOOD)
    with pytest.raises(CaseNotFoundError):
        await submitted(city, "C-9")
    stranger = city.citizen(WORLD.people[5].citizen_id)
    with pytest.raises(CaseNotFoundError):
        await city.app.materials.submit(
            stranger, case_number="C-1", evidence_type=HEALTH, filename="a.pdf", content=PDF
        )
    for unwanted in ("marital_statement", "business_licence_certificate", "nothing"):
        with pytest.raises(EvidenceTypeUnknownError):
            await city.app.materials.submit(
                firm(city), case_number="C-1", evidence_type=unwanted, filename="a.pdf", content=PDF
            )
    await city.app.cases.close(city.clerk(SAMR), "C-1")
    with pytest.raises(CaseClosedError):
        await submitted(city)


async def test_the_bytes_are_sealed_and_open_for_two_sides_only(city: City) -> None:
    await city.case(FIRM, item=FOOD)
    waiting = await submitted(city, filename="../../etc/\x00passwd<b>.pdf")
    assert waiting.filename == "passwd<b>.pdf"
    files = [path for path in (city.settings.data_dir / "objects").rglob("*") if path.is_file()]
    stored = [path for path in files if str(waiting.id) in path.as_posix()]
    assert stored
    assert not any(PDF[:20] in path.read_bytes() for path in files)
    materials = city.app.materials
    assert (await materials.content(firm(city), waiting.id))[1] == PDF
    assert (await materials.content(city.clerk(SAMR), waiting.id))[1] == PDF
    for other in (city.clerk(NR), city.citizen(WORLD.people[5].citizen_id), city.auditor()):
        with pytest.raises(MaterialNotFoundError):
            await materials.content(other, waiting.id)
    with pytest.raises(MaterialNotFoundError):
        await materials.content(firm(city), uuid4())
    flip_last_bit(stored[0])
    with pytest.raises(SealBrokenError):
        await materials.content(firm(city), waiting.id)


def flip_last_bit(path: Path) -> None:
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(changed))
