"""Pages of the operator for sealing in bulk: order, progress and rate, refused certificates, another try."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from exchange.console.sealing_pages import SealingJobPage, SealingPage
from exchange.console.session import new_seed
from exchange.console.visit import Operator, OperatorForm
from exchange.model_sealing import JobState, RowState

routes = APIRouter(prefix="/ops/sealing")
_SECTION = "/ops/sealing"
_JOBS, _ROWS = 20, 50
_SECONDS = 2


@routes.get("")
async def home(visit: Operator) -> Response:
    """The newest jobs, and a form to order one."""
    found = await visit.app.documents.sealing.newest(_JOBS)
    types = tuple(kind.slug for kind in visit.app.types)
    return visit.page("ops/sealing.html", SealingPage(found, types, new_seed()), section=_SECTION)


@routes.post("")
async def order(visit: OperatorForm) -> Response:
    """Order the sealing of a type; its job has its own page."""
    job = await visit.app.documents.sealing.order(visit.me, visit.field("type"), key=visit.field("key"))
    return visit.go(f"{_SECTION}/{job.id}", note="sealing-ordered")


@routes.get("/{job_id}")
async def job(visit: Operator, job_id: UUID) -> Response:
    """Progress, rate and refused certificates; looks again by itself while it is under way."""
    sealing, after = visit.app.documents.sealing, visit.request.query_params.get("after", "")[:100]
    found = await sealing.get(job_id)
    rows = await sealing.rows(job_id, RowState.REFUSED, after=after, limit=_ROWS + 1)
    following = rows[_ROWS - 1].identifier if len(rows) > _ROWS else None
    refresh = _SECONDS if found.state is JobState.OPEN else None
    page = SealingJobPage(found, rows[:_ROWS], following)
    return visit.page("ops/sealing_job.html", page, section=_SECTION, refresh=refresh)


@routes.get("/{job_id}/state")
async def state(visit: Operator, job_id: UUID) -> Response:
    """What the page compares while it waits."""
    found = await visit.app.documents.sealing.get(job_id)
    return JSONResponse({"state": f"{found.state}:{found.done}"})


@routes.post("/{job_id}/retry")
async def retry(visit: OperatorForm, job_id: UUID) -> Response:
    """Try the refused certificates again; a stopped job goes on."""
    await visit.app.documents.sealing.order_again(visit.me, job_id)
    return visit.go(f"{_SECTION}/{job_id}", note="sealing-ordered")
