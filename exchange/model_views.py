"""Answers of the services that people read: what a case needs, what was released, how the hub is doing.

Values only: no I/O, no framework. Names come in pairs (`name_zh`, `name_en`); whoever shows them chooses.
`verdict` is one of `valid`, `invalid`, `indeterminate`. Times are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from exchange.model import Case, Receipt

Kind = Literal["certificate", "record", "material"]


@dataclass(frozen=True, slots=True)
class Labels:
    """Names of everything that has a code: departments, resources, service items, evidence types, items.

    `names` maps a code to (Chinese, English). A code without a name stands for itself.
    """

    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def zh(self, code: str) -> str:
        """The Chinese name of `code`."""
        return self.names.get(code, (code, code))[0]

    def en(self, code: str) -> str:
        """The English name of `code`."""
        return self.names.get(code, (code, code))[1]


@dataclass(frozen=True, slots=True)
class ServiceItemView:
    """政务服务事项 a department can open a case for."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One evidence type inside an alternative; `available_as` says what is already there, None when nothing is.

    `choices` are the identifiers the applicant must choose between (two flats, one to be transferred);
    `as_material` says whether a paper handed in would do.
    """

    evidence_type: str
    name_zh: str
    name_en: str
    available_as: Kind | None = None
    choices: tuple[str, ...] = ()
    as_material: bool = True


@dataclass(frozen=True, slots=True)
class AlternativeView:
    """One way to satisfy a requirement: every piece of evidence of the list is needed (AND; alternatives are OR)."""

    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class RequirementView:
    """One requirement of a case: satisfied by what and on what legal basis, or still needed and why.

    `by_reference` is the certificate's identifier, `resource/key` of the record, or the material's id; `reasons`
    are stable codes (`expired-certificate`, `no-match`, `two-matches`, …), empty when satisfied.
    """

    id: str
    name_zh: str
    name_en: str
    satisfied: bool
    basis: str | None = None
    by_kind: Kind | None = None
    by_reference: str | None = None
    reasons: tuple[str, ...] = ()
    alternatives: tuple[AlternativeView, ...] = ()
    law: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with the evidence of its service item resolved (事项要件核对)."""

    case: Case
    item_name_zh: str
    item_name_en: str
    requirements: tuple[RequirementView, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One released field, with who keeps it, how fresh it is, and the verdict on its seal.

    `sensitive` values (ID numbers) are shown masked first. `group` names the document or record it belongs to.
    """

    name_zh: str
    name_en: str
    value: str
    source_department_name: str
    as_of: datetime | None
    verdict: str
    basis: str
    sensitive: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What was released for a case, and the receipts of the evidence made durable before the release."""

    case: Case
    values: tuple[FieldValue, ...]
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class DemandOutcome:
    """What became of asking the citizen for a paper (索要材料): refused when it is available (条例 Art. 19).

    `available_as` says in what form it is already there; the sentences say why, in both languages.
    """

    refused: bool
    evidence_type: str
    available_as: Kind | None
    sentence_zh: str
    sentence_en: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class FaceField:
    """One field printed on the face of a certificate (照面信息)."""

    name_zh: str
    name_en: str
    value: str
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as its holder sees it.

    `state` is a value of `certs.model.State`, 过期 computed; `valid_until` None means 长期.
    """

    identifier: str
    type_id: str
    name_zh: str
    name_en: str
    state: str
    issuer_name: str
    issued_at: datetime
    valid_until: date | None
    version: int
    face: tuple[FaceField, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A connected department system: its last run, how fresh its records are, what was put aside.

    `state` is `fresh`, `stale`, `failed` or `never-run`; `error` is the reason code of a failed run.
    """

    resource: str
    name_zh: str
    name_en: str
    department: str
    department_name: str
    state: str
    records: int
    quarantined: int
    last_run_at: datetime | None = None
    newest_as_of: datetime | None = None
    max_age_hours: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A row that was put aside, with its reason; `key` and `values` are masked before they come here."""

    id: UUID
    resource: str
    at: datetime
    key: str
    reason: str
    item: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key the hub signs or verifies with, and how long it still may.

    `certificate` is the subject of its X.509 certificate ("" without one). A key that is retired or distrusted signs
    nothing and has no days left.
    """

    kid: str
    alg: str
    role: str
    owner: str
    not_after: datetime
    days_left: int
    not_before: datetime | None = None
    retired_at: datetime | None = None
    distrusted_at: datetime | None = None
    certificate: str = ""
    certificate_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """An X.509 authority the hub believes, with its newest revocation list ("" and None without one)."""

    sha256: str
    kind: str
    subject: str
    alg: str
    not_after: datetime
    list_sha256: str
    list_until: datetime | None
    revoked: int


@dataclass(frozen=True, slots=True)
class KeyDirectory:
    """Every key there is and was, and whom the hub believes about certificates.

    `historic` keys sign nothing more: retired, or lost (失密) since `distrusted_at`.
    """

    keys: tuple[KeyView, ...]
    historic: tuple[KeyView, ...]
    authorities: tuple[AuthorityView, ...]


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest published checkpoint: tree size, root (hex), and the signed note (C2SP), which carries no time."""

    size: int
    root_hex: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry of the evidence log; `seq` None means it is durable and not yet in the tree. `body` is JSON text."""

    id: UUID
    kind: str
    at: datetime
    seq: int | None
    leaf_hash_hex: str
    body: str


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """RFC 6962 §2.1.2: that the tree of `new_size` holds the tree of `old_size` unchanged; hashes as hex."""

    old_size: int
    new_size: int
    old_root_hex: str
    new_root_hex: str
    hashes: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that must work; `detail` is a short technical line without personal data."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the hub can keep its promises now; `ok` is never true while it cannot sign or log."""

    ok: bool
    checks: tuple[HealthCheck, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class StepView:
    """One numbered step of a verification: outcome `pass`, `fail`, `undetermined` or `not-applicable`, and why.

    `next_zh` and `next_en` say what to do about it, empty when there is nothing to do; `evidence` is for auditors.
    """

    number: int
    name_zh: str
    name_en: str
    outcome: str
    code: str
    sentence_zh: str
    sentence_en: str
    next_zh: str = ""
    next_en: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerificationView:
    """The answer of a verification as of `at`: `verdict` is `valid`, `invalid` or `indeterminate`.

    `kind` says what was recognised (`certs.verifier.kinds`); `claims` is what the document states, once its signature
    held. `sha256` and `sm3` (hex) and `size` say which file it was.
    """

    kind: str
    verdict: str
    at: datetime
    policy: str
    steps: tuple[StepView, ...]
    claims: Mapping[str, object] = field(default_factory=dict)
    state: str | None = None
    sha256: str = ""
    sm3: str = ""
    size: int = 0
