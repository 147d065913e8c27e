"""The seal register read for people: who sees which seals, and what of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certs.crypto.sm3 import sm3
from certs.errors import CertsError
from certs.model import day_begins, law_day
from certs.pki.x509 import parse_certificate
from certs.seals import repo
from certs.seals.errors import SealMalformed, SealNotFound
from certs.seals.model import Seal, SealInfo
from certs.seals.picture import media_type
from certs.seals.registry import PROPOSAL_LIFE, Proposal, RegisteredSeal
from certs.seals.signature import read_v4
from exchange.model import Principal, Role
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
from exchange.repo.access import custodian_accounts, departments_with_custodians
from exchange.service import roles
from exchange.uow import Reads

_Accounts = Mapping[str, tuple[str, bool]]
_POSITION_BYTES = 16


@dataclass(frozen=True, slots=True)
class SealViews:
    """Reads the register. A custodian sees the seals of the own department, operators and auditors all; others none.

    What somebody may not see is not there: the two are not told apart.
    """

    reads: Reads
    now: Callable[[], datetime]
    _pictures: dict[bytes, PictureView] = field(default_factory=dict)

    async def list(self, principal: Principal) -> tuple[SealView, ...]:
        """The seals this person may see, by number.

        Raises:
            NotAllowedError: neither custodian nor operator nor auditor.
        """
        department = roles.seals_seen(principal)
        async with self.reads() as conn:
            found = await repo.seals(conn, department)
            accounts = {owner: await custodian_accounts(conn, owner) for owner in {seal.owner for seal in found}}
            return tuple([await self._view(conn, seal, accounts[seal.owner]) for seal in found])

    async def get(self, principal: Principal, es_id: str) -> SealDetail:
        """One seal with its custody, signers, proposals and past.

        Raises:
            NotAllowedError, SealNotFound.
        """
        async with self.reads() as conn:
            seal = await self._visible(conn, principal, es_id)
            accounts = await custodian_accounts(conn, seal.owner)
            read = read_v4(await self._bytes(conn, seal))
            proposals = await repo.open_proposals(conn, es_id)
            return SealDetail(
                seal=await self._view(conn, seal, accounts),
                maker=_subject(read),
                created_at=read.info.created_at,
                signers=tuple(_signers(read.info)),
                proposals=tuple(proposal_view(one, seal, principal) for one in proposals if one.open_at(self.now())),
                changes=await repo.changes(conn, es_id),
                candidates=_custodians(
                    [number for number, (_, active) in accounts.items() if active and number not in seal.custodians],
                    accounts,
                ),
                mine=_keeps(principal, seal),
            )

    async def proposal(self, principal: Principal, es_id: str, proposal_id: UUID) -> ProposalView:
        """An open proposal about a seal this person may see.

        Raises:
            NotAllowedError, SealNotFound.
        """
        detail = await self.get(principal, es_id)
        for one in detail.proposals:
            if one.id == proposal_id:
                return one
        raise SealNotFound(str(proposal_id))

    async def picture(self, principal: Principal, es_id: str) -> SealPicture:
        """The seal's picture, if it is one that may be shown.

        Raises:
            NotAllowedError.
            SealNotFound: no such seal, or a picture that is not shown (SVG, OFD, or not what it says it is).
            SealMalformed: the bytes on file are not those that were imported.
        """
        async with self.reads() as conn:
            seal = await self._visible(conn, principal, es_id)
            picture = read_v4(await self._bytes(conn, seal)).info.picture
        kind = media_type(picture)
        if kind is None:
            raise SealNotFound(f"{es_id} picture")
        return SealPicture(kind, picture.data)

    async def uses(
        self, principal: Principal, es_id: str, *, limit: int, before: tuple[datetime, UUID] | None = None
    ) -> UsePage:
        """用印记录: what the seal was put on, newest first; `before` is a page's `following`.

        Raises:
            NotAllowedError, SealNotFound.
        """
        position = None if before is None else (before[0], before[1].bytes)
        async with self.reads() as conn:
            await self._visible(conn, principal, es_id)
            rows = await repo.use_log(conn, es_id, limit + 1, position)
        shown = rows[:limit]
        more = len(rows) > limit
        last = (shown[-1].used_at, UUID(bytes=shown[-1].stamp_digest[:_POSITION_BYTES])) if more else None
        return UsePage(shown, last)

    async def owners(self, principal: Principal) -> tuple[OwnerView, ...]:
        """The departments a seal can be filed for: those with at least two active custodians.

        Raises:
            NotAllowedError: not an operator.
        """
        roles.require(principal, Role.OPERATOR)
        async with self.reads() as conn:
            found = await departments_with_custodians(conn)
        return tuple(
            OwnerView(code, tuple(CustodianView(number, name, active=True) for number, name in accounts.items()))
            for code, accounts in found.items()
            if len(accounts) > 1
        )

    async def _visible(self, conn: AsyncConnection, principal: Principal, es_id: str) -> RegisteredSeal:
        department = roles.seals_seen(principal)
        seal = await repo.seal_by_id(conn, es_id)
        if department not in (None, seal.owner):
            raise SealNotFound(es_id)
        return seal

    async def _bytes(self, conn: AsyncConnection, seal: RegisteredSeal) -> bytes:
        der = await repo.seal_bytes(conn, seal.es_id)
        if sm3(der) != seal.digest:
            raise SealMalformed("the bytes on file are not those that were imported")
        return der

    async def _view(self, conn: AsyncConnection, seal: RegisteredSeal, accounts: _Accounts) -> SealView:
        now = self.now()
        waiting = [one for one in await repo.open_proposals(conn, seal.es_id) if one.open_at(now)]
        return SealView(
            es_id=seal.es_id,
            name=seal.name,
            owner=seal.owner,
            maker_id=seal.maker_id,
            origin=seal.origin,
            state=seal.state_at(now),
            valid_from=seal.valid_from,
            valid_until=seal.valid_until,
            digest=seal.digest.hex(),
            custodians=_custodians(seal.custodians, accounts),
            policy=seal.policy,
            picture=await self._picture(conn, seal),
            waiting=len(waiting),
            used_today=await repo.uses_since(conn, seal.es_id, day_begins(law_day(now))),
        )

    async def _picture(self, conn: AsyncConnection, seal: RegisteredSeal) -> PictureView:
        """Read once per seal: the bytes on file never change."""
        found = self._pictures.get(seal.digest)
        if found is None:
            picture = read_v4(await self._bytes(conn, seal)).info.picture
            found = PictureView(picture.kind, picture.width, picture.height, media_type(picture) is not None)
            self._pictures[seal.digest] = found
        return found


def proposal_view(one: Proposal, seal: RegisteredSeal, reader: Principal) -> ProposalView:
    """A proposal as this reader sees it."""
    hands = one.handover
    return ProposalView(
        id=one.id,
        es_id=one.es_id,
        act=one.act,
        reason=one.reason,
        policy=one.policy,
        leaving=hands.leaving if hands else None,
        taking=hands.taking if hands else None,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        expires_at=one.proposed_at + PROPOSAL_LIFE,
        may_approve=_may_approve(one, seal, reader),
        may_withdraw=_of_owner(reader, seal) and reader.officer == one.proposed_by,
    )


def _may_approve(one: Proposal, seal: RegisteredSeal, reader: Principal) -> bool:
    if not _of_owner(reader, seal) or reader.officer is None or reader.officer == one.proposed_by:
        return False
    return reader.officer == one.handover.taking if one.handover else _keeps(reader, seal)


def _keeps(reader: Principal, seal: RegisteredSeal) -> bool:
    return _of_owner(reader, seal) and reader.officer in seal.custodians


def _of_owner(reader: Principal, seal: RegisteredSeal) -> bool:
    return reader.role is Role.CUSTODIAN and reader.department == seal.owner


def _custodians(numbers: Iterable[str], accounts: _Accounts) -> tuple[CustodianView, ...]:
    return tuple(CustodianView(number, *accounts.get(number, ("", False))) for number in sorted(numbers))


def _signers(info: SealInfo) -> Iterable[SignerView]:
    for der in info.certificates:
        try:
            read = parse_certificate(der)
        except CertsError as error:
            yield SignerView(f"({error})")
        else:
            yield SignerView(read.subject_text, read.not_before, read.not_after)
    for digest in info.digests:
        yield SignerView(f"{digest.algorithm} {digest.value.hex()}")


def _subject(seal: Seal) -> str:
    return parse_certificate(seal.maker_certificate).subject_text
