"""Cases, materials and demands in and out of their tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.model import Case, CaseState, Material, MaterialState
from exchange.tables.cases import case, case_subject, demand, material


def _case(row: RowMapping) -> Case:
    return Case(**{**row, "state": CaseState(row["state"])})


_WITH_PEOPLE = select(
    *case.c,
    select(func.json_object_agg(case_subject.c.role, case_subject.c.subject))
    .where(case_subject.c.case_number == case.c.number)
    .scalar_subquery()
    .label("people"),
)


def _material(row: RowMapping) -> Material:
    fields = dict(row)
    return Material(**{**fields, "digest": bytes(fields["digest"]).hex(), "state": MaterialState(fields["state"])})


def _for_firms(subject: str) -> Select[tuple[str]]:
    """Numbers of the cases in which this person represents a firm."""
    return select(case_subject.c.case_number).where(
        case_subject.c.subject == subject, case_subject.c.role == "legal_representative"
    )


async def add_case(conn: AsyncConnection, opened: Case) -> bool:
    """Store a new case and whom it is about; False when the number is taken."""
    values = {column.name: getattr(opened, column.name) for column in case.c}
    stored = await conn.execute(upsert(case).values(values).on_conflict_do_nothing().returning(case.c.number))
    if stored.first() is None:
        return False
    people = [{"case_number": opened.number, "role": role, "subject": who} for role, who in opened.people.items()]
    await conn.execute(insert(case_subject), people)
    return True


async def find_case(conn: AsyncConnection, number: str) -> Case | None:
    """The case with this number, whichever department's it is."""
    row = (await conn.execute(_WITH_PEOPLE.where(case.c.number == number))).mappings().first()
    return None if row is None else _case(row)


async def cases_of(conn: AsyncConnection, department: str, limit: int) -> tuple[Case, ...]:
    """The department's newest cases."""
    found = _WITH_PEOPLE.where(case.c.department == department).order_by(case.c.opened_at.desc()).limit(limit)
    return tuple(_case(row) for row in (await conn.execute(found)).mappings())


async def cases_about(conn: AsyncConnection, subject: str, limit: int) -> tuple[Case, ...]:
    """The newest cases an applicant may act in: his own, and those of firms whose legal representative he is."""
    theirs = or_(case.c.subject == subject, case.c.number.in_(_for_firms(subject)))
    found = _WITH_PEOPLE.where(theirs).order_by(case.c.opened_at.desc()).limit(limit)
    return tuple(_case(row) for row in (await conn.execute(found)).mappings())


async def close_case(conn: AsyncConnection, number: str) -> bool:
    """Close an open case; False when it was not open."""
    closed = update(case).where(case.c.number == number, case.c.state == CaseState.OPEN).values(state=CaseState.CLOSED)
    return (await conn.execute(closed)).rowcount == 1


async def hold_open(conn: AsyncConnection, number: str) -> bool:
    """Whether the case is open; if so it stays open until this unit ends."""
    found = select(case.c.number).where(case.c.number == number, case.c.state == CaseState.OPEN)
    return (await conn.execute(found.with_for_update(read=True))).first() is not None


async def add_material(conn: AsyncConnection, submitted: Material) -> None:
    """Store an uploaded material; its bytes are in the object store already."""
    values = {name: getattr(submitted, name) for name in Material.__slots__}
    await conn.execute(insert(material).values({**values, "digest": bytes.fromhex(submitted.digest)}))


async def find_material(conn: AsyncConnection, id_: UUID) -> Material | None:
    """The material with this id."""
    row = (await conn.execute(select(material).where(material.c.id == id_))).mappings().first()
    return None if row is None else _material(row)


async def decide_material(
    conn: AsyncConnection,
    id_: UUID,
    *,
    state: MaterialState,
    trust_level: str,
    checked_by: str,
    checked_at: datetime,
    valid_until: datetime | None,
) -> Material | None:
    """Accept or reject a material that still waits; None when somebody decided it before."""
    statement = (
        update(material)
        .where(material.c.id == id_, material.c.state == MaterialState.SUBMITTED)
        .values(
            state=state,
            trust_level=trust_level,
            checked_by=checked_by,
            checked_at=checked_at,
            valid_until=valid_until,
        )
        .returning(*material.c)
    )
    row = (await conn.execute(statement)).mappings().first()
    return None if row is None else _material(row)


async def materials_of(conn: AsyncConnection, subject: str) -> tuple[Material, ...]:
    """Everything handed in for this applicant, or for firms whose legal representative he is; newest first."""
    theirs = or_(material.c.subject == subject, material.c.case_number.in_(_for_firms(subject)))
    found = select(material).where(theirs).order_by(material.c.submitted_at.desc())
    return tuple(_material(row) for row in (await conn.execute(found)).mappings())


async def materials_waiting(conn: AsyncConnection, department: str) -> tuple[Material, ...]:
    """Materials of the department's cases that no clerk has checked yet, oldest first."""
    found = (
        select(material)
        .join(case, case.c.number == material.c.case_number)
        .where(case.c.department == department, material.c.state == MaterialState.SUBMITTED)
        .order_by(material.c.submitted_at)
    )
    return tuple(_material(row) for row in (await conn.execute(found)).mappings())


async def add_demand(
    conn: AsyncConnection,
    *,
    id_: UUID,
    case_number: str,
    department: str,
    evidence_type: str,
    outcome: str,
    at: datetime,
) -> None:
    """Keep what a department demanded of an applicant and whether that was refused."""
    await conn.execute(
        insert(demand).values(
            id=id_,
            case_number=case_number,
            department=department,
            evidence_type=evidence_type,
            outcome=outcome,
            at=at,
        )
    )


async def demands_refused(conn: AsyncConnection) -> dict[str, int]:
    """How many demands for available documents were refused, by department (条例 Art. 19, 40)."""
    found = (
        select(demand.c.department, func.count().label("count"))
        .where(demand.c.outcome == "refused")
        .group_by(demand.c.department)
    )
    return {row["department"]: row["count"] for row in (await conn.execute(found)).mappings()}
