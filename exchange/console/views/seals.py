"""Pages of seals (电子印章): for custodians of the owner's department, the operator who files them, and auditors."""

from datetime import datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from certs.seals.registry import Act, Handover, UsePolicy
from exchange.console.problems import FormIncomplete
from exchange.console.seal_forms import acts_of, last_second, may_leave, page_address, position
from exchange.console.seal_pages import (
    SealImportPage,
    SealPage,
    SealProposalPage,
    SealsPage,
    SealStopPage,
    SealUsesPage,
)
from exchange.console.session import new_seed
from exchange.console.visit import Custodian, CustodianForm, Operator, OperatorForm, SealReader, Visit
from exchange.model import Role
from exchange.service.seals import SealFile, Wish

routes = APIRouter(prefix="/seals")
_USES: Final = 50
_STOPS: Final = {act.value: act for act in (Act.SUSPEND, Act.REVOKE)}
_PICTURE_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}


@routes.get("")
async def seals(visit: SealReader) -> Response:
    """The seals of the department; for operators and auditors, all."""
    found = await visit.app.documents.seals.views.list(visit.me)
    return visit.page("seals/home.html", SealsPage(found, visit.me.role is Role.OPERATOR), section="/seals")


@routes.get("/import")
async def form(visit: Operator) -> Response:
    """The form to file a seal made by the State's system."""
    owners = await visit.app.documents.seals.views.owners(visit.me)
    return visit.page("seals/import.html", SealImportPage(owners, _kinds(visit), new_seed()), section="/seals")


@routes.post("/import")
async def file(visit: OperatorForm) -> Response:
    """File it and show what it says."""
    _, content = await visit.file("file")
    owner = visit.field("owner")
    chosen = [choice.partition("/") for choice in visit.choices("custodian")]
    if any(department != owner for department, _, _ in chosen):
        raise FormIncomplete("custodian")
    asked = SealFile(content, owner, tuple(number for _, _, number in chosen), _policy(visit))
    filed = await visit.app.documents.seals.import_seal(visit.me, asked, key=visit.field("key"))
    return visit.go(seal_path(filed.seal.es_id), note="seal-filed")


@routes.get("/{es_id}")
async def seal(visit: SealReader, es_id: str) -> Response:
    """One seal: picture, term, signers, custody, open proposals, past; what may be done with it now."""
    found = await visit.app.documents.seals.views.get(visit.me, es_id)
    page = SealPage(found, acts_of(found), _kinds(visit), may_leave(found, visit.me), new_seed())
    return visit.page("seals/seal.html", page, section="/seals")


@routes.get("/{es_id}/picture")
async def picture(visit: SealReader, es_id: str) -> Response:
    """The picture as an image; opened as a page of its own it may do nothing."""
    found = await visit.app.documents.seals.views.picture(visit.me, es_id)
    return Response(found.content, media_type=found.media_type, headers=_PICTURE_HEADERS)


@routes.get("/{es_id}/uses")
async def uses(visit: SealReader, es_id: str, before: str = "") -> Response:
    """用印记录, newest first."""
    views = visit.app.documents.seals.views
    found = (await views.get(visit.me, es_id)).seal
    page = await views.uses(visit.me, es_id, limit=_USES, before=position(before))
    following = f"{seal_path(es_id)}/uses?before={page_address(page.following)}" if page.following else None
    return visit.page("seals/uses.html", SealUsesPage(found, page, following), section="/seals")


@routes.post("/{es_id}/proposals")
async def propose(visit: CustodianForm, es_id: str) -> Response:
    """Propose what takes two."""
    wish = _wish(visit)
    await visit.app.documents.seals.propose(visit.me, es_id, wish, key=visit.field("key"))
    return visit.go(seal_path(es_id), note="seal-proposed")


@routes.get("/{es_id}/proposals/{proposal_id}")
async def proposal(visit: Custodian, es_id: str, proposal_id: UUID) -> Response:
    """What is proposed, for the second person to confirm."""
    views = visit.app.documents.seals.views
    found = await views.get(visit.me, es_id)
    one = await views.proposal(visit.me, es_id, proposal_id)
    names = {keeper.number: keeper.name for keeper in (*found.seal.custodians, *found.candidates)}
    page = SealProposalPage(found.seal, one, names, new_seed())
    return visit.page("seals/proposal.html", page, section="/seals")


@routes.post("/{es_id}/proposals/{proposal_id}")
async def approve(visit: CustodianForm, es_id: str, proposal_id: UUID) -> Response:
    """Agree, once the box that says so is ticked."""
    visit.field("confirm")
    await visit.app.documents.seals.approve(visit.me, es_id, proposal_id, key=visit.field("key"))
    return visit.go(seal_path(es_id), note="seal-approved")


@routes.post("/{es_id}/proposals/{proposal_id}/withdrawal")
async def withdraw(visit: CustodianForm, es_id: str, proposal_id: UUID) -> Response:
    """Take back what one proposed."""
    await visit.app.documents.seals.withdraw(visit.me, es_id, proposal_id, key=visit.field("key"))
    return visit.go(seal_path(es_id), note="seal-withdrawn")


@routes.get("/{es_id}/stop/{act}")
async def stopping(visit: Custodian, es_id: str, act: str) -> Response:
    """What stopping means, and the form."""
    found = await visit.app.documents.seals.views.get(visit.me, es_id)
    return visit.page("seals/stop.html", SealStopPage(found.seal, _stop(act), new_seed()), section="/seals")


@routes.post("/{es_id}/stop/{act}")
async def stop(visit: CustodianForm, es_id: str, act: str) -> Response:
    """Suspend or revoke at once."""
    reason = visit.field("reason")
    await visit.app.documents.seals.stop(visit.me, es_id, _stop(act), reason=reason, key=visit.field("key"))
    return visit.go(seal_path(es_id), note="seal-stopped")


def seal_path(es_id: str) -> str:
    """The address of a seal's page."""
    return f"/seals/{quote(es_id, safe='')}"


def _stop(act: str) -> Act:
    if act not in _STOPS:
        raise FormIncomplete("act")
    return _STOPS[act]


def _kinds(visit: Visit) -> tuple[str, ...]:
    return tuple(kind.code for kind in visit.app.types)


def _wish(visit: Visit) -> Wish:
    try:
        act = Act(visit.field("act"))
    except ValueError:
        raise FormIncomplete("act") from None
    handover = Handover(visit.field("leaving"), visit.field("taking")) if act is Act.HAND_OVER else None
    return Wish(act, visit.field("reason"), _policy(visit) if act is Act.SET_POLICY else None, handover)


def _policy(visit: Visit) -> UsePolicy:
    limit = visit.field("daily_limit", optional=True)
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 10):
        raise FormIncomplete("daily_limit")
    return UsePolicy(frozenset(visit.choices("type")), int(limit) if limit else None, _until(visit))


def _until(visit: Visit) -> datetime | None:
    return last_second(visit.field("until", optional=True))
