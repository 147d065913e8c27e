"""The consoles as a sub-application: `exchange.main` mounts it at `/`, after the API."""

import logging
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from exchange.console.headers import PageHeaders, page_headers
from exchange.console.naming import naming
from exchange.console.ports import ConsoleApp
from exchange.console.problems import (
    DOMAIN_ERRORS,
    LoginNeeded,
    PageError,
    ProblemPage,
    StatusOf,
    describe,
    plain_status,
    told,
)
from exchange.console.render import Chrome, Texts, render, static_version, templates
from exchange.console.session import Cookies
from exchange.console.views import (
    applicant,
    auditor,
    clerk,
    copies,
    operator,
    originals,
    public,
    receiving,
    sealing,
    seals,
    showing,
    verifications,
)
from exchange.console.visit import Console, console_of, language
from exchange.console.words import Words, load_words
from exchange.model_views import Labels
from exchange.outages import OUTAGES, RETRY_SECONDS, is_outage

_log = logging.getLogger("exchange.console")
ROUTES = (
    public.routes,
    showing.routes,
    applicant.routes,
    originals.routes,
    receiving.routes,
    clerk.routes,
    copies.routes,
    auditor.routes,
    verifications.routes,
    operator.routes,
    sealing.routes,
    seals.routes,
)


def create_console(app: ConsoleApp, *, status_of: StatusOf = plain_status) -> FastAPI:
    """The pages over the hub's services. `status_of` maps an error of ours to an HTTP status (the API's table)."""
    cookies = Cookies(secure=app.hub.public_url.startswith("https://"))
    version = static_version()
    console = FastAPI(title="Yizhengtong consoles", openapi_url=None, docs_url=None, redoc_url=None)
    console.state.console = Console(
        app=app,
        environment=templates(),
        words=dict(load_words()),
        cookies=cookies,
        static=version,
        naming=naming(app.types),
        status_of=status_of,
    )
    folder = Path(str(files("exchange.console") / "static"))
    console.mount(f"/static/{version}", StaticFiles(directory=folder), name="static")
    for routes in ROUTES:
        console.include_router(routes)
    _handle_errors(console)
    console.add_middleware(PageHeaders, secure=cookies.secure)
    return console


_EARLY = MappingProxyType({"body-too-large": "file-too-large", "internal": "failed"})


def refused_early(
    console: FastAPI, scope: Scope, code: str, *, status: int, headers: Mapping[str, str] | None
) -> Response:
    """The page for what was refused before any view saw it: too large, too slow, too many at a time."""
    request = Request({**scope, "app": console})
    words, code = _words(request), _EARLY.get(code, code)
    answer = _problem(request, told(code if words.has(f"problem.{code}.title") else "refused", words, status))
    answer.headers.update(headers or {})
    return answer


def _handle_errors(console: FastAPI) -> None:
    for kind in (*DOMAIN_ERRORS, PageError):
        console.add_exception_handler(kind, _refused)
    console.add_exception_handler(LoginNeeded, _to_login)
    console.add_exception_handler(RequestValidationError, _not_found)
    console.add_exception_handler(HTTPException, _http)
    for outage in OUTAGES:
        console.add_exception_handler(outage, _away)
    console.add_exception_handler(Exception, _failed)


async def _to_login(_: Request, error: Exception) -> Response:
    back = error.back if isinstance(error, LoginNeeded) else "/"
    return RedirectResponse(f"/login?back={quote(back, safe='/')}", status_code=303)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, PageError) else console_of(request).status_of(error)
    return _problem(request, describe(error, _words(request), status))


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not-found", 405: "wrong-method"}.get(status, "refused" if status < 500 else "failed")
    return _problem(request, told(code, _words(request), status))


async def _not_found(request: Request, _: Exception) -> Response:
    """An address whose id is none (`/me/show/abc`) leads nowhere; there is nothing to fill in."""
    return _problem(request, told("not-found", _words(request), 404))


async def _away(request: Request, error: Exception) -> Response:
    if not is_outage(error):
        raise error
    _log.error("outage %s", type(error).__name__)
    return refused_early(
        request.app, request.scope, "not-ready", status=503, headers={"retry-after": str(RETRY_SECONDS)}
    )


async def _failed(request: Request, _: Exception) -> Response:
    """Anything unexpected: its message may hold personal data and is never shown."""
    return _problem(request, told("failed", _words(request), 500))


def _words(request: Request) -> Words:
    console = console_of(request)
    return console.words[language(request, console.cookies)]


def _problem(request: Request, page: ProblemPage) -> Response:
    """Rendered without any service: the error page must work when the services do not.

    It sets the headers itself: the answer to an unexpected error is made outside every middleware.
    """
    console, words = console_of(request), _words(request)
    care = request.cookies.get(console.cookies.care) == "1"
    chrome = Chrome(words.lang, "/", "", None, "", care, None, None, f"/static/{console.static}")
    texts = Texts(words, Labels(), console.naming)
    page_text = render(console.environment, "problem.html", page, chrome, texts)
    headers = page_headers(secure=console.cookies.secure) | {"Cache-Control": "no-store"}
    return HTMLResponse(page_text, status_code=page.status, headers=headers)
