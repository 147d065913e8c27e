"""Rows of the seal register to values and back. The only reader and writer of `certs.seals.tables`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.seals import tables as t
from certs.seals.errors import SealExists, SealNotFound
from certs.seals.history import SealChange, SealLook, SealOnFile, SealState
from certs.seals.register_views import SealChangeRow, SealUseRow
from certs.seals.registry import Act, Handover, Origin, Proposal, RegisteredSeal, UsePolicy

_WAITING = (t.proposal.c.approved_at.is_(None), t.proposal.c.withdrawn_at.is_(None))
_SEAL_COLUMNS = [t.seal.c[name] for name in RegisteredSeal.__dataclass_fields__]


async def add_seal(
    conn: AsyncConnection, seal: RegisteredSeal, der: bytes, now: datetime, *, drawn: bytes | None
) -> None:
    """File a seal; `drawn` as in `SealLook`. Raises SealExists when its number or its bytes are on file."""
    row = {
        **{name: getattr(seal, name) for name in ("es_id", "digest", "name", "owner", "maker_id")},
        "origin": seal.origin.value,
        "custodians": sorted(seal.custodians),
        "policy": _policy_row(seal.policy),
        "state": seal.state.value,
        "valid_from": seal.valid_from,
        "valid_until": seal.valid_until,
        "der": der,
        "drawn": drawn,
        "registered_at": now,
    }
    added = await conn.execute(insert(t.seal).values(row).on_conflict_do_nothing().returning(t.seal.c.es_id))
    if added.first() is None:
        raise SealExists(f"seal {seal.es_id} or its content is on file", es_id=seal.es_id)


async def seal_by_id(conn: AsyncConnection, es_id: str, *, lock: bool = False) -> RegisteredSeal:
    """The seal of this number, locked until the unit ends if asked; raises SealNotFound."""
    query = sa.select(*_SEAL_COLUMNS).where(t.seal.c.es_id == es_id)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise SealNotFound(es_id)
    return _seal(row)


async def seals(conn: AsyncConnection, owner: str | None = None) -> tuple[RegisteredSeal, ...]:
    """All seals, or those of a unit."""
    query = sa.select(*_SEAL_COLUMNS).order_by(t.seal.c.es_id)
    if owner is not None:
        query = query.where(t.seal.c.owner == owner)
    return tuple(map(_seal, await conn.execute(query)))


async def seal_bytes(conn: AsyncConnection, es_id: str) -> bytes:
    """The SESeal as it was imported; raises SealNotFound."""
    found = (await conn.execute(sa.select(t.seal.c.der).where(t.seal.c.es_id == es_id))).scalar_one_or_none()
    if found is None:
        raise SealNotFound(es_id)
    return bytes(found)


async def save_seal(conn: AsyncConnection, seal: RegisteredSeal) -> None:
    """Write state, rules of use and custody."""
    values = {
        "state": seal.state.value,
        "policy": _policy_row(seal.policy),
        "custodians": sorted(seal.custodians),
    }
    await conn.execute(t.seal.update().where(t.seal.c.es_id == seal.es_id).values(values))


async def add_change(conn: AsyncConnection, es_id: str, state: SealState, **row: object) -> None:
    """File a change of state: `id`, `reason`, `done_by`, `proposed_by` (None for one person), `at`, `event_id`."""
    await conn.execute(t.change.insert().values(es_id=es_id, state=state.value, **row))


async def add_proposal(conn: AsyncConnection, proposal: Proposal) -> None:
    """File a proposal."""
    row = {name: getattr(proposal, name) for name in ("id", "es_id", "reason", "proposed_by", "proposed_at")}
    policy = _policy_row(proposal.policy) if proposal.policy else None
    hands = proposal.handover
    custody = {"leaving": hands and hands.leaving, "taking": hands and hands.taking}
    await conn.execute(t.proposal.insert().values(act=proposal.act.value, policy=policy, **custody, **row))


async def open_proposal(conn: AsyncConnection, proposal_id: UUID) -> Proposal:
    """A proposal neither approved nor withdrawn, locked until the unit ends; raises SealNotFound."""
    query = sa.select(t.proposal).where(t.proposal.c.id == proposal_id, *_WAITING).with_for_update()
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise SealNotFound(str(proposal_id))
    return _proposal(row)


async def open_proposals(conn: AsyncConnection, es_id: str) -> tuple[Proposal, ...]:
    """The proposals of a seal neither approved nor withdrawn, oldest first."""
    c = t.proposal.c
    query = sa.select(t.proposal).where(c.es_id == es_id, *_WAITING).order_by(c.proposed_at, c.id)
    return tuple(map(_proposal, await conn.execute(query)))


async def mark_approved(conn: AsyncConnection, proposal_id: UUID, *, by: str, now: datetime) -> None:
    """Close a proposal."""
    query = t.proposal.update().where(t.proposal.c.id == proposal_id)
    await conn.execute(query.values(approved_by=by, approved_at=now))


async def mark_withdrawn(conn: AsyncConnection, proposal_id: UUID, *, now: datetime) -> None:
    """Close a proposal that its proposer took back."""
    await conn.execute(t.proposal.update().where(t.proposal.c.id == proposal_id).values(withdrawn_at=now))


async def uses_since(conn: AsyncConnection, es_id: str, since: datetime) -> int:
    """How many documents the seal was put on since an instant."""
    query = sa.select(sa.func.count()).where(t.use.c.es_id == es_id, t.use.c.used_at >= since)
    return int((await conn.execute(query)).scalar_one())


async def add_uses(conn: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> int:
    """File uses; those on file already are kept as they are. Returns how many are new."""
    statement = insert(t.use).on_conflict_do_nothing().returning(t.use.c.stamp_digest)
    return len((await conn.execute(statement, list(rows))).all())


async def uses(conn: AsyncConnection, stamp_digests: Sequence[bytes]) -> dict[bytes, datetime]:
    """Stamp digest -> when its use was logged."""
    wanted = sa.cast(list(stamp_digests), sa.ARRAY(sa.LargeBinary))
    query = sa.select(t.use.c.stamp_digest, t.use.c.used_at).where(t.use.c.stamp_digest == sa.any_(wanted))
    return {bytes(row.stamp_digest): row.used_at for row in await conn.execute(query)}


async def changes(conn: AsyncConnection, es_id: str) -> tuple[SealChangeRow, ...]:
    """Every act on a seal, newest first."""
    c = t.change.c
    query = sa.select(c.state, c.reason, c.done_by, c.proposed_by, c.at, c.event_id).where(c.es_id == es_id)
    rows = await conn.execute(query.order_by(c.seq.desc()))
    return tuple(SealChangeRow(SealState(r.state), r.reason, r.done_by, r.proposed_by, r.at, r.event_id) for r in rows)


async def use_log(
    conn: AsyncConnection, es_id: str, limit: int, before: tuple[datetime, bytes] | None = None
) -> tuple[SealUseRow, ...]:
    """The newest uses of a seal, newest first; `before` is instant and (beginning of the) digest of the last one."""
    c = t.use.c
    query = sa.select(c.stamp_digest, c.type_code, c.document, c.used_at, c.event_id).where(c.es_id == es_id)
    if before is not None:
        query = query.where(sa.tuple_(c.used_at, c.stamp_digest) < sa.tuple_(*map(sa.literal, before)))
    rows = await conn.execute(query.order_by(c.used_at.desc(), c.stamp_digest.desc()).limit(limit))
    return tuple(SealUseRow(bytes(r.stamp_digest), r.type_code, r.document, r.used_at, r.event_id) for r in rows)


async def count_changes(conn: AsyncConnection) -> int:
    """How many changes of state there were. None is ever taken back: the same number means the same histories."""
    return int((await conn.execute(sa.select(sa.func.count()).select_from(t.change))).scalar_one())


async def histories(conn: AsyncConnection, es_ids: Sequence[str] | None = None) -> dict[str, SealOnFile]:
    """Seals with all their changes of state, by number; all of them without `es_ids`."""
    about = ("es_id", "digest", "owner", "drawn", "valid_from", "valid_until")
    columns: list[sa.ColumnElement[Any]] = [*(t.seal.c[name] for name in about), t.change.c.state, t.change.c.at]
    query = sa.select(*columns).join_from(t.seal, t.change)
    if es_ids is not None:
        query = query.where(t.seal.c.es_id == sa.any_(sa.cast(list(es_ids), sa.ARRAY(sa.Text))))
    found: dict[str, SealOnFile] = {}
    for row in await conn.execute(query.order_by(t.seal.c.es_id, t.change.c.seq)):
        seal = found.get(row.es_id) or SealOnFile(row.es_id, bytes(row.digest), (), _look(row))
        found[row.es_id] = replace(seal, changes=(*seal.changes, SealChange(SealState(row.state), row.at)))
    return found


def _look(row: sa.Row[Any]) -> SealLook:
    return SealLook(row.owner, row.drawn if row.drawn is None else bytes(row.drawn), row.valid_from, row.valid_until)


def _seal(row: sa.Row[Any]) -> RegisteredSeal:
    values = dict(row._mapping)
    return RegisteredSeal(
        **{
            **values,
            "digest": bytes(row.digest),
            "origin": Origin(row.origin),
            "custodians": frozenset(row.custodians),
            "policy": _policy(row.policy),
            "state": SealState(row.state),
        }
    )


def _proposal(row: sa.Row[Any]) -> Proposal:
    policy = _policy(row.policy) if row.policy is not None else None
    hands = None if row.taking is None else Handover(row.leaving, row.taking)
    return Proposal(row.id, row.es_id, Act(row.act), policy, row.reason, row.proposed_by, row.proposed_at, hands)


def _policy(row: Mapping[str, Any]) -> UsePolicy:
    until = row.get("until")
    return UsePolicy(frozenset(row["types"]), row["daily_limit"], until and datetime.fromisoformat(until))


def _policy_row(policy: UsePolicy) -> dict[str, object]:
    until = policy.until and policy.until.astimezone(UTC).isoformat()
    return {"types": sorted(policy.types), "daily_limit": policy.daily_limit, "until": until}
