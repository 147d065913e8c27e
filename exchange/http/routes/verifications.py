"""Verification for everybody, one document at a time; of many documents for auditors and clerks, as a job."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from certs.model import Verdict
from certs.verifier.kinds import REPORT_TYP, DocumentKind, recognise
from certs.verifier.readable import STYLE_SOURCE
from exchange.app import App
from exchange.http.deps import Caller, Hub, Limit, Visitor, as_json, caller, frame_of, instant
from exchange.http.routes.uploads import BODY, UPLOADS, given, same, somebody
from exchange.model import Principal
from exchange.model_verifications import BatchView
from exchange.service.reports import SignedReport
from exchange.service.verification_uploads import Upload

router = APIRouter(prefix="/api/v1/verifications", tags=["verification"])
PATH = "/api/v1/verifications"
PAGE_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src {STYLE_SOURCE}; frame-ancestors 'none'; base-uri 'none'",
    "content-language": "zh-CN, en",
}


class Form(StrEnum):
    """How a report is given: the answer of the API, the signed report, or a page to read and print."""

    JSON = "json"
    JWS = "jws"
    HTML = "html"


_At = Annotated[str | None, Query(max_length=40, description="as of this RFC 3339 time; default now")]
_Collect = Annotated[bool, Query(description="begin a verification to add files to; its start is asked for apart")]
_TAKEN: dict[int | str, dict[str, object]] = {
    201: {"description": "Collecting: see Location"},
    202: {"description": "Many: see Location"},
}


@router.post("", dependencies=[Visitor], openapi_extra=UPLOADS, responses=_TAKEN)
async def verify(
    request: Request, hub: Hub, at: _At = None, form: Form = Form.JSON, *, collect: _Collect = False
) -> Response:
    """Verify a document of any kind, now or as of a past time; three-valued, with numbered steps.

    Several files, or a ZIP of documents, are verified by a job (202): for auditors and clerks only.
    """
    moment, who = instant(at, "at"), await _who(request)
    if collect:
        return await _opened(request, hub, somebody(who), moment)
    async with given(request, who) as uploads:
        single = await uploads[0].read() if len(uploads) == 1 else None
        if single is None or recognise(single) is DocumentKind.ARCHIVE:
            return _taken(await hub.documents.intake.submit(somebody(who), _again(uploads, single), at=moment), 202)
        if form is Form.JSON:
            return as_json(await hub.verification.verify(single, at=moment))
        return given_as(form, await hub.documents.reports.single(uploads[0].name, single, at=moment))


@router.post("/{batch_id}/files", openapi_extra=UPLOADS)
async def add(request: Request, batch_id: UUID, who: Caller, hub: Hub) -> Response:
    """Add files to a verification that is being collected: all of them or, when anything is wrong, none."""
    await hub.documents.intake.expect(who, batch_id)
    async with given(request, who) as uploads:
        return as_json(await hub.documents.intake.add(who, batch_id, await _some(uploads)))


@router.post("/{batch_id}/start", status_code=202)
async def start(batch_id: UUID, who: Caller, hub: Hub) -> Response:
    """Have what was collected verified by a job; once it has started, asking again changes nothing."""
    return _taken(await hub.documents.intake.start(who, batch_id), 202)


@router.delete("/{batch_id}", status_code=204)
async def discard(batch_id: UUID, who: Caller, hub: Hub) -> Response:
    """Forget what is being collected, or has ended, at once and with its files."""
    await hub.documents.intake.discard(who, batch_id)
    return Response(status_code=204)


@router.get("")
async def batches(who: Caller, hub: Hub) -> Response:
    """The caller's newest verifications of many documents."""
    return as_json({"items": await hub.documents.batches.mine(who)})


@router.get("/{batch_id}")
async def batch(batch_id: UUID, who: Caller, hub: Hub) -> Response:
    """How far a verification is."""
    return as_json(await hub.documents.batches.status(who, batch_id))


@router.get("/{batch_id}/results")
async def results(
    request: Request,
    batch_id: UUID,
    who: Caller,
    hub: Hub,
    *,
    limit: Limit = 50,
    verdict: Verdict | None = None,
    cursor: Annotated[str, Query(max_length=256)] = "",
) -> Response:
    """The results so far, in the order of the files; `Link: rel=next` leads on."""
    cursors, purpose = frame_of(request).cursors, f"verification:{batch_id}:{verdict or ''}"
    found = await hub.documents.batches.status(who, batch_id)
    after = cursors.read(cursor, purpose=purpose)[1].int if cursor else 0
    page = await hub.documents.batches.results(who, batch_id, after=after, limit=limit, verdict=verdict)
    headers = {}
    if page.last is not None:
        following = cursors.write((found.asked_at, UUID(int=page.last)), purpose=purpose)
        query = f"limit={limit}{f'&verdict={verdict}' if verdict else ''}&cursor={following}"
        headers["link"] = f'<{PATH}/{batch_id}/results?{query}>; rel="next"'
    return as_json({"items": page.results}, headers=headers)


@router.get("/{batch_id}/results/{number}")
async def result(batch_id: UUID, number: Annotated[int, Path(ge=1, le=10**6)], who: Caller, hub: Hub) -> Response:
    """The whole report of one file."""
    return as_json(await hub.documents.batches.result(who, batch_id, number))


@router.get("/{batch_id}/report")
async def report(batch_id: UUID, who: Caller, hub: Hub, form: Form = Form.JWS) -> Response:
    """The signed report of a verification that has ended, or the same to read and print."""
    return given_as(form, await hub.documents.reports.of_batch(who, batch_id))


def given_as(form: Form, made: SignedReport) -> Response:
    """The report as a page, or as the signed token."""
    if form is Form.HTML:
        return Response(made.page, headers=PAGE_HEADERS, media_type="text/html; charset=utf-8")
    name = {"content-disposition": 'attachment; filename="verification-report.jws"'}
    return Response(made.token, headers=name, media_type=f"application/{REPORT_TYP}")


async def _who(request: Request) -> Principal | None:
    """Who asks, if they say so; known before the body is read."""
    return await caller(request) if "authorization" in request.headers else None


async def _opened(request: Request, hub: App, who: Principal, at: datetime | None) -> Response:
    """Who may not is told before the files are read; there need be none yet."""
    intake = hub.documents.intake
    intake.askers.hashed(who)
    async with given(request, who) as uploads:
        return _taken(await intake.open(who, await _some(uploads), at=at), 201)


def _taken(batch: BatchView, status: int) -> Response:
    return as_json(batch, status, {"location": f"{PATH}/{batch.id}", "retry-after": "1"})


async def _some(uploads: list[Upload]) -> list[Upload]:
    """Without the empty document that a request without a body stands for."""
    if len(uploads) > 1:
        return uploads
    single = await uploads[0].read()
    return _again(uploads, single) if single or uploads[0].name != BODY else []


def _again(uploads: list[Upload], single: bytes | None) -> list[Upload]:
    """What was read once can be read again."""
    return uploads if single is None else [Upload(uploads[0].name, partial(same, single))]
