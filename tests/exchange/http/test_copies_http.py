"""加注件 over HTTP: made and fetched by its holder alone, checked by anybody with the code, said alike to guessers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from exchange.http.limits import Policy
from exchange.main import create_app
from exchange.model import Principal, Role
from exchange.service.copies import MISS_LIMIT
from tests.exchange.http.test_queries_http import assert_problem
from tests.support.city import City, built_city
from tests.support.copies import DAY, built_town, town

__all__ = ["built_city", "built_town", "town"]
PASSWORD = "correct-horse-battery"
TERMS = {"purpose": "申请住房贷款", "matter": "个人住房贷款审批", "recipient": "339900测试银行"}


@dataclass
class Street:
    """The city over HTTP, with everybody's sessions."""

    town: City
    api: FastAPI
    http: httpx2.AsyncClient
    sessions: dict[str, str]

    def as_(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.sessions[who]}", "idempotency-key": uuid4().hex}

    async def make(self, who: str = "hero", form: str = "ofd", **terms: str) -> httpx2.Response:
        identifier = await self.town.identifier("marriage")
        body = {"format": form, **TERMS, **terms}
        return await self.http.post(f"/api/v1/certificates/{identifier}/copies", json=body, headers=self.as_(who))

    async def fetch(self, copy_id: str, who: str = "hero") -> httpx2.Response:
        return await self.http.post(f"/api/v1/certificates/copies/{copy_id}/download", headers=self.as_(who))


@pytest.fixture
async def street(town: City) -> AsyncIterator[Street]:
    people = {
        "hero": town.citizen(),
        "spouse": town.citizen(town.world.hero.spouse_id),
        "neighbour": town.citizen("339900199001010015"),
        "clerk": town.clerk(),
        "auditor": town.auditor(),
        "operator": Principal(Role.OPERATOR, "运维", officer="OPS1"),
    }
    for name, who in people.items():
        await town.app.access.register_person(name, PASSWORD, who)
    sessions = {name: (await town.app.access.login(name, PASSWORD, address="test"))[1] for name in people}
    many = Policy("test", 100_000, 60)
    api = create_app(town.app, addresses=many, people=many)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://127.0.0.1:8339") as http:
        yield Street(town, api, http, sessions)
    await town.app.queries.drained()


@pytest.mark.parametrize(("form", "first"), [("ofd", b"PK"), ("pdf", b"%PDF-2.0")])
async def test_from_wish_to_check(street: Street, form: str, first: bytes) -> None:
    made = await street.make(form=form)
    assert made.status_code == 201, made.text
    copy = made.json()
    assert made.headers["location"] == f"/api/v1/certificates/copies/{copy['id']}"
    assert (copy["state"], copy["valid_until"]) == ("waiting", DAY.isoformat())
    file = await street.fetch(copy["id"])
    assert file.content.startswith(first)
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["cache-control"] == "private, no-store"
    assert_problem(await street.fetch(copy["id"]), 410, "gone")
    check = await street.http.get(f"/api/v1/copies/{copy['code']}")
    assert check.json().items() >= {**TERMS, "state": "in-force", "name_zh": "结婚证", "format": form}.items()
    compared = await street.http.post(f"/api/v1/copies/{copy['code']}/comparisons", files={"file": ("a", file.content)})
    assert (compared.json()["same"], compared.json()["verdict"]) == (True, "valid"), compared.text
    raw = {"content-type": "application/octet-stream"}
    other = await street.http.post(f"/api/v1/copies/{copy['code']}/comparisons", content=file.content[:-1], headers=raw)
    assert (other.json()["same"], other.json()["verdict"]) == (False, "invalid")
    verified = await street.http.post("/api/v1/verifications", content=file.content, headers=raw)
    assert verified.json()["verdict"] == "valid", verified.text
    assert verified.json()["claims"]["copy.purpose"] == TERMS["purpose"]
    ended = await street.http.post(f"/api/v1/certificates/copies/{copy['id']}/withdrawal", headers=street.as_("hero"))
    assert ended.json()["state"] == "withdrawn"
    assert (await street.http.get(f"/api/v1/copies/{copy['code']}")).json()["state"] == "withdrawn"
    verified = await street.http.post("/api/v1/verifications", content=file.content, headers=raw)
    assert verified.json()["verdict"] == "invalid"
    assert verified.json()["steps"][12]["code"] == "copy-withdrawn"


async def test_a_comparison_takes_exactly_one_file(street: Street) -> None:
    copy = (await street.make()).json()
    path, file = f"/api/v1/copies/{copy['code']}/comparisons", ("a", b"%PDF-1.7")
    form = {"content-type": "multipart/form-data; boundary=x"}
    for answer, detail in (
        (await street.http.post(path, files=[("file", file), ("file", file)]), "more than 1 file"),
        (await street.http.post(path, files={"other": file}), "the part `file` is missing"),
        (await street.http.post(path, content=b"no form", headers=form), ""),
    ):
        assert detail in assert_problem(answer, 400, "bad-request")["detail"]


async def test_after_its_last_day_a_copy_verifies_no_more(street: Street) -> None:
    copy = (await street.make(valid_until="2026-11-23")).json()
    content = (await street.fetch(copy["id"])).content
    raw = {"content-type": "application/octet-stream"}
    for at, outcome, code in (
        (datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC), "pass", "copy-in-force"),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "fail", "copy-over"),
    ):
        street.town.clock.at = at
        found = (await street.http.post("/api/v1/verifications", content=content, headers=raw)).json()
        step = found["steps"][-1]
        assert (step["outcome"], step["code"]) == (outcome, code)
        assert found["verdict"] == ("invalid" if outcome == "fail" else "valid"), found["steps"]
    assert step["sentence_zh"].startswith("过了用途期限")


async def test_the_public_check_tells_no_personal_data(street: Street) -> None:
    copy = (await street.make()).json()
    content = (await street.fetch(copy["id"])).content
    answer = await street.http.get(f"/api/v1/copies/{copy['code']}")
    certificate = (await street.town.on_file(copy["identifier"])).certificate
    secret = [copy["identifier"], copy["id"], certificate.number]
    secret += [text for holder in certificate.holders for text in (holder.name, holder.code)]
    assert content
    assert all(text not in answer.text for text in secret)


async def test_wrong_codes_look_all_alike_and_soon_too_many(street: Street) -> None:
    copy = (await street.make()).json()
    wrong = ["x", "0000-0000-0000-0000-0000-0000-0000", copy["code"], "号" * 20, "%2e%2e", copy["id"]]
    shapes = set()
    for code in wrong:
        document = assert_problem(await street.http.get(f"/api/v1/copies/{code}"), 404, "copy-code-unknown")
        shapes.add(tuple(sorted((document | {"trace_id": ""}).items())))
    assert len(shapes) == 1, "a copy that waits is as unknown as none"
    for _ in range(MISS_LIMIT - len(wrong)):
        await street.http.get("/api/v1/copies/0000")
    assert_problem(await street.http.get("/api/v1/copies/0000"), 429, "rate-limited")
    assert_problem(await street.http.post("/api/v1/copies/0000/comparisons", content=b"x"), 429, "rate-limited")


async def test_nobody_but_its_maker_gets_at_a_copy(street: Street) -> None:
    copy = (await street.make()).json()
    for who, status in (
        ("spouse", 404),
        ("neighbour", 404),
        ("clerk", 403),
        ("auditor", 403),
        ("operator", 403),
    ):
        headers = street.as_(who)
        path = f"/api/v1/certificates/copies/{copy['id']}"
        for method, address in (("GET", path), ("POST", f"{path}/download"), ("POST", f"{path}/withdrawal")):
            answer = await street.http.request(method, address, headers=headers)
            assert answer.status_code == status, (who, method, answer.text)
            assert copy["code"] not in answer.text
        assert (await street.make("neighbour")).status_code == 404
    assert (await street.fetch(copy["id"])).status_code == 200


async def test_sharing_never_hands_out_an_original(street: Street) -> None:
    """Of all routes with a file behind them, those about a certificate open to its holder alone."""
    identifier = await street.town.identifier("marriage")
    paths: dict[str, dict[str, Any]] = street.api.openapi()["paths"]
    about = [path for path in paths if "{identifier}" in path and "get" in paths[path]]
    assert "/api/v1/certificates/{identifier}/originals/{original}" in about
    for path in about:
        address = path.replace("{identifier}", identifier).replace("{original}", "ofd")
        for who in ("neighbour", "clerk", "auditor", "operator"):
            answer = await street.http.get(address, headers=street.as_(who))
            assert answer.status_code in {403, 404}, (path, who)
        assert (await street.http.get(address)).status_code == 401


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"purpose": "贷款\u202e"}, "copy-refused"),
        ({"purpose": " "}, "copy-refused"),
        ({"valid_until": "2026-11-01"}, "copy-refused"),
        ({"valid_until": "2026-13-01"}, "invalid-input"),
        ({"recipient": "行" * 41}, "invalid-input"),
        ({"form": "png"}, "invalid-input"),
        ({"form": "sd-jwt"}, "invalid-input"),
    ],
)
async def test_wishes_that_cannot_be_are_refused_with_the_reason(
    street: Street, body: dict[str, str], slug: str
) -> None:
    document = assert_problem(await street.make(**body), 422, slug)
    if slug == "copy-refused":
        assert document["where"] in body
        assert document["reason"]


async def test_a_write_needs_its_key_and_repeats_under_it(street: Street) -> None:
    identifier = await street.town.identifier("marriage")
    address, body = f"/api/v1/certificates/{identifier}/copies", {"format": "pdf", **TERMS}
    headers = street.as_("hero")
    bare = {"authorization": headers["authorization"]}
    assert_problem(await street.http.post(address, json=body, headers=bare), 400, "request-id-missing")
    first = await street.http.post(address, json=body, headers=headers)
    again = await street.http.post(address, json=body, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    other = await street.http.post(address, json={**body, "purpose": "x"}, headers=headers)
    assert_problem(other, 422, "request-id-reused")
    assert len((await street.http.get("/api/v1/certificates/copies", headers=headers)).json()["items"]) == 1
