"""Pages of the auditor (审计员): the log's head, proofs, evidence bundles. Reading only."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from exchange.console.pages import AuditPage, ConsistencyPage, EventPage
from exchange.console.visit import Auditor, AuditorForm

routes = APIRouter(prefix="/audit")


@routes.get("")
async def home(visit: Auditor) -> Response:
    """The newest checkpoint and the forms for proofs and bundles."""
    head = await visit.app.evidence.head()
    return visit.page("audit/home.html", AuditPage(head), section="/audit")


@routes.get("/events")
async def event(visit: Auditor) -> Response:
    """One entry of the log and its place in the tree."""
    found = await visit.app.evidence.event(visit.uuid("id"))
    return visit.page("audit/event.html", EventPage(found), section="/audit")


@routes.get("/events/{event_id}/proof")
async def proof(visit: Auditor, event_id: UUID) -> Response:
    """The proof of inclusion as a file (C2SP tlog-proof)."""
    text = await visit.app.evidence.tlog_proof(event_id)
    return _download(text.encode(), f"{event_id}.tlog-proof", "text/plain; charset=utf-8")


@routes.get("/consistency")
async def consistency(visit: Auditor) -> Response:
    """That the newer tree holds the older one unchanged."""
    found = await visit.app.evidence.consistency(visit.number("old"), visit.number("new"))
    return visit.page("audit/consistency.html", ConsistencyPage(found), section="/audit")


@routes.post("/export")
async def export(visit: AuditorForm) -> Response:
    """The evidence bundle of a case; the export itself is logged."""
    number = visit.field("case_number")
    bundle = await visit.app.evidence.export(visit.me, number)
    return _download(bundle, "evidence-bundle.zip", "application/zip")


def _download(content: bytes, filename: str, media_type: str) -> Response:
    disposition = f'attachment; filename="{filename}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
