"""Verification for everybody, one document at a time; of many documents for auditors and clerks, as a job."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from certs.model import Verdict
from certs.verifier.kinds import REPORT_TYP, DocumentKind, recognise
from certs.verifier.model import MAX_BYTES
from certs.verifier.readable import STYLE_SOURCE
from exchange.errors import TokenRefusedError
from exchange.http.deps import Caller, Hub, Limit, Visitor, as_json, caller, frame_of, instant
from exchange.http.faults import Fault
from exchange.model import Principal
from exchange.service.reports import SignedReport
from exchange.service.verification_batches import MAX_UPLOADS, Upload

router = APIRouter(prefix="/api/v1/verifications", tags=["verification"])
PATH = "/api/v1/verifications"
PAGE_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src {STYLE_SOURCE}; frame-ancestors 'none'; base-uri 'none'",
    "content-language": "zh-CN, en",
}
_File = {"type": "string", "format": "binary"}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _File},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "array", "minItems": 1, "items": _File}},
                }
            },
        },
    }
}


class Form(StrEnum):
    """How a report is given: the answer of the API, the signed report, or a page to read and print."""

    JSON = "json"
    JWS = "jws"
    HTML = "html"


_At = Annotated[str | None, Query(max_length=40, description="as of this RFC 3339 time; default now")]


@router.post("", dependencies=[Visitor], openapi_extra=_UPLOAD, responses={202: {"description": "Many: see Location"}})
async def verify(request: Request, hub: Hub, at: _At = None, form: Form = Form.JSON) -> Response:
    """Verify a document of any kind, now or as of a past time; three-valued, with numbered steps.

    Several files, or a ZIP of documents, are verified by a job (202): for auditors and clerks only.
    """
    moment, who = instant(at, "at"), await _who(request)
    async with _given(request) as uploads:
        single = await uploads[0].read() if len(uploads) == 1 else None
        if single is None or recognise(single) is DocumentKind.ARCHIVE:
            batch = await hub.documents.batches.submit(_somebody(who), uploads, at=moment)
            return as_json(batch, 202, {"location": f"{PATH}/{batch.id}", "retry-after": "1"})
        if form is Form.JSON:
            return as_json(await hub.verification.verify(single, at=moment))
        return given_as(form, await hub.documents.reports.single(uploads[0].name, single, at=moment))


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


def _somebody(who: Principal | None) -> Principal:
    if who is None:
        raise TokenRefusedError("missing")
    return who


@asynccontextmanager
async def _given(request: Request) -> AsyncIterator[list[Upload]]:
    """The files of a request: the parts called `file`, or the whole body."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        yield [Upload("document", partial(_same, await _body(request)))]
        return
    async with request.form(max_files=MAX_UPLOADS, max_fields=2) as form:
        parts = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
        if not parts:
            raise Fault("bad-request", "the part `file` is missing")
        if any((part.size or 0) > MAX_BYTES for part in parts):
            raise Fault("body-too-large")
        yield [Upload(part.filename or "document", part.read) for part in parts]


async def _body(request: Request) -> bytes:
    """The body, held in memory only up to the size of one document."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise Fault("body-too-large", headers={"connection": "close"})
        parts.append(part)
    return b"".join(parts)


async def _same(content: bytes) -> bytes:
    return content
