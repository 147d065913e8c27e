"""The few objects that sealing and archiving write, so that checking can ask: is it exactly that, and nothing else?"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from certs.pdf.render_objects import text_string
from certs.pdf.signing_dict import entries, extended, reference_array, references
from certs.pki.errors import PdfShapeRefused

SEAL_FILTER: Final = b"/ETSI.CAdES.detached"
STAMP_FILTER: Final = b"/ETSI.RFC3161"
CERTIFICATION: Final = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
)
_PRINT_LOCKED: Final = 132  # annotation flags Print and Locked (ISO 32000-2, table 167); PDF/A asks for Print
_STORES: Final = (b"/Certs", b"/CRLs")


@dataclass(frozen=True, slots=True)
class Store:
    """Object numbers in the document security store (ISO 32000-2, 12.8.4.3)."""

    certificates: tuple[int, ...] = ()
    crls: tuple[int, ...] = ()

    def __add__(self, more: "Store") -> "Store":
        return Store(self.certificates + more.certificates, self.crls + more.crls)


def sealed_catalog(body: bytes, signature: int, field: int) -> bytes:
    """The catalogue with one form field and a certification; raises PdfShapeRefused."""
    form = b"<</Fields%b/SigFlags 3>>" % reference_array((field,))
    return extended(body, {b"/AcroForm": form, b"/Perms": b"<</DocMDP %d 0 R>>" % signature})


def sealed_page(body: bytes, field: int) -> bytes:
    """The page with one annotation; raises PdfShapeRefused."""
    return extended(body, {b"/Annots": reference_array((field,))})


def archived_catalog(body: bytes, added: Store, field: int) -> bytes:
    """The catalogue with more in its store and one more field; raises PdfShapeRefused."""
    store = store_of(body) + added
    form = b"<</Fields%b/SigFlags 3>>" % reference_array((*fields_of(body), field))
    arrays = (reference_array(store.certificates), reference_array(store.crls))
    return extended(body, {b"/AcroForm": form, b"/DSS": b"<</Certs%b/CRLs%b>>" % arrays})


def archived_page(body: bytes, field: int) -> bytes:
    """The page with one more annotation; raises PdfShapeRefused."""
    there = references(entries(body).get(b"/Annots", b"[]"))
    return extended(body, {b"/Annots": reference_array((*there, field))})


def fields_of(catalog: bytes) -> tuple[int, ...]:
    """Object numbers of the form's fields; raises PdfShapeRefused."""
    return references(entries(entries(catalog)[b"/AcroForm"])[b"/Fields"])


def store_of(catalog: bytes) -> Store:
    """The document security store, empty if there is none; raises PdfShapeRefused."""
    written = entries(catalog).get(b"/DSS")
    if written is None:
        return Store()
    inside = entries(written)
    if tuple(inside) != _STORES:
        raise PdfShapeRefused("the security store holds more or less than certificates and lists")
    return Store(references(inside[b"/Certs"]), references(inside[b"/CRLs"]))


def seal_field(signature: int, page: int, box: bytes, look: int) -> bytes:
    """The seal's field and its widget in one dictionary."""
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/V %d 0 R/P %d 0 R/Rect[%b]/F %d/AP<</N %d 0 R>>>>" % (
        signature,
        page,
        box,
        _PRINT_LOCKED,
        look,
    )


def stamp_field(signature: int, page: int, ordinal: int) -> bytes:
    """The field of a document time-stamp: nothing to see."""
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Stamp%d)/V %d 0 R/P %d 0 R/Rect[0 0 0 0]/F %d>>" % (
        ordinal,
        signature,
        page,
        _PRINT_LOCKED,
    )


def seal_entries(at: datetime, reason: str) -> bytes:
    """The seal's signature dictionary but for its ranges and value (ETSI EN 319 142-1 §6.3)."""
    when = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ").encode()
    return written_seal(b"(%b)" % when, text_string(reason))


def written_seal(when: bytes, reason: bytes) -> bytes:
    """`seal_entries` with time and reason as they stand in a file."""
    head = b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter%b/M%b/Reason%b" % (SEAL_FILTER, when, reason)
    return head + CERTIFICATION


STAMP_ENTRIES: Final = b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter%b" % STAMP_FILTER
