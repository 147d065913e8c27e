"""Seals in memory for the pages: two of them, one with a hostile name and a picture that is not shown."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from certs.seals.errors import SealActRefused, SealNotFound
from certs.seals.history import SealState
from certs.seals.refusals import ActRefusal
from certs.seals.register_views import SealChangeRow, SealUseRow
from certs.seals.registry import Act, Origin, UsePolicy
from exchange.model import Principal
from exchange.model_seals import (
    CustodianView,
    OwnerView,
    PictureView,
    ProposalView,
    SealDetail,
    SealPicture,
    SealView,
    SignerView,
    UsePage,
)
from exchange.service.seals import SealFile, Wish
from tests.certs.seals.world import PNG
from tests.support.console_batches import MemoryBatches, MemoryIntake, MemoryReports
from tests.support.console_copies import MemoryCopies
from tests.support.console_documents import MemoryOriginals, MemorySealing
from tests.support.console_world import EVENT, HOSTILE, PSB, START

SEAL, HOSTILE_SEAL = "33990000000001", "33990000000002"
PROPOSAL, HANDOVER = UUID(int=7), UUID(int=8)
KEEPERS = (CustodianView("YZ01", "保管人甲", active=True), CustodianView("YZ02", f"乙{HOSTILE}", active=False))
THIRD = CustodianView("YZ03", "保管人丙", active=True)


def seal_view(es_id: str = SEAL, **changed: Any) -> SealView:
    """A seal in use."""
    view = SealView(
        es_id=es_id,
        name="示例市公安局电子印章（测试）",
        owner=PSB,
        maker_id="YZT",
        origin=Origin.MADE_FOR_TEST,
        state=SealState.ACTIVE,
        valid_from=START - timedelta(days=1),
        valid_until=START + timedelta(days=365),
        digest="ab" * 32,
        custodians=KEEPERS,
        policy=UsePolicy(frozenset({"household"}), 20, START + timedelta(days=30)),
        picture=PictureView("PNG", 42, 42, shown=True),
        waiting=2,
        used_today=3,
    )
    return replace(view, **changed)


def proposal_view(id_: UUID, act: Act, *, mine: bool, **changed: Any) -> ProposalView:
    """A proposal of the other custodian, or of this one."""
    return replace(
        ProposalView(
            id=id_,
            es_id=SEAL,
            act=act,
            reason=f"到期更换{HOSTILE}",
            policy=None,
            leaving=None,
            taking=None,
            proposed_by="YZ01" if mine else "YZ02",
            proposed_at=START,
            expires_at=START + timedelta(hours=24),
            may_approve=not mine,
            may_withdraw=mine,
        ),
        **changed,
    )


@dataclass
class MemorySealReads:
    """The register."""

    async def list(self, principal: Principal) -> tuple[SealView, ...]:
        return (seal_view(), self.hostile())

    async def get(self, principal: Principal, es_id: str) -> SealDetail:
        if es_id not in (SEAL, HOSTILE_SEAL):
            raise SealNotFound(es_id)
        return SealDetail(
            seal=seal_view() if es_id == SEAL else self.hostile(),
            maker="CN=测试制章单位",
            created_at=START,
            signers=(SignerView(f"CN={HOSTILE}", START, START), SignerView("SM3 00")),
            proposals=self.proposals(),
            changes=(SealChangeRow(SealState.ACTIVE, HOSTILE, "YZ02", "YZ01", START, EVENT),),
            candidates=(THIRD,),
            mine=principal.officer == "YZ01",
        )

    async def proposal(self, principal: Principal, es_id: str, proposal_id: UUID) -> ProposalView:
        for one in self.proposals():
            if one.id == proposal_id:
                return one
        raise SealNotFound(str(proposal_id))

    async def picture(self, principal: Principal, es_id: str) -> SealPicture:
        if es_id != SEAL:
            raise SealNotFound(es_id)
        return SealPicture("image/png", PNG)

    async def uses(
        self, principal: Principal, es_id: str, *, limit: int, before: tuple[datetime, UUID] | None = None
    ) -> UsePage:
        row = SealUseRow(b"1" * 32, "household", "1.2.156.3005.2", START, EVENT)
        return UsePage((row,), None if before else (START, EVENT))

    async def owners(self, principal: Principal) -> tuple[OwnerView, ...]:
        return (OwnerView(PSB, (*KEEPERS, THIRD)),)

    def hostile(self) -> SealView:
        """A seal as bad as a maker could make it."""
        shown = PictureView("SVG", 42, 42, shown=False)
        policy = UsePolicy()
        return seal_view(HOSTILE_SEAL, name=HOSTILE, state=SealState.REVOKED, picture=shown, policy=policy, waiting=0)

    def proposals(self) -> tuple[ProposalView, ...]:
        """One to approve, one of one's own."""
        policy = UsePolicy(frozenset({"household", "marriage"}))
        return (
            proposal_view(PROPOSAL, Act.SET_POLICY, mine=False, policy=policy),
            proposal_view(HANDOVER, Act.HAND_OVER, mine=True, leaving="YZ01", taking="YZ03"),
        )


@dataclass
class MemorySeals:
    """Remembers what it was asked to do."""

    views: MemorySealReads = field(default_factory=MemorySealReads)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def import_seal(self, principal: Principal, file: SealFile, *, key: str | None = None) -> SealDetail:
        self.calls.append(("import", file, key))
        return await self.views.get(principal, SEAL)

    async def propose(self, principal: Principal, es_id: str, wish: Wish, *, key: str | None = None) -> ProposalView:
        self.calls.append(("propose", es_id, wish, key))
        return self.views.proposals()[1]

    async def approve(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        if proposal_id == HANDOVER:
            raise SealActRefused(Act.HAND_OVER, ActRefusal.SAME_PERSON)
        self.calls.append(("approve", es_id, proposal_id, key))
        return await self.views.get(principal, es_id)

    async def withdraw(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        if proposal_id != HANDOVER:
            raise SealActRefused(Act.HAND_OVER, ActRefusal.ONLY_WHO_PROPOSED)
        self.calls.append(("withdraw", es_id, proposal_id, key))
        return await self.views.get(principal, es_id)

    async def stop(
        self, principal: Principal, es_id: str, act: Act, *, reason: str, key: str | None = None
    ) -> SealDetail:
        self.calls.append(("stop", es_id, act, reason, key))
        return await self.views.get(principal, es_id)


@dataclass
class MemoryDocuments:
    """The part of the document services the pages ask for."""

    seals: MemorySeals = field(default_factory=MemorySeals)
    sealing: MemorySealing = field(default_factory=MemorySealing)
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    originals: MemoryOriginals = field(default_factory=MemoryOriginals)
    intake: MemoryIntake = field(default_factory=MemoryIntake)
    batches: MemoryBatches = field(default_factory=MemoryBatches)
    reports: MemoryReports = field(default_factory=MemoryReports)
