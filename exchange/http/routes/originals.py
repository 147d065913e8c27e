"""The holder's own sealed documents and how they look. Nobody else gets an original; sharing never comes here."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from exchange.http.deps import Caller, Hub, as_json

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"])
_Identifier = Annotated[str, Path(pattern=r"^[0-9A-Z.\-]{1,100}$")]
_PRIVATE = {"cache-control": "private, no-store"}
# An SVG may do nothing but draw itself, also when it is opened as a page of its own.
PICTURE_HEADERS = _PRIVATE | {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; frame-ancestors 'none'; sandbox"
    )
}


@router.get("/{identifier}/preview", responses={200: {"content": {"image/svg+xml": {}}}})
async def preview(identifier: _Identifier, who: Caller, hub: Hub) -> Response:
    """How one of the applicant's certificates looks; unsealed and without effect."""
    drawn = await hub.documents.originals.preview(who, identifier)
    return Response(drawn, media_type="image/svg+xml", headers=PICTURE_HEADERS)


@router.get("/{identifier}/originals")
async def originals(identifier: _Identifier, who: Caller, hub: Hub) -> Response:
    """Which originals of one of the applicant's certificates can be downloaded."""
    found = await hub.documents.originals.available(who, identifier)
    return as_json({"items": [{"format": name} for name in found]})


@router.get("/{identifier}/originals/{original}", responses={200: {"content": {"application/pdf": {}}}})
async def original(
    identifier: _Identifier, original: Annotated[str, Path(pattern="^(ofd|pdf)$")], who: Caller, hub: Hub
) -> Response:
    """One of the applicant's own originals; each download is an event of the evidence log."""
    found = await hub.documents.originals.download(who, identifier, original)
    headers = _PRIVATE | {"content-disposition": f'attachment; filename="{found.name}"'}
    return Response(found.content, media_type=found.media_type, headers=headers)
