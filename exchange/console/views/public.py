"""Pages for everybody: start, about, verification without log-in, status, log-in, preferences."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from certs.verifier.kinds import REPORT_TYP
from exchange.console.pages import Empty, LoginPage, StatusPage, VerifyPage
from exchange.console.session import PREFERENCE_SECONDS, SESSION_SECONDS, local_path
from exchange.console.visit import Anybody, AnybodyForm
from exchange.console.words import LANGS
from exchange.errors import ExchangeError
from exchange.model import Role
from exchange.model_views import StepView, VerificationView
from exchange.service.reports import SignedReport

routes = APIRouter()
REPORTS: Final = {"jws": f"application/{REPORT_TYP}", "html": "text/html; charset=utf-8"}
HOMES = {
    Role.APPLICANT: "/me",
    Role.CLERK: "/desk",
    Role.AUDITOR: "/audit",
    Role.OPERATOR: "/ops",
    Role.CUSTODIAN: "/seals",
}


@routes.get("/")
async def start(visit: Anybody) -> Response:
    """The start page; who is logged in goes to the home of their role."""
    if visit.principal is not None:
        return visit.go(HOMES[visit.principal.role])
    return visit.page("public/start.html", Empty(), section="/")


@routes.get("/about")
async def about(visit: Anybody) -> Response:
    """What the hub does, and the way without it (人工渠道)."""
    return visit.page("public/about.html", Empty(), section="/about")


@routes.get("/status")
async def status(visit: Anybody) -> Response:
    """Whether the hub works now."""
    report = await visit.app.operations.health()
    return visit.page("public/status.html", StatusPage(report), section="/status")


@routes.get("/verify")
async def verify_form(visit: Anybody) -> Response:
    """The form for a file or receipt to check."""
    return visit.page("public/verify.html", VerifyPage(), section="/verify")


@routes.post("/verify")
async def verify(visit: AnybodyForm) -> Response:
    """The numbered report of an uploaded file, now or as of a time; shown, or signed as a file."""
    filename, content = await visit.file("file")
    form, at = visit.field("form", optional=True), visit.moment("at")
    if form in REPORTS:
        return report_file(await visit.app.documents.reports.single(filename, content, at=at), form)
    report = await visit.app.verification.verify(content, at=at)
    page = VerifyPage(filename, report, deciding(report))
    return visit.page("public/verify.html", page, section="/verify")


@routes.get("/login")
async def login_form(visit: Anybody) -> Response:
    """The log-in form."""
    back = local_path(visit.request.query_params.get("back", "/"))
    return visit.page("public/login.html", LoginPage(back), section="/login")


@routes.post("/login")
async def login(visit: AnybodyForm) -> Response:
    """Open a session; a refusal shows the form again with the reason."""
    name, back = visit.field("username"), visit.field("back", optional=True)
    try:
        principal, token = await visit.app.access.login(name, visit.field("password"), address=visit.address)
    except ExchangeError as error:
        refusal = visit.problem(error)
        page = LoginPage(local_path(back), name, refusal)
        return visit.page("public/login.html", page, section="/login", status=refusal.status)
    response = visit.go(local_path(back) if back != "/" else HOMES[principal.role])
    visit.console.cookies.put(response, visit.console.cookies.session, token, SESSION_SECONDS)
    return response


@routes.post("/logout")
async def logout(visit: AnybodyForm) -> Response:
    """End the session on the server and in the browser."""
    await visit.app.access.logout(visit.request.cookies.get(visit.console.cookies.session, ""))
    response = visit.go("/", note="logged-out")
    visit.console.cookies.drop(response, visit.console.cookies.session)
    return response


@routes.get("/lang/{lang}")
async def choose_language(visit: Anybody, lang: str) -> Response:
    """Remember the language and return to the page."""
    response = visit.go(local_path(visit.request.query_params.get("back", "/")))
    if lang in LANGS:
        visit.console.cookies.put(response, visit.console.cookies.lang, lang, PREFERENCE_SECONDS)
    return response


@routes.get("/care/{wish}")
async def choose_type_size(visit: Anybody, wish: str) -> Response:
    """Remember whether large type (关怀版) is wanted and return to the page."""
    response = visit.go(local_path(visit.request.query_params.get("back", "/")))
    value = "1" if wish == "on" else "0"
    visit.console.cookies.put(response, visit.console.cookies.care, value, PREFERENCE_SECONDS)
    return response


def report_file(report: SignedReport, form: str) -> Response:
    """A signed report, or the same to read and print (its one style stands in it), as a file."""
    headers = {"Content-Disposition": f'attachment; filename="verification-report.{form}"'}
    return Response(report.token if form == "jws" else report.page, headers=headers, media_type=REPORTS[form])


def deciding(report: VerificationView) -> StepView | None:
    """The first step that failed, else the first that could not be decided."""
    for outcome in ("fail", "undetermined"):
        for step in report.steps:
            if step.outcome == outcome:
                return step
    return None
