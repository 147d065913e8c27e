"""Releasing for a case: what is needed and granted, with receipts, after the evidence is durable."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.crypto.strict_json import canonical
from certs.evidence.receipt import verify_receipt
from certs.model import Reason, State
from exchange.demo.world import Resource
from exchange.model import Use
from exchange.uow import RecordedEvent
from tests.support.city import TRANSFER, WORLD, City, put

MARRIAGE = WORLD.hero.marriage_no


class DiskFullError(Exception):
    """What the journal's disk says."""


class BrokenJournal:
    """A journal that cannot be written."""

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        raise DiskFullError


async def test_only_the_fields_the_matter_needs_are_released_each_with_its_source(city: City) -> None:
    await city.case()
    result = await city.app.cases.use(city.clerk(), "C-1")
    by_group: dict[str, set[str]] = {}
    for value in result.values:
        by_group.setdefault(value.group, set()).add(value.name_zh)
        assert value.verdict == "valid"
    assert len(by_group["户口簿 · Household register"]) == 4  # of nine on its face
    assert {"公安局", "民政局", "自然资源和规划局"} == {value.source_department_name for value in result.values}
    numbers = [value for value in result.values if value.value == city.hero]
    assert all(value.sensitive for value in numbers), "an ID number is shown masked first"
    birth = (await city.record(Resource.HOUSEHOLD, city.hero)).body["birth_date"]
    assert birth not in {value.value for value in result.values}


async def test_every_receipt_verifies_against_its_logged_entry(city: City) -> None:
    await city.case()
    result = await city.app.cases.use(city.clerk(), "C-1")
    ring, uses = city.app.keys.ring(), await city.app.certificates.uses(city.citizen())
    assert len(result.receipts) == 3
    assert {receipt.event_id for receipt in result.receipts} == {row.event_id for row in uses}
    assert {row.use for row in uses} == {Use.CERTIFICATE_REUSED}
    assert all(row.released and row.case_number == "C-1" and row.purpose == TRANSFER for row in uses)
    for receipt in result.receipts:
        body = await city.body(receipt.event_id)
        claims, entry = verify_receipt(receipt.token, body, ring)
        assert entry.kind == "certificate:reused"
        assert city.hero.encode() not in body
        row = next(row for row in uses if row.event_id == receipt.event_id)
        wanted = (await city.app.certificates.fields_wanted(TRANSFER))[kind_of(city, row.what)]
        question = {"case": "C-1", "certificate": row.what, "fields": list(wanted)}
        assert claims.request_hash == sha256(canonical(question)).digest()


def kind_of(city: City, identifier: str) -> str:
    return city.app.types.get(identifier.split(".")[5]).slug


async def test_a_record_stands_in_for_a_suspended_certificate_with_granted_fields_only(city: City) -> None:
    await city.case()
    await city.decide(await city.identifier("household"), State.SUSPENDED, Reason.INVESTIGATION)
    result = await city.app.cases.use(city.clerk(), "C-1")
    record = [value for value in result.values if value.group.startswith("户籍人口信息")]
    assert {value.name_zh for value in record} == {"姓名", "公民身份号码", "户籍地址", "与户主关系", "户号"}
    uses = await city.app.certificates.uses(city.citizen())
    assert sorted(row.use for row in uses) == sorted([Use.CERTIFICATE_REUSED] * 2 + [Use.RECORD_QUERIED])


async def test_an_earlier_marriage_is_not_released(city: City) -> None:
    former = dict((await city.record(Resource.MARRIAGE, MARRIAGE)).body)
    former |= {"marriage_no": "J339901-2009-000001", "status": "已离婚", "spouse_a_name": "前夫某"}
    await put(city.app, Resource.MARRIAGE, [former])
    await city.case()
    await city.decide(await city.identifier("marriage"), State.SUSPENDED, Reason.INVESTIGATION)
    values = {value.value for value in (await city.app.cases.use(city.clerk(), "C-1")).values}
    assert MARRIAGE in values
    assert "前夫某" not in values


async def test_what_cannot_be_logged_is_not_released(city: City) -> None:
    await city.case()
    broken = replace(city.app.units, journal=BrokenJournal())
    release = replace(city.app.cases.release, units=broken)
    with pytest.raises(DiskFullError):
        await replace(city.app.cases, release=release).use(city.clerk(), "C-1")
    with pytest.raises(DiskFullError):
        await replace(city.app.cases, units=broken).resolve(city.clerk(), "C-1")
    with pytest.raises(DiskFullError):
        await replace(city.app.cases, units=broken).demand(city.clerk(), "C-1", "marriage_certificate")
    assert await city.app.certificates.uses(city.citizen()) == ()
    assert await city.app.cases.refused_demands() == {}
