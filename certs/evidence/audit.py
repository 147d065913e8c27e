"""Rebuild a tree from its entries and compare it, tile by tile, with what was published."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint
from certs.evidence.entry import decode_entry
from certs.evidence.errors import EvidenceError, TileMalformed
from certs.evidence.findings import Fault, Finding, LogHealth
from certs.evidence.merkle import HASH_SIZE, leaf_hash
from certs.evidence.tiles import CHECKPOINT_PATH, TILE_WIDTH, TileEdge, TileId, decode_bundle, tile_at

# Entries of concurrent units may be sequenced slightly out of time order; more than this is back-dating.
BACKDATE_TOLERANCE = timedelta(minutes=10)
MAX_FINDINGS = 100


def compare_tile(tile: TileId, expected: bytes, stored: bytes | None) -> list[Finding]:
    """Compare a stored hash tile with the one the entries give; at level 0 the first differing entry is named."""
    if stored == expected:
        return []
    if stored is None:
        return [Finding(Fault.TILE_MISSING, f"{tile.path} is missing")]
    if tile.level != 0 or len(stored) != len(expected):
        return [Finding(Fault.TILE_DIFFERS, f"{tile.path} is not the tile of these entries")]
    first = next(at for at in range(0, len(stored), HASH_SIZE) if stored[at:][:HASH_SIZE] != expected[at:][:HASH_SIZE])
    index = tile.index * TILE_WIDTH + first // HASH_SIZE
    return [Finding(Fault.ENTRY_EDITED, f"entry {index} does not have the hash in {tile.path}", index)]


class TimeOrder:
    """Notices entries that claim a time well before entries already in the log (back-dating, a clock set back)."""

    def __init__(self) -> None:
        """Start before the first entry."""
        self._newest: datetime | None = None

    def check(self, first: int, bodies: Iterable[bytes]) -> list[Finding]:
        """Look at entries from index `first` on."""
        findings = []
        for index, body in enumerate(bodies, first):
            try:
                at = decode_entry(body).at
            except EvidenceError as error:
                findings.append(Finding(Fault.ENTRY_EDITED, f"entry {index}: {error}", index))
                continue
            if self._newest is not None and at < self._newest - BACKDATE_TOLERANCE:
                text = f"entry {index} claims {at.isoformat()}, after entries of {self._newest.isoformat()}"
                findings.append(Finding(Fault.BACKDATED, text, index))
            self._newest = at if self._newest is None else max(at, self._newest)
        return findings


def audit_tiles(read: Callable[[str], bytes | None], log: LogIdentity) -> tuple[LogHealth, Checkpoint]:
    """Audit a published log from its files alone: `read(path)` gives a file's bytes or None.

    1. The checkpoint is signed by the log's key (raises `NoteUntrusted`, `CheckpointForeign`, … otherwise).
    2. Every entry bundle is there, whole, and its entries hash to the level-0 tile.
    3. Every tile above is the hash of the tiles below.
    4. All of it leads to the signed root.
    5. No entry is back-dated.
    """
    note = read(CHECKPOINT_PATH)
    if note is None:
        raise TileMalformed("no checkpoint", path=CHECKPOINT_PATH)
    checkpoint = open_checkpoint(note.decode("utf-8", "replace"), log)  # (1)
    findings: list[Finding] = []
    edge, order = TileEdge(), TimeOrder()
    for first, bodies in _bundles(read, checkpoint.size, findings):
        edge, full = edge.grow([leaf_hash(body) for body in bodies])
        findings += _compare(full, read)  # (2) (3)
        findings += order.check(first, bodies)  # (5)
        if len(findings) >= MAX_FINDINGS:
            break
    findings += _compare(edge.partial_tiles() if edge.size == checkpoint.size else [], read)
    findings += root_findings(edge, checkpoint)  # (4)
    return LogHealth(checkpoint.size, tuple(findings)), checkpoint


def root_findings(edge: TileEdge, checkpoint: Checkpoint) -> list[Finding]:
    """Whether a rebuilt tree is the signed one."""
    if edge.size != checkpoint.size:
        return [Finding(Fault.ENTRY_MISSING, f"{edge.size} of {checkpoint.size} entries could be read")]
    if edge.frontier().root() != checkpoint.root:
        return [Finding(Fault.ROOT_DIFFERS, f"these {edge.size} entries do not lead to the signed root")]
    return []


def _bundles(
    read: Callable[[str], bytes | None], size: int, findings: list[Finding]
) -> Iterator[tuple[int, Sequence[bytes]]]:
    for index in range(-(-size // TILE_WIDTH)):
        bundle = tile_at(None, index, size)
        data = read(bundle.path)
        try:
            if data is None:
                raise TileMalformed("missing", path=bundle.path)
            yield index * TILE_WIDTH, decode_bundle(data, bundle.width)
        except TileMalformed as error:
            findings.append(Finding(Fault.ENTRY_MISSING, str(error), index * TILE_WIDTH))
            return


def _compare(tiles: Iterable[tuple[TileId, bytes]], read: Callable[[str], bytes | None]) -> Iterator[Finding]:
    for tile, expected in tiles:
        yield from compare_tile(tile, expected, read(tile.path))
