"""The catalogue file: one TOML text with departments, resources, evidence, service items and grants.

Strict and complete: unknown keys, wrong types, broken references and every lint finding are reported together, each
with its line. State, version and publication time are set by the hub and are refused in the file.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from catalog.clocks import Calendar
from catalog.errors import CatalogueInvalidError
from catalog.findings import Finding, Path
from catalog.model import (
    Department,
    EvidenceType,
    Grant,
    Requirement,
    Resource,
    ResourceState,
    ServiceItem,
)
from catalog.rules import (
    ItemCodeRule,
    lint_department,
    lint_evidence_type,
    lint_grant,
    lint_requirement,
    lint_resource,
    lint_service_item,
    normal_name,
)
from catalog.structure import BROKEN, decode
from catalog.toml_lines import key_lines, line_of

_SERVER_SET = {"resource": ("state", "version", "published_at"), "grant": ("state", "state_reason")}
_ID_KEYS = {"department": "code", "service_item": "code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file says about itself: the region and how its service item codes are built."""

    region: str
    title_zh: str
    title_en: str
    item_codes: ItemCodeRule = ItemCodeRule.GBT_39554


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFile:
    """A catalogue as written by a steward; the field names are the table names of the file."""

    catalogue: Header
    department: tuple[Department, ...] = ()
    resource: tuple[Resource, ...] = ()
    evidence_type: tuple[EvidenceType, ...] = ()
    requirement: tuple[Requirement, ...] = ()
    service_item: tuple[ServiceItem, ...] = ()
    grant: tuple[Grant, ...] = ()


def parse_catalogue(text: str, source: str = "catalogue.toml") -> CatalogueFile:
    """Read and check a catalogue file.

    Structure comes first: rules and references are checked once every entry can be read, so that a mistyped key does
    not drag a tail of false "unknown" errors behind it.

    Raises:
        CatalogueInvalidError: with every finding of the failing stage, each with its line.
    """
    data = _parse_toml(text, source)
    problems = list(_server_set_problems(data))
    file = decode(CatalogueFile, data, (), problems)
    if file is not BROKEN and not problems:
        problems.extend(lint_catalogue(file))
    if problems:
        lines = key_lines(text)
        placed = [replace(problem, line=line_of(problem.path, lines)) for problem in problems]
        raise CatalogueInvalidError(sorted(placed, key=lambda f: f.line or 0), source)
    assert isinstance(file, CatalogueFile)
    return file


def lint_catalogue(file: CatalogueFile) -> tuple[Finding, ...]:
    """Check all entries of a file and their references to each other; paths start at the table name."""
    departments = {entry.code for entry in file.department}
    resources = {entry.id: replace(entry, state=ResourceState.PUBLISHED) for entry in file.resource}
    items = {entry.code for entry in file.service_item}
    evidence = {entry.id for entry in file.evidence_type}
    requirements = {entry.id for entry in file.requirement}
    codes = file.catalogue.item_codes
    twins: dict[tuple[str, str], list[Resource]] = {}
    for entry in file.resource:
        twins.setdefault(_name_key(entry), []).append(entry)
    checked = (
        ("department", [lint_department(e, departments=departments) for e in file.department]),
        ("resource", [lint_resource(e, departments=departments, others=twins[_name_key(e)]) for e in file.resource]),
        ("evidence_type", [lint_evidence_type(e, resources=resources) for e in file.evidence_type]),
        ("requirement", [lint_requirement(e, evidence_types=evidence) for e in file.requirement]),
        (
            "service_item",
            [
                lint_service_item(e, departments=departments, requirements=requirements, codes=codes)
                for e in file.service_item
            ],
        ),
        (
            "grant",
            [
                lint_grant(e, resource=resources.get(e.resource), departments=departments, service_items=items)
                for e in file.grant
            ],
        ),
    )
    return (*_duplicates(file), *(finding for table, entries in checked for finding in _under(table, entries)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    year: int
    provisional: bool
    holidays: tuple[date, ...]
    makeup: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CalendarFile:
    year: tuple[_Year, ...]


def parse_calendar(text: str, source: str = "calendar.toml") -> Calendar:
    """Read a working-day calendar: one `[[year]]` per covered year with `holidays` and `makeup` days.

    Raises:
        CatalogueInvalidError: wrong shape, a day outside its year, a make-up day that is no weekend day or is also
            a holiday, a year given twice.
    """
    data = _parse_toml(text, source)
    problems: list[Finding] = []
    file = decode(_CalendarFile, data, (), problems)
    years: tuple[_Year, ...] = () if file is BROKEN else file.year
    problems.extend(_calendar_findings(years))
    if problems:
        lines = key_lines(text)
        raise CatalogueInvalidError([replace(p, line=line_of(p.path, lines)) for p in problems], source)
    return Calendar(
        years=frozenset(entry.year for entry in years),
        holidays=frozenset(day for entry in years for day in entry.holidays),
        makeup=frozenset(day for entry in years for day in entry.makeup),
        provisional=frozenset(entry.year for entry in years if entry.provisional),
    )


def _calendar_findings(years: Iterable[_Year]) -> Iterator[Finding]:
    seen: set[int] = set()
    for index, entry in enumerate(years):
        path: Path = ("year", index)
        if entry.year in seen:
            yield Finding("year-twice", path, f"{entry.year} is given twice")
        seen.add(entry.year)
        for field, days in (("holidays", entry.holidays), ("makeup", entry.makeup)):
            for day in days:
                if day.year != entry.year:
                    yield Finding("other-year", (*path, field), f"{day} is not in {entry.year}")
        for day in entry.makeup:
            if day.weekday() < 5 or day in entry.holidays:
                yield Finding("makeup-day", (*path, "makeup"), f"{day} is no weekend day to be worked")


def _parse_toml(text: str, source: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueInvalidError([Finding("toml", (), str(error))], source) from error


def _server_set_problems(data: Mapping[str, object]) -> Iterator[Finding]:
    for table, keys in _SERVER_SET.items():
        entries = data.get(table)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            for key in keys:
                if isinstance(entry, Mapping) and key in entry:
                    yield Finding("set-by-hub", (table, index, key), f"`{key}` is set by the hub; leave it out")


def _under(table: str, entries: Iterable[Iterable[Finding]]) -> Iterator[Finding]:
    for index, findings in enumerate(entries):
        for finding in findings:
            yield replace(finding, path=(table, index, *finding.path))


def _name_key(entry: Resource) -> tuple[str, str]:
    return entry.provider, normal_name(entry.name_zh)


def _duplicates(file: CatalogueFile) -> Iterator[Finding]:
    for table in ("department", "resource", "evidence_type", "requirement", "service_item", "grant"):
        id_key = _ID_KEYS.get(table, "id")
        seen: dict[str, int] = {}
        for index, entry in enumerate(getattr(file, table)):
            entry_id = getattr(entry, id_key)
            if entry_id in seen:
                message = f"`{entry_id}` is already {table}[{seen[entry_id]}]"
                yield Finding("id-twice", (table, index, id_key), message)
            seen.setdefault(entry_id, index)
