"""Steps 8 to 10: the signer's path at the time that is proven, revocation, and the time-stamps that prove the time.

The time a signer states is his own word. It is believed only to say "no": a path that had ended even then cannot be
good. To uphold a signature whose certificate has ended since, a time-stamp from before is needed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeVar

from certs.errors import AlgorithmUnavailable, CertsError
from certs.pdf.findings import not_applicable
from certs.pdf.signing_check import DocumentStamp, TimeProof, prove_time
from certs.pki import errors
from certs.pki.chain import Purpose, check_chain
from certs.pki.cms_reader import SignedData
from certs.pki.crl import parse_crl
from certs.pki.timestamp import open_token
from certs.pki.x509 import Certificate, parse_certificate
from certs.seals.pki_trust import PkiTrust
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined

T = TypeVar("T")
_MAX_STORED: Final = 256
LEEWAY: Final = timedelta(seconds=60)
_DATE: Final = re.compile(rb"(?:D:)?(\d{14})(?:Z(?:00'?00'?)?|([+-])(\d\d)'?(\d\d)'?)?")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature whose maths holds, with all that speaks about its time.

    `stamps` are document time-stamps, oldest first; `claimed` is the time the signer states.
    """

    signer: Certificate
    data: SignedData
    claimed: datetime | None
    stamps: tuple[DocumentStamp, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Findings of steps 8, 9 and 10, the time that is proven (None: no time-stamp), the path's certificates."""

    signer: Finding
    revocation: Finding
    timestamp: Finding
    proven_at: datetime | None
    path: tuple[Certificate, ...] = ()


def moment(text: bytes) -> datetime | None:
    """A PDF date (7.9.4) with seconds, as aware time; without zone it counts as UTC. None if it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        at = datetime.strptime(match[1].decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if match[2]:
            ahead = timedelta(hours=int(match[3]), minutes=int(match[4]))
            at = at.replace(tzinfo=timezone(ahead if match[2] == b"+" else -ahead))
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def standing(signed: Signed, trust: PkiTrust, *, at: datetime) -> Standing:
    """Judge signer and time as of `at`. `trust` includes what the file brings along. Raises nothing."""
    proof = prove_time(signed.stamps, signed.data.timestamps, signed.data.signature, trust, at=at)
    proven = [*(item.at for item in proof.document_stamps), *([proof.stamp.at] if proof.stamp else [])]
    signer, revocation, path = _path(signed, trust, proof.proven_at, stamped=bool(proven))
    return Standing(signer, revocation, _timestamp(signed, proof, at), min(proven, default=None), path)


def _timestamp(signed: Signed, proof: TimeProof, at: datetime) -> Finding:
    """Step 10."""
    claimed = signed.claimed
    if claimed is not None and claimed > at + LEEWAY:
        return failed("not-yet-sealed", time=claimed.isoformat())
    if proof.refusal is not None:
        return _refused(proof.refusal)
    if not signed.stamps and not signed.data.timestamps:
        return not_applicable("timestamp-absent")
    if claimed is not None and claimed > proof.proven_at + LEEWAY:
        return failed("timestamp-contradicts", time=proof.proven_at.isoformat())
    return passed("timestamp-good", time=proof.proven_at.isoformat(), archived=str(len(signed.stamps)))


def _refused(refusal: CertsError) -> Finding:
    if isinstance(refusal, AlgorithmUnavailable):
        return undetermined("alg-unavailable")
    unknown = isinstance(refusal, errors.PkiError) and (
        refusal.undetermined or isinstance(refusal, errors.PathRefused | errors.MalformedDer | errors.CmsMalformed)
    )
    return (undetermined if unknown else failed)(
        "timestamp-unknown" if unknown else "timestamp-refused", detail=str(refusal)
    )


def _path(
    signed: Signed, trust: PkiTrust, proven: datetime, *, stamped: bool
) -> tuple[Finding, Finding, tuple[Certificate, ...]]:
    """Steps 8 and 9. What ended before the proven time may have been good when the signer says he signed."""
    try:
        path = _chain(signed.signer, trust, proven)
    except errors.RevocationUnknown as error:
        return passed("signer-trusted", detail=signed.signer.subject_text), _unknown(error), ()
    except (errors.CertificateRevoked, errors.CertificateExpired) as error:
        before = signed.claimed
        if before is not None and before < proven and not stamped and _held(signed.signer, trust, before):
            return *_ended_since(signed.signer, error), ()
        return *_ended(signed.signer, error), ()
    except AlgorithmUnavailable:
        return undetermined("alg-unavailable"), NOT_REACHED, ()
    except CertsError as error:
        unknown = isinstance(error, errors.PathRefused) and error.undetermined
        detail = str(error)
        refusal = undetermined("signer-unknown", detail=detail) if unknown else failed("signer-refused", detail=detail)
        return refusal, NOT_REACHED, ()
    good = passed("signer-trusted", detail=signed.signer.subject_text)
    return good, passed("not-revoked", time=proven.isoformat()), path


def _chain(signer: Certificate, trust: PkiTrust, at: datetime) -> tuple[Certificate, ...]:
    path = check_chain(signer, trust.intermediates, trust.roots, at=at, crls=trust.crls, purpose=Purpose.DOCUMENT)
    trust.require_trusted_key(signer, at)
    return path.certificates


def _held(signer: Certificate, trust: PkiTrust, at: datetime) -> bool:
    try:
        _chain(signer, trust, at)
    except errors.RevocationUnknown:
        return True
    except CertsError:
        return False
    return True


def _unknown(error: CertsError) -> Finding:
    return undetermined("revocation-unknown", detail=str(error))


def _ended_since(signer: Certificate, error: CertsError) -> tuple[Finding, Finding]:
    if isinstance(error, errors.CertificateRevoked):
        good = passed("signer-trusted", detail=signer.subject_text)
        return good, undetermined("revoked-since", time=error.revoked_at.isoformat(), reason=error.reason)
    return undetermined("signer-expired-since", time=signer.not_after.isoformat()), NOT_REACHED


def _ended(signer: Certificate, error: CertsError) -> tuple[Finding, Finding]:
    if isinstance(error, errors.CertificateRevoked):
        good = passed("signer-trusted", detail=signer.subject_text)
        return good, failed("revoked", time=error.revoked_at.isoformat(), reason=error.reason)
    return failed("signer-refused", detail=str(error)), NOT_REACHED


def holding(stamps: Sequence[DocumentStamp]) -> Finding | None:
    """A finding for the first document time-stamp that is not over its stretches, None if all are."""
    for stamp in stamps:
        try:
            open_token(stamp.token, *stamp.covered)
        except AlgorithmUnavailable:
            return undetermined("alg-unavailable")
        except CertsError as error:
            return failed("timestamp-refused", detail=str(error))
    return None


def read_store(
    certificates: Sequence[bytes], crls: Sequence[bytes], carried: Sequence[Certificate], trust: PkiTrust
) -> PkiTrust:
    """The trust with what a file brings along: intermediates and lists, both of them signed by their authorities.

    What cannot be read is left out; no root ever comes from a file.
    """
    between = [*trust.intermediates, *carried, *_readable(certificates, parse_certificate)]
    lists = [*trust.crls, *_readable(crls, parse_crl)]
    return replace(trust, intermediates=tuple(dict.fromkeys(between)), crls=tuple(lists))


def is_readable(certificates: Sequence[bytes], crls: Sequence[bytes]) -> bool:
    """Whether a store holds certificates and lists, and nothing else: whoever archives a file can put in anything."""
    stored = (certificates, parse_certificate), (crls, parse_crl)
    found = sum(len(list(_readable(items, parse))) for items, parse in stored)
    return found == len(certificates) + len(crls)


def _readable(items: Sequence[bytes], parse: Callable[[bytes], T]) -> Iterator[T]:
    for item in items[:_MAX_STORED]:
        try:
            yield parse(item)
        except CertsError:
            continue
