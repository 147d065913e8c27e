"""How the holder's certificate looks, and its originals to download. Nobody else gets here."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from exchange.console.visit import Applicant

routes = APIRouter(prefix="/me/certificates")
_PRIVATE: Final = {"Cache-Control": "private, no-store"}
# Shown by `img`; opened as a page of its own it may draw itself and do nothing else.
_PICTURE: Final = _PRIVATE | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; frame-ancestors 'none'; sandbox"
    )
}


@routes.get("/{identifier}/preview.svg")
async def preview(visit: Applicant, identifier: str) -> Response:
    """The face as a picture; unsealed and without effect."""
    drawn = await visit.app.documents.originals.preview(visit.me, identifier)
    return Response(drawn, media_type="image/svg+xml", headers=_PICTURE)


@routes.get("/{identifier}/originals/{original}")
async def original(visit: Applicant, identifier: str, original: str) -> Response:
    """One's own original; the download is logged before it begins."""
    found = await visit.app.documents.originals.download(visit.me, identifier, original)
    headers = _PRIVATE | {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(found.content, media_type=found.media_type, headers=headers)
