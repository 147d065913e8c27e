"""Lint of one catalogue entry: 国令809 Art. 13-15 and the filing errors clerks are known for. All errors at once."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from catalog.findings import Finding
from catalog.model import (
    GRADES,
    SECRET_MARKS,
    DataItem,
    DataType,
    Resource,
    ResourceFormat,
    ResourceState,
    ShareMode,
    SharingClass,
)

_ID = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*", re.ASCII)
_ITEM = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_SYSTEM_NAME = re.compile(r"(系统|平台|数据库|软件|[Ss]ystem|[Pp]latform|[Dd]atabase)$")
_CITATION = re.compile(r"《[^》]+》.*第[一二三四五六七八九十百零〇0-9]+条|国务院.*决定")
_DATE_NAME = re.compile(r"(日期|年月日)$")
_AMOUNT_NAME = re.compile(r"(金额|价款|面积)$")

FORMAT_MODES: Mapping[ResourceFormat, frozenset[ShareMode]] = MappingProxyType(
    {
        ResourceFormat.FILE: frozenset({ShareMode.FILE}),
        ResourceFormat.SPREADSHEET: frozenset({ShareMode.FILE, ShareMode.BATCH}),
        ResourceFormat.DATABASE: frozenset({ShareMode.INTERFACE, ShareMode.BATCH, ShareMode.FILE}),
        ResourceFormat.IMAGE: frozenset({ShareMode.FILE}),
        ResourceFormat.STREAM: frozenset({ShareMode.INTERFACE, ShareMode.FILE}),
        ResourceFormat.STRUCTURED: frozenset({ShareMode.INTERFACE, ShareMode.BATCH, ShareMode.FILE}),
        ResourceFormat.SERVICE: frozenset({ShareMode.INTERFACE}),
    }
)
"""Which sharing modes a format can serve; a spreadsheet "shared by interface" is a filing error."""


def lint_resource(
    resource: Resource, *, departments: Collection[str], others: Iterable[Resource] = ()
) -> tuple[Finding, ...]:
    """List everything that keeps `resource` from being published; empty when it may be.

    `departments` are the registered codes, `others` the entries already in the catalogue (the entry itself may be
    among them). Paths are relative to the resource.
    """
    findings = [finding for check in _CHECKS for finding in check(resource)]
    findings += _department_findings(resource, departments)
    findings += _duplicate_findings(resource, others)
    return tuple(findings)


@lru_cache(maxsize=65_536)  # an import compares every name with every other of its department
def normal_name(name: str) -> str:
    """Reduce a name to letters and digits, so that `户籍 人口（信息）` and `户籍人口(信息)` are found equal."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if char.isalnum())


def cites_law(text: str) -> bool:
    """Tell whether `text` cites a law by title and article, or a State Council decision (国令809 Art. 14, 15)."""
    return bool(_CITATION.search(text))


def _identity(resource: Resource) -> Iterator[Finding]:
    if not _ID.fullmatch(resource.id):
        yield Finding("resource-id", ("id",), f"`{resource.id}`: one code of the form department.subject")
    for field in ("name_zh", "name_en"):
        name = getattr(resource, field)
        if not name.strip():
            yield Finding("art13-name", (field,), "数据目录名称 is missing")
        elif name != name.strip():
            yield Finding("padded-name", (field,), "the name begins or ends with a space")
        if _SYSTEM_NAME.search(name.strip()):
            yield Finding("system-name", (field,), f"`{name}` names a system; name the data it holds")


def _art13_fields(resource: Resource) -> Iterator[Finding]:
    required = (
        ("abstract_zh", resource.abstract_zh, "摘要"),
        ("source", resource.source, "数源部门"),
        ("system", resource.system, "所属信息系统"),
        ("format", resource.format, "数据格式"),
        ("update_cycle", resource.update_cycle, "更新频率"),
        ("sharing", resource.sharing, "共享属性"),
        ("grade", resource.grade, "数据分类分级"),
        ("theme", resource.theme, "信息资源分类"),
        ("assessed_on", resource.assessed_on, "保密风险与个人信息保护影响评估日期"),
        ("approved_by", resource.approved_by, "政府部门负责人同意"),
    )
    for field, value, term in required:
        if value is None or (isinstance(value, str) and not value.strip()):
            yield Finding(f"art13-{field.replace('_', '-')}", (field,), f"{term} is missing")


def _sharing_terms(resource: Resource) -> Iterator[Finding]:
    if resource.sharing is SharingClass.WITHHELD:
        if not cites_law(resource.law):
            yield Finding("withheld-law", ("law",), "不予共享 must cite the law by title and article (Art. 14, 15)")
    elif not resource.modes:
        yield Finding("art13-modes", ("modes",), "共享方式 is missing")
    if resource.sharing is SharingClass.CONDITIONAL and not resource.condition.strip():
        yield Finding("conditional-condition", ("condition",), "有条件共享 must list scope and use (Art. 15)")
    if resource.open_to_public and resource.sharing is not SharingClass.UNCONDITIONAL:
        yield Finding("open-but-restricted", ("open_to_public",), "only 无条件共享 data can be open to the public")


def _format_fits(resource: Resource) -> Iterator[Finding]:
    if resource.format is None:
        return
    for index, mode in enumerate(resource.modes):
        if mode not in FORMAT_MODES[resource.format]:
            message = f"format {resource.format} cannot be shared by {mode}"
            yield Finding("format-mode", ("modes", index), message)


def _grade(resource: Resource) -> Iterator[Finding]:
    if any(mark in resource.grade for mark in SECRET_MARKS):
        message = "state and work secrets are no 政务数据 and stay out of the catalogue (Art. 3)"
        yield Finding("secret", ("grade",), message)
    elif resource.grade.strip() and resource.grade not in GRADES:
        yield Finding("grade", ("grade",), f"`{resource.grade}` is no grade; one of {', '.join(GRADES)}")


def _items(resource: Resource) -> Iterator[Finding]:
    if not resource.items:
        yield Finding("art13-items", ("items",), "数据项 is missing")
        return
    seen: dict[str, int] = {}
    for index, item in enumerate(resource.items):
        if item.code in seen:
            message = f"`{item.code}` is already item {seen[item.code]}"
            yield Finding("item-code-twice", ("items", index, "code"), message)
        seen.setdefault(item.code, index)
        yield from _item(item, index)
    for index, code in enumerate(resource.key):
        if code not in seen:
            yield Finding("key-item", ("key", index), f"`{code}` is no item of the resource")
    if not resource.key:
        yield Finding("key-missing", ("key",), "say which items identify a record")


def _item(item: DataItem, index: int) -> Iterator[Finding]:
    path = ("items", index)
    if not _ITEM.fullmatch(item.code):
        yield Finding("item-code", (*path, "code"), f"`{item.code}`: one snake_case code per item")
    if not item.name_zh.strip():
        yield Finding("item-name", (*path, "name_zh"), "the item has no Chinese name")
    if item.length is not None and item.length < 1:
        yield Finding("item-length", (*path, "length"), "a length is at least 1")
    if _DATE_NAME.search(item.name_zh) and item.type not in (DataType.DATE, DataType.DATETIME):
        yield Finding("item-type", (*path, "type"), f"`{item.name_zh}` is a date but typed {item.type}")
    if _AMOUNT_NAME.search(item.name_zh) and item.type not in (DataType.NUMBER, DataType.CURRENCY):
        yield Finding("item-type", (*path, "type"), f"`{item.name_zh}` is a quantity but typed {item.type}")


def _department_findings(resource: Resource, departments: Collection[str]) -> Iterator[Finding]:
    for field in ("provider", "source"):
        code = getattr(resource, field)
        if code is not None and code not in departments:
            yield Finding("unknown-department", (field,), f"`{code}` is not a registered department")


def _duplicate_findings(resource: Resource, others: Iterable[Resource]) -> Iterator[Finding]:
    name = normal_name(resource.name_zh)
    for other in others:
        same = other.id != resource.id and other.provider == resource.provider
        if same and other.state is not ResourceState.WITHDRAWN and name and normal_name(other.name_zh) == name:
            message = f"`{resource.name_zh}` differs from {other.id} by punctuation or spaces only"
            yield Finding("duplicate-name", ("name_zh",), message)


_CHECKS: tuple[Callable[[Resource], Iterator[Finding]], ...] = (
    _identity,
    _art13_fields,
    _sharing_terms,
    _format_fits,
    _grade,
    _items,
)
