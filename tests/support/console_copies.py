"""Purpose-marked copies in memory for the pages: one waits, one is in use, one has a hostile receiver."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from certs.copies.errors import CopyTermsRefused
from certs.copies.terms import read_code
from exchange.errors import CopyCodeUnknownError, CopyGoneError, CopyNotFoundError
from exchange.model import Principal
from exchange.model_copies import CopyCheck, CopyComparison, CopyFile, CopyOffer, CopyView, CopyWish
from exchange.model_views import StepView, VerificationView
from tests.support.console_world import HOSTILE, HOUSEHOLD, START

WAITING, USED, WITHDRAWN = UUID(int=11), UUID(int=12), UUID(int=13)
CODE = "7K2M-9QXD-0000-1111-2222-3333-4444"
LATEST = date(2027, 5, 21)


def copy_view(id_: UUID, state: str, **changed: Any) -> CopyView:
    """A copy for a bank."""
    view = CopyView(
        id=id_,
        identifier=HOUSEHOLD,
        type_id="household",
        name_zh="户口簿",
        name_en="Household register",
        format="pdf",
        purpose="核实婚姻状况",
        matter="个人住房贷款审批",
        recipient="示例银行",
        valid_until=date(2026, 12, 22),
        code=CODE,
        address=f"http://testserver/copies/{CODE}",
        state=state,
        made_at=START,
        drop_at=None,
        downloaded_at=START + timedelta(minutes=1),
        withdrawn_at=None,
        checked_at=None,
    )
    return replace(view, **changed)


@dataclass
class MemoryCopies:
    """The copies above, and what was asked for."""

    copies: dict[UUID, CopyView] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        waits = {"drop_at": START + timedelta(days=1), "downloaded_at": None}
        for view in (
            copy_view(WAITING, "waiting", **waits),
            copy_view(USED, "in-force", checked_at=START + timedelta(hours=1)),
            copy_view(WITHDRAWN, "withdrawn", withdrawn_at=START, recipient=f"某行{HOSTILE}"),
        ):
            self.copies[view.id] = view

    async def offer(self, principal: Principal, identifier: str) -> CopyOffer:
        return CopyOffer(date(2026, 12, 22), LATEST)

    async def make(self, principal: Principal, wish: CopyWish, *, key: str | None) -> CopyView:
        self.calls.append(("make", wish, key))
        if not wish.purpose:
            raise CopyTermsRefused("purpose", "empty")
        if wish.valid_until and wish.valid_until > LATEST:
            raise CopyTermsRefused("valid_until", "not-in-term")
        return self.copies[WAITING]

    async def mine(self, principal: Principal) -> tuple[CopyView, ...]:
        return tuple(self.copies.values())

    async def get(self, principal: Principal, copy_id: UUID) -> CopyView:
        if copy_id not in self.copies:
            raise CopyNotFoundError
        return self.copies[copy_id]

    async def download(self, principal: Principal, copy_id: UUID) -> CopyFile:
        if (await self.get(principal, copy_id)).state != "waiting":
            raise CopyGoneError
        self.copies[copy_id] = copy_view(copy_id, "in-force")
        return CopyFile("copy-7K2M-9QXD.pdf", "application/pdf", b"%PDF-2.0")

    async def withdraw(self, principal: Principal, copy_id: UUID) -> CopyView:
        self.copies[copy_id] = replace(await self.get(principal, copy_id), state="withdrawn", withdrawn_at=START)
        return self.copies[copy_id]

    async def check(self, code: str, *, address: str) -> CopyCheck:
        if read_code(code) != CODE:
            raise CopyCodeUnknownError
        view = self.copies[USED]
        return CopyCheck(
            view.name_zh,
            view.name_en,
            "示例市公安局",
            view.format,
            view.purpose,
            view.matter,
            f"示例银行{HOSTILE}",
            view.made_at,
            view.valid_until,
            view.state,
            "ab" * 32,
            START,
        )

    async def compare(self, code: str, content: bytes, *, address: str) -> CopyComparison:
        check, same = await self.check(code, address=address), content == b"valid"
        verdict = "valid" if same and check.state == "in-force" else "invalid"
        step = StepView(
            1, "核对签名", "Signature", "pass" if same else "fail", "signature", "签名核对结果", "Signature result"
        )
        return CopyComparison(check, same, verdict, VerificationView("pdf", verdict, START, "yzt", (step,), {}))
