"""Issuing from records: every record once, refusals with reasons, what a crash left is finished or given up."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from certs.model import Reason, State
from exchange.app import App
from exchange.demo.world import Resource, body_of
from exchange.errors import IssuerUnknownError
from exchange.service.issuing import GIVE_UP_AFTER, STALE_AFTER
from exchange.service.keys import KeyRole, NoSignerError
from exchange.wiring import open_app
from tests.support.city import PSB, WORLD, City, put, running_at

NEXT = [body_of(person) for person in WORLD.people[40:60]]


async def count(city: City, sql: str) -> int:
    async with city.app.reads() as conn:
        return int((await conn.execute(text(sql))).scalar_one())


async def open_intents(city: City) -> int:
    return await count(city, "SELECT count(*) FROM cert_intent WHERE outcome IS NULL")


async def reserve(city: City, bodies: list[dict[str, str | float | None]]) -> None:
    """Journal intents for new records and die before anything is signed."""

    class KilledError(Exception):
        pass

    def die(_: int) -> bytes:
        raise KilledError

    await put(city.app, Resource.HOUSEHOLD, list(bodies))
    with pytest.raises(KilledError):
        await replace(city.app.issuing, signing=replace(city.app.issuing.signing, random_bytes=die)).bulk("household")


async def test_a_bulk_run_issues_every_record_once(city: City) -> None:
    existing = await count(city, "SELECT count(*) FROM cert_certificate WHERE resource = 'psb.household'")
    await put(city.app, Resource.HOUSEHOLD, list(NEXT))
    seen: list[int] = []
    first = await city.app.issuing.bulk("household", lambda report: seen.append(report.total))
    assert (first.issued, first.existing, first.refused) == (20, existing, [])
    assert seen[-1] == first.total
    second = await city.app.issuing.bulk("household")
    assert (second.issued, second.existing) == (0, existing + 20)
    issued = [entry.detail["identifier"] for entry in await city.entries("certificate:issued")]
    assert len(issued) == len(set(issued)) == await count(city, "SELECT count(*) FROM cert_certificate")


async def test_a_refused_record_is_listed_with_every_reason_and_stops_nobody(city: City) -> None:
    bad = dict(NEXT[0]) | {"name": "", "birth_date": "1999-99-99"}
    await put(city.app, Resource.HOUSEHOLD, [bad, *NEXT[1:3]])
    report = await city.app.issuing.bulk("household")
    assert report.issued == 2
    (refusal,) = report.refused
    assert refusal.key == NEXT[0]["citizen_id"]
    assert len(refusal.reasons) == 2
    assert str(refusal.key) not in repr(refusal), "a report that is printed names nobody"


async def test_a_name_no_font_prints_is_refused_and_rare_ones_are_issued(city: City) -> None:
    rare = [dict(body) | {"name": f"测试{char}"} for body, char in zip(NEXT, "䶮㛃𬭬", strict=False)]
    await put(city.app, Resource.HOUSEHOLD, [dict(NEXT[9]) | {"name": "测\U000323b0"}, *rare])
    report = await city.app.issuing.bulk("household")
    assert report.issued == 3
    assert [refusal.reasons for refusal in report.refused] == [("no glyph for name: \U000323b0 U+323B0 UNNAMED",)]
    for body in rare:
        (held,) = await city.held(str(body["citizen_id"]), "household")
        assert held.certificate.face["name"] == body["name"]


async def test_a_type_without_its_resource_has_no_issuer(hub: App) -> None:
    with pytest.raises(IssuerUnknownError):
        await hub.issuing.bulk("household")


async def test_what_a_crash_left_is_finished_by_the_sweeper_with_the_same_identifier(city: City) -> None:
    await reserve(city, [*NEXT[:7]])
    assert await open_intents(city) == 7
    assert await city.app.issuing.sweep() == 0, "somebody may still be at work"
    city.clock.forward(seconds=STALE_AFTER.total_seconds() + 1)
    intended = {e.detail["identifier"] for e in (await city.entries("certificate:issue-intended"))[-7:]}
    assert await city.app.issuing.sweep() == 7
    assert await city.app.issuing.sweep() == 0
    assert {e.detail["identifier"] for e in (await city.entries("certificate:issued"))[-7:]} == intended


async def test_the_next_bulk_run_finishes_what_a_crash_left(city: City) -> None:
    await reserve(city, [*NEXT[:7]])
    report = await city.app.issuing.bulk("household")
    assert report.issued == 7
    assert await open_intents(city) == 0


async def test_a_certificate_dated_before_the_new_key_is_signed_with_the_key_of_its_date(city: City) -> None:
    await reserve(city, [*NEXT[:1]])
    city.clock.forward(hours=1)
    await city.app.keys.generate(KeyRole.ISSUER, PSB)
    assert await city.app.issuing.sweep() == 1
    shown = await city.app.certificates.present(await city.identifier("household", str(NEXT[0]["citizen_id"])), ())
    assert shown.verdict == "valid"


async def test_an_issuer_without_a_key_is_waited_for_and_then_given_up_but_stops_nobody(city: City) -> None:
    await reserve(city, [*NEXT[:2]])
    old = city.app.keys.signer(KeyRole.ISSUER, PSB)
    city.clock.forward(seconds=STALE_AFTER.total_seconds() + 1)
    await city.app.keys.retire(old.kid)
    with pytest.raises(NoSignerError):
        await city.app.issuing.bulk("household")
    assert await city.app.issuing.sweep() == 0
    assert await open_intents(city) == 2
    city.clock.forward(seconds=GIVE_UP_AFTER.total_seconds())
    await city.app.keys.generate(KeyRole.ISSUER, PSB)
    assert await city.app.issuing.sweep() == 0
    assert len(await city.entries("certificate:issue-abandoned")) == 2
    report = await city.app.issuing.bulk("household")
    assert (report.issued, report.refused) == (2, [])
    identifiers = [e.detail["identifier"] for e in await city.entries("certificate:issue-intended")]
    assert len(identifiers) == len(set(identifiers)), "an identifier that was given up is not used again"


async def test_one_hopeless_intent_does_not_keep_the_others(city: City) -> None:
    """The next version of a certificate that was annulled while it was signed."""
    await city.edit(Resource.HOUSEHOLD, city.hero, address="示例市新址1号")
    await reserve(city, [*NEXT[:3]])
    newest = await city.identifier("household")
    kind = city.app.types.get("household")
    request = await city.app.issuing.request(kind, await city.record(Resource.HOUSEHOLD, city.hero))
    await city.app.units.run(lambda unit: city.app.issuing.issuance.supersede(unit, newest, request))
    await city.decide(newest, State.ANNULLED, Reason.OBTAINED_BY_FRAUD)
    city.clock.forward(seconds=STALE_AFTER.total_seconds() + 1)
    assert await city.app.issuing.sweep() == 3
    (given_up,) = await city.entries("certificate:issue-abandoned")
    assert given_up.detail["identifier"] != newest
    assert await open_intents(city) == 0


async def test_nothing_is_stored_without_its_entry(city: City) -> None:
    """A commit that fails between signing and storing leaves the intent and no certificate."""
    await put(city.app, Resource.HOUSEHOLD, list(NEXT[:3]))
    before = await count(city, "SELECT count(*) FROM cert_certificate")
    async with city.app.units.engine.begin() as conn:  # the journal refuses the second unit of the issuance
        refused = "CHECK (position('certificate:issued'::bytea in body) = 0) NOT VALID"
        await conn.execute(text(f"ALTER TABLE log_entry ADD CONSTRAINT disk_full {refused}"))
    with pytest.raises(IntegrityError, match="disk_full"):
        await city.app.issuing.bulk("household")
    assert await count(city, "SELECT count(*) FROM cert_certificate") == before
    assert await city.held(str(NEXT[0]["citizen_id"])) == []
    async with city.app.units.engine.begin() as conn:
        await conn.execute(text("ALTER TABLE log_entry DROP CONSTRAINT disk_full"))
    assert (await city.app.issuing.bulk("household")).issued == 3


async def test_bulk_runs_in_two_processes_issue_each_record_once(city: City) -> None:
    await put(city.app, Resource.HOUSEHOLD, list(NEXT))
    async with open_app(city.settings, now=city.clock, database=running_at(city.url)) as other:
        one, two = await asyncio.gather(city.app.issuing.bulk("household"), other.issuing.bulk("household"))
    assert one.issued + two.issued >= 20
    identifiers = [e.detail["identifier"] for e in await city.entries("certificate:issued")]
    assert len(identifiers) == len(set(identifiers)) == await count(city, "SELECT count(*) FROM cert_certificate")
