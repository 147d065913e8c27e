"""The holder's certificates and who used them; verification for everybody."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from exchange.http.deps import Caller, Hub, Visitor, as_json, instant
from exchange.http.faults import Fault

router = APIRouter(prefix="/api/v1")
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.get("/certificates", tags=["certificates"])
async def my_certificates(who: Caller, hub: Hub) -> Response:
    """The applicant's certificates."""
    return as_json({"items": await hub.certificates.mine(who)})


@router.get("/certificates/uses", tags=["certificates"])
async def my_uses(who: Caller, hub: Hub) -> Response:
    """用证记录: who used which fields, for what, with what result."""
    return as_json({"items": await hub.certificates.uses(who)})


@router.get("/certificates/{identifier}", tags=["certificates"])
async def certificate(
    identifier: Annotated[str, Path(pattern=r"^[0-9A-Z.\-]{1,100}$")], who: Caller, hub: Hub
) -> Response:
    """One of the applicant's certificates."""
    return as_json(await hub.certificates.by_identifier(who, identifier))


@router.post("/verifications", tags=["verification"], dependencies=[Visitor], openapi_extra=_UPLOAD)
async def verify(
    request: Request,
    hub: Hub,
    at: Annotated[str | None, Query(max_length=40, description="as of this RFC 3339 time; default now")] = None,
) -> Response:
    """Verify a certificate, receipt or sealed file, now or as of a past time; three-valued, with numbered steps."""
    content = await _content(request)
    return as_json(await hub.verification.verify(content, at=instant(at, "at")))


async def _content(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Fault("bad-request", "the part `file` is missing")
        return await file.read()
