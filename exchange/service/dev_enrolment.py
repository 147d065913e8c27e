"""A department made ready to seal on a development hub: two certified keys, a test seal, two custodians.

Safe to repeat: what is there and still good stays.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.pki.dev_ca import refuse_production
from certs.seals import repo as seals_on_file
from certs.seals.history import SealState
from certs.seals.registry import Act, UsePolicy
from certs.seals.seal import lists_signer
from certs.seals.signature import read_v4
from certs.type_catalogue import CertificateType
from exchange.errors import DepartmentUnknownError, KeyUncertifiedError, SealUnavailableError
from exchange.model import Principal, Role
from exchange.repo.access import custodian_accounts
from exchange.service.catalogue import Catalogue
from exchange.service.dev_authority import DevelopmentAuthority
from exchange.service.keys import HubKeys, KeyRole, NoSignerError
from exchange.service.seals import Wish
from exchange.service.trial_seals import LABEL, Trial, TrialSeals
from exchange.uow import Reads

_OPERATOR: Final = Principal(Role.OPERATOR, "开发签章 dev-ca", officer="dev-ca")
_REASON: Final = "开发测试启用 development"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A custodian's account as it was made; the password is known nowhere else."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a department seals with; `accounts` holds those that were made just now."""

    owner: str
    seal_kid: str
    pdf_kid: str
    es_id: str
    custodians: tuple[str, ...]
    accounts: tuple[NewAccount, ...]


@dataclass(frozen=True, slots=True)
class DevelopmentEnrolment:
    """Enrols departments. `register` makes an account (user name, password, who)."""

    authority: DevelopmentAuthority
    keys: HubKeys
    trials: TrialSeals
    catalogue: Catalogue
    types: Iterable[CertificateType]
    reads: Reads
    register: Callable[[str, str, Principal], Awaitable[None]]
    new_password: Callable[[], str]
    now: Callable[[], datetime]

    async def enrol(self, owner: str, *, name: str | None = None) -> Enrolled:
        """Make a department ready; `name` is written into certificates and seal (default: the catalogue's).

        Raises:
            DevelopmentOnly: the profile is production.
            DepartmentUnknownError: the catalogue has no department of this code.
            AuthorityRefusedError: there is no development authority yet.
            SealActRefused, SealExists: the register does not take the seal.
        """
        refuse_production(self.authority.profile)
        departments = {
            str(code): entry.name_zh for code, entry in (await self.catalogue.snapshot()).departments.items()
        }
        if owner not in departments:
            raise DepartmentUnknownError(owner)
        called = f"{name or departments[owner]}{LABEL}"
        seal_kid = await self._certified_key(KeyRole.SEAL, owner, called)
        pdf_kid = await self._certified_key(KeyRole.SEAL_PDF, owner, called)
        custodians, accounts = await self._custodians(owner)
        es_id = await self._seal_in_use(owner) or await self._new_seal(owner, called, custodians)
        return Enrolled(owner, seal_kid, pdf_kid, es_id, custodians, accounts)

    async def _certified_key(self, role: KeyRole, owner: str, called: str) -> str:
        await self.keys.reload()
        try:
            return self.keys.identity(role, owner).signer.kid
        except NoSignerError:
            signer = await self.keys.generate(role, owner)
        except KeyUncertifiedError:
            signer = self.keys.signer(role, owner)
        await self.authority.certify(signer, called)
        return signer.kid

    async def _custodians(self, owner: str) -> tuple[tuple[str, str], tuple[NewAccount, ...]]:
        """Two custodians of the department, and the accounts made for those who were missing."""
        async with self.reads() as conn:
            active = [number for number, (_, acts) in (await custodian_accounts(conn, owner)).items() if acts]
        made = []
        for place in range(2 - len(active)):
            number = next(n for n in ("SEAL1", "SEAL2", "SEAL3") if n not in active)
            account = NewAccount(f"{number.lower()}-{owner.lower()}", self.new_password())
            keeper = Principal(Role.CUSTODIAN, f"测试保管人{place + 1}", department=owner, officer=number)
            await self.register(account.username, account.password, keeper)
            active.append(number)
            made.append(account)
        return (active[0], active[1]), tuple(made)

    async def _seal_in_use(self, owner: str) -> str | None:
        """A seal in use that names the department's present key."""
        signer = self.keys.identity(KeyRole.SEAL, owner).certificate.der
        async with self.reads() as conn:
            for seal in await seals_on_file.seals(conn, owner):
                info = read_v4(await seals_on_file.seal_bytes(conn, seal.es_id)).info
                if seal.state_at(self.now()) is SealState.ACTIVE and lists_signer(info, signer):
                    return seal.es_id
        return None

    async def _new_seal(self, owner: str, called: str, custodians: tuple[str, str]) -> str:
        policy = UsePolicy(frozenset(kind.code for kind in self.types))
        made = await self.trials.make(_OPERATOR, Trial(f"{called}电子印章", owner, custodians, policy))
        es_id, register = made.seal.es_id, self.trials.seals
        first, second = (Principal(Role.CUSTODIAN, n, department=owner, officer=n) for n in custodians)
        proposal = await register.propose(first, es_id, Wish(Act.ACTIVATE, _REASON))
        filed = await register.approve(second, es_id, proposal.id)
        if filed.seal.state is not SealState.ACTIVE:
            raise SealUnavailableError(owner, f"the test seal is {filed.seal.state}")
        return es_id
