"""Sealing many certificates of one type: what one row cannot do refuses that row, what nobody can do raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.documents.model import DocumentSeals, SealedFile
from certs.documents.sealing import sealed_faces, verification_qr
from certs.errors import CertsError
from certs.errors.layout import LayoutError
from certs.layout.fonts import FontStack
from certs.layout.pages import stated_photo
from certs.model import Certificate
from certs.ofd.errors import PageRefused
from certs.type_catalogue import CertificateType

# What lies in one certificate's content. Everything else (seal, key, time stamps) concerns the whole batch.
_OF_THE_ROW = (LayoutError, PageRefused)


@dataclass(frozen=True, slots=True)
class Batch:
    """What certificates of one type are sealed with: at which claimed time, leading to which hub's address."""

    kind: CertificateType
    seals: DocumentSeals
    at: datetime
    public_url: str


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A certificate that was not sealed: a code for programs, a sentence that names the field or character."""

    code: str
    detail: str


RowOutcome = tuple[SealedFile, ...] | RowRefused


def seal_batch(
    batch: Batch, certificates: Sequence[Certificate], photos: Mapping[str, bytes], fonts: FontStack
) -> list[RowOutcome]:
    """Both faces of each certificate, or why not, in their order. Blocking.

    Args:
        batch: what they have in common.
        certificates: of the batch's type.
        photos: SHA-256 (hex) -> photo; a certificate whose photo is not among them is refused.
        fonts: the font stack.

    Raises:
        What `sealed_faces` raises and does not lie in one certificate's content: nothing of the batch is to be used.
    """
    return [_sealed(batch, certificate, photos, fonts) for certificate in certificates]


def _sealed(batch: Batch, certificate: Certificate, photos: Mapping[str, bytes], fonts: FontStack) -> RowOutcome:
    photo = photos.get(stated_photo(certificate, batch.kind))
    qr = verification_qr(batch.public_url, str(certificate.identifier))
    try:
        return sealed_faces(certificate, batch.kind, batch.seals, fonts=fonts, at=batch.at, qr=qr, photo=photo)
    except _OF_THE_ROW as error:
        return row_refused(error)


def row_refused(error: CertsError) -> RowRefused:
    """The refusal as it is filed."""
    return RowRefused(error.code, str(error))
