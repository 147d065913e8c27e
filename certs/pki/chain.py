"""Certification paths at a given time (RFC 5280 §6), and revocation by lists. Nothing here reads a clock.

Trust comes from `roots` alone; `intermediates` may hold anything. A root is believed for its name and key, and only
within its own validity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from certs.errors import InvalidSignature
from certs.pki import errors
from certs.pki.algorithms import verify_issued
from certs.pki.crl import Crl
from certs.pki.extensions import ANY_PURPOSE, DOCUMENT_SIGNING, EXTENDED_KEY_USAGE, NAME_CONSTRAINTS, TIME_STAMPING
from certs.pki.extensions import KeyUsage as Use
from certs.pki.revocation import require_not_revoked
from certs.pki.x509 import Certificate

_MAX_LENGTH: Final = 8
_MAX_PATHS: Final = 16
_MAX_STEPS: Final = 512


class Purpose(StrEnum):
    """What the key at the end of the path was used for."""

    DOCUMENT = "document"  # signing certificates, PDFs, seals
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Path:
    """An accepted path from the leaf to a trusted root, both included, and the time it holds for."""

    certificates: tuple[Certificate, ...]
    at: datetime
    purpose: Purpose

    @property
    def leaf(self) -> Certificate:
        """The certificate that was asked about."""
        return self.certificates[0]

    @property
    def root(self) -> Certificate:
        """The trusted root."""
        return self.certificates[-1]


def check_chain(
    leaf: Certificate,
    intermediates: Sequence[Certificate],
    roots: Sequence[Certificate],
    *,
    at: datetime,
    crls: Sequence[Crl],
    purpose: Purpose,
) -> Path:
    """The first path that holds at time `at` (aware).

    1. Candidates are linked by issuer name and key identifier up to a root.
    2. Per certificate, root first: signature, validity at `at`, understood critical extensions.
    3. Per authority: CA flag, certificate signing allowed, path length, purposes it restricts to.
    4. The leaf's key usage and purposes fit `purpose`.
    5. No certificate below the root was revoked at `at`.

    Raises:
        PathRefused: one of its subclasses, with evidence; of several candidates the first one's refusal, unless
            another could merely not be determined.
    """
    refusals: list[errors.PathRefused] = []
    for candidate in islice(_candidates(leaf, intermediates, roots), _MAX_PATHS):
        try:
            _check_path(candidate, at, crls, purpose)
        except errors.PathRefused as refusal:
            refusals.append(refusal)
        else:
            return Path(candidate, at, purpose)
    if not refusals:
        detail = f"no path to a trusted root; its issuer is {leaf.issuer_text}"
        raise errors.IssuerUnknown(detail, subject=leaf.subject_text, serial=leaf.serial)
    raise next((refusal for refusal in refusals if refusal.undetermined), refusals[0])


def _candidates(
    leaf: Certificate, intermediates: Sequence[Certificate], roots: Sequence[Certificate]
) -> Iterator[tuple[Certificate, ...]]:
    """Paths linked by name only; bounded, because `intermediates` comes from whoever made the document."""
    waiting: list[tuple[Certificate, ...]] = [(leaf,)]
    for _ in range(_MAX_STEPS):
        if not waiting:
            return
        path = waiting.pop()
        for root in roots:
            if _links(path[-1], root) and root not in path:
                yield (*path, root)
        if len(path) < _MAX_LENGTH - 1:
            seen = {*path, *roots}
            waiting += [(*path, more) for more in intermediates if more not in seen and _links(path[-1], more)]


def _links(child: Certificate, issuer: Certificate) -> bool:
    wanted, offered = child.extensions.authority_key_id, issuer.extensions.subject_key_id
    return child.issuer == issuer.subject and (wanted is None or offered is None or wanted == offered)


def _check_path(path: tuple[Certificate, ...], at: datetime, crls: Sequence[Crl], purpose: Purpose) -> None:
    """What is certain first, so that a missing list never hides a forgery."""
    _check_alone(path[-1], at)
    below = sum(not authority.is_self_issued for authority in path[1:-1])
    links = list(zip(reversed(path[:-1]), reversed(path[1:]), strict=True))
    for child, issuer in links:
        _check_authority(issuer, below, purpose)
        _check_signature(child, issuer)
        _check_alone(child, at)
        below -= child is not path[0] and not child.is_self_issued
    _check_leaf(path[0], purpose)
    _check_revocation(links, at, crls)


def _check_revocation(links: Sequence[tuple[Certificate, Certificate]], at: datetime, crls: Sequence[Crl]) -> None:
    unknown: errors.RevocationUnknown | None = None
    for child, issuer in links:
        try:
            require_not_revoked(child, issuer, at, crls)
        except errors.RevocationUnknown as refusal:
            unknown = unknown or refusal
    if unknown:
        raise unknown


def _check_alone(certificate: Certificate, at: datetime) -> None:
    subject, serial = certificate.subject_text, certificate.serial
    if at > certificate.not_after:
        raise errors.CertificateExpired(subject=subject, serial=serial, at=at, not_after=certificate.not_after)
    if at < certificate.not_before:
        raise errors.CertificateNotYetValid(subject=subject, serial=serial, at=at, not_before=certificate.not_before)
    unknown = certificate.extensions.critical & certificate.extensions.unread
    if NAME_CONSTRAINTS in unknown:
        raise errors.NameConstraintsUnsupported("critical name constraints", subject=subject, serial=serial)
    if unknown:
        detail = f"critical extension {', '.join(sorted(unknown))}"
        raise errors.CriticalExtensionUnknown(detail, subject=subject, serial=serial, oids=sorted(unknown))


def _check_signature(child: Certificate, issuer: Certificate) -> None:
    try:
        verify_issued(issuer.key, child.alg, child.tbs, child.signature)
    except InvalidSignature as error:
        detail = f"not signed by {issuer.subject_text}"
        raise errors.CertificateForged(detail, subject=child.subject_text, serial=child.serial) from error


def _check_authority(issuer: Certificate, below: int, purpose: Purpose) -> None:
    said, subject, serial = issuer.extensions, issuer.subject_text, issuer.serial
    if not said.is_ca:
        raise errors.NotAnAuthority("issued a certificate without being an authority", subject=subject, serial=serial)
    if said.key_usage is not None and Use.KEY_CERT_SIGN not in said.key_usage:
        raise errors.KeyUsageRefused("may not sign certificates", subject=subject, serial=serial)
    if said.path_length is not None and below > said.path_length:
        raise errors.PathTooLong(subject=subject, serial=serial, allowed=said.path_length, found=below)
    wanted = _PURPOSES[purpose]
    if said.purposes is not None and said.purposes.isdisjoint(wanted | {ANY_PURPOSE}):
        raise errors.KeyUsageRefused(f"authority is not for {purpose}", subject=subject, serial=serial)


def _check_leaf(leaf: Certificate, purpose: Purpose) -> None:
    said, subject, serial = leaf.extensions, leaf.subject_text, leaf.serial
    if said.is_ca:
        raise errors.KeyUsageRefused("an authority's certificate signs no documents", subject=subject, serial=serial)
    if said.key_usage is None or said.key_usage.isdisjoint({Use.DIGITAL_SIGNATURE, Use.NON_REPUDIATION}):
        raise errors.KeyUsageRefused("key usage does not allow signatures", subject=subject, serial=serial)
    if purpose is Purpose.TIMESTAMP:
        if said.purposes != frozenset({TIME_STAMPING}) or EXTENDED_KEY_USAGE not in said.critical:
            detail = "extended key usage is not critical and time-stamping alone (RFC 3161 §2.3)"
            raise errors.KeyUsageRefused(detail, subject=subject, serial=serial)
    elif said.purposes is not None and said.purposes.isdisjoint(_PURPOSES[purpose] | {ANY_PURPOSE}):
        raise errors.KeyUsageRefused(f"extended key usage is not for {purpose}", subject=subject, serial=serial)


_PURPOSES: Final = {
    Purpose.DOCUMENT: frozenset({DOCUMENT_SIGNING}),
    Purpose.TIMESTAMP: frozenset({TIME_STAMPING}),
}
