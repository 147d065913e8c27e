"""Is the process alive, can the hub keep its promises, and what did it count."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from exchange.http.deps import Hub, as_json, frame_of
from exchange.http.problems import problem, trace_of

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> Response:
    """The process answers; nothing else is asked."""
    return as_json({"ok": True})


@router.get("/readyz")
async def ready(request: Request, hub: Hub) -> Response:
    """Green only while the hub can read, sign and log."""
    report = await hub.operations.health()
    checks = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in report.checks]
    if not report.ok:
        return problem("not-ready", trace_id=trace_of(request.scope), members={"checks": checks})
    return as_json({"ok": True, "checks": checks})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Prometheus text: counts and times by route, nothing about people."""
    return Response(frame_of(request).metrics.render(), media_type=CONTENT_TYPE_LATEST)
