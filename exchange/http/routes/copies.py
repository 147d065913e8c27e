"""加注件 over HTTP: holders make, fetch once and withdraw copies; anybody checks one by its code."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from certs.model import FaceKind
from exchange.http.deps import Caller, Hub, Key, Visitor, address_of, as_json, parsed
from exchange.http.routes.uploads import UPLOAD, uploaded
from exchange.http.schemas import CopyBody
from exchange.model_copies import CopyFile, CopyWish

router = APIRouter(prefix="/api/v1")
_Certificate = Annotated[str, Path(pattern=r"^[0-9A-Z.\-]{1,100}$")]
# Any text: what is no code is answered like a code nobody has.
_Code = Annotated[str, Path(max_length=200)]
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": CopyBody.model_json_schema()}}}}
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/ofd": {}, "application/pdf": {}}}}


@router.get("/certificates/copies", tags=["copies"])
async def my_copies(who: Caller, hub: Hub) -> Response:
    """The copies the applicant made, newest first."""
    return as_json({"items": await hub.documents.copies.mine(who)})


@router.post("/certificates/{identifier}/copies", status_code=201, tags=["copies"], openapi_extra=_BODY)
async def make_copy(request: Request, identifier: _Certificate, who: Caller, key: Key, hub: Hub) -> Response:
    """Make a copy of a certificate for one named purpose; it can be downloaded once, within a day."""
    asked = parsed(request, CopyBody)
    wish = CopyWish(identifier, FaceKind(asked.format), asked.purpose, asked.matter, asked.recipient, asked.last_day())
    made = await hub.documents.copies.make(who, wish, key=key)
    return as_json(made, 201, {"location": f"/api/v1/certificates/copies/{made.id}"})


@router.get("/certificates/copies/{copy_id}", tags=["copies"])
async def my_copy(copy_id: UUID, who: Caller, hub: Hub) -> Response:
    """One of the applicant's copies and how it stands."""
    return as_json(await hub.documents.copies.get(who, copy_id))


@router.post("/certificates/copies/{copy_id}/download", tags=["copies"], responses=_FILE)
async def download(copy_id: UUID, who: Caller, hub: Hub) -> Response:
    """The file, once; the hub keeps nothing of it but its digest and terms."""
    return as_attachment(await hub.documents.copies.download(who, copy_id))


@router.post("/certificates/copies/{copy_id}/withdrawal", tags=["copies"])
async def withdraw(copy_id: UUID, who: Caller, hub: Hub) -> Response:
    """End a copy: whoever checks it is told so."""
    return as_json(await hub.documents.copies.withdraw(who, copy_id))


@router.get("/copies/{code}", tags=["copies"], dependencies=[Visitor])
async def check(request: Request, code: _Code, hub: Hub) -> Response:
    """What the copy with this code is for, and whether it is good now; nobody's data."""
    return as_json(await hub.documents.copies.check(code, address=address_of(request)))


@router.post("/copies/{code}/comparisons", tags=["copies"], dependencies=[Visitor], openapi_extra=UPLOAD)
async def compare(request: Request, code: _Code, hub: Hub) -> Response:
    """Hold a file against the record: is it this copy byte for byte, and does it verify?"""
    content = await uploaded(request)
    return as_json(await hub.documents.copies.compare(code, content, address=address_of(request)))


def as_attachment(file: CopyFile) -> Response:
    """A file to keep, not to show."""
    headers = {"content-disposition": f'attachment; filename="{file.filename}"'}
    return Response(file.data, headers=headers, media_type=file.media_type)
