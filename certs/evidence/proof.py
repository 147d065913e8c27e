"""C2SP tlog-proof: one text file that proves offline that an entry is in the log."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint, parse_decimal, parse_hash
from certs.evidence.errors import CheckpointMalformed, ProofInvalid
from certs.evidence.merkle import leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES = 80 * 1024
MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Index, audit path (leaf's sibling first) and the signed checkpoint, unverified."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def render_proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """Write the proof file. No `extra` line: it would not be authenticated."""
    lines = [HEADER, f"index {index}", *(base64.b64encode(value).decode() for value in hashes), ""]
    return "\n".join(lines) + "\n" + checkpoint


def parse_proof(text: str) -> TlogProof:
    """Read a proof file strictly; an `extra` line is refused as unauthenticated. Raises `ProofInvalid`."""
    if len(text) > MAX_PROOF_BYTES:
        raise ProofInvalid(f"over {MAX_PROOF_BYTES} characters")
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER or len(lines) < 2 or not lines[1].startswith("index "):
        raise ProofInvalid("not a tlog-proof: header, index line or blank line is missing")
    if len(lines) - 2 > MAX_HASHES:
        raise ProofInvalid(f"over {MAX_HASHES} hashes")
    try:
        index = parse_decimal(lines[1].removeprefix("index "))
        hashes = tuple(parse_hash(line) for line in lines[2:])
    except CheckpointMalformed as error:
        raise ProofInvalid(error.reason) from error
    return TlogProof(index, hashes, checkpoint)


def verify_proof(text: str, entry: bytes, log: LogIdentity) -> tuple[int, Checkpoint]:
    """Prove that `entry` is in `log`; return its index and the checkpoint that says so.

    1. The file is a tlog-proof.
    2. Its checkpoint is of this log's origin and signed by one of its trusted keys.
    3. The hash of the *given entry*, never one from the file, leads to the signed root.

    Raises `ProofInvalid`, `NoteMalformed`, `NoteUntrusted`, `CheckpointMalformed`, `CheckpointForeign`.
    """
    proof = parse_proof(text)  # (1)
    checkpoint = open_checkpoint(proof.checkpoint, log)  # (2)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)  # (3)
    return proof.index, checkpoint
