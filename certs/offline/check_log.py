"""Verify one proof, or audit a whole published log, from files alone."""

from pathlib import Path

from certs.evidence.audit import audit_tiles
from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint
from certs.evidence.entry import decode_entry
from certs.evidence.errors import EvidenceError
from certs.evidence.findings import LogHealth
from certs.evidence.merkle import range_hash
from certs.evidence.proof import parse_proof, verify_proof
from certs.evidence.tiles import CHECKPOINT_PATH, TileId, TileReader, tiles_for
from certs.model import Outcome
from certs.offline.check_bundle import GIVEN, promise, read_trust, trusted_log
from certs.offline.report import Checklist, Report, refusal


def verify_one_proof(proof: str, entry: bytes, trust: bytes, *, receipt: str | None = None) -> Report:
    """Verify a tlog-proof against its entry.

    1. Trusted keys can be read.   2. The entry is well formed.   3. The proof leads to a root signed by a trusted
    log.   4. The receipt, if given, promised exactly this entry.
    """
    steps = Checklist()
    anchors = read_trust(steps, trust)
    if anchors is None:
        return steps.report("proof", GIVEN)
    reason = refusal(lambda: decode_entry(entry))
    steps.judge("entry", [reason] if reason else [], [], "well formed")
    reason = refusal(lambda: parse_proof(proof))
    log = None if reason else trusted_log(anchors, parse_proof(proof).checkpoint)
    if reason is None and log is None:
        steps.add("inclusion in the log", Outcome.UNDETERMINED, "no trusted key for the log it names")
    else:
        refused = reason or _refused_proof(proof, entry, log)
        steps.judge("inclusion in the log", [refused] if refused else [], [], "proven")
    if receipt is not None:
        steps.add("receipt", *promise(receipt, entry, anchors))
    return steps.report("proof", GIVEN)


def audit_log(directory: Path, trust: bytes, *, earlier: str | None = None) -> Report:
    """Audit a directory of tiles.

    1. Trusted keys can be read.   2. The checkpoint is signed by a trusted log.   3. Entries, tiles and signed root
    agree.   4. An earlier checkpoint, if given, is a prefix: nothing was rewritten since.

    Raises `OSError` when a file exists and cannot be read.
    """
    steps = Checklist()
    anchors = read_trust(steps, trust)
    note = _read(directory, CHECKPOINT_PATH)
    if anchors is None:
        return steps.report(str(directory), GIVEN)
    log = None if note is None else trusted_log(anchors, note.decode("utf-8", "replace"))
    if log is None:
        missing = "no checkpoint" if note is None else "no trusted key for the log it names"
        steps.add("checkpoint", Outcome.UNDETERMINED, missing)
        return steps.report(str(directory), GIVEN)
    try:
        health, checkpoint = audit_tiles(lambda path: _read(directory, path), log)
    except EvidenceError as error:
        steps.add("checkpoint", Outcome.FAIL, str(error))
        return steps.report(str(directory), GIVEN)
    steps.add("checkpoint", Outcome.PASS, f"log {log.origin}, {checkpoint.size} entries")
    _judge_audit(steps, health)
    if earlier is not None:
        reason = refusal(lambda: _require_prefix(directory, earlier, checkpoint, log))
        steps.judge("earlier checkpoint", [reason] if reason else [], [], "is a prefix of this log")
    return steps.report(str(directory), GIVEN)


def _refused_proof(proof: str, entry: bytes, log: LogIdentity | None) -> str | None:
    return "no log" if log is None else refusal(lambda: verify_proof(proof, entry, log))


def _judge_audit(steps: Checklist, health: LogHealth) -> None:
    """Missing files leave the log unproven; anything altered fails it."""
    altered = [finding.text for finding in health.findings if not finding.repairable]
    missing = [finding.text for finding in health.findings if finding.repairable]
    steps.judge("entries, tiles and root", altered, missing, f"{health.size} entries lead to the signed root")


def _require_prefix(directory: Path, earlier: str, newer: Checkpoint, log: LogIdentity) -> None:
    old = open_checkpoint(earlier, log)
    if old.size > newer.size:
        raise EvidenceError(f"the log shrank from {old.size} to {newer.size} entries")
    tiles: dict[TileId, bytes] = {}
    for tile in tiles_for([(0, old.size)], newer.size):
        data = _read(directory, tile.path)
        if data is not None:
            tiles[tile] = data
    if range_hash(0, old.size, TileReader(newer.size, tiles)) != old.root:
        raise EvidenceError(f"the first {old.size} entries are not those signed earlier: history was rewritten")


def _read(directory: Path, name: str) -> bytes | None:
    try:
        return (directory / name).read_bytes()
    except FileNotFoundError:
        return None
