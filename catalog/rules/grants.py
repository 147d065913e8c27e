"""Rules of a grant: is it in force now, over what time is its rate counted, are its terms within the catalogue."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from catalog.findings import Finding
from catalog.model import Grant, GrantState, Resource, ResourceState, SharingClass
from catalog.rules.codes import uscc_problem


class GrantLapse(StrEnum):
    """Why a grant is not in force."""

    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


def grant_in_force(grant: Grant, at: datetime) -> GrantLapse | None:
    """Say why `grant` is not in force at the aware instant `at`, or `None` when it is.

    The period is half-open: in force at `valid_from`, no longer at `valid_until`. A decision outranks the clock:
    a revoked grant is `REVOKED` whatever the date.
    """
    if grant.state is GrantState.REVOKED:
        return GrantLapse.REVOKED
    if grant.state is GrantState.EXPIRED or at >= grant.valid_until:
        return GrantLapse.EXPIRED
    if grant.state is GrantState.SUSPENDED:
        return GrantLapse.SUSPENDED
    return GrantLapse.NOT_YET_VALID if at < grant.valid_from else None


def rate_window(at: datetime) -> tuple[datetime, datetime]:
    """The minute of the clock the aware instant `at` lies in, over which `Grant.rate` is counted; UTC, half-open."""
    begins = at.astimezone(UTC).replace(second=0, microsecond=0)
    return begins, begins + timedelta(minutes=1)


def lint_grant(
    grant: Grant, *, resource: Resource | None, departments: Collection[str], service_items: Collection[str]
) -> tuple[Finding, ...]:
    """List everything wrong with the terms of `grant` (国令809 Art. 14, 20); empty when it may be given."""
    findings = [*_term_findings(grant), *_reference_findings(grant, departments, service_items)]
    if resource is None:
        findings.append(Finding("unknown-resource", ("resource",), f"`{grant.resource}` is not in the catalogue"))
    else:
        findings.extend(_resource_findings(grant, resource))
    return tuple(findings)


def _term_findings(grant: Grant) -> Iterator[Finding]:
    if not grant.legal_basis.strip():
        yield Finding("legal-basis", ("legal_basis",), "使用依据 is missing (Art. 20)")
    if not grant.purposes:
        yield Finding("purposes", ("purposes",), "使用场景 is missing: name at least one service item (Art. 20)")
    if not grant.items:
        yield Finding("items", ("items",), "使用范围 is missing: name at least one item (Art. 20)")
    if grant.valid_from >= grant.valid_until:
        yield Finding("valid-until", ("valid_until",), "使用时限 ends before it begins")
    if grant.rate is not None and grant.rate < 1:
        yield Finding("rate", ("rate",), "a rate is at least 1 query per minute")
    for field in ("items", "purposes"):
        values = getattr(grant, field)
        if len(set(values)) != len(values):
            yield Finding("named-twice", (field,), "an entry is named twice")


def _reference_findings(
    grant: Grant, departments: Collection[str], service_items: Collection[str]
) -> Iterator[Finding]:
    if grant.consumer not in departments:
        reason = uscc_problem(grant.consumer) or f"`{grant.consumer}` is not a registered department"
        yield Finding("unknown-department", ("consumer",), reason)
    for index, purpose in enumerate(grant.purposes):
        if purpose not in service_items:
            message = f"`{purpose}` is no service item of the catalogue"
            yield Finding("unknown-service-item", ("purposes", index), message)


def _resource_findings(grant: Grant, resource: Resource) -> Iterator[Finding]:
    if resource.state is not ResourceState.PUBLISHED:
        yield Finding("not-published", ("resource",), f"`{resource.id}` is {resource.state}")
    if resource.sharing is SharingClass.WITHHELD:
        yield Finding("withheld", ("resource",), f"`{resource.id}` is 不予共享: {resource.law}")
    if grant.mode not in resource.modes:
        yield Finding("mode", ("mode",), f"`{resource.id}` is not shared by {grant.mode}")
    known = set(resource.item_codes)
    for index, code in enumerate(grant.items):
        if code not in known:
            yield Finding("unknown-item", ("items", index), f"`{code}` is no item of {resource.id}")
