"""A State's seal system for tests: a development CA the hub believes, and seals it makes for the hub's departments."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from certs.crypto.alg import Alg
from certs.crypto.keys import ephemeral_key
from certs.pki.dev_ca import DevelopmentCa, DevelopmentKeys, development_ca
from certs.seals.model import Picture, SealInfo
from certs.seals.registry import UsePolicy
from certs.seals.seal import make_test_seal
from exchange.app import App
from exchange.model import Principal, Role
from exchange.service.seals import SealFile
from tests.certs.seals.world import PNG

PASSWORD = "correct horse battery staple"
OPERATOR = Principal(Role.OPERATOR, "运维乙", officer="OPS1")


def sm2_authority(now: datetime, signer_name: str = "测试签章单位") -> DevelopmentCa:
    """A complete development authority with fresh keys."""
    keys = DevelopmentKeys(*(ephemeral_key(Alg.SM2) for _ in range(5)))
    return development_ca(keys, now=now, profile="embedded", signer_name=signer_name)


@dataclass
class SealMaker:
    """制章单位: makes seals as of `now`."""

    now: datetime
    ca: DevelopmentCa = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.now.replace(microsecond=0)
        self.ca = sm2_authority(self.now)

    def info(self, es_id: str = "33990000000001", **changed: object) -> SealInfo:
        """What a seal says."""
        info = SealInfo(
            maker_id="YZTTEST",
            es_id=es_id,
            kind=1,
            name="339900市公安局电子印章（测试）",
            certificates=(self.ca.signer.certificate.der,),
            digests=(),
            created_at=self.now,
            valid_from=self.now - timedelta(minutes=1),
            valid_until=self.now + timedelta(days=365),
            picture=Picture("PNG", PNG, 42, 42),
        )
        return replace(info, **changed)  # type: ignore[arg-type]  # members by name, for tests only

    def seal(self, info: SealInfo | None = None) -> bytes:
        """A seal, DER."""
        maker = self.ca.seal_maker
        return make_test_seal(
            info or self.info(), maker_certificate=maker.certificate.der, maker=maker.signer, profile="embedded"
        )

    async def believed_by(self, hub: App) -> None:
        """Let the hub believe this authority and its revocation lists."""
        authorities = hub.documents.authorities
        await authorities.add_root(self.ca.root.certificate.der)
        await authorities.add_intermediate(self.ca.issuing.certificate.der)
        for crl in self.ca.crls(self.now):
            await authorities.add_crl(crl.der)


def keeper(department: str, number: str) -> Principal:
    """A seal custodian of a department."""
    return Principal(Role.CUSTODIAN, f"保管人{number}", department=department, officer=number)


async def register_keepers(hub: App, department: str, *numbers: str) -> None:
    """Accounts of custodians; the user name is the work number in lower case."""
    for number in numbers:
        await hub.access.register_person(number.lower(), PASSWORD, keeper(department, number))


def seal_file(content: bytes, owner: str, *custodians: str, types: tuple[str, ...] = ("household",)) -> SealFile:
    """A seal to import."""
    return SealFile(content, owner, custodians, UsePolicy(frozenset(types), 100))
