"""亮证 on the holder's phone: choose, show the code, see who asks for what, agree or refuse."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from exchange.console.pages import ChoosePage, ShowPage
from exchange.console.text import qr_svg
from exchange.console.visit import Applicant, ApplicantForm, Visit
from exchange.model import Presentation, PresentationState, ShowCode
from exchange.model_views import CertificateView

routes = APIRouter(prefix="/me/show")
_REFRESH_SECONDS = 4
_MOVING = (PresentationState.SHOWN, PresentationState.CONFIRMED)


@routes.get("")
async def choose(visit: Applicant) -> Response:
    """Which certificates to show; nothing is ticked beforehand."""
    found = await visit.app.certificates.mine(visit.me)
    return visit.page("me/choose.html", ChoosePage(found), section="/me/show")


@routes.post("")
async def offer(visit: ApplicantForm) -> Response:
    """Ask for a one-time code and show it."""
    shown = await visit.app.presentations.offer(visit.me, visit.choices("certificate"))
    response = visit.go(f"/me/show/{shown.presentation_id}")
    visit.console.cookies.put(
        response, visit.console.cookies.show, _kept(shown), _left(shown.expires_at, visit.app.now())
    )
    return response


@routes.get("/{presentation_id}")
async def show(visit: Applicant, presentation_id: UUID) -> Response:
    """The code; or who asks for what; or how it ended."""
    found = await visit.app.presentations.status(visit.me, presentation_id)
    refresh = _REFRESH_SECONDS if found.state in _MOVING else None
    asked = await _asked(visit, found)
    page = ShowPage(found, _code(visit, presentation_id), visit.app.now(), asked)
    return visit.page("me/show.html", page, section="/me/show", refresh=refresh)


@routes.get("/{presentation_id}/state")
async def state(visit: Applicant, presentation_id: UUID) -> Response:
    """The state alone, for the page that waits."""
    found = await visit.app.presentations.status(visit.me, presentation_id)
    return JSONResponse({"state": found.state.value})


@routes.get("/{presentation_id}/code.svg")
async def picture(visit: Applicant, presentation_id: UUID) -> Response:
    """The code as QR; only for the device that asked for it."""
    code = _code(visit, presentation_id)
    if code is None:
        return Response(status_code=404)
    return Response(qr_svg(code), media_type="image/svg+xml")


@routes.post("/{presentation_id}/confirm")
async def confirm(visit: ApplicantForm, presentation_id: UUID) -> Response:
    """Agree to exactly what is on the page."""
    await visit.app.presentations.confirm(visit.me, presentation_id)
    return visit.go(f"/me/show/{presentation_id}")


@routes.post("/{presentation_id}/refuse")
async def refuse(visit: ApplicantForm, presentation_id: UUID) -> Response:
    """Refuse; nothing is released."""
    await visit.app.presentations.refuse(visit.me, presentation_id)
    return visit.go(f"/me/show/{presentation_id}")


async def _asked(visit: Visit, found: Presentation) -> Mapping[str, CertificateView]:
    """The certificates that are asked about, so that the page can name them."""
    if not found.requested:
        return {}
    held = await visit.app.certificates.mine(visit.me)
    return {item.identifier: item for item in held if item.identifier in found.requested}


def _kept(shown: ShowCode) -> str:
    return f"{shown.presentation_id}.{shown.code}"


def _left(expires_at: datetime, now: datetime) -> int:
    return max(1, int((expires_at - now).total_seconds()))


def _code(visit: Visit, presentation_id: UUID) -> str | None:
    kept = visit.request.cookies.get(visit.console.cookies.show, "")
    owner, _, code = kept.partition(".")
    return code if owner == str(presentation_id) and code.isascii() and code.isdigit() else None
