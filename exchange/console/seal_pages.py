"""View models of the pages about seals. `key` travels in the form, so that one sent twice is one act."""

from collections.abc import Mapping
from dataclasses import dataclass

from certs.seals.registry import Act
from exchange.model_seals import CustodianView, OwnerView, ProposalView, SealDetail, SealView, UsePage


@dataclass(frozen=True, slots=True)
class SealsPage:
    """seals/home.html: `may_import` shows the operator the way to file one."""

    seals: tuple[SealView, ...]
    may_import: bool


@dataclass(frozen=True, slots=True)
class SealPage:
    """seals/seal.html: `acts` are those a reader who keeps the seal may begin; `kinds` are all certificate types.

    `leaving` are the custodians whose custody this reader may propose to end.
    """

    detail: SealDetail
    acts: tuple[Act, ...]
    kinds: tuple[str, ...]
    leaving: tuple[CustodianView, ...]
    key: str


@dataclass(frozen=True, slots=True)
class SealProposalPage:
    """seals/proposal.html: what will be so once the second person agrees."""

    seal: SealView
    proposal: ProposalView
    names: Mapping[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class SealStopPage:
    """seals/stop.html: what stopping means, before it is done."""

    seal: SealView
    act: Act
    key: str


@dataclass(frozen=True, slots=True)
class SealUsesPage:
    """seals/uses.html: `following` is the address of older ones, None when there are none."""

    seal: SealView
    page: UsePage
    following: str | None


@dataclass(frozen=True, slots=True)
class SealImportPage:
    """seals/import.html."""

    owners: tuple[OwnerView, ...]
    kinds: tuple[str, ...]
    key: str
