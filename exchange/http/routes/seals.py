"""电子印章 over HTTP: the register for operators, acts for custodians, every write under an Idempotency-Key."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, Query, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from certs.seals.register_views import SealUseRow
from certs.seals.registry import Act, Handover, UsePolicy
from exchange.http.deps import Caller, Hub, Key, Limit, as_json, frame_of, instant, parsed
from exchange.http.schemas import Code, ProposalBody, StopBody
from exchange.model import Role
from exchange.service.roles import require
from exchange.service.seals import SealFile, Wish

router = APIRouter(prefix="/api/v1/seals", tags=["seals"])
_Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
_WorkNumber = Annotated[str, Form(min_length=1, max_length=40)]
# An image is shown by `img` alone: opened as a page of its own it may do nothing at all.
_PICTURE_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "content-disposition": "inline",
}


def _json(model: type[ProposalBody | StopBody]) -> dict[str, object]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


@router.get("")
async def seals(who: Caller, hub: Hub) -> Response:
    """The seals of the custodian's department; for operators and auditors, all."""
    return as_json({"items": await hub.documents.seals.views.list(who)})


@router.post("", status_code=201)
async def import_seal(
    who: Caller,
    key: Key,
    hub: Hub,
    *,
    file: Annotated[UploadFile, File(description="SESeal of GB/T 38540-2020, DER, at most 4 MiB")],
    owner: Annotated[str, Form(pattern=r"^[0-9A-Z]{18}$", description="USCC of the department")],
    custodians: Annotated[list[_WorkNumber], Form(max_length=20)],
    types: Annotated[list[Code], Form(max_length=200)],
    daily_limit: Annotated[int | None, Form(ge=1, le=10**9)] = None,
    until: Annotated[str | None, Form(max_length=40)] = None,
    test: Annotated[bool, Form(description="a seal made for tests; its name says so")] = False,
) -> Response:
    """File a seal made by the State's seal system; two custodians then activate it."""
    require(who, Role.OPERATOR)
    policy = UsePolicy(frozenset(types), daily_limit, instant(until, "until"))
    asked = SealFile(await file.read(), owner, tuple(custodians), policy)
    act = hub.documents.seals.register_test_seal if test else hub.documents.seals.import_seal
    filed = await act(who, asked, key=key)
    return as_json(filed, 201, {"location": f"/api/v1/seals/{filed.seal.es_id}"})


@router.get("/{es_id}")
async def seal(es_id: _Number, who: Caller, hub: Hub) -> Response:
    """One seal: custody, signers, open proposals, every act on it."""
    return as_json(await hub.documents.seals.views.get(who, es_id))


@router.get("/{es_id}/picture", responses={200: {"content": {"image/png": {}}}})
async def picture(es_id: _Number, who: Caller, hub: Hub) -> Response:
    """The seal's picture, if it is a raster image; SVG and what is not what it says are never given out."""
    found = await hub.documents.seals.views.picture(who, es_id)
    return Response(found.content, media_type=found.media_type, headers=_PICTURE_HEADERS)


@router.get("/{es_id}/uses")
async def uses(
    request: Request,
    es_id: _Number,
    who: Caller,
    hub: Hub,
    *,
    limit: Limit = 50,
    cursor: Annotated[str, Query(max_length=256)] = "",
) -> Response:
    """用印记录: what the seal was put on, newest first, with a `Link: rel="next"` while there are older ones."""
    cursors, purpose = frame_of(request).cursors, f"seal-uses:{es_id}:{who.role}:{who.department}/{who.officer}"
    before = cursors.read(cursor, purpose=purpose) if cursor else None
    page = await hub.documents.seals.views.uses(who, es_id, limit=limit, before=before)
    headers = {}
    if page.following:
        following = cursors.write(page.following, purpose=purpose)
        headers["link"] = f'</api/v1/seals/{es_id}/uses?limit={limit}&cursor={following}>; rel="next"'
    return as_json({"items": [_use(row) for row in page.rows]}, headers=headers)


@router.post("/{es_id}/proposals", status_code=201, openapi_extra=_json(ProposalBody))
async def propose(request: Request, es_id: _Number, who: Caller, key: Key, hub: Hub) -> Response:
    """A custodian proposes what takes two; another has 24 hours to agree."""
    made = await hub.documents.seals.propose(who, es_id, _wish(parsed(request, ProposalBody)), key=key)
    return as_json(made, 201, {"location": f"/api/v1/seals/{es_id}/proposals/{made.id}"})


@router.get("/{es_id}/proposals/{proposal_id}")
async def proposal(es_id: _Number, proposal_id: UUID, who: Caller, hub: Hub) -> Response:
    """An open proposal."""
    return as_json(await hub.documents.seals.views.proposal(who, es_id, proposal_id))


@router.post("/{es_id}/proposals/{proposal_id}/approval")
async def approve(es_id: _Number, proposal_id: UUID, who: Caller, key: Key, hub: Hub) -> Response:
    """Another custodian (a handover: who takes custody) agrees, and it is done."""
    return as_json(await hub.documents.seals.approve(who, es_id, proposal_id, key=key))


@router.post("/{es_id}/proposals/{proposal_id}/withdrawal")
async def withdraw(es_id: _Number, proposal_id: UUID, who: Caller, key: Key, hub: Hub) -> Response:
    """Who proposed takes it back before anybody agreed; the seal is as before."""
    return as_json(await hub.documents.seals.withdraw(who, es_id, proposal_id, key=key))


@router.post("/{es_id}/stops", openapi_extra=_json(StopBody))
async def stop(request: Request, es_id: _Number, who: Caller, key: Key, hub: Hub) -> Response:
    """One custodian suspends or revokes the seal, at once."""
    body = parsed(request, StopBody)
    return as_json(await hub.documents.seals.stop(who, es_id, Act(body.act), reason=body.reason, key=key))


def _wish(body: ProposalBody) -> Wish:
    policy, hands = body.policy, body.handover
    return Wish(
        act=Act(body.act),
        reason=body.reason,
        policy=UsePolicy(frozenset(policy.types), policy.daily_limit, instant(policy.until, "until"))
        if policy
        else None,
        handover=Handover(hands.leaving, hands.taking) if hands else None,
    )


def _use(row: SealUseRow) -> dict[str, object]:
    return {
        "stamp": row.stamp_digest.hex(),
        "type": row.type_code,
        "document": row.document,
        "at": row.used_at,
        "event_id": row.event_id,
    }
