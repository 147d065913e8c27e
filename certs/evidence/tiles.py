"""C2SP tlog-tiles: names, tile and entry-bundle bytes, growth of a tree as tiles, and proofs read from tiles."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from certs.evidence.errors import ProofInvalid, TileMalformed, TileMissing
from certs.evidence.merkle import HASH_SIZE, Frontier, complete_subtrees, node_hash, split_hashes

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 0xFFFF
CHECKPOINT_PATH = "checkpoint"
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    """A tile's place: `level` (None for an entry bundle), `index` in the level, `width` 1..256 (256 = full)."""

    level: int | None
    index: int
    width: int

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]` with N in zero-padded groups of three, all but the last led by `x`."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{name}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def parse_path(path: str) -> TileId:
    """Inverse of `TileId.path`; a second spelling of the same tile is refused. Raises `TileMalformed`."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise TileMalformed("not a tile path", path=path)
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    tile = TileId(level, index, int(match["width"]) if match["width"] else TILE_WIDTH)
    if (level or 0) > MAX_LEVEL or tile.width > TILE_WIDTH or tile.path != path:
        raise TileMalformed("not the canonical spelling", path=path)
    return tile


def tile_at(level: int | None, index: int, size: int) -> TileId:
    """The tile `(level, index)` as wide as a tree of `size` leaves has it. Raises `TileMalformed` if it has none."""
    count = size >> (TILE_HEIGHT * (level or 0))
    width = min(count - index * TILE_WIDTH, TILE_WIDTH)
    if width <= 0:
        raise TileMalformed(f"a tree of {size} leaves has no tile {level}/{index}")
    return TileId(level, index, width)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entry bundle: each entry behind its big-endian uint16 length. Raises `TileMalformed` over 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TileMalformed(f"entry of {len(entry)} bytes")
        parts.append(len(entry).to_bytes(2) + entry)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Split a bundle of exactly `width` entries. Raises `TileMalformed`."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if at + 2 > len(data) or end > len(data) or len(entries) == width:
            raise TileMalformed("bundle length does not fit its entries")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise TileMalformed(f"bundle of {len(entries)} entries, expected {width}")
    return tuple(entries)


def decode_tile(data: bytes, tile: TileId) -> tuple[bytes, ...]:
    """Split a tile into its hashes. Raises `TileMalformed` when it is not exactly `tile.width` wide."""
    if len(data) != tile.width * HASH_SIZE:
        raise TileMalformed(f"{len(data)} bytes, expected {tile.width} hashes", path=tile.path)
    return split_hashes(data)


@dataclass(frozen=True, slots=True)
class TileEdge:
    """The partial tiles of a tree of `size` leaves, level 0 first. From it the tree can grow and be signed."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    def frontier(self) -> Frontier:
        """The same edge as maximal subtrees; its root is the tree's root. Raises `ProofInvalid` on a bad width."""
        nodes = [node for hashes in reversed(self.levels) for node in Frontier().extend(hashes).nodes]
        return Frontier(self.size, tuple(nodes))

    def grow(self, leaves: Iterable[bytes]) -> "tuple[TileEdge, list[tuple[TileId, bytes]]]":
        """Append leaf hashes; return the new edge and the hash tiles that became full."""
        levels, size, full = [list(hashes) for hashes in self.levels], self.size, []
        for leaf in leaves:
            size, carry, level = size + 1, leaf, 0
            while True:
                if level == len(levels):
                    levels.append([])
                levels[level].append(carry)
                if len(levels[level]) < TILE_WIDTH:
                    break
                index = (size >> (TILE_HEIGHT * (level + 1))) - 1
                full.append((TileId(level, index, TILE_WIDTH), b"".join(levels[level])))
                carry, levels[level], level = fold_tile(levels[level]), [], level + 1
        return TileEdge(size, tuple(tuple(hashes) for hashes in levels)), full

    def partial_tiles(self) -> list[tuple[TileId, bytes]]:
        """The non-empty partial tiles, as a log must serve them for a checkpoint of this size."""
        return [
            (tile_at(level, (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH, self.size), b"".join(hashes))
            for level, hashes in enumerate(self.levels)
            if hashes
        ]


def edge_tiles(size: int) -> list[TileId]:
    """The partial tiles that a tree of `size` leaves has, lowest level first; reading them gives its `TileEdge`."""
    tiles, level = [], 0
    while size >> (TILE_HEIGHT * level):
        count = size >> (TILE_HEIGHT * level)
        if count % TILE_WIDTH:
            tiles.append(tile_at(level, count // TILE_WIDTH, size))
        level += 1
    return tiles


def edge_from_tiles(size: int, tiles: Mapping[TileId, bytes]) -> TileEdge:
    """Build the edge of a tree of `size` leaves. Raises `TileMissing`, `TileMalformed`."""
    wanted = {tile.level: tile for tile in edge_tiles(size)}
    top = max((level for level in wanted if level is not None), default=-1)
    levels = []
    for level in range(top + 1):
        tile = wanted.get(level)
        if tile is not None and tile not in tiles:
            raise TileMissing(tile.path)
        levels.append(decode_tile(tiles[tile], tile) if tile is not None else ())
    return TileEdge(size, tuple(levels))


def fold_tile(hashes: Sequence[bytes]) -> bytes:
    """Root of a full power-of-two row of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


class TileReader:
    """`HashReader` over prefetched tiles of a tree of `size` leaves."""

    def __init__(self, size: int, tiles: Mapping[TileId, bytes]) -> None:
        """Keep the mapping; nothing is checked before a hash is asked for."""
        self._size = size
        self._tiles = tiles

    def hash_at(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree. Raises `TileMissing`, `TileMalformed`, `ProofInvalid`."""
        tile, begin, end = locate(level, index, self._size)
        if tile not in self._tiles:
            raise TileMissing(tile.path)
        return fold_tile(decode_tile(self._tiles[tile], tile)[begin:end])


def locate(level: int, index: int, size: int) -> tuple[TileId, int, int]:
    """Tile of a subtree, and the span of its hashes inside it. Raises `ProofInvalid` outside the tree."""
    if (index + 1) << level > size:
        raise ProofInvalid(f"subtree {level}/{index} is not complete in a tree of {size} leaves")
    tile_level, height = divmod(level, TILE_HEIGHT)
    first = index << height
    tile = tile_at(tile_level, first // TILE_WIDTH, size)
    return tile, first % TILE_WIDTH, first % TILE_WIDTH + (1 << height)


def tiles_for(ranges: Iterable[tuple[int, int]], size: int) -> set[TileId]:
    """Tiles to fetch before hashing these leaf ranges in a tree of `size` leaves."""
    return {locate(level, index, size)[0] for begin, end in ranges for level, index in complete_subtrees(begin, end)}
