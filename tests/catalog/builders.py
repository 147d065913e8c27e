"""Valid entries to bend in tests; all names and codes are invented."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from catalog.model import (
    DataItem,
    DataType,
    Department,
    DepartmentCode,
    Grant,
    GrantId,
    ItemCode,
    Region,
    Resource,
    ResourceFormat,
    ResourceId,
    ResourceState,
    ServiceItemCode,
    ShareMode,
    SharingClass,
    UpdateCycle,
)

PSB = DepartmentCode("11339900MB9000015P")
MCA = DepartmentCode("11339900MB9000023J")
DIVORCE = ServiceItemCode("11339900MB9000023J3000711002000")
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


def department(**changes: Any) -> Department:
    base = Department(code=PSB, short="psb", name_zh="公安局", name_en="Police", region=Region("339900"))
    return replace(base, **changes)


def item(code: str, **changes: Any) -> DataItem:
    base = DataItem(code=ItemCode(code), name_zh=f"项{code}", name_en=code, type=DataType.TEXT, length=50)
    return replace(base, **changes)


def resource(**changes: Any) -> Resource:
    base = Resource(
        id=ResourceId("psb.household"),
        name_zh="户籍人口信息",
        name_en="Household",
        abstract_zh="户籍登记信息。",
        provider=PSB,
        source=PSB,
        system="人口信息管理系统",
        theme="基础信息资源/人口",
        format=ResourceFormat.DATABASE,
        update_cycle=UpdateCycle.DAILY,
        sharing=SharingClass.CONDITIONAL,
        condition="限办理事项使用。",
        modes=(ShareMode.INTERFACE,),
        grade="重要数据",
        key=(ItemCode("citizen_id"),),
        items=(item("citizen_id", is_subject=True), item("name"), item("sex", values=("男", "女"))),
        assessed_on=date(2026, 1, 12),
        approved_by="负责人",
    )
    return replace(base, **changes)


def published(**changes: Any) -> Resource:
    return resource(state=ResourceState.PUBLISHED, version=1, published_at=AT, **changes)


def grant(**changes: Any) -> Grant:
    base = Grant(
        id=GrantId("mca-household"),
        resource=ResourceId("psb.household"),
        consumer=MCA,
        items=(ItemCode("citizen_id"), ItemCode("name")),
        purposes=(DIVORCE,),
        legal_basis="国令809第二十条",
        mode=ShareMode.INTERFACE,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
    )
    return replace(base, **changes)
