"""The report of one document, whatever it is, and what a verifier may ask of whoever knows more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from certs.model import Outcome, State, StepResult, Verdict
from certs.trust import StatusHistory
from certs.verifier.kinds import DocumentKind

MAX_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What a verification found as of `at`, as numbered steps with a verdict.

    `policy` names the rules. `sha256` and `sm3` (hex; `sm3` empty where this computer has none) say which file it
    was. `claims` is what the document states, once it is signed for; `state` the certificate's state as far as known.
    """

    kind: DocumentKind
    verdict: Verdict
    at: datetime
    policy: str
    steps: tuple[StepResult, ...]
    sha256: str
    sm3: str
    size: int
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)
    state: State | None = None

    @property
    def deciding(self) -> StepResult | None:
        """The first step that failed, else the first undetermined one; None when all is well."""
        for outcome in (Outcome.FAIL, Outcome.UNDETERMINED):
            for step in self.steps:
                if step.outcome is outcome:
                    return step
        return None


class Knowledge(Protocol):
    """What is known beyond the trust list. Offline nothing is; the hub answers from its database."""

    @property
    def knows_log(self) -> bool:
        """Whether `entry` and `proof` can answer at all; where not, their None says nothing about the log."""

    def decisions(self, identifier: str) -> StatusHistory | None:
        """Every decision about one certificate up to now; None where the trust list must do."""

    def withdrawn(self, code: str) -> datetime | None:
        """When the holder withdrew the purpose-marked copy with this code; None where the trust list must do."""

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use log of seals noted the stamp with this SM3 digest; None if it did not."""

    def entry(self, event: UUID) -> bytes | None:
        """The body of a log entry."""

    def entry_at(self, index: int) -> bytes | None:
        """The body of the log entry at a place of the tree."""

    def proof(self, event: UUID) -> str | None:
        """The tlog-proof of an event; None while it is not under a published checkpoint."""


class NothingKnown:
    """Offline: the trust list and the files are all there is."""

    knows_log = False

    def decisions(self, identifier: str) -> StatusHistory | None:  # noqa: ARG002 - nobody is known here
        """None."""
        return None

    def withdrawn(self, code: str) -> datetime | None:  # noqa: ARG002 - no copy is known here
        """None."""
        return None

    def used(self, stamp_digest: bytes) -> datetime | None:  # noqa: ARG002 - no use log here
        """None."""
        return None

    def entry(self, event: UUID) -> bytes | None:  # noqa: ARG002 - no log here
        """None."""
        return None

    def entry_at(self, index: int) -> bytes | None:  # noqa: ARG002 - no log here
        """None."""
        return None

    def proof(self, event: UUID) -> str | None:  # noqa: ARG002 - no log here
        """None."""
        return None
