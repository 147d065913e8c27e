"""The evidence log for outsiders (C2SP tlog-tiles) and its proofs, and evidence bundles for auditors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import PlainTextResponse, Response

from exchange.http.deps import Caller, Hub, Number, Visitor, as_json
from exchange.http.faults import Fault

router = APIRouter(tags=["evidence"])
_TILE = r"^(entries|[0-5])(/x[0-9]{3}){0,8}/[0-9]{3}(\.p/[0-9]{1,3})?$"
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@router.get("/log/checkpoint")
async def checkpoint(hub: Hub) -> Response:
    """The newest signed checkpoint."""
    head = await hub.evidence.head()
    return PlainTextResponse(head.checkpoint, headers={"cache-control": "no-cache"})


@router.get("/log/tile/{path:path}")
async def tile(path: Annotated[str, Path(pattern=_TILE)], hub: Hub) -> Response:
    """A tile of hashes or a bundle of entries; never changes once it is there."""
    data = await hub.evidence.tile(f"tile/{path}")
    if data is None:
        raise Fault("not-found")
    return Response(data, headers=_FOREVER, media_type="application/octet-stream")


@router.get("/api/v1/log/head", dependencies=[Visitor])
async def head(hub: Hub) -> Response:
    """Size, root and checkpoint of the published tree."""
    return as_json(await hub.evidence.head())


@router.get("/api/v1/log/proof", dependencies=[Visitor])
async def proof(hub: Hub, event_id: UUID) -> Response:
    """The tlog-proof of an event."""
    return PlainTextResponse(await hub.evidence.tlog_proof(event_id))


@router.get("/api/v1/log/consistency", dependencies=[Visitor])
async def consistency(
    hub: Hub, old: Annotated[int, Query(ge=0, le=2**53)], new: Annotated[int, Query(ge=0, le=2**53)]
) -> Response:
    """That the tree of size `new` holds the tree of size `old` unchanged."""
    if old > new:
        raise Fault("bad-request", "old is larger than new")
    return as_json(await hub.evidence.consistency(old, new))


@router.get("/api/v1/log/events/{event_id}")
async def event(event_id: UUID, _who: Caller, hub: Hub) -> Response:
    """One entry and its place in the tree."""
    return as_json(await hub.evidence.event(event_id))


@router.get("/api/v1/cases/{number}/evidence")
async def export(number: Number, who: Caller, hub: Hub) -> Response:
    """The evidence bundle of a case, for an auditor: a zip an offline verifier takes."""
    data = await hub.evidence.export(who, number)
    name = f"evidence-{number.replace(':', '-')}.zip"
    return Response(
        data, headers={"content-disposition": f'attachment; filename="{name}"'}, media_type="application/zip"
    )
