"""What the pages need of the hub, declared by the pages; `exchange.app.App` has this shape."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from certs.type_catalogue import CertificateType
from exchange.console.seal_ports import Documents
from exchange.model import (
    Case,
    Material,
    Presentation,
    PresentedCertificate,
    Principal,
    ShowCode,
    UseRecord,
)
from exchange.model_views import (
    CaseResult,
    CaseView,
    CertificateView,
    ConsistencyProof,
    DemandOutcome,
    HealthReport,
    KeyDirectory,
    Labels,
    LogEvent,
    LogHead,
    QuarantineRow,
    ServiceItemView,
    SourceView,
    VerificationView,
)

Choices = Mapping[tuple[str, str], str]
"""(requirement, evidence type) -> the identifier the applicant chose where several would do."""


class Hub(Protocol):
    """Who runs this hub and where it is reached."""

    @property
    def public_url(self) -> str:
        """`https://host` or `http://host` without a path; decides whether cookies are Secure."""


class Access(Protocol):
    """Log-in and sessions."""

    async def login(self, username: str, password: str, *, address: str) -> tuple[Principal, str]:
        """The person and a fresh session token; raises an ExchangeError when refused or throttled."""

    async def session(self, token: str) -> Principal | None:
        """Who the token stands for, None when unknown or over."""

    async def logout(self, token: str) -> None:
        """End the session."""


class Catalogue(Protocol):
    """Names and service items."""

    async def labels(self) -> Labels:
        """Names of all codes a page may show."""

    async def service_items(self, principal: Principal) -> tuple[ServiceItemView, ...]:
        """The service items the clerk's department handles."""


class Queries(Protocol):
    """Earlier queries."""

    async def recent(self, principal: Principal, limit: int) -> tuple[UseRecord, ...]:
        """The newest queries of the clerk, newest first."""


class Cases(Protocol):
    """办件."""

    async def open(self, principal: Principal, *, number: str, service_item: str, subject: str) -> Case:
        """Open a case for an applicant."""

    async def get(self, principal: Principal, number: str) -> Case:
        """The case; raises CaseNotFoundError when this person has none of that number."""

    async def list(self, principal: Principal, limit: int) -> tuple[Case, ...]:
        """A clerk's department's cases, or an applicant's own; newest first."""

    async def resolve(self, principal: Principal, number: str, choices: Choices) -> CaseView:
        """Which requirements are satisfied by what, and what is still needed."""

    async def demand(self, principal: Principal, number: str, evidence_type: str) -> DemandOutcome:
        """Ask the citizen for a paper; refused when it is available."""

    async def use(self, principal: Principal, number: str, choices: Choices) -> CaseResult:
        """Release what satisfies the case; logged before it is returned."""

    async def close(self, principal: Principal, number: str) -> Case:
        """Close the case."""


class Materials(Protocol):
    """Uploaded documents."""

    async def submit(
        self, principal: Principal, *, case_number: str, evidence_type: str, filename: str, content: bytes
    ) -> Material:
        """Store an upload for a case."""

    async def check(
        self,
        principal: Principal,
        material_id: UUID,
        *,
        accept: bool,
        reason: str,
        valid_until: datetime | None,
    ) -> Material:
        """Record that a clerk compared it with the original."""

    async def waiting(self, principal: Principal) -> tuple[Material, ...]:
        """Uploads waiting for this clerk's department."""

    async def mine(self, principal: Principal) -> tuple[Material, ...]:
        """The applicant's uploads."""

    async def content(self, principal: Principal, material_id: UUID) -> tuple[Material, bytes]:
        """The file itself, for its owner and for the clerk who checks it."""


class Presentations(Protocol):
    """亮证."""

    async def offer(self, principal: Principal, certificates: tuple[str, ...]) -> ShowCode:
        """A one-time code for the chosen certificates."""

    async def claim(self, principal: Principal, *, code: str, case_number: str) -> Presentation:
        """A clerk enters the code for a case; the holder is told who asks for what."""

    async def confirm(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """The holder agrees."""

    async def refuse(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """The holder refuses."""

    async def collect(self, principal: Principal, presentation_id: UUID) -> tuple[PresentedCertificate, ...]:
        """The clerk receives what was agreed to, once."""

    async def status(self, principal: Principal, presentation_id: UUID) -> Presentation:
        """How far it got; for its holder and its clerk."""


class Certificates(Protocol):
    """The holder's certificates and who used them."""

    async def mine(self, principal: Principal) -> tuple[CertificateView, ...]:
        """All certificates of the applicant."""

    async def by_identifier(self, principal: Principal, identifier: str) -> CertificateView:
        """One of them."""

    async def uses(self, principal: Principal) -> tuple[UseRecord, ...]:
        """用证记录, newest first, refused and incomplete uses included."""


class Evidence(Protocol):
    """The evidence log."""

    async def head(self) -> LogHead:
        """The newest checkpoint."""

    async def event(self, event_id: UUID) -> LogEvent:
        """One entry and its place in the tree."""

    async def tlog_proof(self, event_id: UUID) -> str:
        """The proof of inclusion as C2SP tlog-proof text."""

    async def consistency(self, old: int, new: int) -> ConsistencyProof:
        """That the newer tree holds the older one unchanged."""

    async def export(self, principal: Principal, case_number: str) -> bytes:
        """The evidence bundle of a case, a zip file."""


class Verification(Protocol):
    """Checking files and receipts."""

    async def verify(self, content: bytes, *, at: datetime | None) -> VerificationView:
        """Check the file as of `at` (None: now)."""


class Operations(Protocol):
    """The running of the hub."""

    async def sources(self) -> tuple[SourceView, ...]:
        """Every connected system."""

    async def quarantine(self, resource: str, limit: int) -> tuple[QuarantineRow, ...]:
        """Rows put aside, newest first."""

    async def key_directory(self) -> KeyDirectory:
        """Every key there is and was, and the authorities the hub believes."""

    async def run(self, principal: Principal, resource: str) -> object:
        """Start a pull of the resource now."""

    async def health(self) -> HealthReport:
        """Whether the hub can keep its promises now."""


class ConsoleApp(Protocol):
    """The hub as the pages see it."""

    @property
    def types(self) -> Iterable[CertificateType]:
        """The certificate types in force."""

    @property
    def hub(self) -> Hub:
        """Who runs the hub."""

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""

    @property
    def access(self) -> Access:
        """Log-in and sessions."""

    @property
    def catalogue(self) -> Catalogue:
        """Names."""

    @property
    def queries(self) -> Queries:
        """Earlier queries."""

    @property
    def cases(self) -> Cases:
        """办件."""

    @property
    def materials(self) -> Materials:
        """Uploaded documents."""

    @property
    def presentations(self) -> Presentations:
        """亮证."""

    @property
    def certificates(self) -> Certificates:
        """The holder's certificates."""

    @property
    def evidence(self) -> Evidence:
        """The evidence log."""

    @property
    def verification(self) -> Verification:
        """Checking files."""

    @property
    def operations(self) -> Operations:
        """The running of the hub."""

    @property
    def documents(self) -> Documents:
        """The services around sealed documents."""
