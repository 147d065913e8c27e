"""Queries and tokens over HTTP: one answer with its receipt, and every refusal as a problem document."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2

from catalog.repo import save
from exchange.uow import Unit
from tests.exchange.http.conftest import Site
from tests.exchange.rig import CITIZEN, OTHER, RESOURCE, grant

Body = Callable[..., dict[str, object]]


def assert_problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["title_en"]
    assert len(document["trace_id"]) == 32
    assert answer.headers["cache-control"] == "private, no-store"
    return document


def key() -> dict[str, str]:
    return {"idempotency-key": uuid4().hex}


async def test_a_query_answers_with_a_receipt_and_is_never_cached(site: Site, body: Body) -> None:
    bearer = {"authorization": f"Bearer {await site.token()}"}
    answer = await site.http.post("/api/v1/queries", json=body(), headers=bearer | key())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["answer"]["records"][0]["fields"] == {"name": "王春华", "address": "示例市甲一路1号"}
    assert found["answer"]["records"][0]["resource"] == RESOURCE
    assert found["receipt"].count(".") == 2
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-language"]
    assert answer.headers["ratelimit"].startswith('"client";r=')


async def test_a_console_officer_asks_with_a_session(site: Site, body: Body) -> None:
    answer = await site.http.post("/api/v1/queries", json=body(), headers=site.as_("clerk") | key())
    assert answer.status_code == 200, answer.text


async def test_repetition_and_reuse(site: Site, body: Body) -> None:
    headers = {"authorization": f"Bearer {await site.token()}"} | key()
    first = await site.http.post("/api/v1/queries", json=body(), headers=headers)
    again = await site.http.post("/api/v1/queries", json=body(), headers=headers)
    assert again.content == first.content
    other = await site.http.post("/api/v1/queries", json=body(fields=["name"]), headers=headers)
    assert_problem(other, 422, "request-id-reused")


async def test_refusals_name_reasons_in_both_languages(site: Site, body: Body) -> None:
    answer = await site.http.post(
        "/api/v1/queries", json=body(fields=["name", "sex"]), headers=site.as_("clerk") | key()
    )
    (reason,) = assert_problem(answer, 403, "query-refused")["reasons"]
    assert (reason["code"], reason["names"]) == ("field-not-granted", ["sex"])
    assert reason["zh"]
    assert reason["en"]


async def test_beyond_the_rate_of_the_grant_it_says_when_to_come_again(site: Site, body: Body) -> None:
    async def narrow(unit: Unit) -> None:
        terms = {"valid_from": unit.now.replace(year=2020), "valid_until": unit.now.replace(year=2099)}
        await save(unit.conn, grant(rate=1, **terms), unit.now)
        unit.record("catalog:imported", {"source": "test"})

    await site.hub.units.run(narrow)
    headers = [site.as_("clerk") | key() for _ in range(5)]
    answers = [await site.http.post("/api/v1/queries", json=body(), headers=one) for one in headers]
    refused = [one for one in answers if one.status_code != 200]
    assert len(refused) in {3, 4}, "one of each minute, should a minute have ended meanwhile"
    document = assert_problem(refused[-1], 429, "grant-rate-exceeded")
    assert document["reasons"][0]["code"] == "grant-rate-exceeded"
    assert document["event_id"]
    assert 1 <= int(refused[-1].headers["retry-after"]) <= 60


async def test_strangers_and_the_unknown_look_the_same(site: Site, body: Body) -> None:
    shapes = set()
    for changed in (
        {"subject": {"id_type": "citizen_id", "id": OTHER}},
        {"subject": {"id_type": "citizen_id", "id": "339900197001010011"}},
        {"case_number": "NR-2026-9999"},
    ):
        answer = await site.http.post("/api/v1/queries", json=body(**changed), headers=site.as_("clerk") | key())
        document = assert_problem(answer, 404, "subject-unavailable")
        shapes.add((len(answer.content), tuple(sorted(document)), document["detail"]))
    assert len(shapes) == 1


async def test_bad_bodies_are_refused_before_any_service(site: Site, body: Body) -> None:
    headers = site.as_("clerk")
    bad: dict[str, tuple[object, int, str]] = {
        "mass assignment": (body(status="approved"), 422, "invalid-input"),
        "field star": (body(fields=["*"]), 422, "invalid-input"),
        "no fields": (body(fields=[]), 422, "invalid-input"),
        "100 fields": (body(fields=["name"] * 100), 422, "invalid-input"),
        "field as number": (body(fields=[1]), 422, "invalid-input"),
        "subject as text": (body(subject=CITIZEN), 422, "invalid-input"),
        "SQL in resource": (body(resource="psb.household' OR 1=1"), 422, "invalid-input"),
        "long basis": (body(legal_basis="x" * 201), 422, "invalid-input"),
        "list": ([], 422, "invalid-input"),
        "personal data in the basis": (body(legal_basis=f"查 {CITIZEN}"), 422, "personal-data"),
    }
    for name, (sent, status, slug) in bad.items():
        answer = await site.http.post("/api/v1/queries", json=sent, headers=headers | key())
        assert_problem(answer, status, slug)
        assert CITIZEN not in answer.text, name


async def test_a_request_id_is_needed(site: Site, body: Body) -> None:
    for headers in (
        {},
        {"idempotency-key": "short"},
        {"idempotency-key": "x" * 81},
        {"idempotency-key": "a b c d e f"},
    ):
        answer = await site.http.post("/api/v1/queries", json=body(), headers=site.as_("clerk") | headers)
        assert_problem(answer, 400, "request-id-missing")


async def test_bearers_that_are_none(site: Site, body: Body) -> None:
    good = await site.token()
    bad = ["", "Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c", f"Bearer {good}x", f"Bearer {good} ", f"{good}"]
    for value in bad:
        answer = await site.http.post("/api/v1/queries", json=body(), headers={"authorization": value} | key())
        assert_problem(answer, 401, "token-invalid")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_deactivated_officer_is_out_with_a_live_token(site: Site, body: Body) -> None:
    bearer = {"authorization": f"Bearer {await site.token()}"}
    assert (await site.http.get("/api/v1/queries", headers=bearer)).status_code == 200
    await site.hub.access.deactivate_officer("11339900MB900004X5", "NR0001")
    assert_problem(await site.http.get("/api/v1/queries", headers=bearer), 401, "token-invalid")
    answer = await site.http.post("/api/v1/queries", json=body(), headers=bearer | key())
    assert assert_problem(answer, 403, "query-refused")["reasons"][0]["code"] == "officer-inactive"


async def test_pages_go_on_by_a_signed_cursor_of_ones_own(site: Site, body: Body) -> None:
    clerk = site.as_("clerk")
    for _ in range(3):
        assert (await site.http.post("/api/v1/queries", json=body(), headers=clerk | key())).status_code == 200
    seen, url = [], "/api/v1/queries?limit=2"
    while url:
        page = await site.http.get(url, headers=clerk)
        seen += [row["event_id"] for row in page.json()["items"]]
        link = page.headers.get("link", "")
        url = link[1 : link.index(">")] if link else ""
    assert len(seen) == len(set(seen)) == 3
    first = await site.http.get("/api/v1/queries?limit=2", headers=clerk)
    following = first.headers["link"][1 : first.headers["link"].index(">")]
    assert_problem(await site.http.get(following, headers=site.as_("police")), 400, "cursor-invalid")
    for broken in (
        following[:-1] + ("A" if following[-1] != "A" else "Q"),
        following[:-1],
        "/api/v1/queries?cursor=x",
        "/api/v1/queries?cursor=%E4%BB%A4",
    ):
        assert_problem(await site.http.get(broken, headers=clerk), 400, "cursor-invalid")


async def test_the_token_endpoint_speaks_oauth(site: Site) -> None:
    form = site.signing.form()
    granted = await site.http.post("/oauth/token", data=form)
    assert granted.json()["token_type"] == "Bearer"
    assert granted.headers["cache-control"] == "private, no-store"
    replay = await site.http.post("/oauth/token", data=form)
    assert assert_problem(replay, 401, "client-refused")["error"] == "invalid_client"
    twice = await site.http.post("/oauth/token", content=b"grant_type=client_credentials&grant_type=x", headers={
        "content-type": "application/x-www-form-urlencoded"
    })  # fmt: skip
    assert assert_problem(twice, 400, "token-request-invalid")["error"] == "invalid_request"
    other = await site.http.post("/oauth/token", data=form | {"grant_type": "password"})
    assert assert_problem(other, 400, "token-request-invalid")["error"] == "unsupported_grant_type"


async def test_log_ins_lock_and_say_for_how_long(site: Site) -> None:
    for _ in range(5):
        wrong = await site.http.post("/api/v1/sessions", json={"username": "clerk", "password": "wrong-password"})
        assert_problem(wrong, 401, "login-refused")
    locked = await site.http.post("/api/v1/sessions", json={"username": "clerk", "password": "correct-horse-battery"})
    assert_problem(locked, 429, "login-locked")
    assert 0 < int(locked.headers["retry-after"]) <= 901
    nobody = await site.http.post("/api/v1/sessions", json={"username": "nobody", "password": "wrong-password"})
    assert nobody.json() | {"trace_id": ""} == wrong.json() | {"trace_id": ""}


async def test_a_session_begins_and_ends(site: Site) -> None:
    begun = await site.http.post("/api/v1/sessions", json={"username": "auditor", "password": "correct-horse-battery"})
    assert begun.status_code == 201
    bearer = {"authorization": f"Bearer {begun.json()['token']}"}
    assert (await site.http.delete("/api/v1/sessions", headers=bearer)).status_code == 204
    assert_problem(await site.http.get("/api/v1/cases", headers=bearer), 401, "token-invalid")
