"""Values of seals (SESeal) and stamps (SES_Signature). Sizes are millimetres, instants aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
SM3_OID: Final = "1.2.156.10197.1.401"


class Standard(StrEnum):
    """The standard a seal or stamp was made by. Only the second is verified; the others are recognised by name."""

    V1 = "GM/T 0031-2014"
    V4 = "GB/T 38540-2020"
    V5 = "GM/T 0031-2025"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A seal or stamp of a standard that is known by name and was not verified."""

    standard: Standard
    version: int


class SealType(IntEnum):
    """Kind of a seal (签章类型). The numbers are those in use; the standard leaves them to the seal's system."""

    UNIT = 1
    PERSON = 2


class SignerListKind(IntEnum):
    """How a seal lists who may use it (certListType)."""

    CERTIFICATES = 1
    DIGESTS = 2


@dataclass(frozen=True, slots=True)
class CertificateDigest:
    """Digest of a signer's DER certificate; `algorithm` is the name the seal gives, such as SM3."""

    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """The seal's image (SES_ESPictrueInfo): `kind` is PNG, GIF, BMP, JPG, SVG or OFD; width and height in mm."""

    kind: str
    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Extension:
    """An ExtData: object identifier, whether a reader must understand it, and its octets."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealInfo:
    """What the seal maker signed (SES_SealInfo). Exactly one of `certificates` and `digests` is filled."""

    maker_id: str
    es_id: str
    kind: int
    name: str
    certificates: tuple[bytes, ...]
    digests: tuple[CertificateDigest, ...]
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    picture: Picture
    extensions: tuple[Extension, ...] = ()

    @property
    def list_kind(self) -> SignerListKind:
        """How signers are listed."""
        return SignerListKind.DIGESTS if self.digests else SignerListKind.CERTIFICATES


@dataclass(frozen=True, slots=True)
class Seal:
    """A version 4 seal as read: its values, the bytes signed by the maker (制章人), and the whole as `der`."""

    info: SealInfo
    info_der: bytes = field(repr=False)
    maker_certificate: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A version 4 stamp (SES_Signature) as read. `tbs` is what the signer signed; `signed_path` is propertyInfo.

    `data_hash` is SM3 over the bytes of Signature.xml; `time` is the signer's claim unless `timestamp` proves it.
    """

    seal: Seal
    time: datetime
    data_hash: bytes
    signed_path: str
    extensions: tuple[Extension, ...]
    tbs: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    timestamp: bytes | None = field(repr=False)
