"""What can go wrong with the log itself. `LogUnsound` and below are alarms: nobody writes on until a person looked."""

from uuid import UUID

from certs.errors import CertsError


class JournalError(CertsError):
    """The evidence log could not do its work. Next: see the subclass."""

    code = "journal-error"


class LogMissing(JournalError):
    """The log has no head, or no checkpoint is published yet. Next: ask again in a few seconds, else run `yzt init`."""

    code = "log-missing"


class LogKeyMissing(JournalError):
    """This process has no key of the log to sign with. Another one may; else make the next key."""

    code = "log-key-missing"


class LogUnsound(JournalError):
    """The log contradicts what it signed before. Stop writing, keep everything, run the audit."""

    code = "log-unsound"

    def __init__(self, reason: str, *, index: int | None = None) -> None:
        super().__init__(reason if index is None else f"{reason} (index {index})", index=index)
        self.reason = reason
        self.index = index


class LogRolledBack(LogUnsound):
    """The database is older than a checkpoint already signed. Restore the newest copy, never sign on."""

    code = "log-rolled-back"


class LogForked(LogUnsound):
    """Two different trees were signed for the same log. Keep both checkpoints as evidence and report them."""

    code = "log-forked"


class EntryEdited(LogUnsound):
    """A stored entry no longer has the hash that was promised when it was appended. Keep the row and investigate."""

    code = "log-entry-edited"

    def __init__(self, entry_id: UUID, *, index: int | None = None) -> None:
        super().__init__(f"entry {entry_id} does not match its leaf hash", index=index)
        self.entry_id = entry_id


class PublishFailed(JournalError):
    """A tile or checkpoint could not be stored. The log is intact; publishing is tried again by itself."""

    code = "log-publish-failed"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}", name=name)
        self.name = name


class EntryUnknown(JournalError):
    """No log entry has this id. Check the id; an entry exists from the moment its exchange was answered."""

    code = "log-entry-unknown"

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"no entry {entry_id}", entry_id=entry_id)
        self.entry_id = entry_id


class EntryNotPublished(JournalError):
    """The entry is durable but not yet under a published checkpoint. Ask again in a second; the receipt holds now."""

    code = "log-entry-not-published"

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"entry {entry_id} waits for the next checkpoint", entry_id=entry_id)
        self.entry_id = entry_id


class SubjectErased(JournalError):
    """The person's key was destroyed; their commitments can never be opened again. This is final by design."""

    code = "log-subject-erased"


class KeyUnwrapFailed(JournalError):
    """A subject key cannot be opened with this data key. Check which data key the hub was started with."""

    code = "log-key-unwrap-failed"
