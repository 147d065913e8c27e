"""Files of other software, and ours after others touched them: what can be said about each signature.

The best outcome is 无法确定 with the signature's maths, coverage, signer and time established; 无效 when something is
proven wrong.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.errors import CertsError
from certs.pdf.errors import PdfIrregular, PdfUnreadable
from certs.pdf.findings import not_applicable
from certs.pdf.signing_check import DocumentStamp
from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_filters import unpacked
from certs.pdf.strict_values import Stream, Value
from certs.pdf.verify_cms import check_value
from certs.pdf.verify_content import surprises
from certs.pdf.verify_signatures import Coverage, Found, RangeRefused, coverage, signatures
from certs.pdf.verify_time import Signed, holding, moment, read_store, standing
from certs.pdf.verify_updates import certification, changes_after
from certs.pki.der_reader import encoded_length
from certs.seals.pki_trust import PkiTrust
from certs.verify_findings import Finding, failed, passed, undetermined

_MAX_SIGNATURES: Final = 8
_MAX_STORED: Final = 64
_NO_CHANGE: Final = 1
_KINDS: Final = frozenset({"ETSI.CAdES.detached", "adbe.pkcs7.detached"})


@dataclass(frozen=True, slots=True)
class ExaminedSignature:
    """One signature: field, signer's certificate (DER, empty if unread), times, findings by step."""

    name: str
    signer: bytes = field(repr=False)
    time: datetime | None
    proven_at: datetime | None
    findings: dict[int, Finding]


@dataclass(frozen=True, slots=True)
class Examined:
    """Findings about the file by step, and its signatures."""

    findings: dict[int, Finding]
    signatures: tuple[ExaminedSignature, ...] = ()


def examine(file: StrictFile, trust: PkiTrust, *, at: datetime) -> Examined:
    """Examine every signature of a file that was read to its end.

    Raises:
        PdfUnreadable: an object cannot be read after all.
    """
    found = signatures(file)
    read = {1: passed("parsed")}
    seals = tuple(item for item in found if not item.is_timestamp)
    if not seals:
        return Examined({**read, 2: failed("unsigned")})
    if len(found) > _MAX_SIGNATURES:
        return Examined({**read, 2: undetermined("file-too-costly", detail=f"{len(found)} signatures")})
    about = {
        **read,
        2: undetermined("kind-foreign"),
        5: _content(file),
        11: undetermined("page-foreign"),
    }
    stamps = [stamp for item in found if item.is_timestamp for stamp in _stamp(file, item)]
    return Examined(about, tuple(_examined(file, item, stamps, trust, at) for item in seals))


def _content(file: StrictFile) -> Finding:
    """Step 5. Pages in a circle are shown differently by every reader; the rest need not mean harm."""
    try:
        hidden = surprises(file)
    except PdfIrregular as error:
        return failed("pages-irregular", detail=str(error))
    return undetermined("content-surprising", detail="; ".join(hidden)) if hidden else passed("content-plain")


def _stamp(file: StrictFile, found: Found) -> list[tuple[int, DocumentStamp]]:
    """A document time-stamp with the revision it covers; none if its ranges prove nothing."""
    try:
        covered = coverage(file, found)
        return [(covered.revision, DocumentStamp(_trimmed(covered.value), covered.parts))]
    except (RangeRefused, CertsError):
        return []


def _examined(
    file: StrictFile, found: Found, stamps: list[tuple[int, DocumentStamp]], trust: PkiTrust, at: datetime
) -> ExaminedSignature:
    claimed = moment(_bytes(file.get(found.entries.get("M"))))
    try:
        covered = coverage(file, found)
    except RangeRefused as refusal:
        return ExaminedSignature(found.name, b"", claimed, None, {3: failed("range-refused", detail=str(refusal))})
    allowed = certification(file, found)
    findings = {3: passed("range-good"), 4: _updates(file, covered, allowed), 6: _certified(allowed)}
    if found.filter not in _KINDS:
        findings[7] = undetermined("signature-not-understood", detail=found.filter)
        return ExaminedSignature(found.name, b"", claimed, None, findings)
    value = _trimmed(covered.value)
    findings[7], signed = check_value(value, covered.parts, ours=False)
    if signed is None:
        return ExaminedSignature(found.name, b"", claimed, None, findings)
    later = tuple(stamp for revision, stamp in sorted(stamps, key=_revision) if revision >= covered.revision)
    broken = holding(later)
    known = read_store(*_stored(file), signed.data.certificates, trust)
    judged = standing(Signed(signed.signer, signed.data, claimed, () if broken else later), known, at=at)
    findings |= {8: judged.signer, 9: judged.revocation, 10: broken or judged.timestamp}
    return ExaminedSignature(found.name, signed.signer.der, claimed, judged.proven_at, findings)


def _revision(item: tuple[int, DocumentStamp]) -> int:
    return item[0]


def _updates(file: StrictFile, covered: Coverage, allowed: int | None) -> Finding:
    """Step 4."""
    changes = changes_after(file, covered.revision, certified=allowed == _NO_CHANGE)
    if changes:
        return failed("modified", detail="; ".join(changes))
    later = len(file.revisions) - 1 - covered.revision
    return passed("updates-archive", count=str(later)) if later else passed("updates-none")


def _certified(allowed: int | None) -> Finding:
    """Step 6."""
    if allowed is None:
        return not_applicable("not-certified")
    return passed("certified") if allowed == _NO_CHANGE else undetermined("certified-loosely", level=str(allowed))


def _stored(file: StrictFile) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Certificates and lists of the document security store, as far as they can be unpacked."""
    store = file.dictionary(file.catalog().get("DSS"))
    return _streams(file, store.get("Certs")), _streams(file, store.get("CRLs"))


def _streams(file: StrictFile, value: Value) -> tuple[bytes, ...]:
    out = []
    for item in file.array(value)[:_MAX_STORED]:
        stream = file.get(item)
        try:
            out += [unpacked(stream, file.budget)] if isinstance(stream, Stream) else []
        except PdfUnreadable:
            continue  # what cannot be read proves nothing, and nothing rests on it
    return tuple(out)


def _trimmed(value: bytes) -> bytes:
    """The value without the zeros that fill its reserve; as it is if it is no DER."""
    try:
        length = encoded_length(value)
    except CertsError:
        return value
    return value[:length] if not any(value[length:]) else value


def _bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b""
