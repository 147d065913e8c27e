"""May this officer see these fields of this record for this case now? PURE; default is deny.

1. The asker must be a public servant whose registration is active.
2. The resource must be published, shared, and offered as an interface.
3. The case must exist, be the asker's, be open, be about this matter, and the subject be one of its people.
4. ONE grant must be in force, cover every field and name the matter. Grants are never added up.
5. What is allowed may still be too much for one minute: `rate` of the decision is the ceiling of its grant, and
   whoever makes the outcome durable counts it (`exchange.service.outcomes`) and refuses the rest.

Every condition only ever adds reasons to refuse, so taking one away can never turn a refusal into a release.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from catalog.model import EvidenceType, Grant, GrantState, Resource, ResourceState, Several, ShareMode, SharingClass
from exchange.model import Case, CaseState, Principal, QueryRequest, Role


class ReasonCode(StrEnum):
    """Why a query is refused; the codes are stable and stand in the evidence log."""

    NOT_AN_OFFICER = "not-an-officer"
    OFFICER_INACTIVE = "officer-inactive"
    RESOURCE_UNKNOWN = "resource-unknown"
    RESOURCE_WITHDRAWN = "resource-withdrawn"
    NOT_SHARED = "not-shared"
    CASE_UNKNOWN = "case-unknown"
    CASE_NOT_YOURS = "case-not-yours"
    CASE_CLOSED = "case-closed"
    CASE_OTHER_MATTER = "case-other-matter"
    SUBJECT_NOT_IN_CASE = "subject-not-in-case"
    NO_GRANT = "no-grant"
    GRANT_NOT_YET = "grant-not-yet-valid"
    GRANT_EXPIRED = "grant-expired"
    GRANT_SUSPENDED = "grant-suspended"
    GRANT_REVOKED = "grant-revoked"
    FIELD_NOT_GRANTED = "field-not-granted"
    PURPOSE_NOT_GRANTED = "purpose-not-granted"
    RATE_EXCEEDED = "grant-rate-exceeded"
    RECORD_NOT_FOUND = "record-not-found"
    IDENTITY_AMBIGUOUS = "identity-ambiguous"


SENTENCES: Mapping[ReasonCode, tuple[str, str]] = MappingProxyType(
    {
        ReasonCode.NOT_AN_OFFICER: ("仅政务部门工作人员可以查询。", "Only an officer of a department may query."),
        ReasonCode.OFFICER_INACTIVE: ("经办人或其系统已停用。", "The officer or the calling system is deactivated."),
        ReasonCode.RESOURCE_UNKNOWN: ("目录中没有该资源。", "The catalogue has no such resource."),
        ReasonCode.RESOURCE_WITHDRAWN: ("该资源已撤销。", "The resource was withdrawn."),
        ReasonCode.NOT_SHARED: ("该资源不予共享或不提供接口。", "The resource is not shared, or not as an interface."),
        ReasonCode.CASE_UNKNOWN: ("没有该办件。", "There is no such case."),
        ReasonCode.CASE_NOT_YOURS: ("该办件不属于本部门。", "The case belongs to another department."),
        ReasonCode.CASE_CLOSED: ("该办件已办结。", "The case is closed."),
        ReasonCode.CASE_OTHER_MATTER: ("办件的事项与所填事项不同。", "The case is about another matter."),
        ReasonCode.SUBJECT_NOT_IN_CASE: ("被查询人不是该办件的当事人。", "The subject is not a party to the case."),
        ReasonCode.NO_GRANT: ("本部门没有该资源的授权。", "The department has no grant for this resource."),
        ReasonCode.GRANT_NOT_YET: ("授权尚未生效。", "The grant is not in force yet."),
        ReasonCode.GRANT_EXPIRED: ("授权已到期。", "The grant has expired."),
        ReasonCode.GRANT_SUSPENDED: ("授权已暂停。", "The grant is suspended."),
        ReasonCode.GRANT_REVOKED: ("授权已终止。", "The grant was revoked."),
        ReasonCode.FIELD_NOT_GRANTED: ("所查字段超出授权。", "A requested field is outside the grant."),
        ReasonCode.PURPOSE_NOT_GRANTED: ("授权不包括该事项。", "The grant does not name this matter."),
        ReasonCode.RATE_EXCEEDED: (
            "本分钟内按该授权可查询的次数已用完。",
            "The queries agreed for one minute of this grant are used up.",
        ),
        ReasonCode.RECORD_NOT_FOUND: ("没有该主体的记录。", "There is no record of this subject."),
        ReasonCode.IDENTITY_AMBIGUOUS: (
            "匹配到多条记录，无法确认身份。",
            "Several records match; nobody is identified.",
        ),
    }
)

CONCEALED = frozenset(
    {
        ReasonCode.CASE_UNKNOWN,
        ReasonCode.CASE_NOT_YOURS,
        ReasonCode.SUBJECT_NOT_IN_CASE,
        ReasonCode.RECORD_NOT_FOUND,
        ReasonCode.IDENTITY_AMBIGUOUS,
    }
)
"""Told apart in the log only: outside, they would tell who exists and who has a case where (B2 row 66)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to refuse; `names` lists the fields it is about."""

    code: ReasonCode
    names: tuple[str, ...] = ()

    @property
    def zh(self) -> str:
        """The sentence for people, Chinese."""
        return SENTENCES[self.code][0]

    @property
    def en(self) -> str:
        """The sentence for people, English."""
        return SENTENCES[self.code][1]


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed under `grant_id` with exactly `fields`, or refused for `reasons` (never both, never neither).

    `rate` is the ceiling of that grant (see `Grant.rate`), None where there is none.
    """

    allowed: bool
    grant_id: str | None
    fields: tuple[str, ...]
    reasons: tuple[Reason, ...]
    rate: int | None = None


def decide(
    request: QueryRequest,
    *,
    principal: Principal,
    officer_active: bool,
    case: Case | None,
    grants: Iterable[Grant],
    resource: Resource | None,
    now: datetime,
) -> Decision:
    """Decide one query; the module's docstring numbers the steps.

    `grants` are all candidates (others than the asker's are ignored); `now` is an aware instant.
    """
    reasons = _asker(principal, officer_active=officer_active)
    reasons += _resource(resource)
    reasons += _case(request, principal, case)
    grant, faults = _best_grant(request, principal, grants, now)
    reasons += faults
    if reasons or grant is None:
        return Decision(allowed=False, grant_id=None, fields=(), reasons=tuple(reasons))
    return Decision(allowed=True, grant_id=grant.id, fields=request.fields, reasons=(), rate=grant.rate)


def identity_reasons(
    records: Sequence[Mapping[str, object]], resource: Resource, evidence: Iterable[EvidenceType]
) -> tuple[Reason, ...]:
    """Refuse zero matches, and two where the catalogue says that two mean nobody was identified.

    `records` are the bodies found for the subject. Two are refused when the key of the resource names its
    subject, or when an evidence type over the resource says `Several.REFUSE` and both meet its condition.
    """
    if not records:
        return (Reason(ReasonCode.RECORD_NOT_FOUND),)
    if len(records) == 1:
        return ()
    over = (e for e in evidence if e.record is not None and e.record.resource == resource.id)
    rules = [e.record.when for e in over if e.record is not None and e.several is Several.REFUSE]
    if resource.key and resource.key == resource.subjects:
        rules.append({})
    for when in rules:
        alike = [body for body in records if all(body.get(item) in ok for item, ok in when.items())]
        if len(alike) > 1:
            return (Reason(ReasonCode.IDENTITY_AMBIGUOUS),)
    return ()


def minimise(body: Mapping[str, object], fields: Sequence[str]) -> dict[str, object]:
    """Only the granted fields of a record, in the asked order; a value the source lacks is None."""
    return {name: body.get(name) for name in fields}


def _asker(principal: Principal, *, officer_active: bool) -> list[Reason]:
    if principal.role is not Role.CLERK or not principal.department or not principal.officer:
        return [Reason(ReasonCode.NOT_AN_OFFICER)]
    return [] if officer_active else [Reason(ReasonCode.OFFICER_INACTIVE)]


def _resource(resource: Resource | None) -> list[Reason]:
    if resource is None or resource.state is ResourceState.DRAFT:
        return [Reason(ReasonCode.RESOURCE_UNKNOWN)]
    reasons = []
    if resource.state is not ResourceState.PUBLISHED:
        reasons.append(Reason(ReasonCode.RESOURCE_WITHDRAWN))
    open_classes = (SharingClass.UNCONDITIONAL, SharingClass.CONDITIONAL)
    if resource.sharing not in open_classes or ShareMode.INTERFACE not in resource.modes:
        reasons.append(Reason(ReasonCode.NOT_SHARED))
    return reasons


def _case(request: QueryRequest, principal: Principal, case: Case | None) -> list[Reason]:
    if case is None or case.number != request.case_number:
        return [Reason(ReasonCode.CASE_UNKNOWN)]
    if case.department != principal.department:
        return [Reason(ReasonCode.CASE_NOT_YOURS)]
    found = {
        ReasonCode.CASE_CLOSED: case.state is not CaseState.OPEN,
        ReasonCode.CASE_OTHER_MATTER: case.service_item != request.service_item,
        ReasonCode.SUBJECT_NOT_IN_CASE: request.subject not in {case.subject, *case.people.values()},
    }
    return [Reason(code) for code, holds in found.items() if holds]


def _best_grant(
    request: QueryRequest, principal: Principal, grants: Iterable[Grant], now: datetime
) -> tuple[Grant | None, list[Reason]]:
    """The widest grant without fault (no ceiling, else the highest, else by id), or the faults of the nearest."""
    nearest: tuple[int, str, list[Reason]] | None = None
    for grant in sorted(grants, key=_widest_first):
        if grant.consumer != principal.department or grant.resource != request.resource:
            continue
        faults = _grant_faults(request, grant, now)
        if not faults:
            return grant, []
        if nearest is None or len(faults) < nearest[0]:
            nearest = (len(faults), grant.id, faults)
    return None, nearest[2] if nearest else [Reason(ReasonCode.NO_GRANT)]


def _widest_first(grant: Grant) -> tuple[bool, int, str]:
    return grant.rate is not None, -(grant.rate or 0), grant.id


def _grant_faults(request: QueryRequest, grant: Grant, now: datetime) -> list[Reason]:
    faults = []
    if grant.mode is not ShareMode.INTERFACE:
        faults.append(Reason(ReasonCode.NO_GRANT))
    if grant.state is GrantState.REVOKED:
        faults.append(Reason(ReasonCode.GRANT_REVOKED))
    if grant.state is GrantState.SUSPENDED:
        faults.append(Reason(ReasonCode.GRANT_SUSPENDED))
    if now < grant.valid_from:
        faults.append(Reason(ReasonCode.GRANT_NOT_YET))
    if grant.state is GrantState.EXPIRED or now >= grant.valid_until:
        faults.append(Reason(ReasonCode.GRANT_EXPIRED))
    outside = tuple(sorted(set(request.fields).difference(grant.items)))
    if outside or not request.fields:
        faults.append(Reason(ReasonCode.FIELD_NOT_GRANTED, outside))
    if request.service_item not in grant.purposes:
        faults.append(Reason(ReasonCode.PURPOSE_NOT_GRANTED))
    return faults
