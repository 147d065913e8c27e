"""A record changes and its certificate follows at once, exactly once, and the old one says why it no longer holds."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from certs.model import Reason, State, Verdict
from exchange.demo.world import Resource, body_of
from exchange.service.keys import KeyRole
from tests.exchange.service.test_issuing import NEXT, reserve
from tests.support.city import SAMR, WORLD, City, put

HERO = WORLD.hero


async def verdict(city: City, identifier: str) -> tuple[str, str]:
    """Verdict and words of the status step for the certificate as it was handed out."""
    token = (await city.app.certificates.present(identifier, ())).token
    report = await city.app.verification.check(token, at=city.clock())
    return report.verdict.value, report.steps[8].code


async def test_a_changed_record_is_superseded_by_the_next_version(city: City) -> None:
    old = await city.identifier("household")
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    assert await city.app.pulls.cascade.run() == {"superseded": 1}
    new, before = await city.held(kind="household")
    assert (before.state, new.state) == (State.SUPERSEDED, State.VALID)
    assert (str(before.certificate.identifier), new.certificate.version) == (old, 2)
    assert new.certificate.supersedes == before.certificate.identifier
    assert new.certificate.face["address"] == "示例市新址1号"
    assert (await verdict(city, old))[0] == Verdict.INVALID
    assert (await verdict(city, str(new.certificate.identifier)))[0] == Verdict.VALID
    assert await city.app.pulls.cascade.run() == {}


async def test_an_unchanged_record_changes_nothing(city: City) -> None:
    await city.edit(Resource.HOUSEHOLD, city.hero, address="甲")
    await city.edit(Resource.HOUSEHOLD, city.hero, address=str(WORLD.people[0].address))
    assert await city.app.pulls.cascade.run() == {"unchanged": 1}
    assert len(await city.held(kind="household")) == 1


async def test_a_name_no_font_prints_ends_nobodys_right_and_waits(city: City) -> None:
    await city.edit(Resource.HOUSEHOLD, city.hero, name="测\U000323b0")
    assert await city.app.pulls.cascade.run() == {"waiting": 1}
    (same,) = await city.held(kind="household")
    assert same.state is State.VALID
    await city.edit(Resource.HOUSEHOLD, city.hero, name="测试䶮")
    assert await city.app.pulls.cascade.run() == {"superseded": 1}


@dataclass(frozen=True)
class End:
    """How a right ends at its source, and what becomes of the certificate."""

    kind: str
    resource: Resource
    key: str
    holder: str
    changed: dict[str, str]
    state: State
    reason: Reason


ENDS = (
    End("household", Resource.HOUSEHOLD, HERO.citizen_id, HERO.citizen_id, {}, State.DEREGISTERED, Reason.SOURCE_ENDED),
    End("business_licence", Resource.LICENCE, HERO.uscc, HERO.uscc, {"state": "吊销"}, State.REVOKED, Reason.PENALTY),
    End(
        "marriage",
        Resource.MARRIAGE,
        HERO.marriage_no,
        HERO.spouse_id,
        {"status": "已离婚"},
        State.DEREGISTERED,
        Reason.SOURCE_ENDED,
    ),
    End(
        "real_estate",
        Resource.REAL_ESTATE,
        HERO.certificate_no,
        HERO.citizen_id,
        {"state": "注销"},
        State.DEREGISTERED,
        Reason.SOURCE_ENDED,
    ),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.kind)
async def test_a_right_that_ended_ends_its_certificate(city: City, end: End) -> None:
    identifier = await city.identifier(end.kind, end.holder)
    if end.changed:
        await city.edit(end.resource, end.key, **end.changed)
    else:
        await city.remove(end.resource, end.key)
    assert await city.app.pulls.cascade.run() == {end.state.value: 1}
    assert (await city.on_file(identifier)).state is end.state
    entry = (await city.entries("certificate:status-changed"))[-1]
    assert (entry.detail["identifier"], entry.detail["reason"]) == (identifier, end.reason)
    says = await verdict(city, identifier)
    assert says[0] == Verdict.INVALID
    assert says[1] != "status-valid"


async def test_two_cascades_at_once_follow_every_change_once(city: City) -> None:
    people = [person for person in WORLD.people[:20] if await city.held(person.citizen_id, "household")]
    for person in people:
        await city.edit(Resource.HOUSEHOLD, person.citizen_id, address="示例市新址1号")
    runs = await asyncio.gather(*(city.app.pulls.cascade.run() for _ in range(4)))
    assert sum(runs, Counter()) == {"superseded": len(people)}
    completed = await city.entries("certificate:cascade-completed")
    assert completed[-1].detail["changes"] == len(people)
    assert len(await city.entries("certificate:superseded")) == len(people)
    for person in people:
        assert [item.certificate.version for item in await city.held(person.citizen_id, "household")] == [2, 1]


async def test_a_suspended_certificate_is_still_revoked_and_never_renewed(city: City) -> None:
    licence, household = await city.identifier("business_licence", HERO.uscc), await city.identifier("household")
    for identifier in (licence, household):
        await city.decide(identifier, State.SUSPENDED, Reason.INVESTIGATION)
    await city.edit(Resource.LICENCE, HERO.uscc, state="吊销")
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    assert await city.app.pulls.cascade.run() == {"revoked": 1, "waiting": 1}
    assert (await city.on_file(licence)).state is State.REVOKED
    await city.decide(household, State.VALID, Reason.REINSTATED)
    assert await city.app.pulls.cascade.run() == {"superseded": 1}, "the change had waited for the decision"


async def test_a_change_that_cannot_be_followed_yet_keeps_nobody(city: City) -> None:
    old = city.app.keys.signer(KeyRole.ISSUER, SAMR)
    await city.app.keys.retire(old.kid)
    await city.edit(Resource.LICENCE, HERO.uscc, address="示例市新址1号")
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    assert await city.app.pulls.cascade.run() == {"superseded": 1, "waiting": 1}
    assert await city.app.pulls.cascade.run() == {"waiting": 1}
    await city.app.keys.generate(KeyRole.ISSUER, SAMR)


async def test_a_record_that_changed_while_its_certificate_was_reserved_is_followed(city: City) -> None:
    """A crash between reserving and storing, then a change: what the sweeper stores must not stay in force."""
    await reserve(city, [*NEXT[:1]])
    holder = str(NEXT[0]["citizen_id"])
    await city.edit(Resource.HOUSEHOLD, holder, address="示例市新址1号")
    assert (await city.app.pulls.cascade.run())["superseded"] == 1
    newest = (await city.held(holder, "household"))[0]
    assert (newest.state, newest.certificate.face["address"]) == (State.VALID, "示例市新址1号")
    city.clock.forward(hours=1)
    assert await city.app.issuing.sweep() == 0


async def test_new_records_without_certificates_are_no_work(city: City) -> None:
    await put(city.app, Resource.HOUSEHOLD, [body_of(person) for person in WORLD.people[60:80]])
    assert await city.app.pulls.cascade.run() == {"no-certificate": 20}
    async with city.app.reads() as conn:
        left = await conn.execute(text("SELECT count(*) FROM adapter_record_change WHERE consumed_at IS NULL"))
    assert left.scalar_one() == 0
