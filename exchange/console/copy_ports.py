"""What the pages about purpose-marked copies need of the hub; `exchange.service.copies` has this shape."""

from typing import Protocol
from uuid import UUID

from exchange.model import Principal
from exchange.model_copies import CopyCheck, CopyComparison, CopyFile, CopyOffer, CopyView, CopyWish


class Copies(Protocol):
    """加注件: made, fetched once and withdrawn by holders; checked by anybody with the code."""

    async def offer(self, principal: Principal, identifier: str) -> CopyOffer:
        """Which last days a copy may have."""

    async def make(self, principal: Principal, wish: CopyWish, *, key: str | None) -> CopyView:
        """Make one; `key` makes a form sent twice one copy."""

    async def mine(self, principal: Principal) -> tuple[CopyView, ...]:
        """The copies this applicant made, newest first."""

    async def get(self, principal: Principal, copy_id: UUID) -> CopyView:
        """One of them."""

    async def download(self, principal: Principal, copy_id: UUID) -> CopyFile:
        """The file, once."""

    async def withdraw(self, principal: Principal, copy_id: UUID) -> CopyView:
        """End it."""

    async def check(self, code: str, *, address: str) -> CopyCheck:
        """What the copy with this code is for, and whether it is good."""

    async def compare(self, code: str, content: bytes, *, address: str) -> CopyComparison:
        """Whether a file is this copy, and verifies."""
