"""Is this the log we signed? Asked at every start, before the first append, and by the head watcher.

Cheap on purpose (one index scan and some tiles at 10^7 entries); `certs.journal.audit` reads everything.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.evidence.checkpoint import Checkpoint, LogIdentity
from certs.evidence.errors import EvidenceError
from certs.evidence.findings import Fault, Finding, LogHealth
from certs.evidence.merkle import leaf_hash
from certs.journal import repo
from certs.journal.errors import LogForked, LogRolledBack, LogUnsound
from certs.journal.head import published_checkpoint, refuse_older, sound_frontier, trusted_checkpoint
from certs.journal.keys import FixedKeys
from certs.journal.ports import Blobs
from certs.journal.proofs import LogReader
from certs.journal.repo import Census, Head

TAIL = 1024  # entries at the end whose bodies are hashed again at every start


async def check_on_start(conn: AsyncConnection, blobs: Blobs, remembered: str | None, log: LogIdentity) -> LogHealth:
    """Compare the database with itself, with the published files and with this machine's memory.

    1. Outside checkpoints are ours (read before the database, so that a running sequencer can only be ahead).
    2. The head is whole: frontier, root, signature.
    3. It is not older than, and not another tree than, any outside checkpoint of its size.
    4. Every place below the size is taken once, none above.
    5. Smaller outside checkpoints are prefixes of this tree.
    6. The newest bodies still hash to what was signed.

    Never raises for a bad log: each fault is a finding.
    """
    findings: list[Finding] = []
    published, memory = await _outside(blobs, remembered, log, findings)  # (1)
    seen = [checkpoint for checkpoint in (published, memory) if checkpoint is not None]
    census = await repo.census(conn)
    if census is None:
        if seen or await repo.any_sequenced(conn):
            findings.append(Finding(Fault.ROLLED_BACK, "the log existed before, and its head is gone", 0))
        else:
            findings.append(Finding(Fault.HEAD_MISSING, "no log was created yet"))
        return LogHealth(-1, tuple(findings))
    findings += _head_findings(census.head, log, seen)  # (2) (3)
    findings += await _places(conn, census)  # (4)
    findings += _lag(census.head, published)
    if not findings:
        findings += await _history(conn, LogReader(blobs, FixedKeys(log)), census.head, seen)  # (5) (6)
    return LogHealth(census.head.size, tuple(findings))


async def _outside(
    blobs: Blobs, remembered: str | None, log: LogIdentity, findings: list[Finding]
) -> tuple[Checkpoint | None, Checkpoint | None]:
    published = memory = None
    try:
        found = await published_checkpoint(blobs, log)
        published = None if found is None else found[0]
    except LogUnsound as error:
        findings.append(Finding(Fault.CHECKPOINT_INVALID, error.reason))
    try:
        memory = None if remembered is None else trusted_checkpoint(remembered, log, "this machine's memory")
    except LogUnsound as error:
        findings.append(Finding(Fault.CHECKPOINT_INVALID, error.reason))
    return published, memory


def _head_findings(head: Head, log: LogIdentity, seen: list[Checkpoint]) -> list[Finding]:
    try:
        sound_frontier(head, log)
        refuse_older(head, seen)
    except LogRolledBack as error:
        return [Finding(Fault.ROLLED_BACK, error.reason, error.index)]
    except LogForked as error:
        return [Finding(Fault.FORKED, error.reason, error.index)]
    except LogUnsound as error:
        return [Finding(Fault.HEAD_EDITED, error.reason, error.index)]
    return []


async def _places(conn: AsyncConnection, census: Census) -> list[Finding]:
    size = census.head.size
    if census.sequenced == size and census.highest == size - 1:
        return []
    gap = await repo.first_gap(conn, size)
    if gap is not None:
        return [Finding(Fault.ENTRY_MISSING, f"no entry at index {gap} of {size}", gap)]
    text = f"entries up to index {census.highest}, but only {size} are signed"
    return [Finding(Fault.ENTRY_EXTRA, text, size)]


def _lag(head: Head, published: Checkpoint | None) -> list[Finding]:
    shown = -1 if published is None else published.size
    if shown < head.published_size:
        text = f"published files show {shown} entries, {head.published_size} were published"
        return [Finding(Fault.TILES_LAG, text)]
    return []


async def _history(conn: AsyncConnection, reader: LogReader, head: Head, seen: list[Checkpoint]) -> list[Finding]:
    """Tiles give the roots of published sizes; rows lead from there to the head. Both must meet the signatures."""
    try:
        shown = (await reader.checkpoint())[0].size if head.published_size >= 0 else 0
        findings = [
            Finding(Fault.FORKED, f"the checkpoint of {old.size} entries is no prefix of this log", None)
            for old in seen
            if old.size <= shown and await reader.root_at(old.size) != old.root
        ]
        begin = max(0, min(shown, head.size) - TAIL)
        expected = await reader.leaf_tiles(begin, shown) if shown else {}
    except EvidenceError as error:
        return [Finding(Fault.TILE_MISSING, str(error))]
    rows = await repo.rows(conn, begin, head.size)
    for at, row in enumerate(rows, begin):
        if leaf_hash(row.body) != row.leaf_hash or expected.get(at, row.leaf_hash) != row.leaf_hash:
            text = f"the entry at index {at} is not the one that was signed"
            findings.append(Finding(Fault.ENTRY_EDITED, text, at))
            break
    return findings
