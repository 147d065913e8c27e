"""Who comes with a browser is answered by a page, whatever is wrong and however early it is found."""

import re

import httpx2
import pytest

from exchange.http.guard import MAX_UPLOAD_BYTES, Bounds
from exchange.main import create_app
from tests.exchange.http.conftest import Site

TOO_LONG = {"content-length": str(MAX_UPLOAD_BYTES + 1), "content-type": "multipart/form-data; boundary=x"}
TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


def client(site: Site, **bounds: float) -> httpx2.AsyncClient:
    api = create_app(site.hub, bounds=Bounds(**bounds))  # type: ignore[arg-type]  # `at_once` is a whole number
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://hub.test")


@pytest.mark.parametrize(("lang", "said"), [("zh-CN", "文件太大"), ("en", "The file is too large")])
async def test_an_upload_over_every_limit_is_explained_on_a_page(site: Site, lang: str, said: str) -> None:
    answer = await site.http.post("/verify", content=b"", headers=TOO_LONG | {"accept-language": lang})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert said in answer.text
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert "style-src 'self'" in answer.headers["content-security-policy"]


async def test_the_api_answers_the_same_with_a_problem_document(site: Site) -> None:
    answer = await site.http.post("/api/v1/materials", content=b"", headers=TOO_LONG | site.as_("applicant"))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_too_many_at_once_is_a_page_with_the_seconds_to_wait(site: Site) -> None:
    async with client(site, at_once=0) as http:
        page, api = await http.get("/status"), await http.get("/healthz")
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")
    assert "办理的人太多" in page.text
    assert "没有改动" not in page.text, "the words are its own, not those of any refusal"
    assert (api.status_code, api.json()["code"]) == (503, "overloaded")


async def test_an_answer_that_takes_too_long_does_not_say_that_nothing_happened(site: Site) -> None:
    async with client(site, answer_seconds=0.0) as http:
        page = await http.get("/status")
    assert page.status_code == 503
    assert "它可能已经完成，也可能没有" in page.text


async def test_a_malformed_address_of_a_page_is_a_page(site: Site) -> None:
    answer = await site.http.get("/copies/%00")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("filled", ["username", "password", "back", "whatever"])
async def test_no_field_of_a_form_holds_what_no_database_text_can(site: Site, filled: str) -> None:
    found = TOKEN.search((await site.http.get("/login")).text)
    assert found is not None
    fields = {"token": found[1], "username": "applicant", "password": "x", "back": "/", filled: "a\x00b"}
    answer = await site.http.post("/login", data=fields)
    assert answer.status_code == 422
    assert "表单没有填完整" in answer.text
