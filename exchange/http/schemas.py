"""Bodies the API takes. Strict: no unknown member, no coercion, every text bounded."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_][0-9A-Za-z_.:-]{0,39}$")]
"""A number or code: case, service item, evidence type."""
ItemCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
ResourceCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}\.[a-z][a-z0-9_]{0,29}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z.\-]{18,100}$")]
SubjectNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
CopyText = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(BaseModel):
    """Base of every body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SubjectBody(Body):
    """Whom a query is about: a citizen (公民身份号码) or a firm (统一社会信用代码)."""

    id_type: Literal["citizen_id", "uscc"]
    id: SubjectNumber


class QueryBody(Body):
    """A query for fields of one resource about one subject, for one case."""

    resource: ResourceCode
    subject: SubjectBody
    fields: Annotated[list[ItemCode], Field(min_length=1, max_length=60)]
    case_number: Code
    service_item: Code
    legal_basis: Reason


class SessionBody(Body):
    """A log-in of a local identity."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class CaseBody(Body):
    """A new case (办件)."""

    number: Code
    service_item: Code
    subject: SubjectNumber


class Choice(Body):
    """The applicant's answer where several pieces fit: this one (two flats, one to be transferred)."""

    requirement: Code
    evidence_type: Code
    identifier: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,120}$")]


class ChoicesBody(Body):
    """Answers to the choices an earlier resolution asked for."""

    choices: Annotated[list[Choice], Field(max_length=50)] = []


class DemandBody(Body):
    """A paper a department wants from the applicant."""

    evidence_type: Code


class CheckBody(Body):
    """A clerk's comparison of an upload with the original; `valid_until` is RFC 3339."""

    accept: bool
    reason: Annotated[str, StringConstraints(max_length=200)] = ""
    valid_until: Annotated[str, StringConstraints(max_length=40)] | None = None


class OfferBody(Body):
    """Certificates to show by a one-time code."""

    certificates: Annotated[list[Identifier], Field(min_length=1, max_length=10)]


class ClaimBody(Body):
    """A code a holder showed, and the case it is for."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    case_number: Code


class PolicyBody(Body):
    """Rules of use of a seal: types by code or short name, documents a day, RFC 3339 end; absent is unlimited."""

    types: Annotated[list[Code], Field(max_length=200)]
    daily_limit: Annotated[int, Field(ge=1, le=10**9)] | None = None
    until: Annotated[str, StringConstraints(max_length=40)] | None = None


class HandoverBody(Body):
    """Whose custody of a seal ends and whose begins, by work number."""

    leaving: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    taking: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class ProposalBody(Body):
    """What one custodian proposes; `policy` belongs to set-policy, `handover` to hand-over."""

    act: Literal["activate", "lift", "set-policy", "hand-over"]
    reason: Reason
    policy: PolicyBody | None = None
    handover: HandoverBody | None = None


class StopBody(Body):
    """What one custodian does at once, and why."""

    act: Literal["suspend", "revoke"]
    reason: Reason


class RunBody(Body):
    """A source to pull now."""

    resource: ResourceCode


class SealingBody(Body):
    """The type whose certificates are to be sealed: code or short name."""

    type: Code


class CopyBody(Body):
    """A copy: what for (用途), for which matter (事项), for whom (使用单位), until which day (YYYY-MM-DD)."""

    format: Literal["ofd", "pdf"]
    purpose: CopyText
    matter: CopyText
    recipient: CopyText
    valid_until: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None

    @field_validator("valid_until")
    @classmethod
    def _is_a_day(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value)
        return value

    def last_day(self) -> date | None:
        """The last day asked for."""
        return None if self.valid_until is None else date.fromisoformat(self.valid_until)
