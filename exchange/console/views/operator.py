"""Pages of the operator (平台运维): sources, rows put aside, keys, the log's health."""

from fastapi import APIRouter
from starlette.responses import Response

from exchange.console.pages import KeysPage, LogPage, OperationsPage, QuarantinePage
from exchange.console.visit import Operator, OperatorForm

routes = APIRouter(prefix="/ops")
_ROWS = 100


@routes.get("")
async def home(visit: Operator) -> Response:
    """Health checks and sources."""
    report = await visit.app.operations.health()
    sources = await visit.app.operations.sources()
    return visit.page("ops/home.html", OperationsPage(report, sources), section="/ops")


@routes.get("/quarantine/{resource}")
async def quarantine(visit: Operator, resource: str) -> Response:
    """Rows of a source that were put aside, masked, with the reason."""
    rows = await visit.app.operations.quarantine(resource, _ROWS)
    return visit.page("ops/quarantine.html", QuarantinePage(resource, rows), section="/ops")


@routes.post("/sources/{resource}/run")
async def run(visit: OperatorForm, resource: str) -> Response:
    """Start a pull now."""
    await visit.app.operations.run(visit.me, resource)
    return visit.go("/ops", note="run-started")


@routes.get("/keys")
async def keys(visit: Operator) -> Response:
    """Keys and when they end."""
    found = await visit.app.operations.key_directory()
    return visit.page("ops/keys.html", KeysPage(found, visit.app.now()), section="/ops/keys")


@routes.get("/log")
async def log(visit: Operator) -> Response:
    """The newest checkpoint as it is published."""
    head = await visit.app.evidence.head()
    return visit.page("ops/log.html", LogPage(head), section="/ops/log")
