"""What is shared, by whom and on what terms: departments, resources with their items, and grants.

All values are frozen. A draft may be incomplete (empty text, `None`); `catalog.rules.lint_resource` names every
gap, and nothing with a gap is published.
"""

from dataclasses import dataclass
from datetime import date, datetime

from catalog.model.vocabulary import (
    DataType,
    DepartmentCode,
    GrantId,
    GrantState,
    ItemCode,
    Region,
    ResourceFormat,
    ResourceId,
    ResourceState,
    Sensitivity,
    ServiceItemCode,
    ShareMode,
    SharingClass,
    UpdateCycle,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """政务部门, named by its 统一社会信用代码.

    `short` is the ASCII prefix of its resource ids; `sharing_office` its 共享工作机构 (国令809 Art. 11).
    """

    code: DepartmentCode
    short: str
    name_zh: str
    name_en: str
    region: Region
    parent: DepartmentCode | None = None
    sharing_office: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataItem:
    """信息项 of a resource.

    `length` is in characters (`None`: the type bounds it); `values` is the closed code list, empty when open;
    `is_subject` marks the items whose value names the person or firm the record is about.
    """

    code: ItemCode
    name_zh: str
    name_en: str
    type: DataType
    length: int | None = None
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    is_subject: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """政务数据目录 entry with the fields of 国令809 Art. 13 and of the 编制指南.

    `source` is the 数源部门 (Art. 19); `system` the information system the data lives in; `key` the items that
    identify a record; `condition` the scope and use of a conditional share; `law` the citation a withheld entry
    needs (Art. 15); `grade` one of `GRADES`; `assessed_on` and `approved_by` record the assessment and the
    consent of the head that must come first. `version` counts publications from 1; 0 was never published.
    """

    id: ResourceId
    name_zh: str
    name_en: str
    provider: DepartmentCode
    abstract_zh: str = ""
    abstract_en: str = ""
    source: DepartmentCode | None = None
    system: str = ""
    theme: str = ""
    format: ResourceFormat | None = None
    update_cycle: UpdateCycle | None = None
    sharing: SharingClass | None = None
    condition: str = ""
    law: str = ""
    modes: tuple[ShareMode, ...] = ()
    grade: str = ""
    open_to_public: bool = False
    open_condition: str = ""
    key: tuple[ItemCode, ...] = ()
    items: tuple[DataItem, ...] = ()
    assessed_on: date | None = None
    approved_by: str = ""
    state: ResourceState = ResourceState.DRAFT
    version: int = 0
    published_at: datetime | None = None

    @property
    def item_codes(self) -> tuple[ItemCode, ...]:
        """Codes of the items in catalogue order."""
        return tuple(item.code for item in self.items)

    @property
    def subjects(self) -> tuple[ItemCode, ...]:
        """Codes of the items that name a subject of the record."""
        return tuple(item.code for item in self.items if item.is_subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """授权: a department may read these items of a resource for these service items (国令809 Art. 20).

    In force from `valid_from` (inclusive) until `valid_until` (exclusive), both aware instants. `rate` is the
    agreed ceiling: at most so many queries are answered under the grant in one minute of the clock (see
    `rules.rate_window`), whichever process answers them; `None` for none. `state_reason` says why the state last
    changed.
    """

    id: GrantId
    resource: ResourceId
    consumer: DepartmentCode
    items: tuple[ItemCode, ...]
    purposes: tuple[ServiceItemCode, ...]
    legal_basis: str
    mode: ShareMode
    valid_from: datetime
    valid_until: datetime
    rate: int | None = None
    state: GrantState = GrantState.ACTIVE
    state_reason: str = ""
