"""How it is called when a page, or the data attached to it, is not as the hub writes it. The same for PDF and OFD.

A page that differs although our own layout drew it was tampered with. Another layout may have drawn it otherwise:
nothing is proven wrong then, and nothing right.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from certs.face import json_face
from certs.layout.operations import Page
from certs.model import Certificate
from certs.type_catalogue import CertificateType
from certs.verify_findings import Finding, failed, undetermined

SEAL_MOVED: Final = "the seal is not in its place"
_NAMED: Final = 5


def page_unlike(page: Page, shown: str, detail: str, *, known: bool, masked: bool = False) -> Finding:
    """The finding about a page that is not the one drawn again.

    Args:
        page: as drawn again; what it says should be shown.
        shown: all text of the page in question, without white space.
        detail: where the difference is.
        known: whether the layout at hand drew the page.
        masked: whether only glyphs differ.
    """
    said = page.said.items()
    unshown = ", ".join(source for source, text in said if not all(piece in shown for piece in text.split()))
    if not known and unshown:
        return undetermined("page-unlike-data", detail=unshown)
    if not known:
        return undetermined("page-not-redrawn", detail="another layout, renderer or font")
    if unshown:
        return failed("page-contradicts", detail=unshown)
    return failed("page-masked" if masked else "page-altered", detail=detail)


def data_unlike(face: Mapping[str, object], certificate: Certificate, kind: CertificateType) -> Finding | None:
    """A finding if the JSON face says more, less or otherwise than the hub writes for this certificate; else None.

    Nothing on the page shows such members, and programs that read them would believe them. A type whose fields were
    renamed since writes them otherwise too, so this proves nothing wrong.
    """
    unknown = certificate.face.keys() - {field.code for field in kind.face}
    if unknown:
        return _unlike(unknown)
    usual = json_face(certificate, kind)
    differing = [name for name in face.keys() | usual.keys() if face.get(name, ...) != usual.get(name, ...)]
    return _unlike(differing) if differing else None


def _unlike(names: Iterable[str]) -> Finding:
    return undetermined("page-data-unusual", detail=", ".join(sorted(names)[:_NAMED]))
