"""States of a seal over time, as a registry states them and a verifier reads them. Pure values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_SECOND = timedelta(seconds=1)


class SealState(StrEnum):
    """State of a seal on file. EXPIRED is computed from the seal's own term and never stored."""

    REGISTERED = "registered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"

    @property
    def zh(self) -> str:
        """The term in Chinese."""
        return _ZH[self]


_ZH = {
    SealState.REGISTERED: "待启用",
    SealState.ACTIVE: "启用",
    SealState.SUSPENDED: "停用",
    SealState.REVOKED: "注销",
    SealState.EXPIRED: "过期",
}


@dataclass(frozen=True, slots=True)
class SealChange:
    """A seal entered a state at an instant."""

    state: SealState
    at: datetime


@dataclass(frozen=True, slots=True)
class SealLook:
    """Whose seal it is (USCC), how it looks in a PDF, and its term, both ends included.

    `drawn` is the SHA-256 of the picture as drawn (`certs.pdf.signing_picture.picture_digest`), None for a picture
    that no PDF can show.
    """

    owner: str
    drawn: bytes | None
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class SealOnFile:
    """What a registry knows of a seal: its number, SM3 of its DER, its changes of state, oldest first, and its look.

    `look` is None where that is not known.
    """

    es_id: str
    digest: bytes
    changes: tuple[SealChange, ...]
    look: SealLook | None = None

    def state_at(self, at: datetime) -> SealState | None:
        """The stored state at an instant; None before it was on file."""
        due = [c.state for c in self.changes if c.at <= at]
        return due[-1] if due else None

    def active_in(self, second: datetime) -> bool:
        """Whether it was in use at some time of this second: seals and signatures state no smaller times."""
        end = second + _SECOND
        began = self.state_at(second) is SealState.ACTIVE
        return began or any(c.state is SealState.ACTIVE and second <= c.at < end for c in self.changes)
