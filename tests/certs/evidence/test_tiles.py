import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.evidence.errors import ProofInvalid, TileMalformed, TileMissing
from certs.evidence.merkle import consistency_proof, inclusion_proof, leaf_hash, range_hash
from certs.evidence.tiles import (
    TILE_WIDTH,
    TileEdge,
    TileId,
    TileReader,
    decode_bundle,
    edge_from_tiles,
    edge_tiles,
    encode_bundle,
    parse_path,
    tile_at,
    tiles_for,
)
from tests.certs.evidence.builders import LeafReader, mth

PATHS = [
    (TileId(0, 0, 256), "tile/0/000"),
    (TileId(0, 1234067, 256), "tile/0/x001/x234/067"),  # the example of c2sp.org/tlog-tiles
    (TileId(2, 999, 1), "tile/2/999.p/1"),
    (TileId(1, 1000, 255), "tile/1/x001/000.p/255"),
    (TileId(None, 273, 112), "tile/entries/273.p/112"),
    (TileId(63, 0, 256), "tile/63/000"),
]


@pytest.mark.parametrize(("tile", "path"), PATHS)
def test_paths(tile: TileId, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_paths_round_trip(level: int | None, index: int, width: int) -> None:
    assert parse_path(TileId(level, index, width).path) == TileId(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/1234",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/-1/000",
        "tile/0/000/",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/000.p/257",
        "tile/0/０００",
        "tile/entries/000\n",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(TileMalformed):
        parse_path(path)


def test_the_tiles_of_seventy_thousand_entries() -> None:
    """The worked example of c2sp.org/tlog-tiles."""
    edge, full = TileEdge().grow(index.to_bytes(32) for index in range(70_000))
    widths = [(tile.level, tile.index, tile.width) for tile, _ in edge.partial_tiles()]
    assert widths == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [sum(tile.level == level for tile, _ in full) for level in range(3)] == [273, 1, 0]
    edge, full = TileEdge().grow(index.to_bytes(32) for index in range(256))
    assert [tile.path for tile, _ in full] == ["tile/0/000"]
    assert [tile.path for tile, _ in edge.partial_tiles()] == ["tile/1/000.p/1"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=4), st.data())
def test_growing_and_reading_tiles(steps: list[int], data: st.DataObject) -> None:
    entries = [b"%d" % index for index in range(sum(steps))]
    stored: dict[TileId, bytes] = {}
    edge = TileEdge()
    for step in steps:
        edge, full = edge.grow(map(leaf_hash, entries[edge.size : edge.size + step]))
        for tile, content in [*full, *edge.partial_tiles()]:
            assert stored.setdefault(tile, content) == content, "a published tile never changes"
        assert edge.frontier().root() == mth(entries[: edge.size])
        again = edge_from_tiles(edge.size, stored)
        assert again.frontier() == edge.frontier()
        assert {tile.path for tile in edge_tiles(edge.size)} == {tile.path for tile, _ in edge.partial_tiles()}
    size = len(entries)
    reader, plain = TileReader(size, stored), LeafReader(entries)
    assert range_hash(0, size, reader) == mth(entries)
    if size:
        index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
        assert inclusion_proof(index, size, reader) == inclusion_proof(index, size, plain)
        assert consistency_proof(old, size, reader) == consistency_proof(old, size, plain)


def test_a_proof_in_ten_million_entries_needs_few_tiles() -> None:
    size = 10**7
    for index in (0, 5_000_000, size - 1):
        ranges = [(0, 1 << 23), (1 << 23, size), (index, index + 1)]
        assert len(tiles_for(ranges, size)) <= 8


def test_a_missing_or_short_tile_is_named() -> None:
    edge, _ = TileEdge().grow(leaf_hash(b"%d" % n) for n in range(3))
    tile = tile_at(0, 0, 3)
    with pytest.raises(TileMissing, match=r"tile/0/000\.p/3"):
        TileReader(3, {}).hash_at(0, 0)
    with pytest.raises(TileMalformed):
        TileReader(3, {tile: edge.partial_tiles()[0][1][:-1]}).hash_at(0, 0)
    with pytest.raises(ProofInvalid):
        TileReader(3, {tile: edge.partial_tiles()[0][1]}).hash_at(1, 1)
    with pytest.raises(TileMalformed):
        tile_at(0, 1, TILE_WIDTH)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert list(decode_bundle(encode_bundle(entries), len(entries))) == entries


def test_bundles_are_read_strictly() -> None:
    good = encode_bundle([b"one", b"two"])
    assert good == b"\x00\x03one\x00\x03two"
    for bad, width in ((good[:-1], 2), (good + b"\x00", 2), (good, 1), (good, 3), (good + b"\x00\x00", 2)):
        with pytest.raises(TileMalformed):
            decode_bundle(bad, width)
    assert decode_bundle(encode_bundle([bytes(65_535)]), 1) == (bytes(65_535),)
    with pytest.raises(TileMalformed):
        encode_bundle([bytes(65_536)])
