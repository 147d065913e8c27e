"""A maker, a signer and a root with minimal SM2 certificates (GB/T 20518), and seals made with them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from certs.crypto.ecdsa_form import raw_to_der
from certs.crypto.sm2 import Sm2Signer
from certs.pki import der
from certs.seals.model import SM2_WITH_SM3, Picture, SealInfo
from certs.seals.seal import make_test_seal

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(days=365), NOW + timedelta(days=3650)
# One transparent pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b4944415478da636000020000050001e9fadcd8"
    "0000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate."""

    signer: Sm2Signer
    certificate: bytes


def name(common: str) -> bytes:
    """An X.501 name of one common name."""
    attribute = der.sequence(der.oid("2.5.4.3"), der.utf8(common))
    return der.sequence(der.tlv(0x31, attribute))


def certificate(subject: str, key: Sm2Signer, issuer: str, issuer_key: Sm2Signer, serial: int) -> bytes:
    """A version 3 certificate with digitalSignature and nonRepudiation."""
    algorithm = der.sequence(der.oid(SM2_WITH_SM3))
    usage = der.sequence(
        der.oid("2.5.29.15"),
        der.boolean(True),
        der.octets(der.tlv(der.BIT_STRING, b"\x06\xc0")),
    )
    tbs = der.sequence(
        der.tlv(0xA0, der.integer(2)),
        der.integer(serial),
        algorithm,
        name(issuer),
        der.sequence(der.generalized_time(SINCE), der.generalized_time(UNTIL)),
        name(subject),
        key.verifier().spki(),
        der.tlv(0xA3, der.sequence(usage)),
    )
    return der.sequence(tbs, algorithm, der.bits(raw_to_der(issuer_key.sign(tbs))))


def identity(subject: str, root: Sm2Signer, serial: int) -> Identity:
    """A fresh key certified by the root."""
    key = Sm2Signer.generate()
    return Identity(key, certificate(subject, key, "测试根", root, serial))


@dataclass(slots=True)
class SealWorld:
    """Who makes seals and who uses them in one test."""

    root: Sm2Signer = field(default_factory=Sm2Signer.generate)
    maker: Identity = field(init=False)
    signer: Identity = field(init=False)
    stranger: Identity = field(init=False)

    def __post_init__(self) -> None:
        self.maker = identity("测试制章系统", self.root, 2)
        self.signer = identity("339900市测试局", self.root, 3)
        self.stranger = identity("339900市另一测试局", self.root, 4)

    def info(self, **changed: object) -> SealInfo:
        """What a seal says."""
        info = SealInfo(
            maker_id="YZTTEST",
            es_id="33990000000001",
            kind=1,
            name="339900市测试局电子印章（测试）",
            certificates=(self.signer.certificate,),
            digests=(),
            created_at=NOW - timedelta(days=30),
            valid_from=NOW - timedelta(days=30),
            valid_until=NOW + timedelta(days=700),
            picture=Picture("PNG", PNG, 42, 42),
        )
        return replace(info, **changed)  # type: ignore[arg-type]  # members by name, for tests only

    def seal(self, info: SealInfo | None = None, maker: Identity | None = None) -> bytes:
        """A seal, DER."""
        by = maker or self.maker
        return make_test_seal(
            info or self.info(), maker_certificate=by.certificate, maker=by.signer, profile="embedded"
        )
