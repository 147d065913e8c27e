"""Full audit inside the hub: every row hashed again and compared with the promise, the tiles and the signature."""

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.audit import MAX_FINDINGS, TimeOrder, compare_tile, root_findings
from certs.evidence.checkpoint import Checkpoint, LogIdentity
from certs.evidence.findings import Fault, Finding, LogHealth
from certs.evidence.merkle import leaf_hash
from certs.evidence.tiles import TILE_WIDTH, TileEdge, TileId, encode_bundle, tile_at
from certs.journal import repo
from certs.journal.errors import LogUnsound
from certs.journal.head import sound_frontier
from certs.journal.ports import Blobs
from certs.journal.publish import CHUNK
from certs.journal.repo import Head, Row


async def audit(conn: AsyncConnection, blobs: Blobs, log: LogIdentity) -> LogHealth:
    """Rebuild the whole tree from the rows; findings name the first bad index of each kind. Never raises for a bad log.

    1. The head is whole and signed.
    2. Every place is held by one row, whose body has the stored leaf hash.
    3. Rows give exactly the published tiles and bundles (up to the published size).
    4. Rows lead to the signed root.
    5. Times run forward.
    """
    head = await repo.load_head(conn)
    if head is None:
        return LogHealth(-1, (Finding(Fault.HEAD_MISSING, "no log was created yet"),))
    findings: list[Finding] = []
    try:
        sound_frontier(head, log)  # (1)
    except LogUnsound as error:
        findings.append(Finding(Fault.HEAD_EDITED, error.reason))
    edge, order = TileEdge(), TimeOrder()
    while edge.size < head.size and len(findings) < MAX_FINDINGS:
        begin = edge.size
        rows = await repo.rows(conn, begin, min(begin + CHUNK, head.size))
        wanted = min(CHUNK, head.size - begin)
        rows = _until_gap(rows, begin)
        findings += _row_findings(rows, begin, wanted)  # (2)
        edge, full = edge.grow([leaf_hash(row.body) for row in rows])
        partial = edge.partial_tiles() if edge.size == head.published_size else []
        findings += await _tile_findings(blobs, [*full, *partial], head)  # (3)
        findings += await _bundle_findings(blobs, rows, begin, head)
        findings += order.check(begin, [row.body for row in rows])  # (5)
        if len(rows) < wanted:
            break
    findings += root_findings(edge, Checkpoint(head.origin, head.size, head.root))  # (4)
    findings += await _beyond(conn, head)
    return LogHealth(head.size, tuple(findings))


def _until_gap(rows: list[Row], begin: int) -> list[Row]:
    """Rows from `begin` on without a hole: only they have a known place in the tree."""
    whole = next((at for at, row in enumerate(rows) if row.seq != begin + at), len(rows))
    return rows[:whole]


def _row_findings(rows: list[Row], begin: int, count: int) -> list[Finding]:
    findings = [
        Finding(Fault.ENTRY_EDITED, f"entry {index} was edited", index)
        for index, row in enumerate(rows, begin)
        if leaf_hash(row.body) != row.leaf_hash
    ]
    if len(rows) < count:
        index = begin + len(rows)
        findings.append(Finding(Fault.ENTRY_MISSING, f"no entry at index {index}", index))
    return findings


async def _tile_findings(blobs: Blobs, tiles: list[tuple[TileId, bytes]], head: Head) -> list[Finding]:
    findings: list[Finding] = []
    for tile, expected in tiles:
        span = TILE_WIDTH ** ((tile.level or 0) + 1)
        if tile.width == TILE_WIDTH and (tile.index + 1) * span > head.published_size:
            continue  # committed, not yet published
        findings += compare_tile(tile, expected, await blobs.get(tile.path))
    return findings


async def _bundle_findings(blobs: Blobs, rows: list[Row], begin: int, head: Head) -> list[Finding]:
    findings: list[Finding] = []
    for at in range(0, len(rows), TILE_WIDTH):
        first = begin + at
        if first >= head.published_size:
            break
        bundle = tile_at(None, first // TILE_WIDTH, head.published_size)
        stored = await blobs.get(bundle.path)
        if stored is None:
            findings.append(Finding(Fault.TILE_MISSING, f"{bundle.path} is missing"))
        elif stored != encode_bundle(row.body for row in rows[at : at + bundle.width]):
            findings.append(Finding(Fault.TILE_DIFFERS, f"{bundle.path} holds other entries"))
    return findings


async def _beyond(conn: AsyncConnection, head: Head) -> list[Finding]:
    extra = await repo.leaves(conn, head.size, head.size + 1)
    return [Finding(Fault.ENTRY_EXTRA, "an entry has a place that was never signed", head.size)] if extra else []
