"""Whom a case is about besides its applicant, read from the shared records: 法定代表人 of a firm, 配偶 of a person.

Two records that disagree name nobody: a role is filled only when exactly one person fills it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from catalog.model import SubjectRole

Bodies = Callable[[str, str], Awaitable[Sequence[Mapping[str, object]]]]
"""(resource, subject) -> bodies of the records in force."""

_LICENCE = "samr.business_licence"
_MARRIAGE = "mca.marriage"


async def people_of(applicant: str, bodies: Bodies) -> Mapping[str, str]:
    """Role -> subject code for everybody a case of this applicant may ask about."""
    people = {SubjectRole.APPLICANT: {applicant}}
    licences = await bodies(_LICENCE, applicant)
    people[SubjectRole.ORGANISATION] = {str(body["uscc"]) for body in licences if body.get("uscc")}
    people[SubjectRole.LEGAL_REPRESENTATIVE] = {
        str(body["legal_rep_id"]) for body in licences if body.get("legal_rep_id")
    }
    marriages = [body for body in await bodies(_MARRIAGE, applicant) if body.get("status") == "有效"]
    spouses = {str(body.get(item) or "") for body in marriages for item in ("spouse_a_id", "spouse_b_id")}
    people[SubjectRole.SPOUSE] = spouses - {applicant, ""}
    return {role.value: next(iter(who)) for role, who in people.items() if len(who) == 1}
