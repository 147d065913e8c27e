"""View models: one frozen dataclass per template, holding exactly what the template may show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange.console.ports import Choices
from exchange.console.problems import ProblemPage
from exchange.model import Case, Material, Presentation, PresentedCertificate, UseRecord
from exchange.model_views import (
    CaseResult,
    CaseView,
    CertificateView,
    ConsistencyProof,
    DemandOutcome,
    EvidenceView,
    HealthReport,
    KeyDirectory,
    LogEvent,
    LogHead,
    QuarantineRow,
    ServiceItemView,
    SourceView,
    StepView,
    VerificationView,
)


@dataclass(frozen=True, slots=True)
class Empty:
    """public/start.html, public/about.html: fixed text only."""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """public/login.html: `back` is where to go afterwards; `refusal` says why an attempt was refused."""

    back: str
    username: str = ""
    refusal: ProblemPage | None = None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """public/status.html."""

    report: HealthReport


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """public/verify.html: the form, and the report of `filename` once a file was checked.

    `deciding` is the step that decided against it, None when all is well.
    """

    filename: str | None = None
    report: VerificationView | None = None
    deciding: StepView | None = None


@dataclass(frozen=True, slots=True)
class CertificatesPage:
    """me/certificates.html."""

    certificates: tuple[CertificateView, ...]


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """me/certificate.html: `originals` names the formats that can be downloaded."""

    certificate: CertificateView
    originals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """me/choose.html: which certificates to show; only valid ones can be chosen."""

    certificates: tuple[CertificateView, ...]


@dataclass(frozen=True, slots=True)
class ShowPage:
    """me/show.html: the presentation; `code` only on the device that asked for it and only while it lives.

    `certificates` are those the clerk asks about, by identifier.
    """

    presentation: Presentation
    code: str | None
    now: datetime
    certificates: Mapping[str, CertificateView]


@dataclass(frozen=True, slots=True)
class UsesPage:
    """me/uses.html and desk/queries.html: 用证记录, newest first."""

    uses: tuple[UseRecord, ...]


@dataclass(frozen=True, slots=True)
class MaterialsPage:
    """me/materials.html: the applicant's cases and uploads."""

    cases: tuple[Case, ...]
    materials: tuple[Material, ...]


@dataclass(frozen=True, slots=True)
class BringPage:
    """me/bring.html: what a case still needs from the applicant."""

    case: CaseView
    missing: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class DeskPage:
    """desk/home.html."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class NewCasePage:
    """desk/new.html: a case number that is not known yet."""

    number: str
    items: tuple[ServiceItemView, ...]


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """desk/claim.html: a code was entered first; for which case?"""

    code: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class CasePage:
    """desk/case.html: `choices` were made where several certificates or records would do."""

    case: CaseView
    choices: Choices


@dataclass(frozen=True, slots=True)
class DemandPage:
    """desk/demand.html."""

    number: str
    outcome: DemandOutcome


@dataclass(frozen=True, slots=True)
class ResultPage:
    """desk/result.html: `revealed` says whether ID numbers are shown in full."""

    result: CaseResult
    revealed: bool
    choices: Choices


@dataclass(frozen=True, slots=True)
class WaitPage:
    """desk/presentation.html: how far a claimed code got."""

    presentation: Presentation
    now: datetime


@dataclass(frozen=True, slots=True)
class CollectedPage:
    """desk/collected.html: what the holder agreed to, as it arrived."""

    presentation: Presentation
    certificates: tuple[PresentedCertificate, ...]


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """desk/materials.html: uploads to compare with the original."""

    materials: tuple[Material, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """audit/home.html."""

    head: LogHead


@dataclass(frozen=True, slots=True)
class EventPage:
    """audit/event.html."""

    event: LogEvent


@dataclass(frozen=True, slots=True)
class ConsistencyPage:
    """audit/consistency.html."""

    proof: ConsistencyProof


@dataclass(frozen=True, slots=True)
class OperationsPage:
    """ops/home.html."""

    report: HealthReport
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """ops/quarantine.html."""

    resource: str
    rows: tuple[QuarantineRow, ...]


@dataclass(frozen=True, slots=True)
class KeysPage:
    """ops/keys.html; revocation lists that ended before `now` leave verdicts undetermined."""

    directory: KeyDirectory
    now: datetime


@dataclass(frozen=True, slots=True)
class LogPage:
    """ops/log.html."""

    head: LogHead
