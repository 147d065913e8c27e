"""Refused certificates, lists, signatures and time-stamps. `undetermined` tells "cannot be said" from "no"."""

from datetime import datetime
from typing import ClassVar

from certs.errors import CertsError


class PkiError(CertsError):
    """A certificate, signature or time-stamp does not hold. Next: see the subclass."""

    code = "pki-error"
    undetermined: ClassVar[bool] = False


class DevelopmentOnly(PkiError):
    """A development authority was asked to work in production. Next: use a licensed authority."""

    code = "development-only"


class MalformedDer(PkiError):
    """The bytes are not DER of what they should be. Next: treat the document as forged or damaged."""

    code = "der-malformed"


class MalformedCertificate(PkiError):
    """A certificate or revocation list breaks RFC 5280. Next: obtain it again from its authority."""

    code = "certificate-malformed"


class IdentityMismatch(PkiError):
    """A key, its certificate and the certificates above it do not belong together. Next: check the files."""

    code = "identity-mismatch"


class PathRefused(PkiError):
    """No acceptable path leads from the certificate to a trusted root. Next: see the subclass."""

    code = "path-refused"

    def __init__(self, detail: str, *, subject: str, serial: int, **evidence: object) -> None:
        super().__init__(f"{subject} ({serial:x}): {detail}", subject=subject, serial=serial, **evidence)
        self.subject, self.serial = subject, serial


class IssuerUnknown(PathRefused):
    """No trusted root stands behind the certificate. Next: obtain the authority's root through a safe channel."""

    code = "issuer-unknown"
    undetermined = True


class CertificateExpired(PathRefused):
    """The certificate had expired at the time in question. Next: look for a time-stamp from before."""

    code = "certificate-expired"

    def __init__(self, *, subject: str, serial: int, at: datetime, not_after: datetime) -> None:
        super().__init__(f"expired {not_after.isoformat()}", subject=subject, serial=serial, at=at, not_after=not_after)
        self.at, self.not_after = at, not_after


class CertificateNotYetValid(PathRefused):
    """The certificate was not yet valid at the time in question. Next: check the clock that gave that time."""

    code = "certificate-not-yet-valid"

    def __init__(self, *, subject: str, serial: int, at: datetime, not_before: datetime) -> None:
        super().__init__(
            f"valid from {not_before.isoformat()}", subject=subject, serial=serial, at=at, not_before=not_before
        )
        self.at, self.not_before = at, not_before


class NotAnAuthority(PathRefused):
    """A certificate that may not issue others issued one. Next: treat what it issued as forged."""

    code = "not-an-authority"


class PathTooLong(PathRefused):
    """More authorities stand in the path than one of them allows. Next: treat the leaf as forged."""

    code = "path-too-long"

    def __init__(self, *, subject: str, serial: int, allowed: int, found: int) -> None:
        super().__init__(
            f"allows {allowed} authorities below it, {found} found",
            subject=subject,
            serial=serial,
            allowed=allowed,
            found=found,
        )
        self.allowed, self.found = allowed, found


class KeyUsageRefused(PathRefused):
    """The key may not be used for this. Next: refuse; ask the signer to use the right certificate."""

    code = "key-usage-refused"


class CertificateRevoked(PathRefused):
    """The certificate was revoked at the time in question. Next: refuse; ask for a document signed anew."""

    code = "certificate-revoked"

    def __init__(self, *, subject: str, serial: int, reason: str, revoked_at: datetime) -> None:
        super().__init__(
            f"revoked {revoked_at.isoformat()} ({reason})",
            subject=subject,
            serial=serial,
            reason=reason,
            revoked_at=revoked_at,
        )
        self.reason, self.revoked_at = reason, revoked_at


class RevocationUnknown(PathRefused):
    """No revocation list answers for the time in question. Next: fetch the issuer's list and check again."""

    code = "revocation-unknown"
    undetermined = True


class CriticalExtensionUnknown(PathRefused):
    """The certificate says something that must be understood and is not. Next: refuse."""

    code = "critical-extension-unknown"


class NameConstraintsUnsupported(CriticalExtensionUnknown):
    """An authority's critical name constraints are not evaluated here. Next: refuse; use another path."""

    code = "name-constraints-unsupported"


class CertificateForged(PathRefused):
    """A certificate is not signed by the key it names as its issuer. Next: treat it as forged."""

    code = "certificate-forged"


class CmsRefused(PkiError):
    """Signed data does not hold. Next: treat the document as forged or damaged."""

    code = "cms-refused"


class CmsMalformed(CmsRefused):
    """Signed data breaks RFC 5652 or the profile used here. Next: treat the document as damaged."""

    code = "cms-malformed"


class ContentChanged(CmsRefused):
    """The content is not the one that was signed. Next: treat the document as changed."""

    code = "content-changed"


class SignerMismatch(CmsRefused):
    """The certificate is not the one the signature names (RFC 5035). Next: refuse."""

    code = "signer-mismatch"


class TimestampRefused(PkiError):
    """A time-stamp does not hold (RFC 3161). Next: ask for another, or judge without it."""

    code = "timestamp-refused"


class TimestampRejected(TimestampRefused):
    """The authority answered that it will not stamp. Next: read `status` and `failure`, then ask again."""

    code = "timestamp-rejected"


class TimestampInFuture(TimestampRefused):
    """The time-stamp is from after the time in question: one of two clocks is wrong. Next: compare clocks."""

    code = "timestamp-in-future"
    undetermined = True


class PdfRefused(PkiError):
    """A PDF may not be sealed. Next: see the subclass."""

    code = "pdf-refused"


class ForeignPdf(PdfRefused):
    """The PDF was not drawn by this hub just now. Next: issue the certificate and let the hub draw it."""

    code = "pdf-foreign"


class PdfShapeRefused(PdfRefused):
    """The PDF is not of the plain shape the renderer writes. Next: report it; do not seal it by other means."""

    code = "pdf-shape-refused"


class PdfSignatureRefused(PkiError):
    """The signature of a PDF does not cover what it must. Next: treat the document as changed."""

    code = "pdf-signature-refused"


class ReserveTooSmall(PdfRefused):
    """The signature does not fit the space reserved for it. Next: raise the reserve; shorten the chain."""

    code = "reserve-too-small"
