"""Sealing jobs and originals over HTTP: operators order and read, holders get their own, nobody else anything."""

from uuid import UUID

import pytest

from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pdf.signing_check import check_sealed_pdf
from tests.exchange.documents.conftest import Desk


async def test_an_order_is_accepted_and_read_until_it_is_done(desk: Desk) -> None:
    answer = await desk.post("/api/v1/sealing-jobs", key="order-0001", type="household")
    assert answer.status_code == 202
    place, job = answer.headers["location"], answer.json()
    assert place == f"/api/v1/sealing-jobs/{job['id']}"
    assert (job["state"], job["done"], job["stopped"]) == ("open", 0, None)
    assert (await desk.get(place)).headers["retry-after"]
    same = await desk.post("/api/v1/sealing-jobs", key="order-0001", type="household")
    assert same.json()["id"] == job["id"], "one key, one order"
    assert (await desk.post("/api/v1/sealing-jobs", key="order-0001", type="marriage")).status_code == 422
    joined = await desk.ordered("order-0002")
    assert joined == job["id"], "a job under way is joined"
    await desk.city.app.documents.sealing.run(UUID(joined))
    done = (await desk.get(place)).json()
    assert (done["state"], done["done"], done["sealed"]) == ("finished", job["total"], job["total"])
    assert done["per_second"] > 0
    listed = (await desk.get("/api/v1/sealing-jobs")).json()["items"]
    assert [item["id"] for item in listed] == [job["id"]]


async def test_rows_are_paged_by_an_opaque_cursor(desk: Desk) -> None:
    job = await desk.sealed()
    first = await desk.get(f"/api/v1/sealing-jobs/{job}/rows", limit=6)
    link = first.headers["link"]
    seen = [row["identifier"] for row in first.json()["items"]]
    assert seen[-1] not in link
    while 'rel="next"' in link:
        answer = await desk.http.get(link.split(">")[0][1:], headers=desk.as_("operator"))
        seen += [row["identifier"] for row in answer.json()["items"]]
        link = answer.headers.get("link", "")
    rows = await desk.city.app.documents.sealing.rows(UUID(job), limit=1000)
    assert seen == [row.identifier for row in rows]
    assert (await desk.get(f"/api/v1/sealing-jobs/{job}/rows", state="refused")).json() == {"items": []}
    cursor = first.headers["link"].split("cursor=")[1].split(">")[0]
    other = await desk.get(f"/api/v1/sealing-jobs/{job}/rows", state="sealed", cursor=cursor)
    assert (other.status_code, other.json()["code"]) == (400, "cursor-invalid")


async def test_a_retry_is_accepted_and_of_unknown_jobs_there_is_nothing(desk: Desk) -> None:
    job = await desk.sealed()
    again = await desk.post(f"/api/v1/sealing-jobs/{job}/retries")
    assert (again.status_code, again.json()["state"]) == (202, "finished"), "nothing was refused"
    nobody = UUID(int=1)
    for path in (f"/api/v1/sealing-jobs/{nobody}", f"/api/v1/sealing-jobs/{nobody}/rows"):
        assert (await desk.get(path)).status_code == 404
    assert (await desk.post(f"/api/v1/sealing-jobs/{nobody}/retries")).status_code == 404
    unknown = await desk.post("/api/v1/sealing-jobs", key="order-0009", type="passport")
    assert unknown.status_code in {404, 422}


@pytest.mark.parametrize("media", ["application/pdf", "application/ofd"])
async def test_a_document_from_elsewhere_is_not_sealed(desk: Desk, media: str) -> None:
    headers = desk.as_("operator") | {"idempotency-key": "order-0004", "content-type": media}
    answer = await desk.http.post("/api/v1/sealing-jobs", content=b"%PDF-1.7", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "document-refused")
    assert "hub" in answer.json()["detail"]
    assert await desk.city.entries("sealing:ordered") == []


@pytest.mark.parametrize("who", ["holder", "clerk", "auditor"])
async def test_sealing_is_for_operators(desk: Desk, who: str) -> None:
    job = await desk.ordered()
    assert (await desk.post("/api/v1/sealing-jobs", who, key="order-0003", type="household")).status_code == 403
    assert (await desk.post(f"/api/v1/sealing-jobs/{job}/retries", who)).status_code == 403
    for path in ("", f"/{job}", f"/{job}/rows"):
        assert (await desk.get(f"/api/v1/sealing-jobs{path}", who)).status_code == 403


async def test_the_holder_gets_the_own_originals_and_each_download_is_logged(desk: Desk) -> None:
    identifier = await desk.city.identifier("household")
    base = f"/api/v1/certificates/{identifier}"
    assert (await desk.get(f"{base}/originals", "holder")).json() == {"items": []}
    assert (await desk.get(f"{base}/originals/pdf", "holder")).status_code == 404
    await desk.sealed()
    listed = (await desk.get(f"{base}/originals", "holder")).json()["items"]
    assert [item["format"] for item in listed] == ["ofd", "pdf"]
    certificate = (await desk.city.on_file(identifier)).certificate
    for kind, media in (("ofd", "application/ofd"), ("pdf", "application/pdf")):
        answer = await desk.get(f"{base}/originals/{kind}", "holder")
        assert answer.headers["content-type"] == media
        assert answer.headers["content-disposition"] == f'attachment; filename="household.{kind}"'
        assert answer.headers["cache-control"] == "private, no-store"
        if kind == "ofd":
            assert certificate_in(read_ofd(answer.content)) == certificate
        else:
            check_sealed_pdf(answer.content)
    entries = await desk.city.entries("document:downloaded")
    assert [e.detail["face"] for e in entries] == ["ofd", "pdf"]
    assert desk.city.hero not in str([e.detail for e in entries])


async def test_nobody_else_gets_an_original_or_learns_of_it(desk: Desk) -> None:
    await desk.sealed()
    identifier = await desk.city.identifier("household")
    for who, status in (("spouse", 404), ("clerk", 403), ("operator", 403), ("auditor", 403)):
        for path in ("preview", "originals", "originals/ofd", "originals/pdf"):
            answer = await desk.get(f"/api/v1/certificates/{identifier}/{path}", who)
            assert answer.status_code == status, (who, path)
    assert (await desk.http.get(f"/api/v1/certificates/{identifier}/originals/pdf")).status_code == 401
    assert await desk.city.entries("document:downloaded") == []


async def test_the_preview_is_a_picture_that_can_do_nothing(desk: Desk) -> None:
    identifier = await desk.city.identifier("household")
    answer = await desk.get(f"/api/v1/certificates/{identifier}/preview", "holder")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.content.startswith(b"<svg")
    assert b"<script" not in answer.content
    assert answer.headers["cache-control"] == "private, no-store"
