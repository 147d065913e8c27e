"""Pages of purpose-marked copies (加注件): for holders who make them, and for whoever was handed one."""

from datetime import date
from typing import Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from certs.copies.errors import CopyTermsRefused
from certs.copies.terms import MAX_TEXT
from certs.model import FaceKind
from exchange.console.copy_pages import CheckPage, CodePage, CopiesPage, CopyFields, CopyFormPage, CopyPage
from exchange.console.problems import FormIncomplete
from exchange.console.session import new_seed
from exchange.console.views.public import deciding
from exchange.console.visit import Anybody, AnybodyForm, Applicant, ApplicantForm, Visit
from exchange.model_copies import CopyWish

routes = APIRouter()
_MINE: Final = "/me/copies"
_FORMATS: Final = {"ofd": FaceKind.OFD, "pdf": FaceKind.PDF}


@routes.get("/me/copies")
async def copies(visit: Applicant) -> Response:
    """我的加注件."""
    found = await visit.app.documents.copies.mine(visit.me)
    return visit.page("copies/mine.html", CopiesPage(found), section=_MINE)


@routes.get("/me/certificates/{identifier}/copy")
async def form(visit: Applicant, identifier: str) -> Response:
    """What for, for whom, until when."""
    return await _form(visit, identifier, CopyFields())


@routes.post("/me/certificates/{identifier}/copy")
async def make(visit: ApplicantForm, identifier: str) -> Response:
    """Make it; what is wrong with the terms is said at the form."""
    filled = _filled(visit)
    wish = _wish(identifier, filled)
    try:
        made = await visit.app.documents.copies.make(visit.me, wish, key=visit.field("key"))
    except CopyTermsRefused as error:
        return await _form(visit, identifier, filled, error)
    return visit.go(f"{_MINE}/{made.id}", note="copy-made")


@routes.get("/me/copies/{copy_id}")
async def copy(visit: Applicant, copy_id: UUID) -> Response:
    """One copy: its terms, its code, the one download."""
    found = await visit.app.documents.copies.get(visit.me, copy_id)
    return visit.page("copies/one.html", CopyPage(found), section=_MINE)


@routes.post("/me/copies/{copy_id}/download")
async def download(visit: ApplicantForm, copy_id: UUID) -> Response:
    """The file, once."""
    file = await visit.app.documents.copies.download(visit.me, copy_id)
    headers = {"Content-Disposition": f'attachment; filename="{file.filename}"', "Cache-Control": "private, no-store"}
    return Response(file.data, headers=headers, media_type=file.media_type)


@routes.post("/me/copies/{copy_id}/withdrawal")
async def withdraw(visit: ApplicantForm, copy_id: UUID) -> Response:
    """End it."""
    await visit.app.documents.copies.withdraw(visit.me, copy_id)
    return visit.go(f"{_MINE}/{copy_id}", note="copy-withdrawn")


@routes.get("/copies")
async def enter(visit: Anybody, code: str = "") -> Response:
    """Where to type the code of a copy; a typed one leads to its page."""
    if typed := code.strip()[:200]:
        return visit.go(f"/copies/{quote(typed, safe='')}")
    return visit.page("copies/enter.html", CodePage(), section="/copies")


@routes.get("/copies/{code}")
async def check(visit: Anybody, code: str) -> Response:
    """What the copy is for and whether it is good now; no log-in, nobody's data."""
    found = await visit.app.documents.copies.check(code, address=visit.address)
    return visit.page("copies/check.html", CheckPage(code, found), section="/copies")


@routes.post("/copies/{code}")
async def compare(visit: AnybodyForm, code: str) -> Response:
    """Hold a file against the record."""
    _, content = await visit.file("file")
    found = await visit.app.documents.copies.compare(code, content, address=visit.address)
    page = CheckPage(code, found.check, found, deciding(found.report))
    return visit.page("copies/check.html", page, section="/copies")


def _filled(visit: Visit) -> CopyFields:
    names = ("purpose", "matter", "recipient", "valid_until", "format")
    return CopyFields(**{name: visit.field(name, optional=True) for name in names})


def _wish(identifier: str, filled: CopyFields) -> CopyWish:
    """Raises FormIncomplete for a day or a format that is none."""
    try:
        until = date.fromisoformat(filled.valid_until) if filled.valid_until else None
    except ValueError:
        raise FormIncomplete("valid_until") from None
    if filled.format not in _FORMATS:
        raise FormIncomplete("format")
    return CopyWish(identifier, _FORMATS[filled.format], filled.purpose, filled.matter, filled.recipient, until)


async def _form(visit: Visit, identifier: str, filled: CopyFields, refused: CopyTermsRefused | None = None) -> Response:
    page = CopyFormPage(
        certificate=await visit.app.certificates.by_identifier(visit.me, identifier),
        offer=await visit.app.documents.copies.offer(visit.me, identifier),
        filled=filled,
        longest=MAX_TEXT,
        key=new_seed(),
        refusal=visit.problem(refused) if refused else None,
        where=refused.where if refused else "",
        reason=refused.reason if refused else "",
    )
    status = page.refusal.status if page.refusal else 200
    return visit.page("copies/form.html", page, section=_MINE, status=status)
