"""What documents are sealed with, and what comes out."""

from dataclasses import dataclass, field

from certs.model import FaceKind
from certs.pdf.signing_appearance import NOTHING, SealAppearance
from certs.pki.cms import Stamp
from certs.pki.crl import Crl
from certs.pki.identity import Identity
from certs.pki.x509 import Certificate


@dataclass(frozen=True, slots=True)
class OfdSeal:
    """A GB/T 38540 v4 seal (SESeal, DER), who puts it on (SM2), and the time-stamp authority, None without one."""

    seal_der: bytes = field(repr=False)
    identity: Identity
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """What judges the paths of signer and time-stamps for good: certificates with their roots, and revocation lists."""

    certificates: tuple[Certificate, ...]
    crls: tuple[Crl, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PdfSeal:
    """A PAdES identity with the seal's picture.

    Without `stamp` documents are sealed as B-B, with one as B-T. With `archive` beside it, certificates valid for
    more than a year are sealed as B-LTA.
    """

    identity: Identity
    stamp: Stamp | None = None
    appearance: SealAppearance = field(default=NOTHING, repr=False)
    archive: Archive | None = None


@dataclass(frozen=True, slots=True)
class DocumentSeals:
    """What an issuer seals both faces of one type with."""

    ofd: OfdSeal
    pdf: PdfSeal


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed face as released.

    Attributes:
        kid: of the key that signed it.
        digest: SHA-256 of `data`, for the journal.
        stamp_digest: OFD only: SM3 of TBS_Sign, the name of this use in the seal's log (用印记录).
    """

    kind: FaceKind
    data: bytes = field(repr=False)
    kid: str
    digest: bytes
    stamp_digest: bytes | None = None
