"""亮证 at the counter: enter the code for a case, wait for the holder, receive what was agreed to."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from exchange.console.pages import CollectedPage, WaitPage
from exchange.console.views.clerk import case_path
from exchange.console.visit import Clerk, ClerkForm
from exchange.model import PresentationState

routes = APIRouter(prefix="/desk/presentations")
_REFRESH_SECONDS = 4


@routes.post("")
async def claim(visit: ClerkForm) -> Response:
    """Enter a code for a case; the holder then sees who asks for what."""
    code = visit.field("code").replace(" ", "")
    number = visit.field("case_number")
    claimed = await visit.app.presentations.claim(visit.me, code=code, case_number=number)
    return visit.go(f"/desk/presentations/{claimed.id}")


@routes.get("/{presentation_id}")
async def wait(visit: Clerk, presentation_id: UUID) -> Response:
    """Waiting for the holder, then ready to receive, or how it ended."""
    found = await visit.app.presentations.status(visit.me, presentation_id)
    refresh = _REFRESH_SECONDS if found.state is PresentationState.CLAIMED else None
    page = WaitPage(found, visit.app.now())
    return visit.page("desk/presentation.html", page, section="/desk", refresh=refresh)


@routes.get("/{presentation_id}/state")
async def state(visit: Clerk, presentation_id: UUID) -> Response:
    """The state alone, for the page that waits."""
    found = await visit.app.presentations.status(visit.me, presentation_id)
    return JSONResponse({"state": found.state.value})


@routes.post("/{presentation_id}")
async def collect(visit: ClerkForm, presentation_id: UUID) -> Response:
    """Receive what the holder agreed to; possible once."""
    received = await visit.app.presentations.collect(visit.me, presentation_id)
    found = await visit.app.presentations.status(visit.me, presentation_id)
    back = case_path(found.case_number or "")
    return visit.page("desk/collected.html", CollectedPage(found, received), section=back)
