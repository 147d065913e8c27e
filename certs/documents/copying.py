"""Draw and seal purpose-marked copies (加注件) of a certificate, OFD and PDF, under the seals of the original."""

from datetime import datetime
from typing import Final

from certs.copies.page import copy_page
from certs.copies.terms import CopyTerms, copy_marks
from certs.crypto.strict_json import canonical
from certs.documents.model import OfdSeal, PdfSeal, SealedFile
from certs.documents.sealing import mark_of, sealed_package
from certs.face import json_face
from certs.layout.fonts import FontStack
from certs.layout.ofd_drawing import ofd_drawing
from certs.model import Certificate, FaceKind
from certs.ofd.certificate import certificate_document
from certs.pdf.certificate import attached_files
from certs.pdf.render import render_pdf
from certs.pdf.signing import seal_pdf
from certs.pki.cms import CmsSigner
from certs.type_catalogue import CertificateType

REASON: Final = "制作加注件"


def copied_ofd(
    certificate: Certificate,
    kind: CertificateType,
    terms: CopyTerms,
    seal: OfdSeal,
    *,
    fonts: FontStack,
    at: datetime,
    public_url: str,
    photo: bytes | None = None,
) -> SealedFile:
    """The copy as OFD. Blocking; asks the time-stamp authority if there is one.

    Args:
        certificate: what the original says; `terms.original` names it.
        kind: its type, which has the layout.
        terms: what the copy is for.
        seal: the issuer's, as for the original.
        fonts: `certs.layout.fonts.load_fonts()`.
        at: the time of sealing the stamp claims.
        public_url: of the hub, where the copy can be checked.
        photo: as for the original.

    Raises:
        CopyTermsRefused: the terms cannot be, or hold a character that no font prints.
        DocumentMalformed: they name another certificate.
        LayoutError: the face cannot be drawn: a glyph is missing, a text does not fit.
        What `certs.documents.sealing.sealed_ofd` raises about the seal.
    """
    page = copy_page(certificate, kind, terms, fonts=fonts, public_url=public_url, photo=photo)
    marks, version = copy_marks(terms), mark_of(kind, fonts)
    document = certificate_document(certificate, kind, ofd_drawing(page, fonts), marks, version=version)
    return sealed_package(document, seal, page=page, at=at)


def copied_pdf(
    certificate: Certificate,
    kind: CertificateType,
    terms: CopyTerms,
    seal: PdfSeal,
    *,
    fonts: FontStack,
    at: datetime,
    public_url: str,
    photo: bytes | None = None,
) -> SealedFile:
    """The copy as PDF/A-4f, certified against any change. Arguments and errors as `copied_ofd`.

    Never kept provable for good (B-LTA): its term is short.
    """
    page = copy_page(certificate, kind, terms, fonts=fonts, public_url=public_url, photo=photo)
    drawn = render_pdf(
        page,
        fonts,
        identifier=str(certificate.identifier),
        made_at=terms.made_at,
        attachments=attached_files(canonical(json_face(certificate, kind)), terms),
        version=mark_of(kind, fonts),
    )
    signer = CmsSigner(seal.identity)
    made = seal_pdf(drawn, signer, at=at, reason=REASON, appearance=seal.appearance, stamp=seal.stamp)
    return SealedFile(FaceKind.PDF, made.data, seal.identity.signer.kid, made.digest)
