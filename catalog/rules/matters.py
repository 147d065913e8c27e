"""Lint of departments, service items, requirements and evidence types: codes, references, completeness."""

import re
from collections.abc import Collection, Iterator, Mapping

from catalog.findings import Finding
from catalog.model import Department, EvidenceType, RecordProof, Requirement, Resource, ResourceId, ServiceItem
from catalog.rules.codes import ItemCodeRule, region_problem, service_item_code_problem, uscc_problem

_SHORT = re.compile(r"[a-z][a-z0-9]*", re.ASCII)


def lint_department(department: Department, *, departments: Collection[str]) -> tuple[Finding, ...]:
    """List everything wrong with a department; its parent must be among `departments`."""
    checks = (("code", uscc_problem(department.code)), ("region", region_problem(department.region)))
    findings = [Finding("code", (field,), problem) for field, problem in checks if problem]
    if not _SHORT.fullmatch(department.short):
        findings.append(Finding("short-name", ("short",), "the short name is small ASCII letters and digits"))
    findings.extend(_name_findings(department))
    if department.parent is not None and department.parent not in departments:
        message = f"`{department.parent}` is not a registered department"
        findings.append(Finding("unknown-department", ("parent",), message))
    return tuple(findings)


def lint_evidence_type(evidence: EvidenceType, *, resources: Mapping[ResourceId, Resource]) -> tuple[Finding, ...]:
    """List everything wrong with an evidence type: exactly one proof, known resource, items and values."""
    findings = list(_name_findings(evidence))
    proofs = [proof for proof in (evidence.certificate, evidence.record, evidence.material) if proof is not None]
    if len(proofs) != 1:
        findings.append(Finding("one-proof", (), "give exactly one of certificate, record, material"))
    if evidence.certificate is not None and not evidence.certificate.type.strip():
        findings.append(Finding("certificate-type", ("certificate", "type"), "name the certificate type"))
    if evidence.record is not None:
        findings.extend(_record_findings(evidence.record, resources.get(evidence.record.resource)))
    return tuple(findings)


def _record_findings(proof: RecordProof, resource: Resource | None) -> Iterator[Finding]:
    if resource is None:
        message = f"`{proof.resource}` is not in the catalogue"
        yield Finding("unknown-resource", ("record", "resource"), message)
        return
    items = {item.code: item for item in resource.items}
    for code, accepted in proof.when.items():
        path = ("record", "when", code)
        if code not in items:
            yield Finding("unknown-item", path, f"`{code}` is no item of {resource.id}")
        elif not accepted:
            yield Finding("no-value", path, "list the accepted values")
        elif items[code].values and not set(accepted) <= set(items[code].values):
            yield Finding("unknown-value", path, f"accepts a value outside {', '.join(items[code].values)}")


def lint_requirement(requirement: Requirement, *, evidence_types: Collection[str]) -> tuple[Finding, ...]:
    """List everything wrong with a requirement: at least one list, none empty, known evidence types."""
    findings = list(_name_findings(requirement))
    findings.extend(_region_findings(requirement.jurisdiction, ("jurisdiction",)))
    if not requirement.lists:
        findings.append(Finding("no-list", ("lists",), "nothing could ever meet this requirement"))
    ids = [entry.id for entry in requirement.lists]
    if len(set(ids)) != len(ids):
        findings.append(Finding("named-twice", ("lists",), "two lists have one id"))
    for index, entry in enumerate(requirement.lists):
        path = ("lists", index)
        findings.extend(_region_findings(entry.jurisdiction, (*path, "jurisdiction")))
        if not entry.evidence:  # an empty AND is true: it would be met by nothing at all
            findings.append(Finding("empty-list", (*path, "evidence"), "an empty list would always be met"))
        findings.extend(
            Finding("unknown-evidence-type", (*path, "evidence", at), f"`{evidence}` is no evidence type")
            for at, evidence in enumerate(entry.evidence)
            if evidence not in evidence_types
        )
    return tuple(findings)


def lint_service_item(
    item: ServiceItem,
    *,
    departments: Collection[str],
    requirements: Collection[str],
    codes: ItemCodeRule = ItemCodeRule.GBT_39554,
) -> tuple[Finding, ...]:
    """List everything wrong with a service item: code, department, requirements."""
    findings = list(_name_findings(item))
    problem = service_item_code_problem(item.code, item.department, codes)
    if problem:
        findings.append(Finding("item-code", ("code",), problem))
    if item.department not in departments:
        message = f"`{item.department}` is not a registered department"
        findings.append(Finding("unknown-department", ("department",), message))
    findings.extend(
        Finding("unknown-requirement", ("requirements", index), f"`{requirement}` is no requirement")
        for index, requirement in enumerate(item.requirements)
        if requirement not in requirements
    )
    if len(set(item.requirements)) != len(item.requirements):
        findings.append(Finding("named-twice", ("requirements",), "a requirement is named twice"))
    return tuple(findings)


def _name_findings(entry: Department | EvidenceType | Requirement | ServiceItem) -> Iterator[Finding]:
    for field in ("name_zh", "name_en"):
        name = getattr(entry, field)
        if not name.strip() or name != name.strip():
            yield Finding("name", (field,), "the name is empty or padded with spaces")


def _region_findings(region: str, path: tuple[str | int, ...]) -> Iterator[Finding]:
    problem = region_problem(region)
    if problem:
        yield Finding("code", path, problem)
