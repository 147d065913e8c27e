"""Verification over HTTP: one document, many documents, and nobody else's."""

import random
from io import BytesIO
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import httpx2
import pytest

from certs.verifier.readable import STYLE_SOURCE
from exchange.worker import register_tasks
from tests.exchange.http.conftest import Site
from tests.exchange.http.test_queries_http import assert_problem

PATH = "/api/v1/verifications"
HEADS = [b"", b"PK\x03\x04", b"%PDF-1.7\n", b"e30.e30.", b"c2sp.org/tlog-proof@v1\n", b"{", b"<?xml"]
PARAMS = [{}, {"form": "jws"}, {"form": "html"}, {"at": "2020-01-01T00:00:00Z"}, {"form": "x"}]
HEADERS = [{}, {"authorization": "Bearer x"}, {"content-type": "multipart/form-data; boundary=x"}]


def zip_of(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


async def many(site: Site, who: str, *contents: bytes, **params: str) -> httpx2.Response:
    files = [("file", (f"文件{n}.txt", content)) for n, content in enumerate(contents, 1)]
    return await site.http.post(PATH, files=files, headers=site.as_(who), params=params)


async def run(site: Site, answer: httpx2.Response) -> str:
    """Do what the worker would."""
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert answer.headers["location"] == f"{PATH}/{batch['id']}"
    await site.hub.documents.batches.run(batch["id"])
    return str(answer.headers["location"])


async def test_one_document_is_answered_at_once_with_its_digests(site: Site) -> None:
    answer = await site.http.post(PATH, content=b"nothing of ours")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["verdict"], found["kind"], found["size"]) == ("invalid", "unknown", 15)
    assert (len(found["sha256"]), len(found["sm3"])) == (64, 64)
    assert found["steps"][0]["code"] == "malformed"
    assert all(found["steps"][0][name] for name in ("sentence_zh", "sentence_en", "next_zh", "next_en"))


async def test_a_signed_report_of_one_document_verifies_again(site: Site) -> None:
    signed = await site.http.post(PATH, content=b"nothing of ours", params={"form": "jws"})
    assert signed.headers["content-type"] == "application/yzt-verification-report+jws"
    again = (await site.http.post(PATH, content=signed.content)).json()
    assert (again["verdict"], again["kind"], again["claims"]["documents"]) == ("valid", "report", 1)
    page = await site.http.post(PATH, content=b"nothing of ours", params={"form": "html"})
    assert STYLE_SOURCE in page.headers["content-security-policy"]
    assert "无效 Invalid" in page.text
    spoilt = signed.content[:-3] + b"AAA"
    assert (await site.http.post(PATH, content=spoilt)).json()["verdict"] == "invalid"


async def test_many_documents_become_a_status_resource_with_pages_and_reports(site: Site) -> None:
    location = await run(site, await many(site, "auditor", b"one", b"two", zip_of({"三.txt": b"3", "四.txt": b"4"})))
    headers = site.as_("auditor")
    status = (await site.http.get(location, headers=headers)).json()
    assert (status["state"], status["total"], status["done"]) == ("done", 4, 4)
    assert status["counts"] == {"valid": 0, "invalid": 4, "indeterminate": 0}
    first = await site.http.get(f"{location}/results", headers=headers, params={"limit": 3})
    names = [item["name"] for item in first.json()["items"]]
    assert names == ["文件1.txt", "文件2.txt", "文件3.txt/三.txt"]
    following = first.headers["link"].partition("<")[2].partition(">")[0]
    second = await site.http.get(following, headers=headers)
    assert [item["name"] for item in second.json()["items"]] == ["文件3.txt/四.txt"]
    assert "link" not in second.headers
    whole = (await site.http.get(f"{location}/results/2", headers=headers)).json()
    assert whole["report"]["steps"][0]["code"] == "malformed"
    none = await site.http.get(f"{location}/results", headers=headers, params={"verdict": "valid"})
    assert none.json() == {"items": []}
    report = await site.http.get(f"{location}/report", headers=headers)
    checked = (await site.http.post(PATH, content=report.content)).json()
    assert (checked["verdict"], checked["claims"]["documents"]) == ("valid", 4)
    page = await site.http.get(f"{location}/report", headers=headers, params={"form": "html"})
    assert "文件3.txt/四.txt" in page.text
    assert (await site.http.get(PATH, headers=headers)).json()["items"][0]["id"] == status["id"]


async def test_a_worker_does_it_from_the_queue(site: Site) -> None:
    answer = await many(site, "auditor", b"one", b"two")
    register_tasks(site.hub)
    await site.hub.jobs.queue.run_worker_async(wait=False, install_signal_handlers=False)
    status = (await site.http.get(answer.headers["location"], headers=site.as_("auditor"))).json()
    assert (status["state"], status["done"]) == ("done", 2)


async def test_before_it_has_run_there_is_no_report(site: Site) -> None:
    answer = await many(site, "auditor", b"one", b"two")
    location = answer.headers["location"]
    assert (await site.http.get(location, headers=site.as_("auditor"))).json()["state"] == "waiting"
    assert_problem(await site.http.get(f"{location}/report", headers=site.as_("auditor")), 409, "conflict")


async def test_a_verification_is_there_for_nobody_but_who_asked(site: Site) -> None:
    location = await run(site, await many(site, "auditor", b"one", b"two"))
    for path in (location, f"{location}/results", f"{location}/results/1", f"{location}/report"):
        assert (await site.http.get(path, headers=site.as_("auditor"))).status_code == 200
        assert_problem(await site.http.get(path), 401, "token-invalid")
        for other in ("clerk", "police"):
            assert_problem(await site.http.get(path, headers=site.as_(other)), 404, "not-found")
        for other in ("applicant", "operator"):
            assert_problem(await site.http.get(path, headers=site.as_(other)), 403, "not-allowed")
    for path in (f"{PATH}/{uuid4()}", f"{PATH}/{uuid4()}/results/1", f"{location}/results/99"):
        assert_problem(await site.http.get(path, headers=site.as_("auditor")), 404, "not-found")
    assert (await site.http.get(PATH, headers=site.as_("clerk"))).json() == {"items": []}


async def test_a_cursor_of_another_list_leads_nowhere(site: Site) -> None:
    one = await run(site, await many(site, "auditor", b"1", b"2", b"3"))
    two = await run(site, await many(site, "auditor", b"1", b"2", b"3"))
    headers = site.as_("auditor")
    link = (await site.http.get(f"{one}/results", headers=headers, params={"limit": 1})).headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    for path, more in ((f"{two}/results", {}), (f"{one}/results", {"verdict": "invalid"})):
        refused = await site.http.get(path, headers=headers, params={"cursor": cursor, **more})
        assert_problem(refused, 400, "cursor-invalid")


async def test_many_need_somebody_who_may(site: Site) -> None:
    files = [("file", ("a", b"1")), ("file", ("b", b"2"))]
    assert_problem(await site.http.post(PATH, files=files), 401, "token-invalid")
    assert_problem(await site.http.post(PATH, content=zip_of({"a": b"1"})), 401, "token-invalid")
    assert_problem(await many(site, "applicant", b"1", b"2"), 403, "not-allowed")
    department = await site.http.post(PATH, files=files, headers={"authorization": f"Bearer {await site.token()}"})
    assert department.status_code == 202


async def test_nobody_fills_the_hub_with_verifications(site: Site) -> None:
    answers = [await many(site, "auditor", b"1", b"2") for _ in range(4)]
    assert [a.status_code for a in answers] == [202, 202, 202, 422]
    assert (await many(site, "clerk", b"1", b"2")).status_code == 202


async def test_a_bad_archive_is_one_result_with_its_reason(site: Site) -> None:
    bombs = [
        zip_of({"bomb": bytes(30_000_000)}),
        zip_of({"../escape": b"x"}),
        b"PK\x03\x04" + b"\0" * 60,
        zip_of({str(n): b"" for n in range(2001)}),
        zip_of({"inner.zip": zip_of({"a": b"1"})}),
    ]
    location = await run(site, await many(site, "auditor", *bombs, b"fine"))
    found = (await site.http.get(f"{location}/results", headers=site.as_("auditor"))).json()["items"]
    assert [item["deciding"] for item in found] == ["archive-irregular"] * 4 + ["archive-inside", "malformed"]


async def test_uploads_and_results_are_gone_after_their_day(site: Site) -> None:
    answer = await many(site, "auditor", b"a secret text", b"two")
    id_ = answer.json()["id"]
    blobs = site.hub.trust.blobs
    kept = await blobs.get(f"verifications/{id_}/0")
    assert kept
    assert b"secret" not in kept, "sealed while it waits"
    location = await run(site, answer)
    assert await blobs.get(f"verifications/{id_}/0") is None
    async with site.hub.reads() as conn:
        await conn.exec_driver_sql("UPDATE exchange_verification_batch SET expires_at = now() - interval '1 second'")
    assert_problem(await site.http.get(location, headers=site.as_("auditor")), 404, "not-found")
    assert await site.hub.documents.intake.forget_expired() == 1
    async with site.hub.reads() as conn:
        left = await conn.exec_driver_sql("SELECT count(*) FROM exchange_verification_result")
        assert left.scalar_one() == 0


async def test_running_a_job_again_doubles_nothing(site: Site) -> None:
    location = await run(site, await many(site, "auditor", *[str(n).encode() for n in range(7)]))
    id_ = location.rsplit("/", 1)[-1]
    async with site.hub.reads() as conn:
        await conn.exec_driver_sql("UPDATE exchange_verification_batch SET state = 'running'")
        await conn.exec_driver_sql("DELETE FROM exchange_verification_result WHERE number IN (2, 5)")
    await site.hub.documents.batches.run(id_)  # type: ignore[arg-type]  # its text is as good
    status = (await site.http.get(location, headers=site.as_("auditor"))).json()
    assert (status["state"], status["done"], status["total"]) == ("done", 7, 7)


@pytest.mark.parametrize("seed", range(3))
async def test_no_input_whatever_breaks_the_route(site: Site, seed: int) -> None:
    """Bodies of every beginning and damage: a report or a refusal, never a 5xx."""
    dice = random.Random(seed)
    for _ in range(40):
        content = dice.choice(HEADS) + dice.randbytes(dice.choice([0, 1, 30, 3000]))
        params, headers = dice.choice(PARAMS), dice.choice([*HEADERS, site.as_("auditor")])
        answer = await site.http.post(PATH, content=content, params=params, headers=headers)
        assert answer.status_code in {200, 202, 400, 401, 422}, (answer.status_code, content[:20], answer.text)
        if answer.status_code == 200 and params.get("form", "json") == "json":
            assert answer.json()["verdict"] in {"invalid", "indeterminate"}
