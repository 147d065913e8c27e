"""Pages of the applicant (办事人): certificates, who used them, and papers for a case."""

from fastapi import APIRouter
from starlette.responses import Response

from exchange.console.pages import BringPage, CertificatePage, CertificatesPage, MaterialsPage, UsesPage
from exchange.console.visit import Applicant, ApplicantForm
from exchange.model_views import CaseView, EvidenceView

routes = APIRouter(prefix="/me")
_CASES = 50


@routes.get("")
async def certificates(visit: Applicant) -> Response:
    """我的证照."""
    found = await visit.app.certificates.mine(visit.me)
    return visit.page("me/certificates.html", CertificatesPage(found), section="/me")


@routes.get("/certificates/{identifier}")
async def certificate(visit: Applicant, identifier: str) -> Response:
    """One certificate with its face, how it looks, and its originals."""
    found = await visit.app.certificates.by_identifier(visit.me, identifier)
    originals = await visit.app.documents.originals.available(visit.me, identifier)
    return visit.page("me/certificate.html", CertificatePage(found, originals), section="/me")


@routes.get("/uses")
async def uses(visit: Applicant) -> Response:
    """用证记录."""
    found = await visit.app.certificates.uses(visit.me)
    return visit.page("me/uses.html", UsesPage(found), section="/me/uses")


@routes.get("/materials")
async def materials(visit: Applicant) -> Response:
    """My cases and what I handed in for them."""
    cases = await visit.app.cases.list(visit.me, _CASES)
    found = await visit.app.materials.mine(visit.me)
    return visit.page("me/materials.html", MaterialsPage(cases, found), section="/me/materials")


@routes.get("/cases/{number}")
async def bring(visit: Applicant, number: str) -> Response:
    """What one of my cases still needs, with a form for each paper."""
    case = await visit.app.cases.resolve(visit.me, number, {})
    return visit.page("me/bring.html", BringPage(case, still_needed(case)), section="/me/materials")


@routes.post("/cases/{number}")
async def submit(visit: ApplicantForm, number: str) -> Response:
    """Hand in a paper for a case."""
    filename, content = await visit.file("file")
    await visit.app.materials.submit(
        visit.me,
        case_number=number,
        evidence_type=visit.field("evidence_type"),
        filename=filename,
        content=content,
    )
    return visit.go("/me/materials", note="material-submitted")


def still_needed(case: CaseView) -> tuple[EvidenceView, ...]:
    """The papers that would help an unsatisfied requirement, each once, in the order of the requirements."""
    wanted = [
        evidence
        for requirement in case.requirements
        if not requirement.satisfied
        for alternative in requirement.alternatives
        for evidence in alternative.evidence
        if evidence.available_as is None and evidence.as_material
    ]
    return tuple({evidence.evidence_type: evidence for evidence in wanted}.values())
