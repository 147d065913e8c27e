"""Concurrent queries share their statements; what each gets must be its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from catalog.model import GrantState
from catalog.snapshot import CatalogueSnapshot
from certs.evidence.errors import PersonalDataInEntry
from exchange.errors import QueryRefusedError, RequestReusedError, SubjectUnavailableError
from exchange.model import Case, CaseState, QueryAnswer
from exchange.repo.cases import add_case
from exchange.repo.queries import Pool, Row, Statements
from tests.exchange.rig import BODY, CITIZEN, ITEM, NR, OFFICER, Rig, asker, grant, question

COUNT = 60


def person(index: int) -> str:
    return f"33990019700101{index:04d}"


async def test_concurrent_queries_about_different_people_get_their_own_record(rig: Rig) -> None:
    for index in range(COUNT):
        await rig.record(person(index), person(index), BODY % person(index))
        async with rig.engine.begin() as conn:
            case = Case(
                f"C-{index}", ITEM, NR, person(index), OFFICER, rig.clock(), CaseState.OPEN, {"a": person(index)}
            )
            await add_case(conn, case)
    ours = [
        question(subject=person(i), case_number=f"C-{i}", fields=("citizen_id",), request_id=f"request-{i}")
        for i in range(COUNT)
    ]
    strangers = [question(subject=person(i), case_number=f"C-{(i + 1) % COUNT}") for i in range(COUNT)]
    mixed = [one for pair in zip(ours, strangers, strict=True) for one in pair]
    for _ in range(2):  # the second time from what was kept
        answers = await asyncio.gather(*(rig.queries.answer(asker(), one) for one in mixed), return_exceptions=True)
        for index in range(COUNT):
            found, refused = answers[2 * index], answers[2 * index + 1]
            assert isinstance(found, QueryAnswer), found
            assert [record.fields for record in found.records] == [{"citizen_id": person(index)}]
            assert isinstance(refused, SubjectUnavailableError)


class Counting:
    """The pool, and how many statements went through its connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self.statements = pool, 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Statements]:
        async with self._pool.acquire() as conn:
            yield _Counted(self, conn)


class _Counted:
    def __init__(self, counting: Counting, conn: Statements) -> None:
        self._counting, self._conn = counting, conn

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        self._counting.statements += 1
        return await self._conn.fetch(query, *args)


async def test_a_round_asks_the_database_twice_however_many_ask(rig: Rig) -> None:
    counting = Counting(rig.queries._pool)
    rig.queries._pool = counting
    answers = await asyncio.gather(*(rig.queries.answer(asker(), question()) for _ in range(40)))
    assert len({answer.receipt.event_id for answer in answers}) == 40
    assert counting.statements == 4, "two rounds of twenty, each one read and one write"


async def test_in_one_round_everybody_gets_what_is_due_to_him(rig: Rig) -> None:
    """New, answered before, another question under an old id, refused, refused before, stopped by the log's own net."""
    answered, used, refused = question(), question(), question(fields=("sex",))
    first = await rig.queries.answer(asker(), answered)
    await rig.queries.answer(asker(), used)
    with pytest.raises(QueryRefusedError) as before:
        await rig.queries.answer(asker(), refused)
    entries = await rig.scalar("SELECT count(*) FROM log_entry")
    wrong = question(legal_basis=f"关于 {CITIZEN} 的办法")
    asked = (question(), answered, replace(used, fields=("name",)), question(fields=("sex",)), refused, wrong)
    came = await asyncio.gather(*(rig.queries.answer(asker(), one) for one in asked), return_exceptions=True)
    expected = (QueryAnswer, QueryAnswer, RequestReusedError, QueryRefusedError, QueryRefusedError, PersonalDataInEntry)
    assert tuple(type(one) for one in came) == expected
    assert isinstance(came[1], QueryAnswer)
    assert came[1].given == first.given
    assert isinstance(came[4], QueryRefusedError)
    assert came[4].event_id == before.value.event_id
    assert await rig.scalar("SELECT count(*) FROM log_entry") == entries + 2, "the new answer and the new refusal"


async def test_a_catalogue_changed_under_a_round_is_read_again(rig: Rig) -> None:
    """The grant ends between the round's read and its decision: nobody in the round gets by with the former one."""
    counting, at_revision = Counting(rig.queries._pool), rig.catalogue.at_revision
    rig.queries._pool, rig.queries._batcher._lanes = counting, 1

    async def ended_meanwhile(revision: int) -> CatalogueSnapshot:
        if counting.statements == 1:
            await rig.put(replace(grant(), state=GrantState.REVOKED))
            revision += 1
        return await at_revision(revision)

    rig.queries._catalogue = SimpleNamespace(at_revision=ended_meanwhile)
    came = await asyncio.gather(*(rig.queries.answer(asker(), question()) for _ in range(3)), return_exceptions=True)
    assert {type(one) for one in came} == {QueryRefusedError}
    assert counting.statements > 1
