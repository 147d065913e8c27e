"""The ceiling of a grant: so many queries in one minute of the clock, over all processes, and not one more."""

import asyncio
from typing import Any

import pytest

from catalog.model import GrantId, ItemCode
from certs.evidence.entry import decode_entry
from exchange.errors import GrantRateExceededError, QueryRefusedError
from exchange.model import QueryAnswer, QueryRequest
from exchange.service.queries import Queries
from tests.exchange.rig import CITIZEN, Rig, asker, grant, question


async def ask(queries: Queries, request: QueryRequest | None = None) -> QueryAnswer | GrantRateExceededError:
    try:
        return await queries.answer(asker(), request or question())
    except GrantRateExceededError as error:
        return error


async def beyond(rig: Rig, request: QueryRequest | None = None) -> GrantRateExceededError:
    found = await ask(rig.queries, request)
    assert isinstance(found, GrantRateExceededError), found
    return found


async def answered(rig: Rig, count: int = 1) -> None:
    for _ in range(count):
        assert isinstance(await ask(rig.queries), QueryAnswer)


async def test_beyond_the_ceiling_nothing_leaves_and_the_refusal_is_on_record(rig: Rig) -> None:
    await rig.put(grant(rate=3))
    await answered(rig, 3)
    rig.clock.forward(seconds=20, milliseconds=300)
    error = await beyond(rig)
    assert error.retry_after == 40, "the rest of the minute, rounded up"
    assert [code for code, *_ in error.reasons] == ["grant-rate-exceeded"]
    entry = decode_entry(bytes(await rig.scalar("SELECT body FROM log_entry WHERE id = :id", id=error.event_id)))
    assert entry.kind == "query:refused"
    assert entry.detail["reasons"] == [{"code": "grant-rate-exceeded", "names": []}]
    assert entry.detail["grant"] == "G1"
    released = await rig.scalar("SELECT released FROM exchange_use WHERE event_id = :id", id=error.event_id)
    assert released is False
    assert await rig.scalar("SELECT count(*) FROM exchange_use WHERE subject = :s", s=CITIZEN) == 4


async def test_the_next_minute_begins_anew_for_the_same_request_too(rig: Rig) -> None:
    await rig.put(grant(rate=1))
    rig.clock.forward(seconds=30)
    await answered(rig)
    asked = question()
    first = await beyond(rig, asked)
    rig.clock.forward(seconds=29, milliseconds=999)
    again = await beyond(rig, asked)
    assert again.event_id == first.event_id, "one request id has one effect within the minute"
    assert (first.retry_after, again.retry_after) == (30, 1)
    rig.clock.forward(milliseconds=1)
    given = await ask(rig.queries, asked)
    assert isinstance(given, QueryAnswer)
    assert given.receipt.event_id != first.event_id
    repeated = await ask(rig.queries, asked)
    assert isinstance(repeated, QueryAnswer), "an answer given already is not counted again"
    assert repeated.receipt == given.receipt


async def test_what_is_refused_for_another_reason_does_not_count(rig: Rig) -> None:
    await rig.put(grant(rate=2))
    for _ in range(5):
        with pytest.raises(QueryRefusedError):
            await rig.queries.answer(asker(), question(fields=("sex",)))
    await answered(rig, 2)
    await beyond(rig)


async def test_two_processes_share_one_ceiling(rig: Rig) -> None:
    await rig.put(grant(rate=5))
    other = rig.queries_of_another_process()
    found = [await ask(queries) for _ in range(4) for queries in (rig.queries, other)]
    assert [isinstance(one, QueryAnswer) for one in found] == [True] * 5 + [False] * 3
    rig.clock.forward(minutes=1)
    assert isinstance(await ask(other), QueryAnswer)


@pytest.mark.parametrize("rate", [1, 25, 64])
async def test_of_many_at_once_exactly_so_many_succeed(rig: Rig, rate: int) -> None:
    await rig.put(grant(rate=rate))
    processes = [rig.queries, *(rig.queries_of_another_process() for _ in range(3))]
    found = await asyncio.gather(*(ask(queries) for _ in range(40) for queries in processes))
    assert sum(isinstance(one, QueryAnswer) for one in found) == rate
    assert len({event_of(one) for one in found}) == 160
    assert await rig.scalar("SELECT count(*) FROM exchange_use WHERE released") == rate
    assert await rig.scalar("SELECT count(*) FROM exchange_use WHERE NOT released") == 160 - rate
    logged = await rig.scalar("SELECT count(*) FROM log_entry e JOIN exchange_use u ON u.event_id = e.id")
    assert logged == 160


def event_of(found: Any) -> Any:
    return found.receipt.event_id if isinstance(found, QueryAnswer) else found.event_id


async def test_a_grant_without_ceiling_is_not_counted_nor_held_up_by_one_that_is(rig: Rig) -> None:
    free = grant(id=GrantId("G2"), items=(ItemCode("sex"),))
    await rig.put(grant(rate=2), free)
    asked = [question(fields=("sex",)) if number % 2 else question() for number in range(40)]
    found = await asyncio.gather(*(ask(rig.queries, one) for one in asked))
    given = [one.grant for one in found if isinstance(one, QueryAnswer)]
    assert sorted(given) == ["G1"] * 2 + ["G2"] * 20
    assert await rig.scalar("SELECT array_agg(DISTINCT grant_id) FROM exchange_grant_minute") == ["G1"]


async def test_counts_of_past_minutes_are_forgotten(rig: Rig) -> None:
    await rig.put(grant(rate=2))
    await answered(rig)
    rig.clock.forward(minutes=59)
    await answered(rig)
    await rig.queries.forget_expired()
    assert await rig.scalar("SELECT count(*) FROM exchange_grant_minute") == 2
    rig.clock.forward(minutes=30)
    await rig.queries.forget_expired()
    assert await rig.scalar("SELECT count(*) FROM exchange_grant_minute") == 1
