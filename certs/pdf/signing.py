"""Seal a PDF that the hub drew itself: PAdES B-B and B-T (ETSI EN 319 142-1 §6), certified against any change.

The certification signature allows no change (DocMDP P=1), so that every viewer shows later edits. What was not drawn
by `certs.pdf.render` in this process, or is not of the plain shape it writes, is not sealed: a prepared document could
show one thing now and another after sealing (shadow attacks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from certs.pdf.render import RenderedPdf
from certs.pdf.render_objects import reals
from certs.pdf.signing_appearance import NOTHING, SealAppearance
from certs.pdf.signing_dict import entries
from certs.pdf.signing_faces import seal_entries, seal_field, sealed_catalog, sealed_page
from certs.pdf.signing_revisions import Revision, read_revisions
from certs.pdf.signing_update import Update, signature_body
from certs.pki.cms import CmsSigner, Stamp
from certs.pki.errors import ForeignPdf, PdfShapeRefused

RESERVE: Final = 8192  # bytes for the CMS: two certificates and a time-stamp take about 4,500
_CATALOG_KEYS: Final = frozenset(
    (b"/Type", b"/Pages", b"/Metadata", b"/OutputIntents", b"/Lang", b"/ViewerPreferences", b"/AF", b"/Names")
)
_PAGE_KEYS: Final = frozenset((b"/Type", b"/Parent", b"/MediaBox", b"/Resources", b"/Contents", b"/Group"))


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """A sealed file and its SHA-256, for the journal."""

    data: bytes = field(repr=False)
    digest: bytes


def seal_pdf(
    rendered: RenderedPdf,
    signer: CmsSigner,
    *,
    at: datetime,
    reason: str,
    appearance: SealAppearance = NOTHING,
    stamp: Stamp | None = None,
    reserve: int = RESERVE,
) -> SealedPdf:
    """The file with a certification signature: B-B, or B-T if `stamp` is given.

    Args:
        rendered: what `certs.pdf.render.render_pdf` returned.
        signer: the sealing identity; ES256 is what PDF readers know, SM2 is not shown as valid by ordinary ones.
        at: claimed time of sealing (/M).
        reason: why, for people.
        appearance: the seal's picture, scaled into `rendered.seal`.
        stamp: from `certs.pki.stamping.stamping`; asked while sealing, so it may take a network's time.
        reserve: bytes kept for the signature value.

    Raises:
        ForeignPdf: not drawn here, or changed since.
        PdfShapeRefused: drawn here, but with something in it that is never sealed.
        ReserveTooSmall: the value does not fit.
    """
    last = _own_revision(rendered)
    update = Update(rendered.data, last)
    signature, field_number = update.reserve(), update.reserve()
    update.put(rendered.catalog, sealed_catalog(last.objects[rendered.catalog], signature, field_number))
    update.put(rendered.page, sealed_page(last.objects[rendered.page], field_number))
    look = appearance.add_to(update)
    update.put(field_number, seal_field(signature, rendered.page, reals(*rendered.seal), look))
    update.put(signature, signature_body(seal_entries(at, reason), reserve))
    data = update.finish_signed(signature, lambda *parts: signer.detached(*parts, stamp=stamp), reserve)
    return SealedPdf(data, sha256(data).digest())


def _own_revision(rendered: RenderedPdf) -> Revision:
    if not isinstance(rendered, RenderedPdf):  # a caller without type checks hands over bytes of unknown origin
        raise ForeignPdf("only a PDF drawn by this hub's renderer is sealed, not a file from elsewhere")
    if not compare_digest(sha256(rendered.data).digest(), rendered.digest):
        raise ForeignPdf("the PDF is not the one that was drawn: its digest differs")
    revisions = read_revisions(rendered.data)
    if len(revisions) != 1:
        raise PdfShapeRefused(f"{len(revisions)} revisions; a freshly drawn file has one")
    (only,) = revisions
    if (only.root, only.size) != (rendered.catalog, rendered.next_object):
        raise ForeignPdf("the file is not the one its description speaks of")
    _require_keys(only.objects, {rendered.catalog: _CATALOG_KEYS, rendered.page: _PAGE_KEYS})
    return only


def _require_keys(objects: Mapping[int, bytes], allowed: Mapping[int, frozenset[bytes]]) -> None:
    for number, keys in allowed.items():
        if extra := entries(objects.get(number, b"")).keys() - keys:
            raise PdfShapeRefused(f"object {number} says {b' '.join(sorted(extra)).decode('ascii', 'replace')}")
