"""The page of a certificate by its type: what issuing, sealing and previewing ask for."""

from hashlib import sha256

from certs.errors.layout import LayoutMissing, PhotoMissing, PhotoUnlike
from certs.layout.fonts import FontStack, load_fonts
from certs.layout.operations import Page
from certs.layout.place import check_room, place
from certs.model import Certificate
from certs.type_catalogue import CertificateType


def check_face(certificate: Certificate, kind: CertificateType) -> None:
    """Whether the certificate's face can be printed once it is issued; a type without a layout is not asked.

    Raises:
        LayoutOverflow: a value does not fit its place.
    """
    if kind.layout is not None:
        check_room(certificate, kind.layout, load_fonts())


def stated_photo(certificate: Certificate, kind: CertificateType) -> str:
    """The SHA-256 (hex) of the photo the certificate states, "" for none."""
    return certificate.face.get(kind.photo.code, "") if kind.photo else ""


def check_photo(certificate: Certificate, kind: CertificateType, photo: bytes | None) -> None:
    """Whether this photo, or none, is what the certificate states.

    Raises:
        PhotoMissing: it states one, and none is given.
        PhotoUnlike: it states another one, or none.
    """
    stated = stated_photo(certificate, kind)
    if stated and photo is None:
        raise PhotoMissing(stated)
    given = sha256(photo).hexdigest() if photo is not None else ""
    if given != stated:
        raise PhotoUnlike(stated, given)


def page_of(
    certificate: Certificate,
    kind: CertificateType,
    fonts: FontStack | None = None,
    *,
    qr: str = "",
    photo: bytes | None = None,
) -> Page:
    """Lay a certificate out as its type says, with the hub's fonts unless others are given.

    Raises:
        LayoutMissing: the type has no layout, or is not the certificate's type.
        PhotoMissing, PhotoUnlike: as `check_photo`.
        LayoutError: as `certs.layout.place.place`.
    """
    if kind.layout is None or kind.code != certificate.type_code:
        raise LayoutMissing(certificate.type_code)
    check_photo(certificate, kind, photo)
    return place(certificate, kind.layout, fonts or load_fonts(), qr=qr, photo=photo)
