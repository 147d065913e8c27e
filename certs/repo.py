"""Rows to values and back. Reads and writes `certs.tables`; `certs.repo_documents` knows one column of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certs import repo_documents
from certs import tables as t
from certs.crypto.strict_json import loads_object
from certs.errors import CertificateNotFound
from certs.face import certificate_of
from certs.intents import Intent, SourceKey
from certs.model import FaceKind, FiledFace, MadeFace, OnFile, Reason, SignedCertificate, State, StatusChange

_INTENT_COLUMNS = [t.intent.c[name] for name in Intent.__dataclass_fields__]
_ON_FILE = sa.select(t.intent.c.payload, t.certificate.c.state).join_from(
    t.certificate, t.intent, t.certificate.c.intent_id == t.intent.c.id
)


# ---- certificates --------------------------------------------------------------------------------------------


async def by_identifier(conn: AsyncConnection, identifier: str) -> OnFile:
    """The certificate with this identifier.

    Raises:
        CertificateNotFound: there is none.
    """
    row = (await conn.execute(_ON_FILE.where(t.certificate.c.identifier == identifier))).one_or_none()
    if row is None:
        raise CertificateNotFound(identifier)
    return _on_file(row)


async def by_identifiers(conn: AsyncConnection, identifiers: Sequence[str]) -> dict[str, OnFile]:
    """Those of the identifiers that are on file."""
    rows = await conn.execute(_ON_FILE.where(t.certificate.c.identifier == sa.any_(_texts(identifiers))))
    found = map(_on_file, rows)
    return {str(f.certificate.identifier): f for f in found}


async def by_holder(conn: AsyncConnection, holder_id: str, type_code: str | None = None) -> tuple[OnFile, ...]:
    """All certificates of a holder, newest first; all versions and states."""
    query = _ON_FILE.join(t.holder, t.holder.c.identifier == t.certificate.c.identifier).where(
        t.holder.c.holder_id == holder_id
    )
    if type_code is not None:
        query = query.where(t.certificate.c.type_code == type_code)
    rows = await conn.execute(query.order_by(t.certificate.c.issued_at.desc(), t.certificate.c.version.desc()))
    return tuple(map(_on_file, rows))


async def by_source(conn: AsyncConnection, resource: str, key: str) -> tuple[OnFile, ...]:
    """All certificates made from a record, newest version first."""
    query = _ON_FILE.where(t.certificate.c.resource == resource, t.certificate.c.key == key)
    return tuple(map(_on_file, await conn.execute(query.order_by(t.certificate.c.version.desc()))))


async def latest_of(conn: AsyncConnection, sources: Sequence[SourceKey]) -> dict[SourceKey, OnFile]:
    """The newest version per source, whatever its state."""
    c = t.certificate.c
    query = (
        _ON_FILE.add_columns(c.type_code, c.resource, c.key)
        .where(sa.tuple_(c.type_code, c.resource, c.key).in_(_source_rows(sources)))
        .ext(distinct_on(c.type_code, c.resource, c.key))
        .order_by(c.type_code, c.resource, c.key, c.version.desc())
    )
    return {(r.type_code, r.resource, r.key): _on_file(r) for r in await conn.execute(query)}


async def set_state(conn: AsyncConnection, identifier: str, state: State) -> None:
    """Write the stored state."""
    await conn.execute(t.certificate.update().where(t.certificate.c.identifier == identifier).values(state=state.value))


async def insert_certificates(
    conn: AsyncConnection, signed: Sequence[tuple[Intent, SignedCertificate, State]], now: datetime
) -> None:
    """File certificates with their holders and faces, and resolve their intents as stored."""
    await conn.execute(t.certificate.insert(), [_certificate_row(i, s, state) for i, s, state in signed])
    await conn.execute(
        t.holder.insert(),
        [
            {"holder_id": code, "identifier": i.identifier}
            for i, s, _ in signed
            for code in {h.code for h in s.certificate.holders}
        ],
    )
    await conn.execute(
        t.face.insert(),
        [
            {"identifier": i.identifier, "kind": kind.value, "body": body, "kid": s.kid, "made_at": now}
            for i, s, _ in signed
            for kind, body in s.faces.items()
        ],
    )
    await resolve_intents(conn, [i.id for i, _, _ in signed], "stored", now)


async def add_faces(conn: AsyncConnection, made: Sequence[MadeFace], now: datetime) -> frozenset[tuple[str, FaceKind]]:
    """File further faces; returns those that are new. One that is there already is kept as released."""
    identifiers = sorted({f.identifier for f in made})
    await repo_documents.lock(conn, identifiers)
    rows = [
        {"identifier": f.identifier, "kind": f.kind.value, "body": f.body, "kid": f.kid, "made_at": now} for f in made
    ]
    statement = insert(t.face).on_conflict_do_nothing().returning(t.face.c.identifier, t.face.c.kind)
    added = frozenset((row.identifier, FaceKind(row.kind)) for row in await conn.execute(statement, rows))
    await repo_documents.note_complete(conn, identifiers)
    return added


async def faces(conn: AsyncConnection, identifier: str) -> dict[FaceKind, bytes]:
    """The signed faces of a certificate, byte for byte."""
    rows = await conn.execute(sa.select(t.face.c.kind, t.face.c.body).where(t.face.c.identifier == identifier))
    return {FaceKind(r.kind): r.body for r in rows}


async def face(conn: AsyncConnection, identifier: str, kind: FaceKind) -> bytes | None:
    """One signed face, None if it was not made."""
    query = sa.select(t.face.c.body).where(t.face.c.identifier == identifier, t.face.c.kind == kind.value)
    found: bytes | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def filed_faces(conn: AsyncConnection, identifiers: Sequence[str]) -> dict[str, frozenset[FaceKind]]:
    """Which faces there are of each of these certificates."""
    c = t.face.c
    rows = await conn.execute(sa.select(c.identifier, c.kind).where(c.identifier == sa.any_(_texts(identifiers))))
    found: dict[str, frozenset[FaceKind]] = {}
    for row in rows:
        found[row.identifier] = found.get(row.identifier, frozenset()) | {FaceKind(row.kind)}
    return found


async def signed_by(
    conn: AsyncConnection, kid: str, *, since: datetime, until: datetime, after: tuple[str, str] = ("", ""), limit: int
) -> tuple[FiledFace, ...]:
    """What a key signed and was filed from `since` until before `until`, in the order of identifier and kind.

    `after` is (identifier, kind) of the last one seen, to go on from there.
    """
    c = t.face.c
    query = (
        sa.select(c.identifier, c.kind, c.kid, c.made_at)
        .where(c.kid == kid, c.made_at >= since, c.made_at < until)
        .where(sa.tuple_(c.identifier, c.kind) > sa.tuple_(*after))
        .order_by(c.identifier, c.kind)
        .limit(limit)
    )
    return tuple(FiledFace(r.identifier, FaceKind(r.kind), r.kid, r.made_at) for r in await conn.execute(query))


# ---- intents -------------------------------------------------------------------------------------------------


async def insert_intents(conn: AsyncConnection, intents: Sequence[Intent]) -> set[UUID]:
    """Journal intents; returns the ids of those that no other issuance of the same version forestalled."""
    rows = [_intent_row(i) for i in intents]
    statement = insert(t.intent).on_conflict_do_nothing().returning(t.intent.c.id)
    return set((await conn.execute(statement, rows)).scalars())


async def open_intents(conn: AsyncConnection, sources: Sequence[SourceKey]) -> dict[SourceKey, Intent]:
    """Unresolved intents per source."""
    c = t.intent.c
    query = sa.select(*_INTENT_COLUMNS).where(
        sa.tuple_(c.type_code, c.resource, c.key).in_(_source_rows(sources)), c.outcome.is_(None)
    )
    return {i.source: i for i in map(_intent, await conn.execute(query))}


async def lock_intents(
    conn: AsyncConnection, ids: Sequence[UUID], identifiers: Sequence[str] = ()
) -> dict[str, Intent]:
    """Intents by id or identifier, keyed by identifier and locked until the unit ends.

    The intent's row is what everybody who changes a certificate locks first, and all lock in one order: a decision
    cannot slip in between the reading of decisions and the filing of the certificate, and nobody deadlocks.
    """
    query = sa.select(*_INTENT_COLUMNS).where(
        sa.or_(t.intent.c.id == sa.any_(_uuids(ids)), t.intent.c.identifier == sa.any_(_texts(identifiers)))
    )
    rows = await conn.execute(query.order_by(t.intent.c.id).with_for_update())
    return {i.identifier: i for i in map(_intent, rows)}


async def given_up_versions(conn: AsyncConnection, predecessors: Sequence[str]) -> dict[str, int]:
    """Predecessor -> the highest version that was reserved to follow it and abandoned; absent without one."""
    if not predecessors:
        return {}
    c = t.intent.c
    given_up = sa.select(c.predecessor, sa.func.max(c.version)).where(c.outcome == "abandoned")
    query = given_up.where(c.predecessor == sa.any_(_texts(predecessors))).group_by(c.predecessor)
    return {name: int(version) for name, version in await conn.execute(query)}


async def stale_intents(conn: AsyncConnection, older_than: datetime, limit: int) -> tuple[Intent, ...]:
    """Unresolved intents from before this time, oldest first."""
    query = sa.select(*_INTENT_COLUMNS).where(t.intent.c.outcome.is_(None), t.intent.c.created_at < older_than)
    return tuple(map(_intent, await conn.execute(query.order_by(t.intent.c.created_at).limit(limit))))


async def resolve_intents(conn: AsyncConnection, ids: Sequence[UUID], outcome: str, now: datetime) -> None:
    """Close intents as `stored` or `abandoned`."""
    await conn.execute(
        t.intent.update().where(t.intent.c.id == sa.any_(_uuids(ids))).values(outcome=outcome, resolved_at=now)
    )


# ---- status --------------------------------------------------------------------------------------------------


async def insert_change(
    conn: AsyncConnection,
    change: StatusChange,
    *,
    change_id: UUID,
    before: State,
    now: datetime,
    event_id: UUID,
) -> None:
    """File a decision about a certificate."""
    await conn.execute(
        t.status_change.insert().values(
            id=change_id,
            identifier=change.identifier,
            from_state=before.value,
            to_state=change.to_state.value,
            reason=change.reason.value,
            reason_text=change.reason_text,
            authority=change.authority,
            effective_at=change.effective_at,
            recorded_at=now,
            event_id=event_id,
        )
    )


async def changes(conn: AsyncConnection, identifiers: Sequence[str]) -> dict[str, list[StatusChange]]:
    """All decisions per certificate, in the order they came in."""
    c = t.status_change.c
    query = sa.select(t.status_change).where(c.identifier == sa.any_(_texts(identifiers)))
    found: dict[str, list[StatusChange]] = {}
    for row in await conn.execute(query.order_by(c.recorded_at, c.id)):
        found.setdefault(row.identifier, []).append(_change(row))
    return found


async def list_changes(conn: AsyncConnection, list_id: UUID) -> tuple[tuple[int, StatusChange], ...]:
    """(index, decision) of every certificate in a status list, in the order they came in."""
    c = t.status_change.c
    query = (
        sa.select(t.status_change, t.certificate.c.status_index)
        .join_from(t.status_change, t.certificate, c.identifier == t.certificate.c.identifier)
        .where(t.certificate.c.status_list == list_id)
        .order_by(c.recorded_at, c.id)
    )
    return tuple((row.status_index, _change(row)) for row in await conn.execute(query))


async def status_lists(conn: AsyncConnection) -> tuple[tuple[UUID, int], ...]:
    """(list id, size) of every status list."""
    query = sa.select(t.status_list.c.list_id, t.status_list.c.size).order_by(t.status_list.c.created_at)
    return tuple((row.list_id, row.size) for row in await conn.execute(query))


async def states_not_valid(conn: AsyncConnection, list_id: UUID) -> tuple[tuple[int, State], ...]:
    """(index, state) of every entry that is not 有效; an abandoned intent's entry counts as 作废."""
    certificates = sa.select(t.certificate.c.status_index, t.certificate.c.state).where(
        t.certificate.c.status_list == list_id, t.certificate.c.state != State.VALID.value
    )
    abandoned = sa.select(t.intent.c.status_index, sa.literal(State.VOIDED.value)).where(
        t.intent.c.status_list == list_id, t.intent.c.outcome == "abandoned"
    )
    rows = await conn.execute(sa.union_all(certificates, abandoned))
    return tuple((index, State(state)) for index, state in rows)


async def take_indexes(conn: AsyncConnection, count: int, *, wait: bool = False) -> tuple[UUID, int] | None:
    """Reserve `count` consecutive indexes in an open list: (list id, first index).

    None when every open list is full or, without `wait`, busy: skipping busy lists keeps issuances from queueing on
    one row until the other's commit.
    """
    c = t.status_list.c
    free = (
        sa.select(c.list_id)
        .where(c.next_index + count <= c.size)
        .order_by(c.created_at, c.list_id)
        .limit(1)
        .with_for_update(skip_locked=not wait)
        .scalar_subquery()
    )
    statement = (
        t.status_list.update()
        .where(c.list_id == free)
        .values(next_index=c.next_index + count)
        .returning(c.list_id, c.next_index)
    )
    row = (await conn.execute(statement)).first()
    return None if row is None else (row.list_id, row.next_index - count)


async def count_open_lists(conn: AsyncConnection, count: int) -> int:
    """How many lists have room for `count` more."""
    c = t.status_list.c
    query = sa.select(sa.func.count()).select_from(t.status_list).where(c.next_index + count <= c.size)
    return int((await conn.execute(query)).scalar_one())


async def add_list(conn: AsyncConnection, list_id: UUID, size: int, now: datetime) -> None:
    """Open a status list."""
    await conn.execute(t.status_list.insert().values(list_id=list_id, size=size, next_index=0, created_at=now))


# ---- rows ----------------------------------------------------------------------------------------------------


def _on_file(row: Any) -> OnFile:
    return OnFile(certificate_of(loads_object(row.payload)), State(row.state))


def _intent(row: Any) -> Intent:
    values = dict(row._mapping)
    values["predecessor_state"] = State(values["predecessor_state"]) if values["predecessor_state"] else None
    reason = values["predecessor_reason"]
    values["predecessor_reason"] = Reason(reason) if reason else None
    return Intent(**values)


def _change(row: Any) -> StatusChange:
    return StatusChange(
        identifier=row.identifier,
        to_state=State(row.to_state),
        reason=Reason(row.reason),
        reason_text=row.reason_text,
        authority=row.authority,
        effective_at=row.effective_at,
    )


def _intent_row(i: Intent) -> Mapping[str, object]:
    row: dict[str, object] = {name: getattr(i, name) for name in Intent.__dataclass_fields__}
    row["predecessor_state"] = i.predecessor_state.value if i.predecessor_state else None
    row["predecessor_reason"] = i.predecessor_reason.value if i.predecessor_reason else None
    row["holder_key"] = dict(i.holder_key) if i.holder_key else None
    return row


def _certificate_row(i: Intent, signed: SignedCertificate, state: State) -> Mapping[str, object]:
    c = signed.certificate
    return {
        "identifier": i.identifier,
        "intent_id": i.id,
        "type_code": i.type_code,
        "resource": i.resource,
        "key": i.key,
        "version": i.version,
        "record_digest": i.record_digest,
        "issuer_code": c.issuer_code,
        "issued_at": c.issued_at,
        "valid_until": c.valid_until,
        "state": state.value,
        "status_list": i.status_list,
        "status_index": i.status_index,
        "predecessor": i.predecessor,
    }


def _source_rows(sources: Sequence[SourceKey]) -> sa.Select[tuple[str, str, str]]:
    """The sources as a subquery of three arrays: one prepared statement for any number of them."""
    columns = [_texts([s[n] for s in sources]) for n in range(3)]
    unnested = sa.func.unnest(*columns).table_valued("type_code", "resource", "key").render_derived()
    return sa.select(unnested.c.type_code, unnested.c.resource, unnested.c.key)


def _texts(values: Iterable[str]) -> sa.BindParameter[Sequence[str]]:
    return sa.bindparam(None, list(values), sa.ARRAY(sa.Text))


def _uuids(values: Iterable[UUID]) -> sa.BindParameter[Sequence[UUID]]:
    return sa.bindparam(None, list(values), sa.ARRAY(sa.Uuid))
