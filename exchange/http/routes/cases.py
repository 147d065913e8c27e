"""办件, 电子材料 and 亮证 over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from exchange.http.deps import Caller, Hub, Limit, Number, as_json, instant, parsed
from exchange.http.schemas import CaseBody, CheckBody, ChoicesBody, ClaimBody, Code, DemandBody, OfferBody

router = APIRouter(prefix="/api/v1")


def _json(model: type[CaseBody | CheckBody | ClaimBody | DemandBody | OfferBody]) -> dict[str, object]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


_OPTIONAL_CHOICES: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": ChoicesBody.model_json_schema()}},
    }
}


def _choices(request: Request) -> dict[tuple[str, str], str]:
    """The choices of the body; no body answers no question."""
    if "yzt.json" not in request.scope:
        return {}
    made = parsed(request, ChoicesBody).choices
    return {(choice.requirement, choice.evidence_type): choice.identifier for choice in made}


@router.post("/cases", tags=["cases"], status_code=201, openapi_extra=_json(CaseBody))
async def open_case(request: Request, who: Caller, hub: Hub) -> Response:
    """Open a case for an applicant."""
    body = parsed(request, CaseBody)
    case = await hub.cases.open(who, number=body.number, service_item=body.service_item, subject=body.subject)
    return as_json(case, 201, {"location": f"/api/v1/cases/{case.number}"})


@router.get("/cases", tags=["cases"])
async def list_cases(who: Caller, hub: Hub, limit: Limit = 50) -> Response:
    """The newest cases of the department, or the applicant's own."""
    return as_json({"items": await hub.cases.list(who, limit)})


@router.get("/cases/{number}", tags=["cases"])
async def get_case(number: Number, who: Caller, hub: Hub) -> Response:
    """One case."""
    return as_json(await hub.cases.get(who, number))


@router.post("/cases/{number}/resolution", tags=["cases"], openapi_extra=_OPTIONAL_CHOICES)
async def resolve_case(request: Request, number: Number, who: Caller, hub: Hub) -> Response:
    """What each requirement of the case is satisfied by, and what the applicant must still bring."""
    return as_json(await hub.cases.resolve(who, number, _choices(request)))


@router.post("/cases/{number}/demands", tags=["cases"], openapi_extra=_json(DemandBody))
async def demand(request: Request, number: Number, who: Caller, hub: Hub) -> Response:
    """Ask the applicant for a paper; refused when it is available (条例 Art. 19)."""
    body = parsed(request, DemandBody)
    return as_json(await hub.cases.demand(who, number, body.evidence_type))


@router.post("/cases/{number}/result", tags=["cases"], openapi_extra=_OPTIONAL_CHOICES)
async def use_case(request: Request, number: Number, who: Caller, hub: Hub) -> Response:
    """Release what satisfies the case; every release is in the log before it leaves."""
    return as_json(await hub.cases.use(who, number, _choices(request)))


@router.post("/cases/{number}/closing", tags=["cases"])
async def close_case(number: Number, who: Caller, hub: Hub) -> Response:
    """Close the case."""
    return as_json(await hub.cases.close(who, number))


@router.post("/materials", tags=["materials"], status_code=201)
async def submit_material(
    who: Caller,
    hub: Hub,
    case_number: Annotated[Code, Form()],
    evidence_type: Annotated[Code, Form()],
    file: Annotated[UploadFile, File()],
) -> Response:
    """Hand in a document for a case."""
    stored = await hub.materials.submit(
        who,
        case_number=case_number,
        evidence_type=evidence_type,
        filename=file.filename or "",
        content=await file.read(),
    )
    return as_json(stored, 201)


@router.get("/materials", tags=["materials"])
async def my_materials(who: Caller, hub: Hub) -> Response:
    """What the applicant handed in."""
    return as_json({"items": await hub.materials.mine(who)})


@router.get("/materials/waiting", tags=["materials"])
async def waiting_materials(who: Caller, hub: Hub) -> Response:
    """What waits for a clerk of the department."""
    return as_json({"items": await hub.materials.waiting(who)})


@router.post("/materials/{material_id}/check", tags=["materials"], openapi_extra=_json(CheckBody))
async def check_material(request: Request, material_id: UUID, who: Caller, hub: Hub) -> Response:
    """Record that a clerk compared the upload with the original."""
    body = parsed(request, CheckBody)
    until = instant(body.valid_until, "valid_until")
    return as_json(
        await hub.materials.check(who, material_id, accept=body.accept, reason=body.reason, valid_until=until)
    )


@router.post("/presentations", tags=["presentations"], status_code=201, openapi_extra=_json(OfferBody))
async def offer(request: Request, who: Caller, hub: Hub) -> Response:
    """Show certificates by a one-time code."""
    body = parsed(request, OfferBody)
    return as_json(await hub.presentations.offer(who, tuple(body.certificates)), 201)


@router.post("/presentations/claims", tags=["presentations"], openapi_extra=_json(ClaimBody))
async def claim(request: Request, who: Caller, hub: Hub) -> Response:
    """Take a shown code for a case; the holder is told who asks for what."""
    body = parsed(request, ClaimBody)
    return as_json(await hub.presentations.claim(who, code=body.code, case_number=body.case_number))


@router.get("/presentations/{presentation_id}", tags=["presentations"])
async def presentation(presentation_id: UUID, who: Caller, hub: Hub) -> Response:
    """How far it got, for its holder and its clerk."""
    return as_json(await hub.presentations.status(who, presentation_id))


@router.post("/presentations/{presentation_id}/confirmation", tags=["presentations"])
async def confirm(presentation_id: UUID, who: Caller, hub: Hub) -> Response:
    """The holder agrees to the release."""
    return as_json(await hub.presentations.confirm(who, presentation_id))


@router.post("/presentations/{presentation_id}/refusal", tags=["presentations"])
async def refuse(presentation_id: UUID, who: Caller, hub: Hub) -> Response:
    """The holder refuses the release."""
    return as_json(await hub.presentations.refuse(who, presentation_id))


@router.post("/presentations/{presentation_id}/collection", tags=["presentations"])
async def collect(presentation_id: UUID, who: Caller, hub: Hub) -> Response:
    """The clerk receives what was agreed to, once."""
    return as_json({"items": await hub.presentations.collect(who, presentation_id)})
