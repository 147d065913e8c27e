"""Every statement on the log's tables. Takes a connection, returns values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, RowMapping, Uuid, and_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.journal.tables import log_entry, log_head, log_subject_key

# Names the one sequencer lock of a database (advisory locks are per database); any fixed number does.
LEADER_LOCK = 0x797A_745F_6C6F_6731


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as stored. `seq` is its index in the tree, None while it waits."""

    id: UUID
    body: bytes
    leaf_hash: bytes
    appended_at: datetime
    seq: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """The head row as stored, unchecked. `published_size` is -1 before the first publication."""

    origin: str
    size: int
    root: bytes
    frontier: bytes
    checkpoint: str
    published_size: int


@dataclass(frozen=True, slots=True)
class Census:
    """The head and, from the same snapshot, how many entries have a place and the highest place (-1 for none)."""

    head: Head
    sequenced: int
    highest: int


async def insert_entries(conn: AsyncConnection, entries: Sequence[tuple[UUID, bytes, bytes]]) -> None:
    """Insert `(id, body, leaf hash)` in one statement, whose text is the same for any number of entries."""
    ids, bodies, leaves = zip(*entries, strict=True)
    rows = (
        func.unnest(
            literal(list(ids), ARRAY(Uuid)),
            literal(list(bodies), ARRAY(LargeBinary)),
            literal(list(leaves), ARRAY(LargeBinary)),
        )
        .table_valued("id", "body", "leaf_hash")
        .render_derived()
    )
    await conn.execute(
        insert(log_entry).from_select(["id", "body", "leaf_hash"], select(rows.c.id, rows.c.body, rows.c.leaf_hash))
    )


async def try_lead(conn: AsyncConnection) -> bool:
    """Become the only sequencer until this transaction ends; False if another one is at work."""
    return bool(await conn.scalar(select(func.pg_try_advisory_xact_lock(LEADER_LOCK))))


async def take_waiting(conn: AsyncConnection, limit: int) -> list[Row]:
    """Lock the oldest waiting entries, skipping rows somebody else holds."""
    statement = (
        select(log_entry)
        .where(log_entry.c.seq.is_(None))
        .order_by(log_entry.c.appended_at, log_entry.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_row(row._mapping) for row in await conn.execute(statement)]


async def assign_places(conn: AsyncConnection, ids: Sequence[UUID], first: int) -> int:
    """Give consecutive places from `first` in the order of `ids`; returns how many rows took one."""
    place = (
        func.unnest(literal(list(ids), ARRAY(Uuid)))
        .table_valued("id", with_ordinality="n", name="place")
        .render_derived()
    )
    statement = (
        update(log_entry)
        .where(log_entry.c.id == place.c.id, log_entry.c.seq.is_(None))
        .values(seq=literal(first - 1, BigInteger) + place.c.n)
    )
    return (await conn.execute(statement)).rowcount


async def load_head(conn: AsyncConnection) -> Head | None:
    """The head, or None before the log was created."""
    row = (await conn.execute(select(*_HEAD_COLUMNS))).one_or_none()
    return None if row is None else Head(**row._mapping)


async def insert_head(conn: AsyncConnection, head: Head) -> None:
    """Create the single head row; fails if there is one."""
    await conn.execute(insert(log_head).values(row_no=1, **_head_values(head)))


async def swap_head(conn: AsyncConnection, old: Head, new: Head) -> bool:
    """Compare and swap: replace the head only if it still is `old`."""
    unchanged = and_(log_head.c.size == old.size, log_head.c.root == old.root)
    done = await conn.execute(update(log_head).where(unchanged).values(**_head_values(new)))
    return done.rowcount == 1


async def set_published(conn: AsyncConnection, size: int) -> None:
    """Record how much of the log the tiles show."""
    await conn.execute(update(log_head).values(published_size=size))


async def census(conn: AsyncConnection) -> Census | None:
    """Head and counts in one statement, so that a running sequencer cannot come between."""
    placed = log_entry.c.seq.is_not(None)
    sequenced_count = select(func.count(log_entry.c.seq)).where(placed).scalar_subquery()
    highest_place = select(func.coalesce(func.max(log_entry.c.seq), -1)).where(placed).scalar_subquery()
    statement = select(*_HEAD_COLUMNS, sequenced_count.label("sequenced"), highest_place.label("highest"))
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    sequenced, highest = values.pop("sequenced"), values.pop("highest")
    return Census(Head(**values), sequenced, highest)


async def first_gap(conn: AsyncConnection, size: int) -> int | None:
    """Lowest index below `size` that no entry holds. Reads the index of places once."""
    places = (
        select(log_entry.c.seq, (func.row_number().over(order_by=log_entry.c.seq) - 1).label("expected"))
        .where(log_entry.c.seq.is_not(None), log_entry.c.seq < size)
        .subquery()
    )
    found = await conn.scalar(select(func.min(places.c.expected)).where(places.c.seq != places.c.expected))
    if found is not None:
        return int(found)
    held = await conn.scalar(select(func.count()).where(log_entry.c.seq.is_not(None), log_entry.c.seq < size))
    return int(held or 0) if (held or 0) < size else None


async def any_sequenced(conn: AsyncConnection) -> bool:
    """Whether some entry already has a place."""
    return bool(await conn.scalar(select(select(log_entry.c.id).where(log_entry.c.seq.is_not(None)).exists())))


async def leaves(conn: AsyncConnection, begin: int, end: int) -> list[tuple[int, bytes]]:
    """`(seq, leaf hash)` of the entries in `[begin, end)`, in order; gaps stay gaps."""
    statement = (
        select(log_entry.c.seq, log_entry.c.leaf_hash)
        .where(log_entry.c.seq >= begin, log_entry.c.seq < end)
        .order_by(log_entry.c.seq)
    )
    return [(row.seq, row.leaf_hash) for row in await conn.execute(statement)]


async def rows(conn: AsyncConnection, begin: int, end: int) -> list[Row]:
    """Entries in `[begin, end)`, in order; gaps stay gaps."""
    statement = select(log_entry).where(log_entry.c.seq >= begin, log_entry.c.seq < end).order_by(log_entry.c.seq)
    return [_row(row._mapping) for row in await conn.execute(statement)]


async def find(conn: AsyncConnection, entry_id: UUID) -> Row | None:
    """One entry by id."""
    row = (await conn.execute(select(log_entry).where(log_entry.c.id == entry_id))).one_or_none()
    return None if row is None else _row(row._mapping)


async def waiting(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """How many entries wait for a place, and since when the oldest does."""
    statement = select(func.count(), func.min(log_entry.c.appended_at)).where(log_entry.c.seq.is_(None))
    count, oldest = (await conn.execute(statement)).one()
    return int(count), oldest


async def load_subject_keys(conn: AsyncConnection, indexes: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """Wrapped key (None: destroyed) of every index that has a row."""
    known = log_subject_key.c.subject_index
    statement = select(known, log_subject_key.c.wrapped_key).where(known.in_(indexes))
    return {row.subject_index: row.wrapped_key for row in await conn.execute(statement)}


async def add_subject_keys(conn: AsyncConnection, keys: Mapping[bytes, bytes], now: datetime) -> dict[bytes, bytes]:
    """Store keys for subjects that have none; returns what is stored now (another writer may have been first).

    An erased subject who returns gets a new key: nothing joins the new entries to the old ones.
    """
    table = log_subject_key
    # one order for all writers: two units with the same two new subjects cannot deadlock
    values = [{"subject_index": i, "wrapped_key": k, "created_at": now} for i, k in sorted(keys.items())]
    statement = upsert(table).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.subject_index],
        set_={
            "wrapped_key": func.coalesce(table.c.wrapped_key, statement.excluded.wrapped_key),
            "destroyed_at": None,
        },
    )
    stored = await conn.execute(statement.returning(table.c.subject_index, table.c.wrapped_key))
    return {row.subject_index: row.wrapped_key for row in stored}


async def destroy_subject_key(conn: AsyncConnection, subject_index: bytes, now: datetime) -> bool:
    """Overwrite the key with nothing; False if there was none to destroy."""
    table = log_subject_key
    mine = and_(table.c.subject_index == subject_index, table.c.wrapped_key.is_not(None))
    done = await conn.execute(update(table).where(mine).values(wrapped_key=None, destroyed_at=now))
    return done.rowcount == 1


_HEAD_COLUMNS = tuple(column for column in log_head.c if column.name != "row_no")


def _head_values(head: Head) -> dict[str, object]:
    return {column.name: getattr(head, column.name) for column in _HEAD_COLUMNS}


def _row(values: RowMapping) -> Row:
    return Row(
        id=values["id"],
        body=values["body"],
        leaf_hash=values["leaf_hash"],
        appended_at=values["appended_at"],
        seq=values["seq"],
    )


async def of_kinds(
    conn: AsyncConnection, kinds: Sequence[str], *, since: datetime, until: datetime, after: UUID, limit: int
) -> list[Row]:
    """Entries of these kinds dated from `since` until before `until`, by id; `after` is the last one seen.

    Reads every entry there is, since bodies are not indexed: for rare questions (a lost key), not for pages.
    """
    body = func.convert_from(log_entry.c.body, "UTF8").cast(JSONB)
    dated = body["at"].astext
    query = (
        select(log_entry)
        .where(log_entry.c.id > after, body["kind"].astext.in_(kinds))
        .where(dated >= _dated(since), dated < _dated(until))
        .order_by(log_entry.c.id)
        .limit(limit)
    )
    return [Row(**row) for row in (await conn.execute(query)).mappings()]


def _dated(at: datetime) -> str:
    """A time as entries write it: UTC with microseconds, so that the order of texts is that of times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
