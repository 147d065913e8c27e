"""Values of purpose-marked copies (加注件); frozen, no framework."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from certs.model import FaceKind
from exchange.model_views import VerificationView


class CopyState(StrEnum):
    """How a copy stands. Only what was downloaded is known outside the hub."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    IN_FORCE = "in-force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ORIGINAL_ENDED = "original-ended"


@dataclass(frozen=True, slots=True)
class CopyWish:
    """What an applicant asks for. `valid_until` is the last day, inclusive; None is the default term."""

    identifier: str
    format: FaceKind
    purpose: str
    matter: str
    recipient: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it is on file.

    Attributes:
        subject: the holder who made it.
        identifier: of the original.
        digest: SHA-256 of the file as released.
        drop_at: until when the file waits to be downloaded; None once it is gone.
    """

    id: UUID
    subject: str = field(repr=False)
    identifier: str
    type_code: str
    format: FaceKind
    purpose: str
    matter: str
    recipient: str
    valid_until: date
    code: str = field(repr=False)
    made_at: datetime
    digest: bytes = field(repr=False)
    kid: str
    drop_at: datetime | None = None
    downloaded_at: datetime | None = None
    withdrawn_at: datetime | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy as its maker sees it. `address` is the page that checks it."""

    id: UUID
    identifier: str
    type_id: str
    name_zh: str
    name_en: str
    format: str
    purpose: str
    matter: str
    recipient: str
    valid_until: date
    code: str
    address: str
    state: str
    made_at: datetime
    drop_at: datetime | None
    downloaded_at: datetime | None
    withdrawn_at: datetime | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class CopyOffer:
    """What the form for a copy needs to know: the last day offered, and the last one possible."""

    default_until: date
    latest_until: date


@dataclass(frozen=True, slots=True)
class CopyFile:
    """The file, given out once."""

    filename: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """What anybody who has the code learns: what the copy is and whether it is good, and nobody's data.

    `digest` is the SHA-256 of the file, hex.
    """

    name_zh: str
    name_en: str
    issuer_name: str
    format: str
    purpose: str
    matter: str
    recipient: str
    made_at: datetime
    valid_until: date
    state: str
    digest: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class CopyComparison:
    """A file held against the record: `same` is equality of digests; `verdict` counts record and verification both."""

    check: CopyCheck
    same: bool
    verdict: str
    report: VerificationView
