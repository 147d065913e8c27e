"""The HTTP application: `create_app` over an open hub, `serve_factory` for servers that start it themselves."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from exchange.app import App
from exchange.console.app import create_console, refused_early
from exchange.http.cursor import Cursors
from exchange.http.deps import Frame
from exchange.http.express import Express
from exchange.http.faults import Fault
from exchange.http.guard import Bounds, Guard
from exchange.http.limits import ADDRESSES, CLIENTS, PEOPLE, Limiter, Policy
from exchange.http.metrics import RequestMetrics
from exchange.http.problems import HANDLERS, ROWS, status_of
from exchange.http.routes import (
    cases,
    catalogue,
    copies,
    evidence,
    health,
    holders,
    oauth,
    originals,
    published,
    queries,
    sealing,
    seals,
    verifications,
)
from exchange.logs import write_logs
from exchange.sealing import derive
from exchange.settings import load_settings
from exchange.wiring import open_app
from exchange.worker import attend

_ROUTERS = (
    queries.router,
    oauth.router,
    cases.router,
    copies.router,
    holders.router,
    originals.router,
    sealing.router,
    catalogue.router,
    evidence.router,
    seals.router,
    verifications.router,
    published.router,
    health.router,
)
# measured: p99 of the query from 75 to 27 ms, because start-up objects are never looked at again
_GC_THRESHOLDS = (50_000, 20, 20)


def create_app(
    app: App,
    *,
    bounds: Bounds | None = None,
    clients: Policy = CLIENTS,
    people: Policy = PEOPLE,
    addresses: Policy = ADDRESSES,
) -> FastAPI:
    """The API and, below it, the consoles over an open hub; the caller keeps the hub open while it serves."""
    metrics = RequestMetrics()
    api = FastAPI(
        title="Yizhengtong 一证通",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # what is told about requests: `metrics` below
    )
    api.state.frame = Frame(
        app=app,
        cursors=Cursors(derive(app.keys.open_key.passphrase, "page-cursors")),
        clients=Limiter(clients, time.monotonic),
        people=Limiter(people, time.monotonic),
        addresses=Limiter(addresses, time.monotonic),
        metrics=metrics,
    )
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
    for router in _ROUTERS:
        api.include_router(router)
    # without these, what is unknown here would get the consoles' HTML page
    for path in _OURS:
        api.add_route(path, _nothing, include_in_schema=False, methods=list(_METHODS))
    console = create_console(app, status_of=status_of)
    api.mount("/", console)
    secure = app.hub.public_url.startswith("https://")
    api.add_middleware(Express, routes={("POST", queries.PATH): queries.ask})
    as_page = partial(_as_page, console)
    api.add_middleware(Guard, metrics=metrics, monotonic=time.monotonic, secure=secure, bounds=bounds, as_page=as_page)
    return api


def _as_page(console: FastAPI, scope: Scope, fault: Fault) -> Response | None:
    """What the outermost ring refuses on the way to a page is told by a page."""
    if scope["path"].startswith(_OUR_PATHS):
        return None
    return refused_early(console, scope, fault.slug, status=ROWS[fault.slug].status, headers=fault.headers)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


_OURS = (
    "/api/{rest:path}",
    "/oauth/{rest:path}",
    "/log/{rest:path}",
    "/status/{rest:path}",
    "/trust/{rest:path}",
    "/.well-known/{rest:path}",
    "/healthz",
    "/readyz",
)


_OUR_PATHS = (*(path.removesuffix("{rest:path}") for path in _OURS), "/metrics")


async def _nothing(request: Request) -> Response:
    """What no route of the API takes: another method's path (405, with Allow), or nobody's (404)."""
    ours = [route for router in _ROUTERS for route in router.routes]
    partial = [route for route in ours if route.matches(request.scope)[0] is Match.PARTIAL]
    allowed = sorted({method for route in partial for method in getattr(route, "methods", None) or ()})
    if allowed:
        raise Fault("method-not-allowed", headers={"allow": ", ".join(allowed)})
    raise Fault("not-found")


def serve_factory() -> ASGIApp:
    """For `uvicorn --factory exchange.main:serve_factory`: opens the hub when the server starts this worker."""
    return _Served()


@asynccontextmanager
async def _attended(app: App) -> AsyncIterator[None]:
    """What every serving process does beside its answers, while the context lives."""
    stop = asyncio.Event()
    beside = asyncio.create_task(attend(app, stop))
    try:
        yield
    finally:
        stop.set()
        await beside


class _Served:
    """Opens the hub at lifespan start-up and closes it at shut-down; passes everything else on."""

    def __init__(self) -> None:
        self._api: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            write_logs()
            async with open_app(load_settings()) as app, _attended(app):
                self._api = create_app(app)
                gc.collect()
                gc.freeze()
                gc.set_threshold(*_GC_THRESHOLDS)
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif self._api is not None:
            await self._api(scope, receive, send)
