"""Seals as people see them: a seal with its custody, open proposals, past and uses. Values only; times aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certs.seals.history import SealState
from certs.seals.register_views import SealChangeRow, SealUseRow
from certs.seals.registry import Act, Origin, UsePolicy


@dataclass(frozen=True, slots=True)
class CustodianView:
    """保管人: work number, name, and whether an active account of the unit still stands behind it."""

    number: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class SignerView:
    """签章人 the seal names: the certificate's subject and term, or the digest that is all the seal gives."""

    subject: str
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class PictureView:
    """The seal's picture: kind as in the seal, millimetres, and whether it is one that may be shown."""

    kind: str
    width: int
    height: int
    shown: bool


@dataclass(frozen=True, slots=True)
class ProposalView:
    """An act that waits for a second person: whether the reader may be that person, or is who may take it back."""

    id: UUID
    es_id: str
    act: Act
    reason: str
    policy: UsePolicy | None
    leaving: str | None
    taking: str | None
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    may_approve: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class SealView:
    """A seal on file. `owner` is the unit's USCC; `state` is that of this moment; `waiting` counts open proposals.

    `used_today` counts documents of this day in China.
    """

    es_id: str
    name: str
    owner: str
    maker_id: str
    origin: Origin
    state: SealState
    valid_from: datetime
    valid_until: datetime
    digest: str
    custodians: tuple[CustodianView, ...]
    policy: UsePolicy
    picture: PictureView
    waiting: int
    used_today: int


@dataclass(frozen=True, slots=True)
class SealDetail:
    """A seal with everything around it; `mine` tells whether the reader is one of its custodians."""

    seal: SealView
    maker: str
    created_at: datetime
    signers: tuple[SignerView, ...]
    proposals: tuple[ProposalView, ...]
    changes: tuple[SealChangeRow, ...]
    candidates: tuple[CustodianView, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class OwnerView:
    """A department that can be given a seal: it has two custodians or more."""

    code: str
    custodians: tuple[CustodianView, ...]


@dataclass(frozen=True, slots=True)
class UsePage:
    """用印记录, newest first; `following` continues after the last row, None when there is nothing more."""

    rows: tuple[SealUseRow, ...]
    following: tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True)
class SealPicture:
    """A picture that may be shown: a raster image whose first bytes are those of its type."""

    media_type: str
    content: bytes
