"""Proofs for outsiders, computed from a handful of published tiles however long the log is."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.checkpoint import Checkpoint
from certs.evidence.errors import ProofInvalid, TileMissing
from certs.evidence.merkle import (
    HASH_SIZE,
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from certs.evidence.proof import render_proof
from certs.evidence.tiles import TILE_WIDTH, TileId, TileReader, locate, tiles_for
from certs.journal import repo
from certs.journal.errors import EntryNotPublished, EntryUnknown, LogMissing
from certs.journal.head import published_checkpoint
from certs.journal.keys import LogKeys, believed
from certs.journal.ports import Blobs


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads the published log. Every proof is verified against the signed root before it is handed out."""

    blobs: Blobs
    keys: LogKeys

    async def checkpoint(self) -> tuple[Checkpoint, str]:
        """The published checkpoint and its signed text. Raises `LogMissing`, `LogUnsound`."""
        published = await believed(self.keys, lambda log: published_checkpoint(self.blobs, log))
        if published is None:
            raise LogMissing
        return published

    async def index_of(self, conn: AsyncConnection, event_id: UUID) -> int | None:
        """Place of an entry, None while it waits. Raises `EntryUnknown`."""
        row = await repo.find(conn, event_id)
        if row is None:
            raise EntryUnknown(event_id)
        return row.seq

    async def inclusion(self, conn: AsyncConnection, event_id: UUID) -> tuple[int, tuple[bytes, ...], str]:
        """Index, audit path and signed checkpoint of an entry.

        Raises `EntryUnknown`, `EntryNotPublished`, `TileMissing`, and `ProofInvalid` if tiles or row were altered.
        """
        row = await repo.find(conn, event_id)
        if row is None:
            raise EntryUnknown(event_id)
        checkpoint, note = await self.checkpoint()
        if row.seq is None or row.seq >= checkpoint.size:
            raise EntryNotPublished(event_id)
        tiles = await self._fetch(inclusion_ranges(row.seq, checkpoint.size), checkpoint.size)
        path = inclusion_proof(row.seq, checkpoint.size, TileReader(checkpoint.size, tiles))
        verify_inclusion(row.leaf_hash, row.seq, checkpoint.size, path, checkpoint.root)
        return row.seq, path, note

    async def tlog_proof(self, conn: AsyncConnection, event_id: UUID) -> str:
        """The entry's proof as one C2SP tlog-proof file. Raises as `inclusion`."""
        return render_proof(*await self.inclusion(conn, event_id))

    async def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that the tree of `new` entries extends that of `old`; `new` at most the published size.

        Raises `ProofInvalid` for sizes out of order or beyond, `TileMissing`.
        """
        checkpoint, _ = await self.checkpoint()
        if new > checkpoint.size:
            raise ProofInvalid(f"the published tree has {checkpoint.size} entries, not {new}")
        ranges = consistency_ranges(old, new)
        tiles = await self._fetch([*ranges, (0, old), (0, new)], checkpoint.size)
        reader = TileReader(checkpoint.size, tiles)
        path = consistency_proof(old, new, reader)
        verify_consistency(old, new, path, range_hash(0, old, reader), range_hash(0, new, reader))
        return path

    async def root_at(self, size: int) -> bytes:
        """Root of the first `size` entries, at most the published size. Raises `ProofInvalid`, `TileMissing`."""
        checkpoint, _ = await self.checkpoint()
        tiles = await self._fetch([(0, size)], checkpoint.size)
        return range_hash(0, size, TileReader(checkpoint.size, tiles))

    async def leaf_tiles(self, begin: int, end: int) -> dict[int, bytes]:
        """Published leaf hashes of `[begin, end)` by index. Raises `TileMissing`."""
        checkpoint, _ = await self.checkpoint()
        reader_tiles = await self._fetch_tiles({locate(0, at, checkpoint.size)[0] for at in range(begin, end)})
        reader = TileReader(checkpoint.size, reader_tiles)
        return {at: reader.hash_at(0, at) for at in range(begin, end)}

    async def _fetch(self, ranges: Iterable[tuple[int, int]], size: int) -> dict[TileId, bytes]:
        return await self._fetch_tiles(tiles_for(ranges, size))

    async def _fetch_tiles(self, wanted: set[TileId]) -> dict[TileId, bytes]:
        tiles = sorted(wanted)
        data = await asyncio.gather(*(self._fetch_tile(tile) for tile in tiles))
        return dict(zip(tiles, data, strict=True))

    async def _fetch_tile(self, tile: TileId) -> bytes:
        """A partial tile may have been removed once it was full: then take what we need of the full one."""
        data = await self.blobs.get(tile.path)
        if data is None and tile.width < TILE_WIDTH:
            full = await self.blobs.get(TileId(tile.level, tile.index, TILE_WIDTH).path)
            data = None if full is None else full[: tile.width * HASH_SIZE]
        if data is None:
            raise TileMissing(tile.path)
        return data
