"""共享查询 end to end on a real database: what leaves, what is refused, and that the row is there first."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson
import pytest

from catalog.model import GrantId, GrantState, ItemCode, ResourceState
from certs.crypto.strict_json import canonical
from certs.evidence.entry import decode_entry
from exchange.errors import (
    LogUnsoundError,
    NotAllowedError,
    QueryRefusedError,
    RequestInFlightError,
    RequestReusedError,
    SubjectUnavailableError,
    TokenRefusedError,
)
from exchange.model import Principal, QueryAnswer, Role, Use
from exchange.service.answers import question_digest, record_members, timestamp
from tests.exchange.rig import BODY, CASE, CITIZEN, ITEM, NR, OFFICER, OTHER, PSB, Rig, asker, grant, question, resource


async def entry_of(rig: Rig, event_id: object) -> Any:
    body = await rig.scalar("SELECT body FROM log_entry WHERE id = :id", id=event_id)
    return decode_entry(bytes(body))


async def refused(rig: Rig, **changed: Any) -> QueryRefusedError:
    with pytest.raises(QueryRefusedError) as caught:
        await rig.queries.answer(asker(), question(**changed))
    return caught.value


async def test_only_granted_fields_leave_and_the_log_knows_before(rig: Rig) -> None:
    asked = question()
    answer = await rig.queries.answer(asker(), asked)
    (record,) = answer.records
    assert record.fields == {"name": "王春华", "address": "示例市甲一路1号"}
    assert record.source_department == PSB
    assert answer.grant == "G1"
    entry = await entry_of(rig, answer.receipt.event_id)
    assert entry.kind == "query:answered"
    assert (entry.department, entry.officer) == (NR, OFFICER)
    assert entry.detail["fields"] == ["name", "address"]
    assert entry.detail["service_item"] == ITEM
    for secret in (CITIZEN, "王春华", CASE):
        assert secret.encode() not in entry.body
    assert entry.subject is not None
    assert entry.case is not None


async def test_the_receipt_binds_question_and_answer(rig: Rig) -> None:
    asked = question()
    answer = await rig.queries.answer(asker(), asked)
    _, payload, _ = answer.receipt.token.split(".")
    claims = orjson.loads(_unpadded(payload))
    members = {
        "answered_at": timestamp(answer.answered_at),
        "grant": answer.grant,
        "records": [record_members(record) for record in answer.records],
    }
    assert claims["response_hash"] == _b64(sha256(canonical(members)).digest())
    assert claims["request_hash"] == _b64(question_digest(asked))
    assert claims["jti"] == str(answer.receipt.event_id)


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_the_person_sees_who_asked_released_or_not(rig: Rig) -> None:
    await rig.queries.answer(asker(), question())
    await refused(rig, fields=("sex",))
    rows = await rig.queries.recent(asker(), 10)
    assert {(row.use, row.released) for row in rows} == {(Use.RECORD_QUERIED, True), (Use.QUERY_REFUSED, False)}
    assert await rig.scalar("SELECT count(*) FROM exchange_use WHERE subject = :s", s=CITIZEN) == 2
    older = await rig.queries.recent(asker(), 1, (rows[0].at, rows[0].event_id))
    assert older == rows[1:]


async def test_a_field_beyond_the_grant_is_named_and_nothing_leaves(rig: Rig) -> None:
    error = await refused(rig, fields=("name", "sex"))
    ((code, zh, en, names),) = error.reasons
    assert (code, names) == ("field-not-granted", ("sex",))
    assert zh
    assert en
    entry = await entry_of(rig, error.event_id)
    assert entry.kind == "query:refused"
    assert entry.detail["reasons"] == [{"code": "field-not-granted", "names": ["sex"]}]


async def test_grants_that_end_end_at_once(rig: Rig) -> None:
    await rig.queries.answer(asker(), question())
    for state, code in ((GrantState.SUSPENDED, "grant-suspended"), (GrantState.REVOKED, "grant-revoked")):
        await rig.put(grant(state=state))
        assert (await refused(rig)).reasons[0][0] == code
    await rig.put(grant())
    await rig.queries.answer(asker(), question())
    rig.clock.forward(days=30)
    assert (await refused(rig)).reasons[0][0] == "grant-expired"


async def test_a_new_grant_and_a_withdrawal_are_seen_at_once(rig: Rig) -> None:
    await refused(rig, fields=("sex",))
    await rig.put(grant(id=GrantId("G2"), items=(ItemCode("sex"),)))
    assert (await rig.queries.answer(asker(), question(fields=("sex",)))).grant == "G2"
    await rig.put(resource(state=ResourceState.WITHDRAWN))
    assert (await refused(rig)).reasons[0][0] == "resource-withdrawn"


async def test_who_does_not_exist_and_who_may_not_be_asked_about_look_the_same(rig: Rig) -> None:
    stranger = {"number": "PSB-2026-1"}
    await rig.run(
        "INSERT INTO exchange_case VALUES (:n, :i, :d, :s, 'x', now(), 'open')", n="PSB-2026-1", i=ITEM, d=PSB, s=OTHER
    )
    await rig.record("twin", OTHER, BODY % OTHER)
    await rig.record("twin2", OTHER, BODY % OTHER)
    for number, subject in (("NR-none", "339900197001010011"), ("NR-twin", OTHER)):
        await rig.run(
            "INSERT INTO exchange_case VALUES (:n, :i, :d, :s, 'x', now(), 'open')", n=number, i=ITEM, d=NR, s=subject
        )
    causes = {
        "subject-not-in-case": question(subject=OTHER),
        "case-unknown": question(case_number="NR-2026-9999"),
        "case-not-yours": question(case_number=stranger["number"], subject=OTHER),
        "record-not-found": question(case_number="NR-none", subject="339900197001010011"),
        "identity-ambiguous": question(case_number="NR-twin", subject=OTHER),
    }
    for code, asked in causes.items():
        with pytest.raises(SubjectUnavailableError) as caught:
            await rig.queries.answer(asker(), asked)
        entry = await entry_of(rig, caught.value.event_id)
        assert [reason["code"] for reason in entry.detail["reasons"]] == [code]
        assert str(caught.value) == str(caught.value.event_id)


async def test_a_deleted_record_is_not_there(rig: Rig) -> None:
    await rig.run("UPDATE adapter_record SET deleted_at = now()")
    with pytest.raises(SubjectUnavailableError):
        await rig.queries.answer(asker(), question())


async def test_the_same_request_gets_the_same_answer_and_one_row(rig: Rig) -> None:
    asked = question()
    first = await rig.queries.answer(asker(), asked)
    rows = await rig.scalar("SELECT count(*) FROM log_entry")
    rig.clock.forward(hours=23)
    assert await rig.queries.answer(asker(), asked) == first
    assert await rig.scalar("SELECT count(*) FROM log_entry") == rows


async def test_a_repeated_refusal_is_the_same_refusal(rig: Rig) -> None:
    asked = question(fields=("sex",))
    events = set()
    for _ in range(2):
        with pytest.raises(QueryRefusedError) as caught:
            await rig.queries.answer(asker(), asked)
        events.add((caught.value.event_id, caught.value.reasons))
    assert len(events) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"fields": ("name",)},
        {"fields": ("address", "name")},
        {"subject": OTHER},
        {"case_number": "other"},
        {"service_item": "other"},
        {"legal_basis": "other"},
        {"resource": "psb.other"},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_the_same_id_with_another_body_is_refused(rig: Rig, changed: dict[str, Any]) -> None:
    asked = question()
    await rig.queries.answer(asker(), asked)
    with pytest.raises(RequestReusedError):
        await rig.queries.answer(asker(), replace(asked, **changed))


async def test_ids_are_per_client_and_live_a_day(rig: Rig) -> None:
    asked = question()
    first = await rig.queries.answer(asker(), asked)
    console = await rig.queries.answer(asker(client=None), asked)
    assert console.receipt.event_id != first.receipt.event_id
    rig.clock.forward(hours=24)
    again = await rig.queries.answer(asker(), replace(asked, fields=("name",)))
    assert again.receipt.event_id != first.receipt.event_id


async def test_kept_answers_are_sealed(rig: Rig) -> None:
    asked = question()
    await rig.queries.answer(asker(), asked)
    sealed = bytes(await rig.scalar("SELECT sealed FROM exchange_answered"))
    assert "王春华".encode() not in sealed
    assert b"receipt" not in sealed


async def test_a_sealed_answer_moved_to_another_asker_does_not_open(rig: Rig) -> None:
    asked = question()
    await rig.queries.answer(asker(), asked)
    await rig.run("UPDATE exchange_answered SET scope = :s", s=f"clerk:{NR}/{OFFICER}")
    with pytest.raises(ValueError, match="clerk:"):
        await rig.queries.answer(asker(client=None), asked)


async def test_parallel_twins_have_one_effect(rig: Rig) -> None:
    asked = question()
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    results = await asyncio.gather(*(rig.queries.answer(asker(), asked) for _ in range(20)), return_exceptions=True)
    answers = [result for result in results if isinstance(result, QueryAnswer)]
    assert len(answers) == 1
    assert sum(isinstance(result, RequestInFlightError) for result in results) == 19
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before + 1


async def test_twins_in_two_processes_have_one_effect(rig: Rig) -> None:
    """A second `Queries` has its own memory of what is under way; only the database can stop the twin."""
    asked = question()
    other = rig.queries_of_another_process()
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    results = await asyncio.gather(
        *(queries.answer(asker(), asked) for queries in (rig.queries, other)),
        *(other.answer(asker(), question()) for _ in range(5)),
        return_exceptions=True,
    )
    twins = {result.receipt.event_id if isinstance(result, QueryAnswer) else type(result) for result in results[:2]}
    assert len(twins) == 2 or RequestInFlightError not in twins
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before + 6
    assert all(isinstance(result, QueryAnswer) for result in results[2:])


async def test_a_hundred_at_once_share_commits_and_all_have_rows(rig: Rig) -> None:
    answers = await asyncio.gather(*(rig.queries.answer(asker(), question()) for _ in range(100)))
    events = {answer.receipt.event_id for answer in answers}
    assert len(events) == 100
    assert await rig.scalar("SELECT count(*) FROM log_entry WHERE id = ANY(:ids)", ids=list(events)) == 100
    assert await rig.scalar("SELECT count(*) FROM exchange_use") == 100


async def test_a_caller_who_goes_away_leaves_the_row(rig: Rig) -> None:
    before = await rig.scalar("SELECT count(*) FROM exchange_use")
    task = asyncio.create_task(rig.queries.answer(asker(), question()))
    while not rig.queries._batcher._waiting:  # noqa: ASYNC110 - no event says so
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rig.queries.drained()
    assert await rig.scalar("SELECT count(*) FROM exchange_use") == before + 1


async def test_one_bad_item_refuses_itself_only(rig: Rig) -> None:
    """A citizen's number where it does not belong is stopped by the log's own net; its neighbours go through."""
    results = await asyncio.gather(
        rig.queries.answer(asker(), question()),
        rig.queries.answer(asker(), question(legal_basis=f"关于 {CITIZEN} 的办法")),
        rig.queries.answer(asker(), question()),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["QueryAnswer", "PersonalDataInEntry", "QueryAnswer"]


async def test_nothing_is_released_while_the_log_is_unsound(rig: Rig) -> None:
    rig.gate.reason = "shorter than published"
    with pytest.raises(LogUnsoundError):
        await rig.queries.answer(asker(), question())


async def test_nothing_is_released_when_the_row_cannot_be_written(rig: Rig) -> None:
    await rig.run("ALTER TABLE exchange_use ADD CONSTRAINT no_more CHECK (released IS NULL) NOT VALID")
    before = await rig.scalar("SELECT count(*) FROM log_entry")
    with pytest.raises(Exception, match="no_more"):
        await rig.queries.answer(asker(), question())
    assert await rig.scalar("SELECT count(*) FROM log_entry") == before
    assert await rig.scalar("SELECT count(*) FROM exchange_answered") == 0


async def test_a_stopped_officer_gets_neither_new_nor_kept_answers(rig: Rig) -> None:
    asked = question()
    await rig.queries.answer(asker(), asked)
    await rig.run("UPDATE exchange_officer SET active = false")
    assert (await refused(rig)).reasons[0][0] == "officer-inactive"
    with pytest.raises(TokenRefusedError):
        await rig.queries.answer(asker(), asked)


async def test_only_officers_ask(rig: Rig) -> None:
    for role in (Role.APPLICANT, Role.AUDITOR, Role.OPERATOR):
        with pytest.raises(NotAllowedError):
            await rig.queries.answer(Principal(role, "x", department=NR, officer=OFFICER), question())


async def test_the_end_of_a_day_is_forgotten(rig: Rig) -> None:
    await rig.queries.answer(asker(), question())
    assert await rig.queries.forget_expired() == 0
    rig.clock.forward(hours=25)
    assert await rig.queries.forget_expired() == 1


async def test_a_grant_is_judged_by_the_time_of_the_question(rig: Rig) -> None:
    await rig.put(grant(valid_from=rig.clock() + timedelta(hours=1)))
    assert (await refused(rig)).reasons[0][0] == "grant-not-yet-valid"
