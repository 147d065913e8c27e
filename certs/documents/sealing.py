"""One certificate, its sealed faces: the legal one (OFD, GB/T 33190 + GB/T 38540) and the everyday one (PDF/A, PAdES).

Both are drawn from one layout and carry the same data (certificate.json); everything but the signatures' randomness
and the time-stamps follows from the arguments.
"""

from datetime import date, datetime
from hashlib import sha256
from typing import Final

from certs.crypto.strict_json import canonical
from certs.documents.model import DocumentSeals, OfdSeal, PdfSeal, SealedFile
from certs.face import json_face
from certs.layout.fonts import FontStack
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Box, Page
from certs.layout.pages import page_of
from certs.layout.revision import layout_mark
from certs.model import Certificate, FaceKind
from certs.ofd.certificate import certificate_document
from certs.ofd.document import Document
from certs.ofd.signing import VALUE_PATH, Place, Sealing, seal_parts
from certs.ofd.writer import pack
from certs.pdf.certificate import attached_files
from certs.pdf.render import render_pdf
from certs.pdf.signing import seal_pdf
from certs.pdf.signing_archive import archive_pdf
from certs.pki.cms import CmsSigner
from certs.seals.model import Picture, Stamp
from certs.seals.signature import read_stamp, read_v4, stamp_digest
from certs.type_catalogue import CertificateType

REASON: Final = "电子证照签发"


def verification_qr(public_url: str, identifier: str) -> str:
    """What the QR code on the face says: the hub's verification page, with the identifier in the fragment.

    A fragment never leaves the reader's browser: no server log learns which certificate was looked at. Nothing
    personal is in it.
    """
    return f"{public_url}/verify#{identifier}"


def sealed_faces(
    certificate: Certificate,
    kind: CertificateType,
    seals: DocumentSeals,
    *,
    fonts: FontStack,
    at: datetime,
    qr: str,
    photo: bytes | None = None,
) -> tuple[SealedFile, SealedFile]:
    """`sealed_ofd` and `sealed_pdf` from one laid out page; raises as they do."""
    page = page_of(certificate, kind, fonts, qr=qr, photo=photo)
    return (
        _ofd(certificate, kind, seals.ofd, page=page, fonts=fonts, at=at),
        _pdf(certificate, kind, seals.pdf, page=page, fonts=fonts, at=at),
    )


def sealed_ofd(
    certificate: Certificate,
    kind: CertificateType,
    seal: OfdSeal,
    *,
    fonts: FontStack,
    at: datetime,
    qr: str,
    photo: bytes | None = None,
) -> SealedFile:
    """The OFD face. Blocking; asks the time-stamp authority if there is one.

    Args:
        certificate: what it says.
        kind: its type, which has the layout.
        seal: see `OfdSeal`.
        fonts: `certs.layout.fonts.load_fonts()`.
        at: the time of sealing the stamp claims.
        qr: from `verification_qr`; "" for no code.
        photo: baseline JPEG of the holder, where the type has a place for one.

    Raises:
        LayoutError: the face cannot be drawn: no layout, a glyph is missing, a text does not fit, the photo is unfit.
        MalformedDer, SealMalformed, SealVersionUnsupported, SealAlgorithmRefused: the seal or key cannot be used.
        PageRefused: the seal's picture leaves the page.
        TimestampRefused and others as `certs.pki.stamping`: no token came.
    """
    page = page_of(certificate, kind, fonts, qr=qr, photo=photo)
    return _ofd(certificate, kind, seal, page=page, fonts=fonts, at=at)


def sealed_pdf(
    certificate: Certificate,
    kind: CertificateType,
    seal: PdfSeal,
    *,
    fonts: FontStack,
    at: datetime,
    qr: str,
    photo: bytes | None = None,
) -> SealedFile:
    """The PDF/A-4f face, certified against any change; B-B, B-T or B-LTA as `PdfSeal` says. Blocking.

    Arguments as `sealed_ofd`.

    Raises:
        LayoutError: as `sealed_ofd`.
        ReserveTooSmall: chain and token do not fit into the place kept for the signature.
        TimestampRefused and others as `certs.pki.stamping`: no token came.
    """
    page = page_of(certificate, kind, fonts, qr=qr, photo=photo)
    return _pdf(certificate, kind, seal, page=page, fonts=fonts, at=at)


def valid_long(certificate: Certificate) -> bool:
    """Whether it is valid for more than a year, so that its seal must outlive the sealing certificate (B-LTA)."""
    last = certificate.valid_until
    return last is None or last >= _year_after(certificate.valid_from)


def _ofd(
    certificate: Certificate, kind: CertificateType, seal: OfdSeal, *, page: Page, fonts: FontStack, at: datetime
) -> SealedFile:
    drawing, version = ofd_drawing(page, fonts), mark_of(kind, fonts)
    return sealed_package(certificate_document(certificate, kind, drawing, version=version), seal, page=page, at=at)


def mark_of(kind: CertificateType, fonts: FontStack) -> str:
    """What the file says about who drew it: the mark of the type's layout, "" for a type that has none."""
    return layout_mark(kind.layout, fonts) if kind.layout else ""


def sealed_package(document: Document, seal: OfdSeal, *, page: Page, at: datetime) -> SealedFile:
    """The parts of a document sealed at the page's seal, as one file."""
    place = centred(read_v4(seal.seal_der).info.picture, page.seal)
    identity = seal.identity
    sealing = Sealing(seal.seal_der, identity.certificate.der, identity.signer, at, (place,), seal.stamp)
    parts = seal_parts(document, sealing)
    made = read_stamp(parts[VALUE_PATH])
    assert isinstance(made, Stamp), "made a moment ago as version 4"
    data = pack(parts)
    return SealedFile(FaceKind.OFD, data, identity.signer.kid, sha256(data).digest(), stamp_digest(made))


def _pdf(
    certificate: Certificate, kind: CertificateType, seal: PdfSeal, *, page: Page, fonts: FontStack, at: datetime
) -> SealedFile:
    drawn = render_pdf(
        page,
        fonts,
        identifier=str(certificate.identifier),
        made_at=certificate.issued_at,
        attachments=attached_files(canonical(json_face(certificate, kind))),
        version=mark_of(kind, fonts),
    )
    signer = CmsSigner(seal.identity)
    made = seal_pdf(drawn, signer, at=at, reason=REASON, appearance=seal.appearance, stamp=seal.stamp)
    if seal.stamp and seal.archive and valid_long(certificate):
        kept = seal.archive
        made = archive_pdf(made.data, certificates=kept.certificates, crls=kept.crls, stamp=seal.stamp)
    return SealedFile(FaceKind.PDF, made.data, seal.identity.signer.kid, made.digest)


def centred(picture: Picture, box: Box) -> Place:
    """The seal keeps its own size (mm); its middle is the middle of the layout's place for it."""
    left, top = box.x + (box.width - picture.width) / 2, box.y + (box.height - picture.height) / 2
    return Place(0, round(left, 3), round(top, 3))


def _year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)
