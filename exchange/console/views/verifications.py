"""Pages of the auditor (审计员) for verifying many documents: upload, progress, every step, reports."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from certs.verifier.signed import MAX_DOCUMENTS
from exchange.console.verification_pages import BatchesPage, BatchPage, ResultOfPage
from exchange.console.views.public import deciding, report_file
from exchange.console.visit import Auditor, AuditorFiles, AuditorForm, AuditorMoreFiles
from exchange.model_verifications import BatchState

routes = APIRouter(prefix="/audit/verifications")
_SECTION = "/audit/verifications"
_ROWS = 50
_SECONDS = 2
_MOVING = frozenset({BatchState.WAITING, BatchState.RUNNING})


@routes.get("")
async def home(visit: Auditor) -> Response:
    """The form for files, and what was asked for lately."""
    found = await visit.app.documents.batches.mine(visit.me)
    return visit.page("audit/verifications.html", BatchesPage(found), section=_SECTION)


@routes.post("")
async def submit(visit: AuditorFiles) -> Response:
    """Take the files, all of them or the first; the result has its own page."""
    intake = visit.app.documents.intake
    take = intake.open if visit.field("more", optional=True) else intake.submit
    batch = await take(visit.me, visit.uploads("file"), at=visit.moment("at"))
    return visit.go(f"{_SECTION}/{batch.id}")


@routes.post("/{batch_id}/files")
async def add(visit: AuditorMoreFiles, batch_id: UUID) -> Response:
    """Add files to what is being collected."""
    await visit.app.documents.intake.add(visit.me, batch_id, visit.uploads("file"))
    return visit.go(f"{_SECTION}/{batch_id}")


@routes.post("/{batch_id}/start")
async def start(visit: AuditorForm, batch_id: UUID) -> Response:
    """Have what was collected verified."""
    await visit.app.documents.intake.start(visit.me, batch_id)
    return visit.go(f"{_SECTION}/{batch_id}")


@routes.post("/{batch_id}/discard")
async def discard(visit: AuditorForm, batch_id: UUID) -> Response:
    """Forget it with its files."""
    await visit.app.documents.intake.discard(visit.me, batch_id)
    return visit.go(_SECTION)


@routes.get("/{batch_id}")
async def batch(visit: Auditor, batch_id: UUID) -> Response:
    """How far it is and what was found; looks again by itself while it runs. Before the start it takes files."""
    batches, verdict = visit.app.documents.batches, visit.verdict()
    found = await batches.status(visit.me, batch_id)
    after = visit.number("after") if "after" in visit.request.query_params else 0
    page = await batches.results(visit.me, batch_id, after=after, limit=_ROWS, verdict=verdict)
    refresh = _SECONDS if found.state in _MOVING else None
    view = BatchPage(found, page, verdict or "", most=MAX_DOCUMENTS)
    return visit.page("audit/verification.html", view, section=_SECTION, refresh=refresh)


@routes.get("/{batch_id}/state")
async def state(visit: Auditor, batch_id: UUID) -> Response:
    """What the page compares while it waits."""
    found = await visit.app.documents.batches.status(visit.me, batch_id)
    return JSONResponse({"state": f"{found.state}:{found.done}"})


@routes.get("/{batch_id}/results/{number}")
async def result(visit: Auditor, batch_id: UUID, number: int) -> Response:
    """Every step of one file, with its evidence, and what the file states."""
    batches = visit.app.documents.batches
    found = await batches.result(visit.me, batch_id, number)
    view = ResultOfPage(await batches.status(visit.me, batch_id), found, deciding(found.report))
    return visit.page("audit/result.html", view, section=_SECTION)


@routes.get("/{batch_id}/report.jws")
async def signed(visit: Auditor, batch_id: UUID) -> Response:
    """The signed report as a file."""
    return report_file(await visit.app.documents.reports.of_batch(visit.me, batch_id), "jws")


@routes.get("/{batch_id}/report.html")
async def readable(visit: Auditor, batch_id: UUID) -> Response:
    """The same report to read and print, as a file."""
    return report_file(await visit.app.documents.reports.of_batch(visit.me, batch_id), "html")
