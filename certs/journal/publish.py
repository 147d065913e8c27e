"""From committed rows to tiles: one function for the ordinary case, for recovery and for a full rebuild.

The database is the authority. Only committed state is published, every name gets the same bytes however often it
is written, and the checkpoint comes last, so a reader never sees a checkpoint whose tiles are missing.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.errors import EvidenceError
from certs.evidence.merkle import EMPTY_ROOT, leaf_hash
from certs.evidence.tiles import (
    CHECKPOINT_PATH,
    TILE_WIDTH,
    TileEdge,
    TileId,
    edge_from_tiles,
    edge_tiles,
    encode_bundle,
    tile_at,
)
from certs.journal import repo
from certs.journal.errors import EntryEdited, LogUnsound, PublishFailed
from certs.journal.ports import Blobs
from certs.journal.repo import Head, Row

CHUNK = 16 * TILE_WIDTH
_PARALLEL_PUTS = 8


async def publish(conn: AsyncConnection, blobs: Blobs, head: Head) -> None:
    """Store every tile and bundle that `head` needs beyond `head.published_size`, then its checkpoint.

    1. Find the last place where full tiles end, and read the edge of the tree there.
    2. Check, before anything is written, that the rows from there lead to the signed root.
    3. Write bundles and full tiles, then the partial tiles of the new edge.
    4. Write the checkpoint.

    Raises `PublishFailed` (try again), `LogUnsound` or `EntryEdited` (rows differ from what was signed).
    """
    edge = await _edge_to_grow(conn, blobs, head)  # (1) (2)
    for begin in range(edge.size, head.size, CHUNK):
        rows = await repo.rows(conn, begin, min(begin + CHUNK, head.size))
        leaves = [_checked_leaf(row, begin + at) for at, row in enumerate(rows)]
        edge, full = edge.grow(leaves)
        await _put_all(blobs, [*_bundles(rows, begin, head.size), *full])  # (3)
    if edge.size != head.size or edge.frontier().root() != head.root:
        raise LogUnsound("entries changed while they were being published")
    await _put_all(blobs, edge.partial_tiles())
    await conn.scalar(select(1))  # a lost connection has lost the lock: do not touch the checkpoint then
    await _put(blobs, CHECKPOINT_PATH, head.checkpoint.encode())  # (4)


async def _edge_to_grow(conn: AsyncConnection, blobs: Blobs, head: Head) -> TileEdge:
    """Edge of the tree at the last full bundle already published; from nothing if the tiles there are unusable."""
    start = max(head.published_size, 0) // TILE_WIDTH * TILE_WIDTH
    if start:
        edge = await _published_edge(blobs, start)
        if edge is not None and await _root_from(conn, edge, head.size) == head.root:
            return edge
    if head.size and await _root_from(conn, TileEdge(), head.size) != head.root:
        raise LogUnsound("stored entries do not lead to the signed root", index=await repo.first_gap(conn, head.size))
    if not head.size and head.root != EMPTY_ROOT:
        raise LogUnsound("the empty log has another root")
    return TileEdge()


async def _published_edge(blobs: Blobs, size: int) -> TileEdge | None:
    tiles: dict[TileId, bytes] = {}
    for tile in edge_tiles(size):
        data = await _get(blobs, tile.path)
        if data is not None:
            tiles[tile] = data
    try:
        return edge_from_tiles(size, tiles)
    except EvidenceError:
        return None  # missing or damaged: the database knows everything


async def _root_from(conn: AsyncConnection, edge: TileEdge, size: int) -> bytes | None:
    """Root reached by appending the stored leaf hashes to `edge`; None when a place is empty."""
    frontier = edge.frontier()
    for begin in range(edge.size, size, CHUNK):
        end = min(begin + CHUNK, size)
        leaves = await repo.leaves(conn, begin, end)
        if len(leaves) != end - begin:
            return None
        frontier = frontier.extend(leaf for _, leaf in leaves)
    return frontier.root()


def _checked_leaf(row: Row, index: int) -> bytes:
    if row.seq != index:
        raise LogUnsound("an entry is missing", index=index)
    if leaf_hash(row.body) != row.leaf_hash:
        raise EntryEdited(row.id, index=index)
    return row.leaf_hash


def _bundles(rows: Sequence[Row], begin: int, size: int) -> list[tuple[TileId, bytes]]:
    """Entry bundles of rows that start on a bundle boundary."""
    return [
        (
            tile_at(None, (begin + at) // TILE_WIDTH, size),
            encode_bundle(row.body for row in rows[at : at + TILE_WIDTH]),
        )
        for at in range(0, len(rows), TILE_WIDTH)
    ]


async def _put_all(blobs: Blobs, tiles: Sequence[tuple[TileId, bytes]]) -> None:
    gate = asyncio.Semaphore(_PARALLEL_PUTS)

    async def put(name: str, data: bytes) -> None:
        async with gate:
            await _put(blobs, name, data)

    try:
        async with asyncio.TaskGroup() as group:
            for tile, data in tiles:
                group.create_task(put(tile.path, data))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _put(blobs: Blobs, name: str, data: bytes) -> None:
    try:
        await blobs.put(name, data)
    except Exception as error:
        raise PublishFailed(name, str(error)) from error


async def _get(blobs: Blobs, name: str) -> bytes | None:
    try:
        return await blobs.get(name)
    except Exception as error:
        raise PublishFailed(name, str(error)) from error
