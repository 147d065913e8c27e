"""What can be wrong with a piece of evidence. Every class carries the facts, none carries HTTP words."""

from certs.errors import CertsError


class EvidenceError(CertsError):
    """Evidence does not hold. Do not rely on it; ask the hub for a fresh copy and keep the refused one."""

    code = "evidence-error"


class ProofInvalid(EvidenceError):
    """A Merkle proof does not lead to the signed root. Fetch the proof again; if it repeats, report the log."""

    code = "proof-invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Merkle proof refused: {reason}")
        self.reason = reason


class NoteMalformed(EvidenceError):
    """A signed note breaks C2SP signed-note. Fetch it again; do not repair it by hand."""

    code = "note-malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"signed note refused: {reason}")
        self.reason = reason


class NoteUntrusted(EvidenceError):
    """No trusted key signed this note, or a trusted key's signature is wrong. Check the trust file in use."""

    code = "note-untrusted"

    def __init__(self, reason: str, *, names: tuple[str, ...] = ()) -> None:
        super().__init__(f"signed note not trusted: {reason}")
        self.reason = reason
        self.names = names


class CheckpointMalformed(EvidenceError):
    """The note is signed but is no C2SP tlog-checkpoint. The log is faulty: report it."""

    code = "checkpoint-malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"checkpoint refused: {reason}")
        self.reason = reason


class CheckpointForeign(EvidenceError):
    """The checkpoint belongs to another log. Use the trust file of the log that issued the evidence."""

    code = "checkpoint-foreign"

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__(f"checkpoint of log {found!r}, expected {expected!r}")
        self.expected = expected
        self.found = found


class TileMalformed(EvidenceError):
    """A tile, entry bundle or tile path breaks C2SP tlog-tiles. Publish the tile again from the database."""

    code = "tile-malformed"

    def __init__(self, reason: str, *, path: str | None = None) -> None:
        super().__init__(f"tile {path or ''} refused: {reason}")
        self.reason = reason
        self.path = path


class TileMissing(EvidenceError):
    """A tile the checkpoint requires is not there. Publish it again from the database."""

    code = "tile-missing"

    def __init__(self, path: str) -> None:
        super().__init__(f"tile {path} is missing")
        self.path = path


class EntryMalformed(EvidenceError):
    """Bytes are not a canonical log entry. The writer is faulty, or the entry was edited: run the audit."""

    code = "entry-malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"log entry refused: {reason}")
        self.reason = reason


class EntryTooLarge(EvidenceError):
    """An entry is over the size cap. Put digests into the detail, not bodies."""

    code = "entry-too-large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"log entry of {size} bytes, at most {limit} allowed")
        self.size = size
        self.limit = limit


class PersonalDataInEntry(EvidenceError):
    """A citizen number or telephone number stands in clear. Pass the person as `subject`, it is committed."""

    code = "entry-personal-data"

    def __init__(self, where: str) -> None:
        super().__init__(f"personal data in log entry at {where}")
        self.where = where


class ReceiptMismatch(EvidenceError):
    """A well-signed receipt speaks about something else. Pair it with its own entry, request and answer."""

    code = "receipt-mismatch"

    def __init__(self, what: str) -> None:
        super().__init__(f"receipt does not match: {what}")
        self.what = what


class BundleMalformed(EvidenceError):
    """An evidence bundle is not in its one canonical form. Ask for it again; repacked archives are refused."""

    code = "bundle-malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"evidence bundle refused: {reason}")
        self.reason = reason


class TrustMalformed(EvidenceError):
    """A trust file cannot be used. Get it again from the hub operator by a channel you trust."""

    code = "evidence-trust-malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"trust file refused: {reason}")
        self.reason = reason
