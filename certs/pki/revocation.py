"""Was a certificate revoked at a given time? Answered from lists, which may be of before or after that time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certs.errors import InvalidSignature
from certs.pki.algorithms import verify_issued
from certs.pki.crl import Crl, Revocation
from certs.pki.errors import CertificateRevoked, RevocationUnknown
from certs.pki.extensions import KeyUsage
from certs.pki.x509 import Certificate

HOLD: Final = "certificateHold"


def require_not_revoked(certificate: Certificate, issuer: Certificate, at: datetime, crls: Sequence[Crl]) -> None:
    """Return if a list of the issuer says the certificate was good at `at`.

    A list speaks for `at` if `at` lies between its two dates, or if it is later and the certificate had not expired
    when it was made (expired certificates are dropped from lists). A revocation seen in any list of the issuer
    counts, a stale one included, because only a hold is ever lifted.

    Raises:
        CertificateRevoked: with reason and date; an invalidity date before the revocation is believed.
        RevocationUnknown: no list, only stale ones, or none that could be checked.
    """
    lists = [crl for crl in crls if speaks_for(crl, issuer)]
    for crl in lists:
        if (entry := crl.entries.get(certificate.serial)) and _revoked(entry, crl, at):
            raise CertificateRevoked(
                subject=certificate.subject_text,
                serial=certificate.serial,
                reason=entry.reason,
                revoked_at=entry.effective,
            )
    if not any(_covers(crl, certificate, at) for crl in lists):
        newest = max((crl.next_update for crl in lists), default=None)
        detail = f"the newest list ended {newest.isoformat()}" if newest else "no list of its issuer"
        raise RevocationUnknown(
            f"revocation at {at.isoformat()} unknown: {detail}",
            subject=certificate.subject_text,
            serial=certificate.serial,
            at=at,
            newest=newest,
        )


def revocations(certificate: Certificate, issuer: Certificate, crls: Sequence[Crl]) -> tuple[Revocation, ...]:
    """Every revocation of the certificate in lists its issuer signed, whenever it took effect."""
    entries = (crl.entries.get(certificate.serial) for crl in crls if speaks_for(crl, issuer))
    return tuple(entry for entry in entries if entry)


def _revoked(entry: Revocation, crl: Crl, at: datetime) -> bool:
    if entry.reason == HOLD and at >= crl.next_update:
        return False  # a hold may have been lifted since
    return entry.effective <= at


def _covers(crl: Crl, certificate: Certificate, at: datetime) -> bool:
    fresh = crl.this_update <= at < crl.next_update
    return fresh or at < crl.this_update <= certificate.not_after


def speaks_for(crl: Crl, issuer: Certificate) -> bool:
    """Signed by this issuer, which may sign lists, and saying nothing critical that is not understood."""
    usage = issuer.extensions.key_usage
    if crl.issuer != issuer.subject or crl.critical or (usage is not None and KeyUsage.CRL_SIGN not in usage):
        return False
    try:
        verify_issued(issuer.key, crl.alg, crl.tbs, crl.signature)
    except InvalidSignature:
        return False
    return True
