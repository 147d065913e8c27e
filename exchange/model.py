"""Values of the exchange: who acts, what a case is, what a presentation passes through. No I/O, no framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do here; one account holds one role (三员分立 keeps operator and auditor apart)."""

    APPLICANT = "applicant"  # 办事人
    CLERK = "clerk"  # 窗口经办人
    AUDITOR = "auditor"  # 审计员
    OPERATOR = "operator"  # 平台运维
    CUSTODIAN = "custodian"  # 印章保管人


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, already authenticated.

    `department` (USCC) and `officer` (work number) for public servants, `subject` (公民身份号码 or 统一社会信用代码)
    for applicants; `client` is the OAuth client when a department's system calls for its officer; `account` is the
    local identity that logged in: names are shared, accounts are not.
    """

    role: Role
    name: str
    department: str | None = None
    officer: str | None = None
    subject: str | None = None
    client: str | None = None
    account: UUID | None = field(default=None, compare=False)


class CaseState(StrEnum):
    """办件 states."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Case:
    """办件: one matter of one applicant at one department; everything asked for is asked for a case.

    `people` maps a role (`applicant`, `legal_representative`, `spouse`, `organisation`) to that subject's code: nobody
    else may be asked about for this case.
    """

    number: str
    service_item: str
    department: str
    subject: str
    opened_by: str
    opened_at: datetime
    state: CaseState
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Promise that an event is in the evidence log: the signed receipt and the event it is for."""

    event_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """One shared record as released: only granted fields, with where each came from and how fresh it is."""

    resource: str
    fields: Mapping[str, object]
    source_department: str
    as_of: datetime
    pulled_at: datetime
    run_id: UUID
    digest: str


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What a department asks (共享查询): the fields of one resource about one subject, for one case."""

    request_id: str
    resource: str
    subject: str
    fields: tuple[str, ...]
    case_number: str
    service_item: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The released records, the decision's identity and the receipt of the evidence that was made durable first.

    `given` is all of it as the JSON that leaves and is kept: made once, so that both are the same bytes.
    """

    records: tuple[RecordAnswer, ...]
    grant: str
    answered_at: datetime
    receipt: Receipt
    given: bytes = field(default=b"", repr=False, compare=False)


class Use(StrEnum):
    """How somebody's data was used; the words of 用证记录."""

    RECORD_QUERIED = "record-queried"
    CERTIFICATE_REUSED = "certificate-reused"
    CERTIFICATE_PRESENTED = "certificate-presented"
    QUERY_REFUSED = "query-refused"
    PRESENTATION_REFUSED = "presentation-refused"
    PRESENTATION_EXPIRED = "presentation-expired"
    COPY_DOWNLOADED = "copy-downloaded"
    COPY_CHECKED = "copy-checked"


@dataclass(frozen=True, slots=True)
class UseRecord:
    """One row of 用证记录: who used which fields of whom, for what, with what result; no values, only names.

    A copy (加注件) is used by no officer of a department: `recipient` is for whom its holder said it is.
    """

    event_id: UUID
    at: datetime
    use: Use
    department: str
    officer: str
    purpose: str
    case_number: str
    what: str
    fields: tuple[str, ...]
    released: bool
    recipient: str = ""


class PresentationState(StrEnum):
    """亮证 states; every move is one conditional update, so that parallel attempts have exactly one winner."""

    SHOWN = "shown"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    COLLECTED = "collected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ShowCode:
    """One-time code (亮证码): 8 digits for typing, the same in the QR; dies at `expires_at` (≤ 60 s)."""

    presentation_id: UUID
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Presentation:
    """One presentation: what the holder offers, who asks, for what, and how far it got."""

    id: UUID
    subject: str
    certificates: tuple[str, ...]
    state: PresentationState
    expires_at: datetime
    department: str | None = None
    department_name: str | None = None
    officer: str | None = None
    case_number: str | None = None
    service_item: str | None = None
    purpose: str | None = None
    requested: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """A certificate as it reached the clerk: the presented token and its verification report as plain data.

    `as_of` is the source's time of the record it was made from, or of issue when the holder withheld that.
    """

    identifier: str
    type: str
    token: str
    claims: Mapping[str, object]
    verdict: str
    report: Mapping[str, object]
    issuer_name: str
    as_of: datetime


class MaterialState(StrEnum):
    """Uploaded material (电子材料): waiting for a clerk, or checked."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Material:
    """A document the citizen brings once; checked by a clerk against the original, it is reusable (level B)."""

    id: UUID
    subject: str
    evidence_type: str
    case_number: str
    filename: str
    media_type: str
    size: int
    digest: str
    blob: str
    state: MaterialState
    trust_level: str
    submitted_at: datetime
    checked_by: str | None = None
    checked_at: datetime | None = None
    valid_until: datetime | None = None
