"""The hub as one value: every service, built once by `exchange.wiring`, used by API, consoles, worker and CLI alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.journal.sequencer import Sequencer
from certs.layout.fonts import FontStack
from certs.type_catalogue import TypeCatalogue
from exchange.sealing import Sealer
from exchange.service.access import Access
from exchange.service.authorities import Authorities
from exchange.service.cases import Cases
from exchange.service.catalogue import Catalogue
from exchange.service.compromise import Compromise
from exchange.service.copies import Copies
from exchange.service.dev_authority import DevelopmentAuthority
from exchange.service.dev_enrolment import DevelopmentEnrolment
from exchange.service.documents import Originals
from exchange.service.evidence import Evidence
from exchange.service.issuing import Issuing
from exchange.service.jobs import Jobs
from exchange.service.keys import HubKeys
from exchange.service.log_watch import LogWatch
from exchange.service.materials import Materials
from exchange.service.operations import Operations
from exchange.service.presentations import Presentations
from exchange.service.pulls import Pulls
from exchange.service.queries import Queries
from exchange.service.reports import Reports
from exchange.service.sealers import Sealers
from exchange.service.sealing_jobs import SealingJobs
from exchange.service.sealing_retention import SealingRetention
from exchange.service.sealing_upkeep import SealingUpkeep
from exchange.service.seals import Seals
from exchange.service.trial_seals import TrialSeals
from exchange.service.trust import Trust
from exchange.service.verification import Verification
from exchange.service.verification_batches import VerificationBatches
from exchange.service.verification_intake import VerificationIntake
from exchange.service.wallet import Wallet
from exchange.uow import LogGate, Reads, Units


@dataclass(frozen=True, slots=True)
class HubInfo:
    """Who runs this hub (USCC), for which region, where it is reached, and the origin of its evidence log."""

    public_url: str
    origin: str
    region: str
    operator: str
    profile: str


@dataclass(frozen=True, slots=True)
class DocumentServices:
    """What makes and judges sealed documents (OFD, PDF)."""

    fonts: FontStack
    seals: Seals
    trial_seals: TrialSeals
    authorities: Authorities
    sealers: Sealers
    sealing: SealingJobs
    upkeep: SealingUpkeep
    retention: SealingRetention
    originals: Originals
    copies: Copies
    compromise: Compromise
    development: DevelopmentAuthority
    enrolment: DevelopmentEnrolment
    intake: VerificationIntake
    batches: VerificationBatches
    reports: Reports


@dataclass(frozen=True, slots=True)
class App:
    """Everything an edge may call. Nothing here is created at import."""

    hub: HubInfo
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    reads: Reads
    units: Units
    gate: LogGate
    sealer: Sealer
    keys: HubKeys
    types: TypeCatalogue
    access: Access
    catalogue: Catalogue
    queries: Queries
    cases: Cases
    materials: Materials
    presentations: Presentations
    certificates: Wallet
    issuing: Issuing
    pulls: Pulls
    jobs: Jobs
    trust: Trust
    evidence: Evidence
    verification: Verification
    operations: Operations
    sequencer: Sequencer
    log_watch: LogWatch
    documents: DocumentServices
