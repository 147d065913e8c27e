"""Import of a catalogue file into the catalogue: one unit, all of it or nothing."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from catalog import repo, service
from catalog.loader import CatalogueFile, parse_catalogue
from catalog.model import Department, Grant
from catalog.ports import Unit
from catalog.snapshot import CatalogueSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did: the revisions before and after, and how many entries the file has."""

    digest: str
    revision_before: int
    revision_after: int
    entries: int

    @property
    def changed(self) -> bool:
        """True when at least one entry was new or different."""
        return self.revision_after != self.revision_before


async def import_catalogue(
    unit: Unit, text: str, *, source: str = "catalogue.toml", accept_breaking: bool = False, officer: str | None = None
) -> ImportSummary:
    """Register, publish and grant everything in the file; importing the same file again changes nothing.

    Entries that are in the catalogue and not in the file stay as they are: nothing is withdrawn or revoked by
    leaving it out (国令809 Art. 27).

    Raises:
        CatalogueInvalidError: the file has errors; all are listed with their lines.
        EntryExistsError: a grant of the file exists with other terms.
        BreakingChangeError, ResourceInUseError: as for `service.publish_resource`.
    """
    file = parse_catalogue(text, source)
    await repo.lock_catalogue(unit.conn)
    before = await repo.load_snapshot(unit.conn)
    await _apply(unit, file, before, accept_breaking=accept_breaking, officer=officer)
    after = await repo.read_revision(unit.conn)
    tables = (file.department, file.resource, file.evidence_type, file.requirement, file.service_item, file.grant)
    summary = ImportSummary(
        digest=hashlib.sha256(text.encode()).hexdigest(),
        revision_before=before.revision,
        revision_after=after,
        entries=sum(len(table) for table in tables),
    )
    if summary.changed:
        detail = {"source": source, "digest": summary.digest, "entries": summary.entries, "revision": after}
        unit.record("catalog:imported", detail, officer=officer)
    return summary


async def _apply(
    unit: Unit, file: CatalogueFile, before: CatalogueSnapshot, *, accept_breaking: bool, officer: str | None
) -> None:
    departments, resources = dict(before.departments), dict(before.resources)
    evidence_types, items = dict(before.evidence_types), dict(before.service_items)
    requirements = dict(before.requirements)
    known = replace(  # sees what this import has written so far, through the dicts filled below
        before,
        departments=departments,
        resources=resources,
        evidence_types=evidence_types,
        requirements=requirements,
        service_items=items,
    )
    for department in _parents_first(file.department, departments):
        done = await service.register_department(unit, department, officer=officer, known=known)
        departments[department.code] = done
    for resource in file.resource:
        resources[resource.id] = await service.publish_resource(
            unit, resource, accept_breaking=accept_breaking, officer=officer, known=known
        )
    for evidence in file.evidence_type:
        evidence_types[evidence.id] = await service.publish_evidence_type(unit, evidence, officer=officer, known=known)
    own = {entry.id: entry for entry in file.requirement}
    for item in file.service_item:
        needed = tuple(own[entry] for entry in item.requirements)
        items[item.code] = await service.publish_service_item(
            unit, item, needed, codes=file.catalogue.item_codes, officer=officer, known=known
        )
        requirements.update({entry.id: entry for entry in needed})
    present = {grant.id: grant for grant in before.grants}
    for terms in file.grant:
        if not _same_terms(present.get(terms.id), terms):
            await service.grant(unit, terms, officer=officer, known=known)


def _same_terms(old: Grant | None, terms: Grant) -> bool:
    """Whatever became of a grant since: a file neither resumes a suspended one nor revives a revoked one."""
    return old is not None and replace(old, state=terms.state, state_reason=terms.state_reason) == terms


def _parents_first(given: Sequence[Department], present: Collection[str]) -> Iterator[Department]:
    waiting = list(given)
    ready = set(present)
    while waiting:
        entry = next((e for e in waiting if e.parent is None or e.parent in ready), waiting[0])
        waiting.remove(entry)
        ready.add(entry.code)
        yield entry
