"""The holder's certificates and who used them."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from exchange.http.deps import Caller, Hub, as_json

router = APIRouter(prefix="/api/v1")


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
