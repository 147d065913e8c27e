"""Is the photo on a page the one its data states? The data names it by the SHA-256 of its bytes."""

from hashlib import sha256

from certs.layout.pages import stated_photo
from certs.model import Certificate
from certs.type_catalogue import CertificateType
from certs.verify_findings import Finding, failed, undetermined


def judge_photo(certificate: Certificate, kind: CertificateType, drawn: bytes | None, *, known: bool) -> Finding | None:
    """What is wrong with the photo of a page, None if nothing is.

    Args:
        certificate: the data attached to the page.
        kind: its type.
        drawn: the photo found on the page; None for none, or for several pictures of which none is stated.
        known: whether the layout at hand drew the page; another layout may show photos in another way.

    Returns:
        `page-photo-unlike`, `page-photo-missing` or `page-photo-unstated`, failed; undetermined `page-unlike-data`
        under another layout.
    """
    stated = stated_photo(certificate, kind)
    shown = sha256(drawn).hexdigest() if drawn is not None else ""
    if shown == stated:
        return None
    if not known:
        return undetermined("page-unlike-data", detail=kind.photo.code if kind.photo else "photo")
    if not shown:
        return failed("page-photo-missing", detail=stated)
    if not stated:
        return failed("page-photo-unstated", detail=shown)
    return failed("page-photo-unlike", detail=shown)


def stated_among(certificate: Certificate, kind: CertificateType, pictures: list[bytes]) -> bytes | None:
    """Of the pictures in a file the stated one; else the only one; else none."""
    stated = stated_photo(certificate, kind)
    found = next((data for data in pictures if sha256(data).hexdigest() == stated), None)
    return pictures[0] if found is None and len(pictures) == 1 else found
