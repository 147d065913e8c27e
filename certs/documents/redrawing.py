"""Does the page of an OFD say what the attached data says? It is laid out and written again, and compared.

Our writer is deterministic, so every part that is seen must be the same to the last byte: pages, fonts, pictures,
resources, and the lists that name them; no part more, none less. That leaves no room for covered values, hidden text,
masked glyphs, templates or annotations. What the seal is and covers, `certs.ofd.verify` says; that it lies where the
layout puts it is asked here, because elsewhere its picture could cover a value.

The file names the layout that drew it (CreatorVersion, `certs.layout.revision`). A page that differs under our own
mark was tampered with; under another mark, or none, the layout may be another, and the question stays open.
"""

from collections.abc import Iterator
from typing import Final

from certs.copies.page import copy_address, copy_page
from certs.copies.terms import CopyTerms, copy_marks
from certs.crypto.strict_json import loads_object
from certs.documents.sealing import centred, mark_of, verification_qr
from certs.errors import CertsError
from certs.layout.fonts import FontStack, load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Page
from certs.layout.pages import page_of
from certs.layout.revision import read_mark
from certs.model import Certificate
from certs.ofd.certificate import JSON_NAME, face_document
from certs.ofd.reading import OfdFile, read_signature, shown_text
from certs.ofd.signing import (
    SEAL_PATH,
    SIGNATURE_PATH,
    VALUE_PATH,
    signature_file,
    signature_list,
    stamp_annotation,
)
from certs.ofd.writer import SIGNATURES_PATH, write_parts
from certs.pdf.verify_photo import judge_photo, stated_among
from certs.pdf.verify_unlike import SEAL_MOVED, data_unlike, page_unlike
from certs.seals.model import Stamp
from certs.seals.signature import read_stamp
from certs.type_catalogue import CertificateType, TypeCatalogue
from certs.verify_findings import Finding, passed, undetermined

_OF_SEALING: Final = frozenset({SIGNATURES_PATH, SIGNATURE_PATH, SEAL_PATH, VALUE_PATH})
_RESOURCES: Final = "Doc_0/Res/"
_FONT, _IMAGE, _JPEG = f"{_RESOURCES}Font_", f"{_RESOURCES}Image_", ".jpg"
_NAMED: Final = 5


def check_ofd_page(file: OfdFile, certificate: Certificate, terms: CopyTerms | None, types: TypeCatalogue) -> Finding:
    """Compare what is seen of a file with what is drawn from the data attached to it.

    Args:
        file: as read, its eleven steps judged elsewhere.
        certificate: read from it.
        terms: of a purpose-marked copy, read from it; None for an original.
        types: the types with the layouts to draw with.

    Returns:
        `page-redrawn`, with the QR code's text as evidence; when the layout is ours and the page is not,
        `page-contradicts`, `page-masked`, `page-altered` or what `judge_photo` says; otherwise undetermined.
    """
    kind = next((kind for kind in types if kind.code == certificate.type_code), None)
    if kind is None or kind.layout is None:
        return undetermined("page-not-redrawn", detail=f"type {certificate.type_code}")
    fonts = load_fonts()
    known = file.version == mark_of(kind, fonts)
    pictures = [data for path, data in file.parts.items() if path.startswith(_IMAGE) and path.endswith(_JPEG)]
    photo = stated_among(certificate, kind, pictures)
    found = judge_photo(certificate, kind, photo, known=known)
    if found is not None:
        return found
    try:
        for qr, page in _pages(certificate, kind, terms, fonts, photo):
            differing = _differing(file, certificate, terms, page, fonts)
            if not differing:
                face = loads_object(file.attachments[JSON_NAME])
                return data_unlike(face, certificate, kind) or passed("page-redrawn", qr=qr)
            masked = all(path.startswith(_FONT) for path in differing)
            shown = "".join(shown_text(file).split())
            found = found or page_unlike(page, shown, ", ".join(differing[:_NAMED]), known=known, masked=masked)
    except (CertsError, ArithmeticError, LookupError, ValueError) as error:
        return found or undetermined("page-not-redrawn", detail=str(error))
    assert found is not None, "at least one page was drawn"
    return found


def _pages(
    certificate: Certificate, kind: CertificateType, terms: CopyTerms | None, fonts: FontStack, photo: bytes | None
) -> Iterator[tuple[str, Page]]:
    """The pages there can be, the usual one first."""
    for qr in codes_of(certificate, terms):
        if terms is not None:
            yield qr, copy_page(certificate, kind, terms, fonts=fonts, public_url=_hub(certificate), photo=photo)
        else:
            yield qr, page_of(certificate, kind, fonts, qr=qr, photo=photo)


def codes_of(certificate: Certificate, terms: CopyTerms | None) -> tuple[str, ...]:
    """What the QR code of a page may say: it leads to this document at the issuer's hub, or names the certificate."""
    if terms is not None:
        return (copy_address(_hub(certificate), terms.code),)
    identifier = str(certificate.identifier)
    return verification_qr(_hub(certificate), identifier), identifier


def _hub(certificate: Certificate) -> str:
    """The hub's address, of which the issuer's is one (`{hub}/issuers/{code}`); the trust list vouches for it."""
    return certificate.issuer_uri.rpartition("/issuers/")[0]


def _differing(
    file: OfdFile, certificate: Certificate, terms: CopyTerms | None, page: Page, fonts: FontStack
) -> list[str]:
    """The parts that are not as drawn here, missing or too many; the mark is not compared, it decides what follows."""
    marks = copy_marks(terms) if terms else None
    face = loads_object(file.attachments[JSON_NAME])
    document = face_document(certificate, face, ofd_drawing(page, fonts), marks, version=read_mark(file.version))
    ours, theirs = write_parts(document, to_be_sealed=True), file.parts
    paths = (ours.keys() | theirs.keys()) - _OF_SEALING
    return sorted(path for path in paths if ours.get(path) != theirs.get(path)) or _misplaced(file, page)


def _misplaced(file: OfdFile, page: Page) -> list[str]:
    """One seal, seen once, in the middle of its place; and the files that say so hold nothing else.

    What they hold besides (who made it, when, a further StampAnnot where none belongs) readers show as they like.
    """
    if [listed.path for listed in file.signatures] != [SIGNATURE_PATH] or SEAL_PATH not in file.parts:
        return [SEAL_MOVED]
    stamp = read_stamp(file.parts[VALUE_PATH])
    assert isinstance(stamp, Stamp), "judged by the steps before"
    picture = stamp.seal.info.picture
    place = centred(picture, page.seal)
    seen = stamp_annotation(1, place, picture)
    if seen.encode() not in file.parts[SIGNATURE_PATH]:
        return [SEAL_MOVED]
    ours = {
        SIGNATURE_PATH: signature_file(read_signature(file, SIGNATURE_PATH).references, stamp.time, seen),
        SIGNATURES_PATH: signature_list(),
    }
    return [path for path, body in ours.items() if file.parts[path] != body]
