"""共享查询 over HTTP."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from exchange.errors import TokenRefusedError
from exchange.http.deps import (
    Caller,
    Hub,
    Limit,
    address_of,
    as_json,
    bearer,
    caller,
    frame_of,
    limit_caller,
    limit_principal,
    parsed,
)
from exchange.http.faults import Fault
from exchange.http.schemas import QueryBody
from exchange.model import Principal, QueryRequest

PATH = "/api/v1/queries"
router = APIRouter(prefix=PATH, tags=["queries"])
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,80}")
_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": QueryBody.model_json_schema()}}},
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{8,80}$"},
        }
    ],
}


@router.post("", openapi_extra=_BODY)
async def ask(request: Request) -> Response:
    """Release the granted fields of one record for one case; the evidence is durable before the answer leaves."""
    principal = await _asker(request)
    answer = await frame_of(request).app.queries.answer(principal, _question(request))
    return Response(answer.given, media_type="application/json")


@router.get("")
async def recent(
    request: Request, who: Caller, hub: Hub, limit: Limit = 50, cursor: Annotated[str, Query(max_length=256)] = ""
) -> Response:
    """The caller's own newest queries, with a `Link: rel="next"` while there are older ones."""
    cursors, purpose = frame_of(request).cursors, f"queries:{who.department}/{who.officer}"
    before = cursors.read(cursor, purpose=purpose) if cursor else None
    found = await hub.queries.recent(who, limit, before)
    headers = {}
    if len(found) == limit:
        following = cursors.write((found[-1].at, found[-1].event_id), purpose=purpose)
        headers["link"] = f'</api/v1/queries?limit={limit}&cursor={following}>; rel="next"'
    return as_json({"items": found}, headers=headers)


async def _asker(request: Request) -> Principal:
    """The caller. Whether client and officer are still active is read together with the record, in the service."""
    token = bearer(request)
    if token.count(".") != 2:
        return await caller(request)
    frame = frame_of(request)
    try:
        principal = frame.app.access.verify(token)
    except TokenRefusedError:
        limit_caller(request, frame.addresses, address_of(request))
        raise
    limit_principal(request, principal)
    return principal


def _question(request: Request) -> QueryRequest:
    request_id = request.headers.get("idempotency-key", "")
    if not _REQUEST_ID.fullmatch(request_id):
        raise Fault("request-id-missing", "8 to 80 characters of A-Z a-z 0-9 . _ : -")
    body = parsed(request, QueryBody)
    return QueryRequest(
        request_id=request_id,
        resource=body.resource,
        subject=body.subject.id,
        fields=tuple(dict.fromkeys(body.fields)),
        case_number=body.case_number,
        service_item=body.service_item,
        legal_basis=body.legal_basis,
    )
