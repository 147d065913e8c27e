"""目录 for people and machines, sources for operators."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from catalog.model import ResourceId, ResourceState
from exchange.http.deps import Caller, Hub, Limit, Visitor, as_json, parsed, with_etag
from exchange.http.faults import Fault
from exchange.http.schemas import RunBody
from exchange.model import Role
from exchange.service.roles import require

router = APIRouter(prefix="/api/v1")
_ResourceCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,29}\.[a-z][a-z0-9_]{0,29}$")]
_RUN = {"requestBody": {"required": True, "content": {"application/json": {"schema": RunBody.model_json_schema()}}}}


@router.get("/catalogue/resources", tags=["catalogue"], dependencies=[Visitor])
async def resources(request: Request, hub: Hub) -> Response:
    """Every published resource with its items and sharing class."""
    held = await hub.catalogue.snapshot()
    published = [entry for entry in held.resources.values() if entry.state is ResourceState.PUBLISHED]
    return with_etag(request, {"revision": held.revision, "items": published})


@router.get("/catalogue/resources/{code}", tags=["catalogue"], dependencies=[Visitor])
async def resource(request: Request, code: _ResourceCode, hub: Hub) -> Response:
    """One published resource."""
    found = (await hub.catalogue.snapshot()).resources.get(ResourceId(code))
    if found is None or found.state is not ResourceState.PUBLISHED:
        raise Fault("not-found")
    return with_etag(request, found)


@router.get("/catalogue/dcat", tags=["catalogue"], dependencies=[Visitor])
async def dcat(request: Request, hub: Hub) -> Response:
    """The catalogue as DCAT-AP 3 in JSON-LD."""
    document = await hub.catalogue.dcat(base=hub.hub.public_url, publisher=hub.hub.operator)
    answer = with_etag(request, document)
    answer.headers["content-type"] = "application/ld+json"
    return answer


@router.get("/service-items", tags=["catalogue"])
async def service_items(who: Caller, hub: Hub) -> Response:
    """The service items of the clerk's department."""
    return as_json({"items": await hub.catalogue.service_items(who)})


@router.get("/grants", tags=["catalogue"])
async def grants(who: Caller, hub: Hub) -> Response:
    """授权 of the clerk's department with their terms; `rate` is the ceiling of queries per minute."""
    return as_json({"items": await hub.catalogue.grants(who)})


@router.get("/sources", tags=["operations"])
async def sources(who: Caller, hub: Hub) -> Response:
    """Every connected system: last run, freshness, counts."""
    require(who, Role.OPERATOR)
    return as_json({"items": await hub.operations.sources()})


@router.get("/sources/{code}/quarantine", tags=["operations"])
async def quarantine(code: _ResourceCode, who: Caller, hub: Hub, limit: Limit = 50) -> Response:
    """Rows put aside, newest first, masked."""
    require(who, Role.OPERATOR)
    return as_json({"items": await hub.operations.quarantine(code, limit)})


@router.post("/sources/runs", tags=["operations"], status_code=202, openapi_extra=_RUN)
async def run(request: Request, who: Caller, hub: Hub) -> Response:
    """Queue a pull; `/api/v1/sources` shows its outcome."""
    require(who, Role.OPERATOR)
    body = parsed(request, RunBody)
    return as_json({"resource": body.resource, "job": await hub.operations.run(who, body.resource)}, 202)


@router.get("/keys", tags=["operations"])
async def keys(who: Caller, hub: Hub) -> Response:
    """The hub's keys and the days they still may sign."""
    require(who, Role.OPERATOR)
    return as_json({"items": await hub.operations.keys()})


@router.get("/keys/directory", tags=["operations"])
async def key_directory(who: Caller, hub: Hub) -> Response:
    """Keys in use and historic ones with their windows and certificates, and the authorities the hub believes."""
    require(who, Role.OPERATOR)
    return as_json(await hub.operations.key_directory())
