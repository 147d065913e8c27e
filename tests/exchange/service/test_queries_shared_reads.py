"""Concurrent queries share one statement; what each gets must be its own."""

import asyncio

from exchange.errors import SubjectUnavailableError
from exchange.model import Case, CaseState, QueryAnswer
from exchange.repo.cases import add_case
from tests.exchange.rig import BODY, ITEM, NR, OFFICER, Rig, asker, question

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
