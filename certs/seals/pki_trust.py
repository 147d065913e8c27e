"""Certificates and time stamps judged by trusted roots and revocation lists (`certs.pki`), in the form seals ask for.

Roots, intermediates and lists are passed in; nothing is fetched. That a certificate is trusted at an instant is
remembered, because a batch asks the same about one seal ten thousand times; refusals are not, since foreign files
choose what is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.crypto.ports import Verifier
from certs.errors import CertsError
from certs.model import Outcome
from certs.pki import errors
from certs.pki.chain import Purpose, check_chain
from certs.pki.crl import Crl
from certs.pki.timestamp import check_timestamp
from certs.pki.x509 import Certificate, parse_certificate
from certs.seals.ports import CertificateFinding, Standing, TimestampFinding

_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class PkiTrust:
    """What is believed: roots absolutely, intermediates and lists as far as they are signed.

    `distrusted` maps a key id to the instant since when its owner has lost it (失密). Its authority's list says so
    too, but later; until then whoever keeps the trust list says it.
    """

    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = field(default=(), repr=False)
    distrusted: Mapping[str, datetime] = field(default_factory=dict)

    def require_trusted_key(self, certificate: Certificate, at: datetime) -> None:
        """Return unless the certificate's key is distrusted at this instant.

        Raises:
            CertificateRevoked: it is, whatever the lists say.
        """
        since = self.distrusted.get(certificate.key.kid)
        if since is not None and at >= since:
            raise errors.CertificateRevoked(
                subject=certificate.subject_text, serial=certificate.serial, reason="keyCompromise", revoked_at=since
            )


class PkiCertificates:
    """Judges certificates of seal makers and signers."""

    def __init__(self, trust: PkiTrust) -> None:
        self._trust = trust
        self._good: dict[tuple[bytes, datetime], CertificateFinding] = {}

    def verifier(self, certificate: bytes) -> Verifier:
        """The public key of a DER certificate; raises MalformedDer, MalformedCertificate, MalformedKey."""
        return parse_certificate(certificate).key

    def judge(self, certificate: bytes, *, at: datetime) -> CertificateFinding:
        """Chain, term, key usage and revocation at an instant. Raises nothing."""
        known = self._good.get((certificate, at))
        if known is not None:
            return known
        found = self._judged(certificate, at)
        if found.standing is Standing.TRUSTED:
            if len(self._good) >= _REMEMBERED:
                self._good.clear()
            self._good[certificate, at] = found
        return found

    def _judged(self, certificate: bytes, at: datetime) -> CertificateFinding:
        trust = self._trust
        try:
            leaf = parse_certificate(certificate)
            check_chain(leaf, trust.intermediates, trust.roots, at=at, crls=trust.crls, purpose=Purpose.DOCUMENT)
            trust.require_trusted_key(leaf, at)
        except CertsError as error:
            return CertificateFinding(_standing(error), str(error))
        return CertificateFinding(Standing.TRUSTED, leaf.subject_text)


class PkiTimestamps:
    """Judges RFC 3161 tokens of trusted authorities."""

    def __init__(self, trust: PkiTrust) -> None:
        self._trust = trust

    def check(self, token: bytes, message: bytes, *, at: datetime) -> TimestampFinding:
        """Check a token over these octets as of an instant. Raises nothing."""
        trust = self._trust
        try:
            found = check_timestamp(
                token, message, at=at, roots=trust.roots, crls=trust.crls, intermediates=trust.intermediates
            )
            trust.require_trusted_key(found.authority, at)  # who has lost a key can date back
        except CertsError as error:
            unknown = isinstance(error, errors.PkiError) and (
                error.undetermined or isinstance(error, errors.PathRefused)
            )
            return TimestampFinding(Outcome.UNDETERMINED if unknown else Outcome.FAIL, detail=str(error))
        return TimestampFinding(Outcome.PASS, found.at)


# The first class that fits; an error nobody thought of is a forgery.
_STANDINGS: Final[Sequence[tuple[type[CertsError], Standing]]] = (
    (errors.CertificateRevoked, Standing.REVOKED),
    (errors.CertificateExpired, Standing.OUTSIDE_TERM),
    (errors.CertificateNotYetValid, Standing.OUTSIDE_TERM),
    (errors.KeyUsageRefused, Standing.WRONG_USE),
    (errors.IssuerUnknown, Standing.ISSUER_UNKNOWN),
    (errors.RevocationUnknown, Standing.REVOCATION_UNKNOWN),
)


def _standing(error: CertsError) -> Standing:
    return next((standing for kind, standing in _STANDINGS if isinstance(error, kind)), Standing.FORGED)
