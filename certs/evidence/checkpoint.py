"""C2SP tlog-checkpoint: origin, tree size and root hash as a signed note."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from certs.evidence.errors import CheckpointForeign, CheckpointMalformed, NoteUntrusted
from certs.evidence.merkle import HASH_SIZE
from certs.evidence.note import NoteSigner, NoteVerifier, open_note, sign_note

MAX_TREE_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A Merkle tree head: `root` (32 bytes) over the first `size` entries of the log named `origin`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Note text: three lines, no extension lines (they would not be auditable)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """What a verifier must know of a log beforehand: its origin line and its keys (old and new during rotation)."""

    origin: str
    keys: tuple[NoteVerifier, ...]


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[NoteSigner]) -> str:
    """Return the signed checkpoint. Raises `CheckpointMalformed` if it would not read back as the same value."""
    if parse_checkpoint_text(checkpoint.text()) != checkpoint:
        raise CheckpointMalformed("value cannot be represented")
    return sign_note(checkpoint.text(), signers)


def open_checkpoint(note: str, log: LogIdentity) -> Checkpoint:
    """Verify signature, origin and form.

    Raises `NoteUntrusted` (also when `log` has no key: fail closed), `NoteMalformed`, `CheckpointForeign`,
    `CheckpointMalformed`.
    """
    if not log.keys:
        raise NoteUntrusted("no key of the log is known")
    checkpoint = parse_checkpoint_text(open_note(note, log.keys))
    if checkpoint.origin != log.origin:
        raise CheckpointForeign(expected=log.origin, found=checkpoint.origin)
    return checkpoint


def parse_checkpoint_text(text: str) -> Checkpoint:
    """Read the note text. Extension lines are refused: we sign none, and nobody could audit them.

    Raises `CheckpointMalformed`.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise CheckpointMalformed("not exactly origin, size and root lines")
    return Checkpoint(lines[0], parse_decimal(lines[1]), parse_hash(lines[2]))


def parse_decimal(text: str) -> int:
    """ASCII decimal without leading zeroes, below 2**63. Raises `CheckpointMalformed`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise CheckpointMalformed("number is not a plain decimal below 2^63")
    return int(text)


def parse_hash(text: str) -> bytes:
    """Canonical standard base64 of 32 bytes. Raises `CheckpointMalformed`."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CheckpointMalformed("hash is not base64") from None
    if len(value) != HASH_SIZE or base64.b64encode(value).decode() != text:
        raise CheckpointMalformed("hash is not 32 bytes in canonical base64")
    return value
