"""Seals over HTTP: the whole life, every door by every role, one key one effect, and files that are none."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from certs.seals.model import Picture
from exchange.model import Principal, Role
from tests.exchange.http.conftest import Site
from tests.exchange.http.test_queries_http import assert_problem
from tests.exchange.rig import NR, PSB
from tests.support.seals import PASSWORD, SealMaker, keeper, register_keepers

ID, URL = "33990000000001", "/api/v1/seals/33990000000001"
SEALS = "/api/v1/seals"
KEEPERS = {"anna": "YZ01", "boris": "YZ02", "dora": "YZ03"}


class Desk:
    """The site with custodians of the police and of the land registry, and a seal maker the hub believes."""

    def __init__(self, site: Site) -> None:
        self.site, self.maker = site, SealMaker(site.hub.now())

    async def open(self) -> None:
        hub = self.site.hub
        await self.maker.believed_by(hub)
        await register_keepers(hub, PSB, *KEEPERS.values())
        await hub.access.register_person("maya", PASSWORD, keeper(NR, "YZ01"))
        for name, account in {**{n: k.lower() for n, k in KEEPERS.items()}, "maya": "maya"}.items():
            self.site.sessions[name] = (await hub.access.login(account, PASSWORD, address="test"))[1]

    async def post(self, who: str, path: str, body: Any = None, key: str | None = None) -> httpx2.Response:
        headers = self.site.as_(who) | {"idempotency-key": key or uuid4().hex}
        return await self.site.http.post(path, json=body, headers=headers)

    async def get(self, who: str, path: str) -> httpx2.Response:
        return await self.site.http.get(path, headers=self.site.as_(who))

    async def file(
        self, content: bytes | None = None, who: str = "operator", key: str = "", **form: Any
    ) -> httpx2.Response:
        data: Mapping[str, Any] = {"owner": PSB, "custodians": ["YZ01", "YZ02"], "types": ["household"], **form}
        files = {"file": ("a.esl", self.maker.seal() if content is None else content)}
        headers = self.site.as_(who) | {"idempotency-key": key or uuid4().hex}
        return await self.site.http.post(SEALS, data=data, files=files, headers=headers)

    async def proposed(self, who: str = "anna", **body: Any) -> str:
        made = await self.post(who, f"{URL}/proposals", {"act": "activate", "reason": "启用", **body})
        assert made.status_code == 201, made.text
        assert made.headers["location"] == f"{URL}/proposals/{made.json()['id']}"
        return str(made.json()["id"])


@pytest.fixture
async def desk(site: Site) -> Desk:
    desk = Desk(site)
    await desk.open()
    return desk


async def test_the_life_of_a_seal(desk: Desk) -> None:
    filed = await desk.file(daily_limit="50")
    assert filed.status_code == 201, filed.text
    assert filed.headers["location"] == URL
    assert filed.json()["seal"]["policy"] == {"types": ["11339900MB9000015P001"], "daily_limit": 50, "until": None}
    proposal = await desk.proposed()
    seen = (await desk.get("boris", f"{URL}/proposals/{proposal}")).json()
    assert (seen["act"], seen["may_approve"], seen["proposed_by"]) == ("activate", True, "YZ01")
    done = await desk.post("boris", f"{URL}/proposals/{proposal}/approval")
    assert (done.status_code, done.json()["seal"]["state"]) == (200, "active")
    stopped = await desk.post("anna", f"{URL}/stops", {"act": "suspend", "reason": "调查"})
    assert stopped.json()["seal"]["state"] == "suspended"
    hands = await desk.proposed("anna", act="hand-over", handover={"leaving": "YZ01", "taking": "YZ03"})
    after = (await desk.post("dora", f"{URL}/proposals/{hands}/approval")).json()
    assert [one["number"] for one in after["seal"]["custodians"]] == ["YZ02", "YZ03"]
    assert len(after["changes"]) == 4
    listed = (await desk.get("boris", SEALS)).json()["items"]
    assert [one["es_id"] for one in listed] == [ID]


async def test_a_refusal_says_why_in_both_languages(desk: Desk) -> None:
    await desk.file()
    proposal = await desk.proposed()
    refused = assert_problem(await desk.post("anna", f"{URL}/proposals/{proposal}/approval"), 409, "seal-act-refused")
    assert refused["act"] == "activate"
    assert refused["reason"]["code"] == "same-person"
    assert "另一名保管人" in refused["reason"]["zh"]
    lifted = await desk.post("anna", f"{URL}/proposals", {"act": "lift", "reason": "x"})
    assert assert_problem(lifted, 409, "seal-act-refused")["reason"]["code"] == "state"


async def test_every_door_by_every_role(desk: Desk) -> None:
    """BOLA: what is not one's own is not there; what is not one's role's is not allowed."""
    await desk.file()
    proposal = await desk.proposed()
    stop, wish = {"act": "suspend", "reason": "x"}, {"act": "activate", "reason": "x"}
    doors: list[tuple[str, str, Any]] = [
        ("GET", SEALS, None),
        ("GET", URL, None),
        ("GET", f"{URL}/picture", None),
        ("GET", f"{URL}/uses", None),
        ("GET", f"{URL}/proposals/{proposal}", None),
        ("POST", f"{URL}/proposals", wish),
        ("POST", f"{URL}/stops", stop),
        ("POST", f"{URL}/proposals/{proposal}/approval", None),
        ("POST", f"{URL}/proposals/{proposal}/withdrawal", None),
    ]
    for method, path, body in doors:
        readers = ["auditor"] if method == "GET" else []
        for who in ("applicant", "stranger", "clerk", "police", *(() if readers else ("auditor", "operator"))):
            answer = await (desk.get(who, path) if method == "GET" else desk.post(who, path, body))
            may = ["custodian", "operator", "auditor"] if readers else ["custodian"]
            assert assert_problem(answer, 403, "not-allowed")["roles"] == may
        for who in readers:
            assert (await desk.get(who, path)).status_code == 200
        theirs = await (desk.get("maya", path) if method == "GET" else desk.post("maya", path, body))
        if path == SEALS:
            assert theirs.json() == {"items": []}
            continue
        nothing = path.replace(ID, "33990000000009")
        unknown = await (desk.get("maya", nothing) if method == "GET" else desk.post("maya", nothing, body))
        assert_problem(theirs, 404, "not-found")
        assert theirs.json() | {"trace_id": ""} == unknown.json() | {"trace_id": ""}
    for path, body in ((f"{URL}/proposals", wish), (f"{URL}/stops", stop)):
        assert_problem(await desk.post("operator", path, body), 403, "not-allowed")
    assert_problem(await desk.post("dora", f"{URL}/stops", stop), 409, "seal-act-refused")
    for who in ("anna", "clerk", "applicant", "auditor"):
        assert_problem(await desk.file(who=who), 403, "not-allowed")
    assert (await desk.get("operator", URL)).json()["seal"]["state"] == "registered"


async def test_who_proposed_takes_it_back_and_nobody_else(desk: Desk) -> None:
    await desk.file()
    proposal = await desk.proposed()
    path = f"{URL}/proposals/{proposal}/withdrawal"
    refused = assert_problem(await desk.post("boris", path), 409, "seal-act-refused")
    assert refused["reason"]["code"] == "only-who-proposed"
    mine = (await desk.get("anna", f"{URL}/proposals/{proposal}")).json()
    assert (mine["may_withdraw"], mine["may_approve"]) == (True, False)
    done = [await desk.post("anna", path, key="take-it-back") for _ in range(2)]
    assert [one.status_code for one in done] == [200, 200]
    assert done[0].json()["proposals"] == []
    assert_problem(await desk.post("anna", path), 404, "not-found")
    assert_problem(await desk.post("boris", f"{URL}/proposals/{proposal}/approval"), 404, "not-found")


async def test_an_officers_token_of_a_department_opens_no_seal(desk: Desk) -> None:
    await desk.file()
    answer = await desk.site.http.get(URL, headers={"authorization": f"Bearer {await desk.site.token()}"})
    assert_problem(answer, 403, "not-allowed")


async def test_writes_need_a_key_and_one_key_has_one_effect(desk: Desk) -> None:
    bare = await desk.site.http.post(
        f"{URL}/stops", json={"act": "revoke", "reason": "x"}, headers=desk.site.as_("anna")
    )
    assert_problem(bare, 400, "request-id-missing")
    content = desk.maker.seal()
    first, again = [await desk.file(content, key="file-it-once") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert_problem(await desk.file(content, key="file-it-once", types=["marriage"]), 422, "request-id-reused")
    assert_problem(await desk.file(content), 409, "conflict")


async def test_parallel_approvals_have_one_effect(desk: Desk) -> None:
    await desk.file()
    proposal = await desk.proposed()
    path = f"{URL}/proposals/{proposal}/approval"
    answers = await asyncio.gather(*(desk.post("boris", path) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200, *[404] * 9]
    log = (await desk.get("operator", URL)).json()["changes"]
    assert [one["state"] for one in log] == ["active", "registered"]


async def test_the_picture_is_an_image_and_never_a_page(desk: Desk) -> None:
    await desk.file()
    answer = await desk.get("anna", f"{URL}/picture")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    svg = Picture("SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 42, 42)
    info = desk.maker.info("33990000000002", picture=svg)
    assert (await desk.file(desk.maker.seal(info))).json()["seal"]["picture"]["shown"] is False
    assert_problem(await desk.get("anna", f"{SEALS}/33990000000002/picture"), 404, "not-found")


async def test_what_is_no_seal_is_refused_and_never_a_fault(desk: Desk) -> None:
    good = desk.maker.seal()
    v5 = good.replace(b"\x16\x02ES\x02\x01\x04", b"\x16\x02ES\x02\x01\x05", 1)
    assert assert_problem(await desk.file(v5), 422, "seal-refused")["standard"] == "GM/T 0031-2025"
    bad = [b"", b"\x00", b"\x30\x80\x00\x00", b"\x30" * 1000, good[:-1], good + b"\x00", b"\xff" * 4096]
    bad += [b"\x30\x84\xff\xff\xff\xff", b"PK\x03\x04", b"<svg/>", b"\x30" * (4 * 1024 * 1024 + 1)]
    for content in bad:
        answer = await desk.file(content)
        assert answer.status_code == 422
        assert answer.json()["code"] in {"document-refused", "seal-refused"}
    swapped = good.replace(b"IDAT", b"IDAX", 1)
    assert_problem(await desk.file(swapped), 422, "document-refused")
    assert_problem(await desk.file(b"\x00" * (20 * 1024 * 1024)), 413, "body-too-large")
    past = desk.maker.info(valid_from=desk.maker.now - timedelta(days=2), valid_until=desk.maker.now)
    assert (
        assert_problem(await desk.file(desk.maker.seal(past)), 409, "seal-act-refused")["reason"]["code"] == "term-over"
    )
    assert (await desk.get("operator", SEALS)).json() == {"items": []}


async def test_forms_and_addresses_out_of_shape_are_refused(desk: Desk) -> None:
    for form in (
        {"owner": "x"},
        {"daily_limit": "0"},
        {"daily_limit": "many"},
        {"types": ["<b>"]},
        {"custodians": [""]},
    ):
        assert_problem(await desk.file(**form), 422, "invalid-input")
    assert_problem(await desk.file(until="tomorrow"), 400, "bad-request")
    for es_id in ("..%2f..%2fetc", "a" * 65, "%3Cscript%3E", "-1"):
        answer = await desk.get("operator", f"{SEALS}/{es_id}")
        assert answer.status_code in {404, 422}
    bodies: list[Any] = [{"act": "revoke", "reason": "x"}, {"act": "activate"}, {"act": "activate", "reason": ""}]
    for body in [*bodies, [], "x"]:
        assert_problem(await desk.post("anna", f"{URL}/proposals", body), 422, "invalid-input")


async def test_the_use_log_turns_pages_with_cursors_of_its_own(desk: Desk) -> None:
    await desk.file()
    assert (await desk.get("anna", f"{URL}/uses")).json() == {"items": []}
    assert_problem(await desk.get("anna", f"{URL}/uses?cursor=forged"), 400, "cursor-invalid")


async def test_a_custodian_without_a_department_is_not_registered(desk: Desk) -> None:
    with pytest.raises(Exception, match="department"):
        await desk.site.hub.access.register_person("nobody", PASSWORD, Principal(Role.CUSTODIAN, "x"))
