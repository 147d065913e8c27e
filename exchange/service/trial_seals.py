"""Seals made here for tests and integration (测试印章): labelled, of the development authority, never in production.

What is made is filed like any other seal and waits for two custodians; nothing here activates it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from certs.pki.dev_ca import DevelopmentCa, refuse_production
from certs.seals.model import Picture, SealInfo, SealType
from certs.seals.registry import UsePolicy
from certs.seals.seal import make_test_seal
from exchange.model import Principal, Role
from exchange.model_seals import SealDetail
from exchange.service import roles
from exchange.service.dev_seal_picture import PICTURE_MM, trial_seal_picture
from exchange.service.keys import HubKeys, KeyRole
from exchange.service.seals import SealFile, Seals

LABEL: Final = "（测试）"
_MAKER: Final = "YZTDEV"


class SealMaker(Protocol):
    """The development authority, for its maker of seals (制章人)."""

    async def maker(self) -> DevelopmentCa:
        """Its SM2 identities; raises AuthorityRefusedError before `yzt dev-ca init`."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A test seal to make: its name (the label is added), the owner's USCC, custodians, rules of use.

    `picture` is a PNG; without one a red ring with 测试 is drawn.
    """

    name: str
    owner: str
    custodians: tuple[str, ...]
    policy: UsePolicy
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class TrialSeals:
    """Makes and files test seals; a seal names the department's present sealing key as its only signer."""

    development: SealMaker
    keys: HubKeys
    seals: Seals
    now: Callable[[], datetime]

    async def make(self, principal: Principal, trial: Trial) -> SealDetail:
        """Make a seal for a department and file it.

        Raises:
            NotAllowedError: not an operator.
            DevelopmentOnly: the profile is production.
            NoSignerError, KeyUncertifiedError: the department has no certified sealing key.
            AuthorityRefusedError: there is no development authority.
            SealMalformed, SealActRefused, SealExists: as `Seals.register_test_seal`.
        """
        roles.require(principal, Role.OPERATOR)
        refuse_production(self.seals.profile)
        maker = (await self.development.maker()).seal_maker
        content = make_test_seal(
            self._info(trial),
            maker_certificate=maker.certificate.der,
            maker=maker.signer,
            profile=self.seals.profile,
        )
        file = SealFile(content, trial.owner, trial.custodians, trial.policy)
        return await self.seals.register_test_seal(principal, file)

    def _info(self, trial: Trial) -> SealInfo:
        now = self.now().replace(microsecond=0)
        certificate = self.keys.identity(KeyRole.SEAL, trial.owner).certificate
        return SealInfo(
            maker_id=_MAKER,
            es_id=f"{trial.owner[2:8]}{now:%y%m%d%H%M%S}{trial.owner[-6:]}",
            kind=SealType.UNIT,
            name=trial.name if "测试" in trial.name else f"{trial.name}{LABEL}",
            certificates=(certificate.der,),
            digests=(),
            created_at=now,
            valid_from=certificate.not_before,
            valid_until=certificate.not_after,
            picture=Picture("PNG", trial.picture or trial_seal_picture(), PICTURE_MM, PICTURE_MM),
        )
