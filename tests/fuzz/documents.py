"""Whole documents of anybody as fuzz targets: PDF as others write it, any kind of file, pictures and terms inside."""

import zlib
from datetime import timedelta

from certs.copies.terms import CopyTerms, code_of, read_code, terms_in, terms_json
from certs.crypto.alg import Alg
from certs.errors import CertsError
from certs.model import Verdict
from certs.ofd.certificate import COPY_NAME
from certs.pdf.certificate import attachments, certificate_in_pdf
from certs.pdf.signing_picture import seal_appearance
from certs.pdf.strict_file import StrictFile
from certs.pdf.verify import verify_pdf
from certs.pdf.verify_foreign import examine
from certs.seals.model import Picture
from certs.seals.pki_trust import PkiTrust
from certs.verifier.documents import Believed, verify_document
from certs.verifier.kinds import DocumentKind, recognise
from tests.certs.attacks import seals
from tests.certs.attacks.artefacts import ARTEFACTS
from tests.certs.evidence.builders import small_log
from tests.certs.pdf.sealing import drawn, sealed
from tests.certs.pki.world import NOW, authority
from tests.certs.seals.world import PNG
from tests.certs.test_verify import city
from tests.fuzz.target import BelievedForgeryError, Target, Targets

CA = authority(Alg.ES256)
TRUST = PkiTrust((CA.root.certificate,), (CA.issuing.certificate,), CA.crls(NOW))
LATER = NOW + timedelta(hours=1)
BELIEVED = Believed(city()[1], small_log(9).trust())
_WORDS = (
    b"/ByteRange[0 ", b"/Contents<", b"startxref\n", b"%%EOF\n", b"xref\n", b"trailer\n", b"/Prev ", b"/Size ",
    b"/Root ", b"endobj\n", b" 0 obj\n", b"stream\n", b"/AcroForm", b"/DocMDP", b"/DSS", b"/Length ", b"/Type/Sig",
    b"/ObjStm", b"/XRef", b"/FlateDecode", b"/DecodeParms", b"/W[1 2 1]", b"/Index[0 9]", b"<<", b">>", b"[[",
    b"(\\", b"/Kids",
)  # fmt: skip
_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Annots[5 0 R]>>",
    b"<</Length 3>>stream\nq Q\nendstream",
    b"<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/V 6 0 R/Rect[0 0 0 0]/P 3 0 R>>",
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 499 509 283]/Contents<30800000>>>",
)


def small() -> bytes:
    """A signed file of one page in a few hundred bytes: a fuzzer gets further with it than with one full of fonts."""
    file, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(_OBJECTS, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(file)
    file += b"xref\n0 7\n0000000000 65535 f \n" + table
    file += b"trailer\n<</Size 7/Root 1 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(file)


def packed() -> bytes:
    """The same page with its objects in a compressed stream and a cross-reference stream (PDF 1.5)."""
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    parts = [_OBJECTS[0].replace(b"/AcroForm<</Fields[5 0 R]/SigFlags 3>>", b""), _OBJECTS[1], _OBJECTS[2]]
    places = [0, len(parts[0]) + 1, len(parts[0]) + len(parts[1]) + 2]
    index = b" ".join(b"%d %d" % pair for pair in zip((1, 2, 3), places, strict=True)) + b" "
    inside = zlib.compress(index + b" ".join(parts))
    first = b"4 0 obj\n<</Length 3>>stream\nq Q\nendstream\nendobj\n"
    second = b"5 0 obj\n<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>stream\n%b\nendstream\nendobj\n"
    second %= (len(index), len(inside), inside)
    at = [len(head), len(head) + len(first), len(head) + len(first) + len(second)]
    rows = [(0, 0, 255), (2, 5, 0), (2, 5, 1), (2, 5, 2), (1, at[0], 0), (1, at[1], 0), (1, at[2], 0)]
    table = zlib.compress(b"".join(bytes((kind, *place.to_bytes(2), last)) for kind, place, last in rows))
    third = b"6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Root 1 0 R/ID[<00><00>]/Filter/FlateDecode/Length %d>>stream\n%b\n"
    third %= (len(table), table)
    return head + first + second + third + b"endstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at[2]


def png() -> bytes:
    """A red dot on a clear ground, 2 by 2, RGBA."""
    parts = (
        (b"IHDR", bytes((0, 0, 0, 2, 0, 0, 0, 2, 8, 6, 0, 0, 0))),
        (b"IDAT", zlib.compress(bytes(18))),
        (b"IEND", b""),
    )
    chunks = (len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4) for kind, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _pdfs() -> list[bytes]:
    return [small(), packed(), drawn().data, sealed(Alg.ES256).data, ARTEFACTS["pdf-archived"]().data]


def _foreign(data: bytes) -> None:
    """The reader and the examination themselves: `verify_pdf` would turn an unforeseen exception into a finding."""
    file = StrictFile(data)
    examine(file, TRUST, at=LATER)
    for look in (lambda: attachments(file), lambda: certificate_in_pdf(data)):
        try:
            look()
        except CertsError:
            continue


def _believed(data: bytes) -> None:
    """What is called 有效 begins with the sealed file, byte for byte, and carries its attachments."""
    genuine = sealed(Alg.ES256).data
    found = verify_pdf(data, TRUST, at=LATER)
    assert len(found.report.steps) == 11
    if found.report.verdict is Verdict.VALID and not data.startswith(genuine[: drawn_end()]):
        raise BelievedForgeryError("pdf-verify")


def drawn_end() -> int:
    """Where the page ends and the seal's revision begins."""
    return len(drawn().data)


def _any(data: bytes) -> None:
    """Whatever comes is a report; of a kind that is known, and never 有效 without being a genuine file."""
    kind = recognise(data)
    report = verify_document(data, BELIEVED, at=LATER)
    assert report.kind is kind or report.kind in DocumentKind


def _files() -> list[bytes]:
    names = ("sd-jwt-face", "json-face", "receipt", "proof", "checkpoint", "evidence-bundle", "pdf-plain")
    return [*(ARTEFACTS[name]().data for name in names), seals.SEALED]


def _terms(data: bytes) -> None:
    read_code(data.decode("utf-8", "replace"))
    terms_in({COPY_NAME: data})


def _terms_seeds() -> list[bytes]:
    original = city()[0].signed().certificate.identifier
    terms = CopyTerms(
        original, "办理入学", "339900-1", "测试学校", NOW.date() + timedelta(days=9), code_of(bytes(18)), NOW
    )
    return [terms_json(terms)]


DOCUMENTS: Targets = {
    "pdf-foreign": lambda: Target(_foreign, _pdfs, _WORDS, 128 * 1024),
    "pdf-verify": lambda: Target(_believed, _pdfs, _WORDS, 128 * 1024),
    "any-document": lambda: Target(_any, _files, (b"%PDF-", b"PK\x03\x04", b"eyJ", b"~"), 96 * 1024),
    "seal-picture": lambda: Target(
        lambda data: seal_appearance(Picture("PNG", data, 42, 42)),
        lambda: [png(), PNG],
        (b"IHDR", b"IDAT", b"PLTE"),
        4096,
    ),
    "copy-terms": lambda: Target(_terms, _terms_seeds, (b'"code":', b"null"), 2048),
}
