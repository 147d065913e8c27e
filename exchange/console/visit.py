"""One request of a browser: who it is, in which language, with which form; and the ways to answer it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends
from jinja2 import Environment
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from certs.model import Verdict
from certs.verifier.model import MAX_BYTES
from exchange.console.naming import Naming
from exchange.console.ports import ConsoleApp
from exchange.console.problems import (
    FileTooLarge,
    FormExpired,
    FormIncomplete,
    LoginNeeded,
    ProblemPage,
    StatusOf,
    WrongRole,
    describe,
)
from exchange.console.render import Chrome, Texts, render
from exchange.console.session import (
    Cookies,
    form_token,
    local_path,
    new_seed,
    same_origin,
    token_matches,
)
from exchange.console.text import CHINA
from exchange.console.words import LANGS, Lang, Words, prefer
from exchange.errors import BatchRefusedError
from exchange.model import Principal, Role
from exchange.model_views import Labels
from exchange.service.verification_intake import MAX_UPLOADS
from exchange.service.verification_uploads import Upload
from exchange.spooling import FormUnreadable, Spool, TooManyFiles

MAX_FILE = 10 * 1024 * 1024
_MAX_BODY = MAX_FILE + 64 * 1024
_MAX_FIELDS = 64
_MAX_DOCUMENTS = 256 * 1024 * 1024
_YEARS = range(1900, 9001)
_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Console:
    """What all visits share, made once by `create_console`."""

    app: ConsoleApp
    environment: Environment
    words: dict[Lang, Words]
    cookies: Cookies
    static: str
    naming: Naming
    status_of: StatusOf


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. `fresh_seed` is set when the browser had none yet and the answer must give it one."""

    request: Request
    console: Console
    words: Words
    labels: Labels
    principal: Principal | None
    seed: str
    fresh_seed: bool
    form: FormData

    @property
    def app(self) -> ConsoleApp:
        """The hub's services."""
        return self.console.app

    @property
    def me(self) -> Principal:
        """Who is logged in. Raises LoginNeeded."""
        if self.principal is None:
            raise LoginNeeded(self.request.url.path)
        return self.principal

    @property
    def address(self) -> str:
        """The network address the request came from."""
        return self.request.client.host if self.request.client else "unknown"

    def field(self, name: str, *, optional: bool = False) -> str:
        """A text field of the form, trimmed. Raises FormIncomplete when it is absent, empty or overlong."""
        value = self.form.get(name, "")
        text = value.strip() if isinstance(value, str) else ""
        if (not text and not optional) or len(text) > _LONGEST_TEXT:
            raise FormIncomplete(name)
        return text

    def choices(self, name: str) -> tuple[str, ...]:
        """The ticked values of a group; at least one. Raises FormIncomplete."""
        chosen = tuple(value for value in self.form.getlist(name) if isinstance(value, str) and value)
        if not chosen:
            raise FormIncomplete(name)
        return chosen

    def uuid(self, name: str) -> UUID:
        """An id of the form or the query. Raises FormIncomplete when it is none."""
        text = self.request.query_params.get(name) or self.field(name, optional=True)
        try:
            return UUID(text.strip())
        except ValueError:
            raise FormIncomplete(name) from None

    def number(self, name: str) -> int:
        """A whole number of the query, not negative. Raises FormIncomplete."""
        text = self.request.query_params.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise FormIncomplete(name)
        return int(text)

    async def file(self, name: str) -> tuple[str, bytes]:
        """Name and content of an uploaded file. Raises FormIncomplete, FileTooLarge."""
        upload = self.form.get(name)
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise FormIncomplete(name)
        content = await upload.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise FileTooLarge(MAX_FILE)
        return upload.filename, content

    def uploads(self, name: str) -> list[Upload]:
        """Every uploaded file of that name, to be read one by one. Raises FormIncomplete, FileTooLarge."""
        given = [part for part in self.form.getlist(name) if isinstance(part, UploadFile) and part.filename]
        if not given:
            raise FormIncomplete(name)
        if any((part.size or 0) > MAX_BYTES for part in given):
            raise FileTooLarge(MAX_BYTES)
        return [Upload(part.filename or "", part.read) for part in given]

    def moment(self, name: str) -> datetime | None:
        """A time of the form as clocks in China show it; None when it is left open. Raises FormIncomplete."""
        text = self.field(name, optional=True)
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=CHINA) if text else None
        except ValueError:
            raise FormIncomplete(name) from None
        if at is not None and at.year not in _YEARS:
            raise FormIncomplete(name)
        return at

    def verdict(self) -> Verdict | None:
        """The verdict the query chooses by, None for all. Raises FormIncomplete."""
        text = self.request.query_params.get("verdict", "")
        if text and text not in set(Verdict):
            raise FormIncomplete("verdict")
        return Verdict(text) if text else None

    def choices_made(self) -> dict[tuple[str, str], str]:
        """Which certificate or record was chosen where several would do: fields named `choose:requirement:type`."""
        made = (*self.request.query_params.items(), *self.form.items())
        named = ((name.split(":"), value) for name, value in made if isinstance(value, str) and value)
        return {(parts[1], parts[2]): value for parts, value in named if parts[0] == "choose" and len(parts) == 3}

    def problem(self, error: Exception) -> ProblemPage:
        """The words for a refusal that a page shows itself."""
        return describe(error, self.words, self.console.status_of(error))

    def page(
        self, template: str, view: object, *, section: str, status: int = 200, refresh: int | None = None
    ) -> Response:
        """Render a template. `section` is the address of the menu entry, also where a language switch returns."""
        here = self.request.url.path if self.request.method == "GET" and status < 400 else section
        note = self.request.query_params.get("note", "")
        chrome = Chrome(
            lang=self.words.lang,
            path=here,
            section=section,
            principal=self.principal,
            token=form_token(self.seed),
            care=self.request.cookies.get(self.console.cookies.care) == "1",
            note=note if self.words.has(f"note.{note}") else None,
            refresh=refresh,
            static=f"/static/{self.console.static}",
        )
        texts = Texts(self.words, self.labels, self.console.naming)
        text = render(self.console.environment, template, view, chrome, texts)
        response = HTMLResponse(text, status_code=status, headers={"Vary": "Cookie, Accept-Language"})
        if self.fresh_seed:
            self.console.cookies.put(response, self.console.cookies.seed, self.seed, 86400)
        return response

    def go(self, path: str, *, note: str = "") -> RedirectResponse:
        """Redirect after a form (303), with a one-line confirmation on the next page."""
        target = local_path(path)
        return RedirectResponse(f"{target}?note={note}" if note else target, status_code=303)


def console_of(request: Request) -> Console:
    """The shared part, put there by `create_console`."""
    return cast("Console", request.app.state.console)


def language(request: Request, cookies: Cookies) -> Lang:
    """The chosen language, else the browser's."""
    chosen = request.cookies.get(cookies.lang)
    for lang in LANGS:
        if lang == chosen:
            return lang
    return prefer(request.headers.get("accept-language", ""))


async def open_visit(request: Request) -> Visit:
    """Recognise the browser; anybody may visit."""
    console = console_of(request)
    cookies = console.cookies
    token = request.cookies.get(cookies.session)
    principal = await console.app.access.session(token) if token else None
    seed = token if token and principal else request.cookies.get(cookies.seed)
    return Visit(
        request=request,
        console=console,
        words=console.words[language(request, cookies)],
        labels=console.naming.over(await console.app.catalogue.labels()),
        principal=principal,
        seed=seed or new_seed(),
        fresh_seed=seed is None,
        form=FormData(),
    )


async def with_form(visit: Visit) -> Visit:
    """Take the form of the request, if it is one of ours, with one file at most. Raises FormExpired, FileTooLarge."""
    _check_length(visit.request, _MAX_BODY)
    return await _accepted(visit, await visit.request.form(max_files=1, max_fields=_MAX_FIELDS))


def _check_length(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > most:
        raise FileTooLarge(most)


async def _accepted(visit: Visit, form: FormData) -> Visit:
    """The visit with its form, if the form was ours."""
    request, given = visit.request, form.get("token")
    if not isinstance(given, str) or not token_matches(visit.seed, given) or not same_origin(request.headers):
        await form.close()
        raise FormExpired
    for name, value in form.multi_items():
        if "\x00" in name or (isinstance(value, str) and "\x00" in value):  # no database text can hold it
            await form.close()
            raise FormIncomplete(name)
    return replace(visit, form=form)


async def open_form(request: Request) -> AsyncIterator[Visit]:
    """Recognise the browser and take its form; anybody may send it. Uploads are closed when the view is done."""
    visit = await with_form(await open_visit(request))
    try:
        yield visit
    finally:
        await visit.form.close()


def _page_for(*roles: Role) -> Callable[[Request], Awaitable[Visit]]:
    async def admitted(request: Request) -> Visit:
        return _admit(await open_visit(request), roles, back=request.url.path)

    return admitted


def _form_for(*roles: Role) -> Callable[[Request], AsyncIterator[Visit]]:
    async def admitted(request: Request) -> AsyncIterator[Visit]:
        visit = await with_form(_admit(await open_visit(request), roles, back="/"))
        try:
            yield visit
        finally:
            await visit.form.close()

    return admitted


async def _many_files(request: Request) -> AsyncIterator[Visit]:
    """The auditor's form with many documents; who it is, is known before any of it is read."""
    somebody = _admit(await open_visit(request), (Role.AUDITOR,), back="/")
    with Spool() as spool:
        yield await _with_files(somebody, spool)


async def _more_files(request: Request, batch_id: UUID) -> AsyncIterator[Visit]:
    """The same for documents that are added; whether they can be, is known as well."""
    somebody = _admit(await open_visit(request), (Role.AUDITOR,), back="/")
    await somebody.app.documents.intake.expect(somebody.me, batch_id)
    with Spool() as spool:
        yield await _with_files(somebody, spool)


async def _with_files(visit: Visit, spool: Spool) -> Visit:
    _check_length(visit.request, _MAX_DOCUMENTS)
    try:
        form = await spool.form(visit.request, max_files=MAX_UPLOADS, max_fields=_MAX_FIELDS)
    except TooManyFiles:
        raise BatchRefusedError("files") from None
    except FormUnreadable:
        raise FormIncomplete("file") from None
    return await _accepted(visit, form)


def _admit(visit: Visit, roles: tuple[Role, ...], *, back: str) -> Visit:
    if visit.principal is None:
        raise LoginNeeded(back)
    if visit.principal.role not in roles:
        raise WrongRole(roles)
    return visit


Anybody = Annotated[Visit, Depends(open_visit)]
AnybodyForm = Annotated[Visit, Depends(open_form)]
Applicant = Annotated[Visit, Depends(_page_for(Role.APPLICANT))]
ApplicantForm = Annotated[Visit, Depends(_form_for(Role.APPLICANT))]
Clerk = Annotated[Visit, Depends(_page_for(Role.CLERK))]
ClerkForm = Annotated[Visit, Depends(_form_for(Role.CLERK))]
Auditor = Annotated[Visit, Depends(_page_for(Role.AUDITOR))]
AuditorFiles = Annotated[Visit, Depends(_many_files)]
AuditorMoreFiles = Annotated[Visit, Depends(_more_files)]
AuditorForm = Annotated[Visit, Depends(_form_for(Role.AUDITOR))]
Operator = Annotated[Visit, Depends(_page_for(Role.OPERATOR))]
OperatorForm = Annotated[Visit, Depends(_form_for(Role.OPERATOR))]
CustodianForm = Annotated[Visit, Depends(_form_for(Role.CUSTODIAN))]
Custodian = Annotated[Visit, Depends(_page_for(Role.CUSTODIAN))]
SealReader = Annotated[Visit, Depends(_page_for(Role.CUSTODIAN, Role.OPERATOR, Role.AUDITOR))]
