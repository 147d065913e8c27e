"""Check a sealed PDF of this hub: what was sealed, by whom, and that nothing but time-stamps came after it.

Stricter than any viewer: the file must be exactly what the writers of this package write, revision by revision.
Whatever else changed - a page, a field, an annotation, one object, one byte between objects - is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.errors import CertsError
from certs.pdf.signing_appearance import Drawn
from certs.pdf.signing_dict import entries, reference
from certs.pdf.signing_faces import (
    STAMP_ENTRIES,
    Store,
    archived_catalog,
    archived_page,
    fields_of,
    seal_field,
    sealed_catalog,
    sealed_page,
    stamp_field,
    store_of,
    written_seal,
)
from certs.pdf.signing_revisions import Revision, current, read_revisions
from certs.pki.chain import Path, Purpose, check_chain
from certs.pki.cms_reader import SignedData, check_signed_data, parse_signed_data
from certs.pki.crl import Crl, parse_crl
from certs.pki.der_reader import encoded_length
from certs.pki.errors import PdfSignatureRefused
from certs.pki.timestamp import Timestamp, check_timestamp, open_token
from certs.pki.x509 import Certificate, parse_certificate
from certs.seals.pki_trust import PkiTrust

_SEAL: Final = re.compile(rb"<<[^<>()]{1,100}/M(\(D:\d{14}Z\))/Reason(<FEFF(?:[0-9A-F]{4}){0,200}>)/Reference")
_FIELD_KEYS: Final = (b"/Type", b"/Subtype", b"/FT", b"/T", b"/V", b"/P", b"/Rect", b"/F", b"/AP")
_CONTENTS: Final = b"/Contents<"


@dataclass(frozen=True, slots=True)
class DocumentStamp:
    """A document time-stamp and the stretches of the file it covers."""

    token: bytes
    covered: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class SealedShape:
    """A file of exactly the shape that sealing and archiving write; no signature in it was looked at.

    Attributes:
        value: the seal's signature value (DER), reserve cut off.
        covered: the two stretches of the file it covers.
        drawn: the file as it was before it was sealed.
        claimed: when it says it was sealed, as written (`D:…Z`).
        reason: why, as written (UTF-16BE in hexadecimal).
        box: the seal's place on the page, as written.
        look: what is drawn there.
        stamps: document time-stamps, oldest first (B-LTA).
        certificates, crls: the document security store, DER.
    """

    value: bytes
    covered: tuple[bytes, bytes]
    drawn: bytes
    claimed: bytes
    reason: bytes
    box: bytes
    look: Drawn
    stamps: tuple[DocumentStamp, ...]
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SealCheck:
    """A seal that holds as a signature; whose it is and when it was made is for `judge_seal`.

    Attributes:
        signer: the certificate bound by the signature.
        signed: the signature as read, with its time-stamps (B-T).
        drawn: the file as it was before it was sealed.
        stamps: document time-stamps, oldest first (B-LTA).
        certificates, crls: the document security store.
    """

    signer: Certificate
    signed: SignedData
    drawn: bytes
    stamps: tuple[DocumentStamp, ...]
    certificates: tuple[Certificate, ...]
    crls: tuple[Crl, ...]


@dataclass(frozen=True, slots=True)
class SealJudgement:
    """A seal that holds: the signer's path at the time that is proven, and the time-stamp that proves it, if any."""

    path: Path
    proven_at: datetime
    stamp: Timestamp | None
    document_stamps: tuple[Timestamp, ...]


def check_sealed_pdf(data: bytes) -> SealCheck:
    """Structure and signatures.

    1. `read_sealed_pdf`.
    2. The seal's signature holds over its two stretches.
    3. Each document time-stamp's signature and imprint hold over everything up to its revision's end.

    Raises:
        PdfShapeRefused, PdfSignatureRefused: step 1.
        CmsRefused, MalformedDer, MalformedCertificate, TimestampRefused, InvalidSignature: steps 2 and 3.
    """
    shape = read_sealed_pdf(data)
    signed, signer = check_value(shape)
    for stamp in shape.stamps:
        open_token(stamp.token, *stamp.covered)
    return SealCheck(
        signer=signer,
        signed=signed,
        drawn=shape.drawn,
        stamps=shape.stamps,
        certificates=tuple(parse_certificate(item) for item in shape.certificates),
        crls=tuple(parse_crl(item) for item in shape.crls),
    )


def check_value(shape: SealedShape) -> tuple[SignedData, Certificate]:
    """The seal's signature as read, and the certificate bound by it; it holds over the two stretches.

    Raises:
        PdfSignatureRefused: it brings its own content along.
        CmsRefused, MalformedDer, MalformedCertificate, InvalidSignature: it does not hold.
    """
    signed = parse_signed_data(shape.value)
    if signed.content is not None:
        raise PdfSignatureRefused("the signature brings its own content along")
    return signed, check_signed_data(signed, *shape.covered)


def read_sealed_pdf(data: bytes) -> SealedShape:
    """The parts of a file that sealing and archiving have written, revision by revision.

    1. The file is a chain of revisions without gaps (`certs.pdf.signing_revisions`).
    2. The second one is a seal: one field, one certification that allows no change, nothing else changed.
    3. Every later one adds validation data and a document time-stamp, nothing else.
    4. The ranges of seal and time-stamps cover everything up to their revision's end but their own value.

    Raises:
        PdfShapeRefused: step 1. PdfSignatureRefused: steps 2 to 4. MalformedDer: a value's length is none.
    """
    try:
        return _shape(data)
    except (LookupError, ValueError) as error:  # a member that a hostile file left out, a number beyond all measure
        raise PdfSignatureRefused("the file is not what sealing writes") from error


def _shape(data: bytes) -> SealedShape:
    revisions = read_revisions(data)
    if len(revisions) < 2:
        raise PdfSignatureRefused("the file is not sealed")
    value, covered, claimed, reason, box, look = _seal(data, revisions)
    stamps, store = [], Store()
    for index in range(2, len(revisions)):
        stamp, store = _archive(data, revisions[: index + 1], store)
        stamps.append(stamp)
    objects = current(revisions)
    return SealedShape(
        value=value,
        covered=covered,
        drawn=data[: revisions[0].end],
        claimed=claimed,
        reason=reason,
        box=box,
        look=look,
        stamps=tuple(stamps),
        certificates=tuple(_stream(objects[number]) for number in store.certificates),
        crls=tuple(_stream(objects[number]) for number in store.crls),
    )


def judge_seal(
    check: SealCheck, *, at: datetime, roots: Sequence[Certificate], crls: Sequence[Crl] = ()
) -> SealJudgement:
    """Who sealed, at a time that is proven, judged at `at`.

    The signer's path must hold at the earliest time that `prove_time` finds. Lists come from the caller and from the
    file's own store: a list is signed, so it may come from anywhere.

    Raises:
        PathRefused, TimestampRefused and what `certs.pki.timestamp.check_timestamp` raises.
    """
    lists, between = [*crls, *check.crls], [*check.certificates, *check.signed.certificates]
    known = PkiTrust(tuple(roots), tuple(between), tuple(lists))
    proof = prove_time(check.stamps, check.signed.timestamps, check.signed.signature, known, at=at)
    if proof.refusal:
        raise proof.refusal
    path = check_chain(check.signer, between, roots, at=proof.proven_at, crls=lists, purpose=Purpose.DOCUMENT)
    return SealJudgement(path, proof.proven_at, proof.stamp, proof.document_stamps)


@dataclass(frozen=True, slots=True)
class TimeProof:
    """How far back time-stamps prove a signature; a `refusal` ends the way at the stamp that does not hold."""

    proven_at: datetime
    document_stamps: tuple[Timestamp, ...]
    stamp: Timestamp | None
    refusal: CertsError | None


def prove_time(
    stamps: Sequence[DocumentStamp], tokens: Sequence[bytes], signature: bytes, trust: PkiTrust, *, at: datetime
) -> TimeProof:
    """Follow time-stamps from the newest back; each is judged at the time the one after it proves.

    Args:
        stamps: document time-stamps, oldest first.
        tokens: time-stamps over the signature value.
        signature: that value.
        trust: authorities and lists, with what the file brings along.
        at: where to begin.
    """
    proven, found, stamp = at, list[Timestamp](), None

    def judged(token: bytes, *parts: bytes) -> Timestamp:
        made = check_timestamp(
            token, *parts, at=proven, roots=trust.roots, crls=trust.crls, intermediates=trust.intermediates
        )
        trust.require_trusted_key(made.authority, at)  # who has lost a key can date back
        return made

    try:
        for document in reversed(stamps):
            found.insert(0, judged(document.token, *document.covered))
            proven = min(proven, found[0].at)
        for token in tokens:
            stamp = judged(token, signature)
            proven = min(proven, stamp.at)
    except CertsError as refusal:
        return TimeProof(proven, tuple(found), stamp, refusal)
    return TimeProof(proven, tuple(found), stamp, None)


def _seal(
    data: bytes, revisions: tuple[Revision, ...]
) -> tuple[bytes, tuple[bytes, bytes], bytes, bytes, bytes, Drawn]:
    before, seal = revisions[:2]
    catalog = entries(seal.objects.get(seal.root, b"<<>>"))
    field = _single(fields_of(seal.objects[seal.root]) if b"/AcroForm" in catalog else ())
    face = entries(seal.objects.get(field, b"<<>>"))
    if tuple(face) != _FIELD_KEYS:
        raise PdfSignatureRefused("the field of the seal is not one")
    signature, page = reference(face[b"/V"]), reference(face[b"/P"])
    look = reference(entries(face[b"/AP"])[b"/N"])
    _require_same(seal, field, seal_field(signature, page, face[b"/Rect"].strip(b"[] "), look))
    _require_same(seal, seal.root, sealed_catalog(before.objects.get(seal.root, b""), signature, field))
    _require_same(seal, page, sealed_page(before.objects.get(page, b""), field))
    _require_new(before, seal, {seal.root, page})
    written = seal.objects.get(signature, b"")
    said = _SEAL.match(written)
    if said is None or not written.startswith(b"<<" + written_seal(said[1], said[2]) + b"/ByteRange["):
        raise PdfSignatureRefused("the signature is no certification that allows no change")
    drawn = _drawn(seal, set(seal.objects) - {seal.root, page, signature, field}, look)
    return *_value(data, seal, signature), said[1], said[2], face[b"/Rect"], drawn


def _drawn(seal: Revision, numbers: set[int], look: int) -> Drawn:
    """Everything else of the revision is what the seal looks like."""
    first = min(numbers, default=look)
    if numbers != set(range(first, look + 1)):
        raise PdfSignatureRefused("the seal comes with more or less than its picture")
    return Drawn(first, tuple(seal.objects[number] for number in range(first, look + 1)))


def _archive(data: bytes, revisions: tuple[Revision, ...], store: Store) -> tuple[DocumentStamp, Store]:
    earlier, last = revisions[:-1], revisions[-1]
    before, catalog = current(earlier), last.objects.get(last.root, b"<<>>")
    if b"/DSS" not in entries(catalog):
        raise PdfSignatureRefused("changed after it was sealed")
    after = store_of(catalog)
    added = Store(after.certificates[len(store.certificates) :], after.crls[len(store.crls) :])
    field = fields_of(catalog)[-1]
    _require_same(last, last.root, archived_catalog(before[last.root], added, field))
    first_field = entries(before[fields_of(before[last.root])[0]])
    page, signature = reference(first_field[b"/P"]), reference(entries(last.objects.get(field, b"<<>>"))[b"/V"])
    _require_same(last, page, archived_page(before[page], field))
    _require_same(last, field, stamp_field(signature, page, len(earlier) - 1))
    numbers = {last.root, page, field, signature, *added.certificates, *added.crls}
    if set(last.objects) != numbers:
        raise PdfSignatureRefused("changed after it was sealed")
    _require_new(earlier[-1], last, {last.root, page})
    if not last.objects[signature].startswith(b"<<" + STAMP_ENTRIES + b"/ByteRange["):
        raise PdfSignatureRefused("no document time-stamp where one belongs")
    return DocumentStamp(*_value(data, last, signature)), after


def _require_same(revision: Revision, number: int, expected: bytes) -> None:
    if revision.objects.get(number) != expected:
        raise PdfSignatureRefused(f"object {number} was changed in a way that sealing does not", number=number)


def _require_new(before: Revision, revision: Revision, changed: set[int]) -> None:
    """Only these existing objects were changed, and no number is left out or beyond the size."""
    new = {number for number in revision.objects if number >= before.size}
    if set(revision.objects) - new != changed or new != set(range(before.size, revision.size)):
        raise PdfSignatureRefused("objects were replaced that sealing does not touch")


def _value(data: bytes, revision: Revision, number: int) -> tuple[bytes, tuple[bytes, bytes]]:
    """The signature's value, and the two stretches it covers: all up to the revision's end but the value."""
    body = revision.objects[number]
    if body.count(_CONTENTS) != 1 or not body.endswith(b">>>"):
        raise PdfSignatureRefused("the signature's value is not where it belongs")
    opening = data.index(_CONTENTS, revision.offsets[number]) + len(_CONTENTS) - 1
    closing = data.index(b">", opening) + 1
    written = data[opening + 1 : closing - 1]
    expected = b"/ByteRange[0 %-10d %-10d %-10d]/Contents<" % (opening, closing, revision.end - closing)
    if not data.startswith(expected, opening + 1 - len(expected)):
        raise PdfSignatureRefused("the signature does not cover the whole revision")
    try:
        reserved = bytes.fromhex(written.decode("ascii"))
    except ValueError as error:
        raise PdfSignatureRefused("the signature's value is not hexadecimal") from error
    length = encoded_length(reserved)
    if reserved.hex().encode() != written or any(reserved[length:]):
        raise PdfSignatureRefused("something is hidden behind the signature's value")
    return reserved[:length], (data[:opening], data[closing : revision.end])


def _single(numbers: tuple[int, ...]) -> int:
    if len(numbers) != 1:
        raise PdfSignatureRefused(f"{len(numbers)} fields where the seal's alone belongs")
    return numbers[0]


def _stream(body: bytes) -> bytes:
    head, separator, rest = body.partition(b">>stream\n")
    if not separator or not head.startswith(b"<</Length "):
        raise PdfSignatureRefused("the security store holds something else than plain streams")
    return rest.removesuffix(b"\nendstream")
