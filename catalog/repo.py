"""Reads and writes of the catalogue tables; nothing else touches them.

Every write bumps `catalog_revision` in the same transaction, so one number validates any cache.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, Table, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import tables
from catalog.model import (
    Department,
    EvidenceType,
    Grant,
    GrantState,
    Requirement,
    Resource,
    ServiceItem,
)
from catalog.snapshot import CatalogueSnapshot, index_grants
from catalog.structure import encode, read

Entry = Department | Resource | EvidenceType | Requirement | ServiceItem | Grant

_WRITERS_LOCK = 0x6361_7461  # "cata": one catalogue writer at a time, so that no version is given twice
_KINDS: Mapping[type[Entry], tuple[str, Table]] = {
    Department: ("department", tables.department),
    Resource: ("resource", tables.resource),
    EvidenceType: ("evidence_type", tables.evidence_type),
    Requirement: ("requirement", tables.requirement),
    ServiceItem: ("service_item", tables.service_item),
    Grant: ("grant", tables.grant),
}


async def lock_catalogue(conn: AsyncConnection) -> None:
    """Make this transaction the only catalogue writer until it ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))


async def read_revision(conn: AsyncConnection) -> int:
    """Return the number of catalogue writes so far; 0 for an empty catalogue."""
    value = await conn.scalar(select(tables.revision.c.revision))
    return 0 if value is None else int(value)


async def load_snapshot(conn: AsyncConnection) -> CatalogueSnapshot:
    """Load the whole catalogue in one statement, so that it is one moment even on an AUTOCOMMIT connection."""
    revision = 0
    bodies: dict[str, dict[str, Any]] = {kind: {} for kind, _ in _KINDS.values()}
    for kind, entry_id, body in await conn.execute(_SNAPSHOT):
        if kind == "revision":
            revision = int(body)
        else:
            bodies[kind][entry_id] = body
    entries: dict[str, dict[Any, Any]] = {
        kind: {entry_id: read(cls, bodies[kind][entry_id]) for entry_id in sorted(bodies[kind])}
        for cls, (kind, _) in _KINDS.items()
    }
    return CatalogueSnapshot(
        revision=revision,
        departments=entries["department"],
        resources=entries["resource"],
        evidence_types=entries["evidence_type"],
        requirements=entries["requirement"],
        service_items=entries["service_item"],
        grants_by_pair=index_grants(entries["grant"]),
    )


def _rows_of(kind: str, table: Table) -> Select[tuple[str, str, Any]]:
    (key,) = table.primary_key.columns
    return select(literal(kind, String).label("kind"), key.label("id"), table.c.body)


_SNAPSHOT = union_all(
    select(
        literal("revision", String).label("kind"),
        literal("", String).label("id"),
        func.to_jsonb(tables.revision.c.revision, type_=JSONB).label("body"),
    ),
    *(_rows_of(kind, table) for kind, table in _KINDS.values()),
)


async def get_resource(conn: AsyncConnection, resource_id: str) -> Resource | None:
    """Return the current version of a resource, or `None`."""
    body = await conn.scalar(select(tables.resource.c.body).where(tables.resource.c.id == resource_id))
    return None if body is None else _as_resource(body)


async def get_resource_version(conn: AsyncConnection, resource_id: str, version: int) -> Resource | None:
    """Return a published version of a resource as it was, or `None`."""
    table = tables.resource_version
    query = select(table.c.body).where(table.c.id == resource_id, table.c.version == version)
    body = await conn.scalar(query)
    return None if body is None else _as_resource(body)


async def get_grant(conn: AsyncConnection, grant_id: str) -> Grant | None:
    """Return a grant, or `None`."""
    body = await conn.scalar(select(tables.grant.c.body).where(tables.grant.c.id == grant_id))
    return None if body is None else _as_grant(body)


async def running_grants(conn: AsyncConnection, resource_id: str) -> tuple[Grant, ...]:
    """Return the active and suspended grants on a resource, ordered by id."""
    table = tables.grant
    running = (GrantState.ACTIVE, GrantState.SUSPENDED)
    query = select(table.c.body).where(table.c.resource == resource_id, table.c.state.in_(running))
    return tuple(_as_grant(body) for body in await conn.scalars(query.order_by(table.c.id)))


async def save(conn: AsyncConnection, entry: Entry, at: datetime) -> None:
    """Insert or replace an entry and bump the revision; a resource also gets a row in its version history."""
    _, table = _KINDS[type(entry)]
    body = encode(entry)
    lookups = {column.name: body[column.name] for column in table.c if column.name in body}
    await _upsert(conn, table, {**lookups, "body": body, "changed_at": at})
    if isinstance(entry, Resource):
        row = {"id": entry.id, "version": entry.version, "body": body, "changed_at": at}
        await _upsert(conn, tables.resource_version, row)
    bump = insert(tables.revision).values(id=1, revision=1)
    next_revision = {"revision": tables.revision.c.revision + 1}
    await conn.execute(bump.on_conflict_do_update(index_elements=["id"], set_=next_revision))


async def _upsert(conn: AsyncConnection, table: Table, row: Mapping[str, object]) -> None:
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(table).values(dict(row))
    changed = {name: statement.excluded[name] for name in row if name not in keys}
    await conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _as_resource(body: object) -> Resource:
    value = read(Resource, body)
    assert isinstance(value, Resource)
    return value


def _as_grant(body: object) -> Grant:
    value = read(Grant, body)
    assert isinstance(value, Grant)
    return value
