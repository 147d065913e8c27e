"""Values of the certificate hub. Frozen; they know no database, no clock and no encoding.

Days are days of the law in China (Asia/Shanghai); instants are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final
from uuid import UUID

from certs.identifiers import Identifier

# China keeps one zone without daylight saving time since 1992, before any electronic certificate; a fixed offset
# needs no zone database on the computer that verifies.
LAW_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


def law_day(at: datetime) -> date:
    """The calendar day in China at this instant."""
    return at.astimezone(LAW_ZONE).date()


def day_begins(day: date) -> datetime:
    """The instant (UTC) at which this day begins in China."""
    return datetime.combine(day, time(), LAW_ZONE).astimezone(UTC)


def day_ends(day: date) -> datetime:
    """The first instant (UTC) after this day in China: a 到期日 is valid to its last moment."""
    return day_begins(day + timedelta(days=1))


class State(StrEnum):
    """State of a certificate. 注销, 撤销 and 吊销 differ in law (行政许可法) and are never merged.

    EXPIRED is computed from the date and never stored.
    """

    VALID = "valid"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    DEREGISTERED = "deregistered"
    ANNULLED = "annulled"
    REVOKED = "revoked"
    VOIDED = "voided"
    TRANSFERRED = "transferred"
    EXPIRED = "expired"

    @property
    def zh(self) -> str:
        """The term in Chinese."""
        return _STATE_ZH[self]


_STATE_ZH = {
    State.VALID: "有效",
    State.SUSPENDED: "暂扣",
    State.SUPERSEDED: "已变更",
    State.DEREGISTERED: "注销",
    State.ANNULLED: "撤销",
    State.REVOKED: "吊销",
    State.VOIDED: "作废",
    State.TRANSFERRED: "转出",
    State.EXPIRED: "过期",
}


class Reason(StrEnum):
    """Why a state changed: the closed list of reason codes."""

    INVESTIGATION = "investigation"
    REINSTATED = "reinstated"
    SOURCE_CHANGED = "source-changed"
    HOLDER_REQUEST = "holder-request"
    HOLDER_ENDED = "holder-ended"
    TERM_ENDED = "term-ended"
    SOURCE_ENDED = "source-ended"
    GRANTED_UNLAWFULLY = "granted-unlawfully"
    OBTAINED_BY_FRAUD = "obtained-by-fraud"
    PENALTY = "penalty"
    ISSUED_BY_MISTAKE = "issued-by-mistake"
    KEY_COMPROMISED = "key-compromised"
    MOVED_AWAY = "moved-away"

    @property
    def zh(self) -> str:
        """The reason in Chinese."""
        return _REASON_ZH[self]


_REASON_ZH = {
    Reason.INVESTIGATION: "调查期间暂扣",
    Reason.REINSTATED: "暂扣发还",
    Reason.SOURCE_CHANGED: "登记信息变更",
    Reason.HOLDER_REQUEST: "持证主体申请",
    Reason.HOLDER_ENDED: "持证主体死亡或终止",
    Reason.TERM_ENDED: "有效期届满未延续",
    Reason.SOURCE_ENDED: "登记已终止",
    Reason.GRANTED_UNLAWFULLY: "违法作出决定",
    Reason.OBTAINED_BY_FRAUD: "以欺骗等不正当手段取得",
    Reason.PENALTY: "行政处罚",
    Reason.ISSUED_BY_MISTAKE: "制发有误",
    Reason.KEY_COMPROMISED: "签名密钥失密",
    Reason.MOVED_AWAY: "迁出辖区",
}


class HolderKind(StrEnum):
    """Kind of a holder (持证主体类别)."""

    NATURAL = "natural"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder (持证主体). `code_type` is a code of GB/T 36903 App. A: 111 citizen ID, 001 USCC."""

    code: str = field(repr=False)
    code_type: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuing authority (证照颁发机构): USCC, name, level (国家级 … 乡镇级), region code, `iss` address."""

    code: str
    name: str
    level: str
    region: str
    uri: str
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """The shared record a certificate is made from: body values are text, number or None."""

    resource: str
    key: str = field(repr=False)
    body: Mapping[str, object] = field(repr=False)
    digest: bytes
    run_id: UUID
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a certificate's content comes from: record, its digest, the pull that brought it and as of when."""

    resource: str
    key: str = field(repr=False)
    digest: bytes
    run_id: UUID
    as_of: datetime


@dataclass(frozen=True, slots=True)
class StatusRef:
    """Place of a certificate in a Token Status List."""

    uri: str
    index: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """One version of a certificate as data. Every face (照面) states exactly this and nothing else.

    `valid_until` is the last valid day (到期日, inclusive), None when open-ended (长期). `face` maps the type's
    field codes to printed text. The state is not part of it: faces are signed once, states change.
    """

    identifier: Identifier
    name: str
    number: str = field(repr=False)
    issuer_code: str
    issuer_name: str
    issuer_level: str
    region: str
    issuer_uri: str
    issued_at: datetime
    valid_from: date
    valid_until: date | None
    holders: tuple[Holder, ...]
    face: Mapping[str, str] = field(repr=False)
    status: StatusRef
    source: Lineage
    supersedes: Identifier | None = None

    @property
    def type_code(self) -> str:
        """The type code (证照类型代码)."""
        return self.identifier.type_code

    @property
    def version(self) -> int:
        """The version (证照版本), 1 for the first."""
        return self.identifier.version

    def expired(self, at: datetime) -> bool:
        """Whether the last valid day is over (过期) at this instant."""
        return self.valid_until is not None and law_day(at) > self.valid_until


@dataclass(frozen=True, slots=True)
class OnFile:
    """A stored certificate and its stored state."""

    certificate: Certificate
    state: State

    def state_at(self, now: datetime) -> State:
        """The state to show: a stored end outranks 过期, 过期 outranks 有效 and 暂扣."""
        if self.state in {State.VALID, State.SUSPENDED} and self.certificate.expired(now):
            return State.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A decision about a certificate: to which state, why, by whose authority (USCC), in effect from when."""

    identifier: str
    to_state: State
    reason: Reason
    reason_text: str
    authority: str
    effective_at: datetime


class FaceKind(StrEnum):
    """The signed faces of one certificate."""

    JSON = "json"
    SD_JWT = "sd-jwt"
    OFD = "ofd"
    PDF = "pdf"
    QR = "qr"


SEALED_FACES: Final = (FaceKind.OFD, FaceKind.PDF)
"""The documents of a certificate: faces with the issuer's seal."""


class Documents(StrEnum):
    """How the sealed documents of a certificate stand. REFUSED: no page can show what it says; a person asks again."""

    MISSING = "missing"
    COMPLETE = "complete"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate and its signed faces, byte for byte as released, and the key that signed them."""

    certificate: Certificate
    faces: Mapping[FaceKind, bytes] = field(repr=False)
    kid: str


@dataclass(frozen=True, slots=True)
class MadeFace:
    """A face made after issuing (OFD, PDF, QR), ready to be filed: signed by the key `kid`."""

    identifier: str
    kind: FaceKind
    body: bytes = field(repr=False)
    kid: str


@dataclass(frozen=True, slots=True)
class FiledFace:
    """A face on file, without its bytes: which key signed it and when it was filed."""

    identifier: str
    kind: FaceKind
    kid: str
    made_at: datetime


# ---- verification --------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """The three-valued result: what could not be established is never VALID."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"

    @property
    def zh(self) -> str:
        """The word in Chinese."""
        return {"valid": "有效", "invalid": "无效", "indeterminate": "无法确定"}[self.value]


class Outcome(StrEnum):
    """Result of one verification step."""

    PASS = "pass"  # noqa: S105 - a verification outcome, not a password
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One numbered step: `code` for programs, a sentence and the next step for people, evidence for auditors."""

    number: int
    name_zh: str
    name_en: str
    outcome: Outcome
    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What a verification found as of `at`. `claims` is the flat form of `certs.face.claims_of`, once signed for.

    `state` is the state as far as known; `policy` names the rules that were applied.
    """

    verdict: Verdict
    at: datetime
    policy: str
    steps: tuple[StepResult, ...]
    claims: Mapping[str, object] = field(repr=False)
    state: State | None = None

    @property
    def deciding(self) -> StepResult:
        """The step to show first: the first that failed, else the first undetermined, else the last."""
        for outcome in (Outcome.FAIL, Outcome.UNDETERMINED):
            for step in self.steps:
                if step.outcome is outcome:
                    return step
        return self.steps[-1]
