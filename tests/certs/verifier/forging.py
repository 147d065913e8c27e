"""OFD documents forged by somebody who holds a department's real sealing key, properly sealed in every other way."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping

from certs.copies.page import copy_page
from certs.copies.terms import copy_marks
from certs.crypto.sm3 import sm3
from certs.documents.sealing import centred, mark_of, verification_qr
from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Page
from certs.layout.pages import page_of
from certs.model import Certificate
from certs.ofd.certificate import certificate_document, face_document
from certs.ofd.document import Document
from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH, Sealing, seal_parts
from certs.ofd.writer import SIGNATURES_PATH, pack
from certs.seals.signature import make_stamp, read_v4
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, seals
from tests.certs.layout.samples import certificate_of_type, kind_of

PAGE = "Doc_0/Pages/Page_0/Content.xml"
DOCUMENT = "Doc_0/Document.xml"
URL = "https://hub.339900.example"
FONTS = load_fonts()
OURS = mark_of(kind_of("marriage"), FONTS)
OF_SEALING = {SIGNATURES_PATH, SIGNATURE_PATH, SEAL_PATH, VALUE_PATH}
WHITE = '<ofd:FillColor Value="255 255 255"/>'
COVER = (
    f'<ofd:PathObject ID="9001" Boundary="60 60 80 12" LineWidth="0" Stroke="false" Fill="true">{WHITE}'
    "<ofd:AbbreviatedData>M 0 0 L 80 0 L 80 12 L 0 12 C</ofd:AbbreviatedData></ofd:PathObject>"
)
"""A white sheet over the middle of the page."""
Parts = dict[str, bytes]
Edit = Callable[[Parts], None]
_REFERENCES = re.compile("(<ofd:References [^>]*>).*?(</ofd:References>)", re.DOTALL)


def honest_page(*, qr: str = "") -> Page:
    """As the hub draws it."""
    certificate = certificate_of_type("marriage")
    code = qr or verification_qr(URL, str(certificate.identifier))
    return page_of(certificate, kind_of("marriage"), FONTS, qr=code)


def sealed_parts(
    page: Page | None = None,
    *,
    version: str = OURS,
    copy: bool = False,
    certificate: Certificate | None = None,
) -> Parts:
    """The parts of the sealed document with this page and the data of the certificate, the sample one unless given."""
    certificate, kind, seal = certificate or certificate_of_type("marriage"), kind_of("marriage"), seals().ofd
    terms = terms_of("marriage")
    if copy:
        page = copy_page(certificate, kind, terms, fonts=FONTS, public_url=URL)
    shown = page or honest_page()
    marks = copy_marks(terms) if copy else None
    document: Document = certificate_document(certificate, kind, ofd_drawing(shown, FONTS), marks, version=version)
    place = centred(read_v4(seal.seal_der).info.picture, shown.seal)
    return seal_parts(
        document, Sealing(seal.seal_der, seal.identity.certificate.der, seal.identity.signer, AT, (place,))
    )


def forged(
    edit: Edit = lambda _: None,
    *,
    page: Page | None = None,
    version: str = OURS,
    copy: bool = False,
    certificate: Certificate | None = None,
    signature: Callable[[str], str] = lambda text: text,
) -> bytes:
    """The document with its parts changed by `edit` and its Signature.xml by `signature`, then sealed anew."""
    parts = sealed_parts(page, version=version, copy=copy, certificate=certificate)
    edit(parts)
    covered = "".join(
        f'<ofd:Reference FileRef="/{path}"><ofd:CheckValue>{b64encode(sm3(body)).decode()}</ofd:CheckValue>'
        "</ofd:Reference>"
        for path, body in parts.items()
        if path not in {SIGNATURE_PATH, VALUE_PATH}
    )
    text = _REFERENCES.sub(lambda found: found[1] + covered + found[2], parts[SIGNATURE_PATH].decode())
    parts[SIGNATURE_PATH] = signature(text).encode()
    identity = seals().ofd.identity
    parts[VALUE_PATH] = make_stamp(
        parts[SEAL_PATH],
        certificate=identity.certificate.der,
        signer=identity.signer,
        at=AT,
        data_hash=sm3(parts[SIGNATURE_PATH]),
        signed_path=f"/{SIGNATURE_PATH}",
    )
    return pack(parts)


def forged_face(face: Mapping[str, object]) -> bytes:
    """The document of the sample certificate with this JSON face, in attachments and metadata alike."""
    page, seal = honest_page(), seals().ofd
    document = face_document(certificate_of_type("marriage"), face, ofd_drawing(page, FONTS), version=OURS)
    place = centred(read_v4(seal.seal_der).info.picture, page.seal)
    sealing = Sealing(seal.seal_der, seal.identity.certificate.der, seal.identity.signer, AT, (place,))
    return pack(seal_parts(document, sealing))


def replaced(path: str, old: str, new: str) -> Edit:
    """An edit of one part's text, which must be there."""

    def edit(parts: Parts) -> None:
        text = parts[path].decode()
        assert old in text, old
        parts[path] = text.replace(old, new, 1).encode()

    return edit


def added(path: str, body: bytes, named: Edit) -> Edit:
    """A further part, and where it is named."""

    def edit(parts: Parts) -> None:
        named(parts)
        parts[path] = body

    return edit
