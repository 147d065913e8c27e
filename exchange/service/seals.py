"""电子印章 as a use case: import, custody by two persons, rules of use, stopping at once.

The operator (平台运维) files seals and names their custodians; only custodians (印章保管人) of the owner's department
act on them, and each act is done by the account that is logged in. Whoever is neither learns nothing, not even that
a seal exists. The rules themselves are `certs.seals.registry`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from catalog.model import DepartmentCode
from catalog.snapshot import CatalogueSnapshot
from certs.crypto.sm3 import sm3
from certs.pdf.signing_picture import picture_digest
from certs.seals import repo
from certs.seals.errors import SealActRefused, SealNotFound
from certs.seals.pki_trust import PkiCertificates, PkiTrust
from certs.seals.refusals import ActRefusal
from certs.seals.registry import Act, Handover, Proposal, RegisteredSeal, UsePolicy
from certs.seals.service import Registration, SealRegister
from certs.seals.signature import read_v4
from certs.type_catalogue import CertificateType
from exchange.model import Principal, Role
from exchange.model_seals import ProposalView, SealDetail
from exchange.repo.access import custodian_accounts
from exchange.service import roles
from exchange.service.repeats import Repeats
from exchange.service.seal_views import SealViews
from exchange.uow import Unit


class Believed(Protocol):
    """Whom the hub believes about certificates."""

    async def pki_trust(self) -> PkiTrust:
        """Roots, intermediates and revocation lists of now."""
        ...


class Departments(Protocol):
    """The catalogue, for its departments."""

    async def snapshot(self) -> CatalogueSnapshot:
        """The catalogue of now."""
        ...


@dataclass(frozen=True, slots=True)
class SealFile:
    """A seal to file: SESeal (DER), the owner's USCC, work numbers of its custodians, rules of use.

    The types of `policy` are named by code or short name.
    """

    content: bytes
    owner: str
    custodians: tuple[str, ...]
    policy: UsePolicy


@dataclass(frozen=True, slots=True)
class Wish:
    """What a custodian proposes: the act, why, and the terms that belong to it (see `registry.may_propose`)."""

    act: Act
    reason: str
    policy: UsePolicy | None = None
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class Seals:
    """The acts on seals; `views` reads them. `key` is an Idempotency-Key: one key, one effect."""

    views: SealViews
    repeats: Repeats
    authorities: Believed
    departments: Departments
    types: Iterable[CertificateType]
    profile: str

    async def import_seal(self, principal: Principal, file: SealFile, *, key: str | None = None) -> SealDetail:
        """File a seal made by the State's seal system (国家电子印章系统); it waits for two custodians to activate it.

        Raises:
            NotAllowedError: not an operator.
            SealActRefused: the owner is no department of the catalogue, a custodian has no active account there, the
                maker is not trusted, the term is over, or custody or rules cannot be met.
            MalformedDer, SealMalformed, SealVersionUnsupported, SealAlgorithmRefused, InvalidSignature: unfit.
            SealExists: its number or its bytes are on file.
        """
        return await self._file(principal, file, key, test=False)

    async def register_test_seal(self, principal: Principal, file: SealFile, *, key: str | None = None) -> SealDetail:
        """File a seal made for tests (`certs.seals.seal.make_test_seal`): its name says 测试, never in production.

        Raises:
            SealMakingRefused: the profile is `production`, or the name lacks the label; else as `import_seal`.
        """
        return await self._file(principal, file, key, test=True)

    async def propose(self, principal: Principal, es_id: str, wish: Wish, *, key: str | None = None) -> ProposalView:
        """One custodian proposes what takes two.

        Raises:
            NotAllowedError: not a custodian of seals.
            SealNotFound: no seal of this number in the custodian's department.
            SealActRefused: see `registry.may_propose`; who is to take custody has no active account here.
        """
        department, by = roles.custodian(principal)
        policy = wish.policy and self._checked(wish.policy)
        register = await self._register()

        async def work(unit: Unit) -> str:
            await _own(unit, es_id, department)
            active = await _active(unit, department)
            seal = await repo.seal_by_id(unit.conn, es_id)
            if wish.handover is not None and wish.handover.taking not in active:
                raise SealActRefused(Act.HAND_OVER, ActRefusal.NO_SUCH_ACCOUNT)
            gone = seal.custodians - active
            done = await register.propose(
                unit, es_id, wish.act, by=by, reason=wish.reason, policy=policy, handover=wish.handover, gone=gone
            )
            return str(done.id)

        hands = wish.handover and [wish.handover.leaving, wish.handover.taking]
        asked = {"act": wish.act.value, "seal": es_id, "reason": wish.reason, "policy": _plain(policy), "hands": hands}
        made = await self.repeats.once(principal, key, asked, work)
        return await self.views.proposal(principal, es_id, UUID(made))

    async def approve(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        """A second person agrees, and it is done: another custodian, or who takes custody.

        Raises:
            NotAllowedError: not a custodian of seals.
            SealNotFound: no such seal or open proposal in this department.
            SealActRefused: see `registry.approve`; who proposed has no active account any more.
        """
        department, by = roles.custodian(principal)

        async def agree(unit: Unit, register: SealRegister) -> None:
            proposal = await _proposed(unit, es_id, department, proposal_id)
            if proposal.proposed_by not in await _active(unit, department):
                raise SealActRefused(proposal.act, ActRefusal.PROPOSER_GONE)
            await register.approve(unit, proposal_id, by=by)

        return await self._act(principal, es_id, {"approve": str(proposal_id)}, agree, key=key)

    async def withdraw(
        self, principal: Principal, es_id: str, proposal_id: UUID, *, key: str | None = None
    ) -> SealDetail:
        """Who proposed takes it back before anybody agreed.

        Raises:
            NotAllowedError: not a custodian of seals.
            SealNotFound: no such seal or open proposal in this department.
            SealActRefused: see `registry.may_withdraw`.
        """
        department, by = roles.custodian(principal)

        async def take_back(unit: Unit, register: SealRegister) -> None:
            await _proposed(unit, es_id, department, proposal_id)
            await register.withdraw(unit, proposal_id, by=by)

        return await self._act(principal, es_id, {"withdraw": str(proposal_id)}, take_back, key=key)

    async def stop(
        self, principal: Principal, es_id: str, act: Act, *, reason: str, key: str | None = None
    ) -> SealDetail:
        """One custodian suspends (停用) or revokes (注销) the seal, at once.

        Raises:
            NotAllowedError, SealNotFound: as `propose`.
            SealActRefused: see `registry.stop`.
        """
        department, by = roles.custodian(principal)

        async def stopped(unit: Unit, register: SealRegister) -> None:
            await _own(unit, es_id, department)
            await register.stop(unit, es_id, act, by=by, reason=reason)

        return await self._act(principal, es_id, {"stop": act.value, "reason": reason}, stopped, key=key)

    async def _act(
        self,
        principal: Principal,
        es_id: str,
        asked: Mapping[str, str],
        work: Callable[[Unit, SealRegister], Awaitable[None]],
        *,
        key: str | None,
    ) -> SealDetail:
        """Do something to a seal once per key, and show the seal as it is then."""
        register = await self._register()

        async def done(unit: Unit) -> str:
            await work(unit, register)
            return es_id

        await self.repeats.once(principal, key, {"seal": es_id, **asked}, done)
        return await self.views.get(principal, es_id)

    async def _file(self, principal: Principal, file: SealFile, key: str | None, *, test: bool) -> SealDetail:
        roles.require(principal, Role.OPERATOR)
        if DepartmentCode(file.owner) not in (await self.departments.snapshot()).departments:
            raise SealActRefused("import", ActRefusal.OWNER_UNKNOWN)
        policy = self._checked(file.policy)
        register = await self._register()
        drawn = await asyncio.to_thread(_drawn, file.content)
        asked = Registration(file.content, file.owner, frozenset(file.custodians), policy, drawn)

        async def work(unit: Unit) -> str:
            if not asked.custodians <= await _active(unit, file.owner):
                raise SealActRefused("import", ActRefusal.NO_SUCH_ACCOUNT)
            filed = await self._filed(register, unit, asked, principal.officer or principal.name, test=test)
            return filed.es_id

        about = {"file": sm3(file.content).hex(), "owner": file.owner, "test": test, "policy": _plain(policy)}
        about["custodians"] = sorted(asked.custodians)
        return await self.views.get(principal, await self.repeats.once(principal, key, about, work))

    async def _filed(
        self, register: SealRegister, unit: Unit, asked: Registration, by: str, *, test: bool
    ) -> RegisteredSeal:
        act = register.register_test_seal if test else register.import_seal
        return await act(unit, asked, by=by)

    async def _register(self) -> SealRegister:
        return SealRegister(PkiCertificates(await self.authorities.pki_trust()), self.profile)

    def _checked(self, policy: UsePolicy) -> UsePolicy:
        """The rules with types by code."""
        codes = {name: kind.code for kind in self.types for name in (kind.code, kind.slug)}
        if not policy.types <= codes.keys():
            raise SealActRefused(Act.SET_POLICY, ActRefusal.TYPE_UNKNOWN)
        return UsePolicy(frozenset(codes[name] for name in policy.types), policy.daily_limit, policy.until)


def _plain(policy: UsePolicy | None) -> list[object] | None:
    """Rules of use as JSON values, the same for the same rules."""
    if policy is None:
        return None
    return [sorted(policy.types), policy.daily_limit, policy.until.isoformat() if policy.until else None]


async def _own(unit: Unit, es_id: str, department: str) -> None:
    """The seal of this number belongs to this department; locked until the unit ends, as every act needs it."""
    if (await repo.seal_by_id(unit.conn, es_id, lock=True)).owner != department:
        raise SealNotFound(es_id)


async def _proposed(unit: Unit, es_id: str, department: str, proposal_id: UUID) -> Proposal:
    """An open proposal about this very seal of this department; both are locked until the unit ends."""
    await _own(unit, es_id, department)
    proposal = await repo.open_proposal(unit.conn, proposal_id)
    if proposal.es_id != es_id:
        raise SealNotFound(str(proposal_id))
    return proposal


async def _active(unit: Unit, department: str) -> frozenset[str]:
    accounts = await custodian_accounts(unit.conn, department)
    return frozenset(number for number, (_, active) in accounts.items() if active)


def _drawn(content: bytes) -> bytes | None:
    """How PDFs draw the seal's picture; takes up to seconds for a large one."""
    return picture_digest(read_v4(content).info.picture)
