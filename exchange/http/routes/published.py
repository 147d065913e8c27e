"""What verifiers fetch: status lists, the trust list, the hub's keys. Public, cached for a minute, never personal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from exchange.http.deps import Hub
from exchange.http.faults import Fault
from exchange.service.trust import KEYS_BLOB, TRUST_BLOB, status_blob

router = APIRouter(tags=["published"])
_A_MINUTE = {"cache-control": "public, max-age=60"}


@router.get("/status/{list_id}")
async def status_list(list_id: Annotated[UUID, Path()], hub: Hub) -> Response:
    """A Token Status List (`statuslist+jwt`) at the address certificates name."""
    return await _published(hub, status_blob(list_id), "application/statuslist+jwt")


@router.get("/trust/list")
async def trust_list(hub: Hub) -> Response:
    """The signed trust list: issuers, their types and keys, and every decision about certificates."""
    return await _published(hub, TRUST_BLOB, "application/jwt")


@router.get("/trust/keys.json")
async def keys(hub: Hub) -> Response:
    """The keys of the hub and of its log; compare them with a copy that reached you another way."""
    return await _published(hub, KEYS_BLOB, "application/json")


async def _published(hub: Hub, name: str, media_type: str) -> Response:
    data = await hub.trust.blobs.get(name)
    if data is None:
        raise Fault("not-found")
    return Response(data, headers=_A_MINUTE, media_type=media_type)
