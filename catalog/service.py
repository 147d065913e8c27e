"""Use cases of the catalogue: register, publish, withdraw, grant, suspend, resume, revoke.

Each takes an open unit, loads what it needs, asks the pure rules, writes and records one event. Catalogue writers run
one after the other; readers are never blocked. `known` is for an import only, which holds the lock and passes the
catalogue as it is inside its unit, so that a file with thousands of entries reads the catalogue once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from catalog import repo
from catalog.errors import (
    BreakingChangeError,
    CatalogueInvalidError,
    EntryExistsError,
    GrantStateError,
    ReasonMissingError,
    ResourceInUseError,
    UnknownEntryError,
)
from catalog.findings import Finding
from catalog.model import (
    Department,
    EvidenceType,
    Grant,
    GrantId,
    GrantState,
    Requirement,
    Resource,
    ResourceId,
    ResourceState,
    ServiceItem,
)
from catalog.ports import Unit
from catalog.rules import (
    GrantLapse,
    ItemCodeRule,
    breaking,
    diff,
    grant_in_force,
    lint_department,
    lint_evidence_type,
    lint_grant,
    lint_requirement,
    lint_resource,
    lint_service_item,
)
from catalog.snapshot import CatalogueSnapshot


async def register_department(
    unit: Unit, department: Department, *, officer: str | None = None, known: CatalogueSnapshot | None = None
) -> Department:
    """Enter a department, or change its names; the same value again changes nothing.

    Raises:
        CatalogueInvalidError: the code is no 统一社会信用代码, the parent is unknown, or a name is empty.
    """
    state = await _begin(unit, known)
    if state.departments.get(department.code) == department:
        return department
    _refuse(lint_department(department, departments=state.departments), department.code)
    await repo.save(unit.conn, department, unit.now)
    detail = {"code": department.code, "short": department.short}
    unit.record("catalog:department-registered", detail, department=department.code, officer=officer)
    return department


async def publish_resource(
    unit: Unit,
    resource: Resource,
    *,
    accept_breaking: bool = False,
    officer: str | None = None,
    known: CatalogueSnapshot | None = None,
) -> Resource:
    """Publish an entry as the next version; content that is already published changes nothing.

    Returns the entry as published, with state, version and time set by the hub.

    Raises:
        CatalogueInvalidError: the lint found errors; all are listed.
        ResourceInUseError: a running grant names an item the new version no longer has.
        BreakingChangeError: the version takes something away and `accept_breaking` is false (国令809 Art. 27).
    """
    state = await _begin(unit, known)
    old = state.resources.get(resource.id)
    if old is not None and old.state is ResourceState.PUBLISHED and not diff(old, resource):
        return old
    others = tuple(state.resources.values())
    _refuse(lint_resource(resource, departments=state.departments, others=others), resource.id)
    changes = breaking(old, resource) if old is not None and old.state is ResourceState.PUBLISHED else ()
    await _refuse_orphans(unit, resource)
    if changes and not accept_breaking:
        raise BreakingChangeError(resource.id, changes)
    version = 1 if old is None else old.version + 1
    published = replace(resource, state=ResourceState.PUBLISHED, version=version, published_at=unit.now)
    await repo.save(unit.conn, published, unit.now)
    detail = {"resource": resource.id, "version": version, "breaking": list(changes)}
    unit.record("catalog:resource-published", detail, department=resource.provider, officer=officer)
    return published


async def _refuse_orphans(unit: Unit, resource: Resource) -> None:
    known = set(resource.item_codes)
    running = await repo.running_grants(unit.conn, resource.id)
    orphaned = [grant.id for grant in running if not known.issuperset(grant.items)]
    if orphaned:
        raise ResourceInUseError(resource.id, orphaned)


async def withdraw_resource(
    unit: Unit, resource_id: ResourceId, *, reason: str, officer: str | None = None
) -> Resource:
    """Take a published entry out of the catalogue; its history stays.

    Raises:
        UnknownEntryError: there is no such published entry.
        ReasonMissingError: `reason` is empty.
        ResourceInUseError: running grants still use it (国令809 Art. 27).
    """
    _need_reason(reason, "withdrawal")
    state = await _begin(unit, None)
    old = state.resources.get(resource_id)
    if old is None or old.state is not ResourceState.PUBLISHED:
        raise UnknownEntryError("resource", resource_id)
    running = await repo.running_grants(unit.conn, resource_id)
    live = [grant.id for grant in running if grant_in_force(grant, unit.now) is not GrantLapse.EXPIRED]
    if live:
        raise ResourceInUseError(resource_id, live)
    withdrawn = replace(old, state=ResourceState.WITHDRAWN, version=old.version + 1)
    await repo.save(unit.conn, withdrawn, unit.now)
    detail = {"resource": resource_id, "version": withdrawn.version, "reason": reason}
    unit.record("catalog:resource-withdrawn", detail, department=old.provider, officer=officer)
    return withdrawn


async def grant(
    unit: Unit, terms: Grant, *, officer: str | None = None, known: CatalogueSnapshot | None = None
) -> Grant:
    """Give a grant; the same terms under the same id again change nothing.

    Raises:
        CatalogueInvalidError: the terms break rules or name something unknown; all findings are listed.
        EntryExistsError: the id is taken by a grant with other terms, or by one that is no longer active.
    """
    state = await _begin(unit, known)
    given = replace(terms, state=GrantState.ACTIVE, state_reason="")
    old = await repo.get_grant(unit.conn, terms.id)
    if old is not None:
        if replace(old, state_reason="") == given:
            return old
        raise EntryExistsError("grant", terms.id)
    findings = lint_grant(
        given,
        resource=state.resources.get(terms.resource),
        departments=state.departments,
        service_items=state.service_items,
    )
    _refuse(findings, terms.id)
    await repo.save(unit.conn, given, unit.now)
    detail = {**_grant_detail(given), "items": list(given.items), "purposes": list(given.purposes)}
    unit.record("catalog:grant-issued", detail, department=given.consumer, officer=officer)
    return given


async def suspend_grant(unit: Unit, grant_id: GrantId, *, reason: str, officer: str | None = None) -> Grant:
    """Suspend a running grant; queries under it are refused from this commit on (国令809 Art. 27).

    Raises:
        UnknownEntryError, ReasonMissingError, GrantStateError: it is not active.
    """
    return await _move(
        unit, grant_id, GrantState.SUSPENDED, kind="catalog:grant-suspended", reason=reason, officer=officer
    )


async def resume_grant(unit: Unit, grant_id: GrantId, *, reason: str, officer: str | None = None) -> Grant:
    """Put a suspended grant in force again.

    Raises:
        UnknownEntryError, ReasonMissingError, GrantStateError: it is not suspended.
    """
    return await _move(unit, grant_id, GrantState.ACTIVE, kind="catalog:grant-resumed", reason=reason, officer=officer)


async def revoke_grant(unit: Unit, grant_id: GrantId, *, reason: str, officer: str | None = None) -> Grant:
    """End a grant for good.

    Raises:
        UnknownEntryError, ReasonMissingError, GrantStateError: it is revoked or expired.
    """
    return await _move(unit, grant_id, GrantState.REVOKED, kind="catalog:grant-revoked", reason=reason, officer=officer)


_MOVES: Mapping[GrantState, frozenset[GrantState]] = {
    GrantState.ACTIVE: frozenset({GrantState.SUSPENDED, GrantState.REVOKED}),
    GrantState.SUSPENDED: frozenset({GrantState.ACTIVE, GrantState.REVOKED}),
    GrantState.REVOKED: frozenset(),
    GrantState.EXPIRED: frozenset(),
}


async def _move(
    unit: Unit, grant_id: GrantId, target: GrantState, *, kind: str, reason: str, officer: str | None
) -> Grant:
    _need_reason(reason, kind)
    await repo.lock_catalogue(unit.conn)
    old = await repo.get_grant(unit.conn, grant_id)
    if old is None:
        raise UnknownEntryError("grant", grant_id)
    if target not in _MOVES[old.state]:
        raise GrantStateError(grant_id, old.state, kind.removeprefix("catalog:grant-"))
    moved = replace(old, state=target, state_reason=reason)
    await repo.save(unit.conn, moved, unit.now)
    unit.record(kind, {**_grant_detail(moved), "reason": reason}, department=moved.consumer, officer=officer)
    return moved


async def publish_evidence_type(
    unit: Unit, evidence: EvidenceType, *, officer: str | None = None, known: CatalogueSnapshot | None = None
) -> EvidenceType:
    """Publish an evidence type; the same value again changes nothing.

    Raises:
        CatalogueInvalidError: it names no or several proofs, or an unknown resource, item or value.
    """
    state = await _begin(unit, known)
    if state.evidence_types.get(evidence.id) == evidence:
        return evidence
    _refuse(lint_evidence_type(evidence, resources=state.resources), evidence.id)
    await repo.save(unit.conn, evidence, unit.now)
    unit.record("catalog:evidence-type-published", {"evidence_type": evidence.id}, officer=officer)
    return evidence


async def publish_service_item(
    unit: Unit,
    item: ServiceItem,
    requirements: tuple[Requirement, ...],
    *,
    codes: ItemCodeRule = ItemCodeRule.GBT_39554,
    officer: str | None = None,
    known: CatalogueSnapshot | None = None,
) -> ServiceItem:
    """Publish a service item with its requirements; the same values again change nothing.

    Raises:
        CatalogueInvalidError: a code, department, requirement or evidence type is wrong; all findings are listed.
    """
    state = await _begin(unit, known)
    if state.service_items.get(item.code) == item and all(
        state.requirements.get(entry.id) == entry for entry in requirements
    ):
        return item
    named = {*state.requirements, *(entry.id for entry in requirements)}
    findings = list(lint_service_item(item, departments=state.departments, requirements=named, codes=codes))
    for index, entry in enumerate(requirements):
        found = lint_requirement(entry, evidence_types=state.evidence_types)
        findings += [replace(finding, path=("requirement", index, *finding.path)) for finding in found]
    _refuse(findings, item.code)
    for requirement in requirements:
        await repo.save(unit.conn, requirement, unit.now)
    await repo.save(unit.conn, item, unit.now)
    detail = {"service_item": item.code, "requirements": list(item.requirements)}
    unit.record("catalog:service-item-published", detail, department=item.department, officer=officer)
    return item


async def _begin(unit: Unit, known: CatalogueSnapshot | None) -> CatalogueSnapshot:
    if known is not None:  # an import holds the lock and keeps the state up to date itself
        return known
    await repo.lock_catalogue(unit.conn)
    return await repo.load_snapshot(unit.conn)


def _refuse(findings: Sequence[Finding], source: str) -> None:
    if findings:
        raise CatalogueInvalidError(findings, source)


def _need_reason(reason: str, step: str) -> None:
    if not reason.strip():
        raise ReasonMissingError(step)


def _grant_detail(value: Grant) -> dict[str, object]:
    return {"grant": value.id, "resource": value.resource, "consumer": value.consumer, "mode": value.mode.value}
