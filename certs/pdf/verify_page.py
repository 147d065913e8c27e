"""Step 11: does the page say what the attached data says? The data is laid out and drawn again, and compared.

Our own drawing follows from the data, the type's layout and the renderer, so the strongest check is to make it again:
every object must be the same, streams compared unpacked (the packed bytes depend on the zlib of the computer). That
leaves no room for masked glyphs, hidden text or pictures.

A page drawn with a layout or renderer of another version cannot be made again. It is not called wrong for that, and
not called right either: the step stays undetermined, because what could not be established is never 有效. A verifier
that is given the types of that time decides. Which layout drew the page, the file says in its metadata
(`certs.layout.revision`): a page that differs although our own layout drew it was tampered with. One thing is proven
wrong whatever the version: glyphs whose outlines are not those of their characters.
"""

import struct
from functools import lru_cache
from typing import Final

from certs.copies.page import copy_page
from certs.copies.terms import CopyTerms, terms_in
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.layout.fonts import FontStack, load_fonts
from certs.layout.operations import Page
from certs.layout.pages import page_of
from certs.layout.revision import layout_mark
from certs.model import Certificate
from certs.ofd.certificate import JSON_NAME
from certs.pdf.certificate import attached_files, attachments
from certs.pdf.render import render_pdf
from certs.pdf.render_objects import reals
from certs.pdf.signing_check import SealedShape
from certs.pdf.strict_file import StrictFile
from certs.pdf.verify_drawing import Drawing, PageFont, alike, glyph_data, read_drawing
from certs.pdf.verify_photo import judge_photo, stated_among
from certs.pdf.verify_unlike import SEAL_MOVED, data_unlike, page_unlike
from certs.type_catalogue import CertificateType, TypeCatalogue, load_types
from certs.verify_findings import Finding, failed, passed, undetermined

_COPIES: Final = "/copies/"
_COMPOSITE: Final = b"\x80"


def check_page(
    file: StrictFile, shape: SealedShape, certificate: Certificate, types: TypeCatalogue | None = None
) -> Finding:
    """Compare the page that was sealed with one drawn again from the certificate attached to it.

    Args:
        file: the file as read.
        shape: its own parts; `shape.drawn` is the page before it was sealed.
        certificate: read from the file's first revision.
        types: the types with the layouts to draw with; those shipped with this program unless given.

    Raises:
        PdfUnreadable: as reading streams may.
    """
    try:
        drawing = read_drawing(file)
    except (ValueError, LookupError, OverflowError) as error:
        return undetermined("page-not-redrawn", detail=f"its structure is another ({error})")
    kinds = {kind.code: kind for kind in types or _built_in()}
    kind = kinds.get(certificate.type_code)
    if kind is None or kind.layout is None:
        return undetermined("page-not-redrawn", detail=f"type {certificate.type_code}")
    fonts = load_fonts()
    known = drawing.version == layout_mark(kind.layout, fonts)
    photo = stated_among(certificate, kind, drawing.pictures)
    unlike = judge_photo(certificate, kind, photo, known=known)
    if unlike is not None:
        return unlike
    try:
        attached = dict(attachments(file, 0))
        terms = terms_in(attached)
        page = _page(certificate, kind, terms, drawing, photo)
        ours = render_pdf(
            page,
            fonts,
            identifier=str(certificate.identifier),
            made_at=terms.made_at if terms else certificate.issued_at,
            attachments=attached_files(attached[JSON_NAME], terms),
            part=drawing.part,
            version=drawing.version,
        )
    except (CertsError, LookupError, ValueError) as error:
        return undetermined("page-not-redrawn", detail=str(error))
    same = ours.data == shape.drawn or alike(ours.data, shape.drawn)
    placed = shape.box.strip(b"[] ").split() == reals(*ours.seal).split()  # elsewhere it could cover what the page says
    if not same or not placed:
        return _differing(page, drawing, fonts, SEAL_MOVED if same else "marks, fonts or pictures", known=known)
    return data_unlike(loads_object(attached[JSON_NAME]), certificate, kind) or passed("page-redrawn", qr=drawing.qr)


@lru_cache(maxsize=1)
def _built_in() -> TypeCatalogue:
    return load_types()


def _page(
    certificate: Certificate, kind: CertificateType, terms: CopyTerms | None, drawing: Drawing, photo: bytes | None
) -> Page:
    """The page of an original, or of a purpose-marked copy when terms are attached."""
    fonts = load_fonts()
    if terms is None:
        return page_of(certificate, kind, fonts, qr=drawing.qr, photo=photo)
    address, _, code = drawing.qr.rpartition(_COPIES)
    if code != terms.code:
        raise ValueError("the code on the page is not the copy's")
    return copy_page(certificate, kind, terms, fonts=fonts, public_url=address, photo=photo)


def _differing(page: Page, drawing: Drawing, fonts: FontStack, detail: str, *, known: bool) -> Finding:
    masked = [char for font in drawing.fonts for char in _masked(font, fonts)]
    if masked:
        return failed("page-masked", detail="".join(sorted(set(masked))))
    return page_unlike(page, drawing.text, detail, known=known)


def _masked(font: PageFont, fonts: FontStack) -> list[str]:
    """Characters whose glyphs have other outlines than in the same version of our font; none if that is unknown."""
    try:
        known = fonts.font(font.id)
        version, outlines = glyph_data(font.program)
    except (LookupError, ValueError, struct.error):
        return []
    if version != known.tables["head"][4:8]:
        return []
    seen = ((char, outlines[code] if code < len(outlines) else b"") for code, char in font.characters.items())
    return [char for char, outline in seen if known.has(char) and _differ(known.outline(known.glyph(char)), outline)]


def _differ(ours: bytes, theirs: bytes) -> bool:
    """Simple outlines are copied as stored; composite ones name their parts by numbers of the subset."""
    if ours[:1] >= _COMPOSITE and theirs[:1] >= _COMPOSITE:
        return False
    return ours.rstrip(b"\0") != theirs.rstrip(b"\0")
