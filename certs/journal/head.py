"""Is the stored head what we signed, and does it agree with every checkpoint seen elsewhere?"""

from collections.abc import Iterable

from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint
from certs.evidence.errors import EvidenceError, ProofInvalid
from certs.evidence.merkle import Frontier
from certs.evidence.tiles import CHECKPOINT_PATH
from certs.journal.errors import LogForked, LogRolledBack, LogUnsound
from certs.journal.ports import Blobs
from certs.journal.repo import Head


def sound_frontier(head: Head, log: LogIdentity) -> Frontier:
    """Return the frontier of a head that is whole. Raises `LogUnsound`.

    1. The frontier leads to the head's root.
    2. The checkpoint is signed by this log's key, and says the same size and root.
    """
    try:
        frontier = Frontier.from_bytes(head.size, head.frontier)
    except ProofInvalid as error:
        raise LogUnsound(f"head row edited: {error}") from error
    if frontier.root() != head.root:  # (1)
        raise LogUnsound("head row edited: frontier and root disagree")
    signed = trusted_checkpoint(head.checkpoint, log, "the head row")  # (2)
    if signed != Checkpoint(head.origin, head.size, head.root):
        raise LogUnsound("head row edited: it differs from the checkpoint we signed")
    return frontier


def refuse_older(head: Head, seen: Iterable[Checkpoint]) -> None:
    """Raise `LogRolledBack` if a larger tree, `LogForked` if another tree of this size was signed before."""
    for checkpoint in seen:
        if checkpoint.size > head.size:
            raise LogRolledBack(
                f"a checkpoint of {checkpoint.size} entries exists, the database holds {head.size}",
                index=head.size,
            )
        if checkpoint.size == head.size and checkpoint.root != head.root:
            raise LogForked(f"two roots were signed for {head.size} entries")


def trusted_checkpoint(note: str, log: LogIdentity, where: str) -> Checkpoint:
    """Open a checkpoint that must be ours. Raises `LogUnsound` otherwise."""
    try:
        return open_checkpoint(note, log)
    except EvidenceError as error:
        raise LogUnsound(f"checkpoint in {where} is not ours: {error}") from error


async def published_checkpoint(blobs: Blobs, log: LogIdentity) -> tuple[Checkpoint, str] | None:
    """The checkpoint outsiders see, verified, with its text; None before the first. Raises `LogUnsound`."""
    data = await blobs.get(CHECKPOINT_PATH)
    if data is None:
        return None
    note = data.decode("utf-8", "replace")
    return trusted_checkpoint(note, log, "the published files"), note
