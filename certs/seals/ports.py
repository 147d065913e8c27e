"""What verification asks of whoever knows certificates, seals on file and time stamps. All of it is passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from certs.crypto.ports import Verifier
from certs.model import Outcome
from certs.seals.history import SealOnFile


class Standing(StrEnum):
    """How a certificate stands at an instant: chain, term, key usage and revocation together."""

    TRUSTED = "trusted"
    FORGED = "forged"
    OUTSIDE_TERM = "outside-term"
    WRONG_USE = "wrong-use"
    REVOKED = "revoked"
    ISSUER_UNKNOWN = "issuer-unknown"
    REVOCATION_UNKNOWN = "revocation-unknown"


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """The standing with a word of detail for the auditor, such as the subject or the reason."""

    standing: Standing
    detail: str = ""


class Certificates(Protocol):
    """Trusted roots with revocation lists."""

    def verifier(self, certificate: bytes) -> Verifier:
        """The public key of a DER certificate; raises `certs.errors.CertsError` if it cannot be read."""

    def judge(self, certificate: bytes, *, at: datetime) -> CertificateFinding:
        """The standing at an instant for signing documents or seals. Raises nothing."""


class SealRegistry(Protocol):
    """Seals on file."""

    def seal(self, es_id: str) -> SealOnFile | None:
        """The seal of this number, None if there is none on file."""

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use log noted the stamp whose TBS_Sign has this SM3 digest; None if it did not."""


@dataclass(frozen=True, slots=True)
class TimestampFinding:
    """Result of checking a time-stamp token; `time` is what it proves when the outcome is PASS."""

    outcome: Outcome
    time: datetime | None = None
    detail: str = ""


class Timestamps(Protocol):
    """Trusted time-stamp authorities."""

    def check(self, token: bytes, message: bytes, *, at: datetime) -> TimestampFinding:
        """Check an RFC 3161 token over these octets as of an instant. Raises nothing."""


@dataclass(frozen=True, slots=True)
class SealTrust:
    """All a verifier believes; never taken from the document. What is missing leaves its step undetermined."""

    certificates: Certificates
    registry: SealRegistry | None = None
    timestamps: Timestamps | None = None


@dataclass(frozen=True, slots=True)
class KnownSeals:
    """A registry as plain values, for offline verification: seals by number, use log by stamp digest."""

    seals: Mapping[str, SealOnFile]
    uses: Mapping[bytes, datetime] = field(default_factory=dict)

    def seal(self, es_id: str) -> SealOnFile | None:
        """The seal of this number."""
        return self.seals.get(es_id)

    def used(self, stamp_digest: bytes) -> datetime | None:
        """When the use was logged."""
        return self.uses.get(stamp_digest)
