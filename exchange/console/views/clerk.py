"""Pages of the clerk (窗口经办人): the workbench, a case, its result, papers to check, earlier queries."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from exchange.console.pages import (
    CasePage,
    ClaimPage,
    DemandPage,
    DeskPage,
    NewCasePage,
    ResultPage,
    UsesPage,
    WaitingPage,
)
from exchange.console.problems import FormIncomplete
from exchange.console.text import CHINA
from exchange.console.visit import Clerk, ClerkForm
from exchange.errors import CaseNotFoundError

routes = APIRouter(prefix="/desk")
_CODE = re.compile(r"^\d{4} ?\d{4}$", re.ASCII)
_CASES, _QUERIES = 50, 100


@routes.get("")
async def workbench(visit: Clerk) -> Response:
    """One box, and the cases at hand."""
    cases = await visit.app.cases.list(visit.me, _CASES)
    return visit.page("desk/home.html", DeskPage(cases), section="/desk")


@routes.post("")
async def go(visit: ClerkForm) -> Response:
    """Where the box leads: an eight-digit code asks for its case, anything else is a case number."""
    entry = visit.field("entry")
    if _CODE.fullmatch(entry):
        cases = await visit.app.cases.list(visit.me, _CASES)
        return visit.page("desk/claim.html", ClaimPage(entry.replace(" ", ""), cases), section="/desk")
    try:
        case = await visit.app.cases.get(visit.me, entry)
    except CaseNotFoundError:
        return visit.go(f"/desk/new/{quote(entry, safe='')}")
    return visit.go(case_path(case.number))


@routes.get("/new/{number}")
async def new_case(visit: Clerk, number: str) -> Response:
    """The form for a case that is not known yet."""
    items = await visit.app.catalogue.service_items(visit.me)
    return visit.page("desk/new.html", NewCasePage(number, items), section="/desk")


@routes.post("/new/{number}")
async def open_case(visit: ClerkForm, number: str) -> Response:
    """Open the case and go to it."""
    case = await visit.app.cases.open(
        visit.me,
        number=number,
        service_item=visit.field("service_item"),
        subject=visit.field("subject").upper(),
    )
    return visit.go(case_path(case.number), note="case-opened")


@routes.get("/cases/{number}")
async def case(visit: Clerk, number: str) -> Response:
    """Per requirement: satisfied by what, or what is still needed."""
    choices = visit.choices_made()
    found = await visit.app.cases.resolve(visit.me, number, choices)
    return visit.page("desk/case.html", CasePage(found, choices), section="/desk")


@routes.post("/cases/{number}/use")
async def use(visit: ClerkForm, number: str) -> Response:
    """Take the data of the case. Showing ID numbers in full is a use of its own and leaves its own evidence."""
    choices = visit.choices_made()
    result = await visit.app.cases.use(visit.me, number, choices)
    revealed = visit.field("reveal", optional=True) == "yes"
    page = ResultPage(result, revealed, choices)
    return visit.page("desk/result.html", page, section=case_path(number))


@routes.post("/cases/{number}/demand")
async def demand(visit: ClerkForm, number: str) -> Response:
    """Ask the citizen for a paper; refused, with the reason, when it is available."""
    outcome = await visit.app.cases.demand(visit.me, number, visit.field("evidence_type"))
    return visit.page("desk/demand.html", DemandPage(number, outcome), section=case_path(number))


@routes.post("/cases/{number}/close")
async def close(visit: ClerkForm, number: str) -> Response:
    """Close the case."""
    await visit.app.cases.close(visit.me, number)
    return visit.go("/desk", note="case-closed")


@routes.get("/materials")
async def materials(visit: Clerk) -> Response:
    """Uploads to compare with the original."""
    waiting = await visit.app.materials.waiting(visit.me)
    return visit.page("desk/materials.html", WaitingPage(waiting), section="/desk/materials")


@routes.get("/materials/{material_id}")
async def material(visit: Clerk, material_id: UUID) -> Response:
    """The file, always as a download: an uploaded document never runs in the hub's own pages."""
    found, content = await visit.app.materials.content(visit.me, material_id)
    disposition = f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"
    return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": disposition})


@routes.post("/materials/{material_id}")
async def check(visit: ClerkForm, material_id: UUID) -> Response:
    """Accept or reject an upload after seeing the original."""
    accept = visit.field("decision") == "accept"
    await visit.app.materials.check(
        visit.me,
        material_id,
        accept=accept,
        reason=visit.field("reason", optional=accept),
        valid_until=last_moment(visit.field("valid_until", optional=True)),
    )
    return visit.go("/desk/materials", note="material-accepted" if accept else "material-rejected")


@routes.get("/queries")
async def queries(visit: Clerk) -> Response:
    """My earlier queries."""
    found = await visit.app.queries.recent(visit.me, _QUERIES)
    return visit.page("desk/queries.html", UsesPage(found), section="/desk/queries")


def case_path(number: str) -> str:
    """The address of a case's page."""
    return f"/desk/cases/{quote(number, safe='')}"


def last_moment(text: str) -> datetime | None:
    """The end of an ISO day in China, None for an empty text. Raises FormIncomplete for anything else."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=CHINA) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise FormIncomplete("valid_until") from None
