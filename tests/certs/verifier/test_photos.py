"""The photo on a page is the one its data states, or the document is a forgery, however well it is sealed."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import PIL.Image
import pytest

from certs.copies.page import copy_page
from certs.copies.terms import copy_marks
from certs.crypto.strict_json import canonical
from certs.documents.copying import REASON as COPYING
from certs.documents.copying import copied_ofd, copied_pdf
from certs.documents.sealing import REASON as SEALING
from certs.documents.sealing import mark_of, sealed_ofd, sealed_package, sealed_pdf, verification_qr
from certs.errors.layout import PhotoMissing, PhotoUnlike
from certs.face import json_face
from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.operations import Image, Page
from certs.layout.photo import read_photo
from certs.layout.place import place
from certs.model import Certificate, Verdict
from certs.ofd.certificate import certificate_document
from certs.pdf.certificate import attached_files
from certs.pdf.render import render_pdf
from certs.pdf.signing import seal_pdf
from certs.pki.cms import CmsSigner
from tests.certs.documents.test_copies import terms_of
from tests.certs.documents.world import AT, seals
from tests.certs.layout.samples import PHOTO, PHOTO_DIGEST, certificate_of_type, kind_of, layout_of
from tests.certs.verifier.forging import COVER, PAGE, URL, Edit, forged, replaced
from tests.certs.verifier.world import codes, judged

FONTS = load_fonts()
KIND = kind_of("marriage")
STATED = certificate_of_type("marriage", photo_digest=PHOTO_DIGEST)
SILENT = certificate_of_type("marriage")
QR = verification_qr(URL, str(STATED.identifier))
LAYOUT = layout_of("marriage")


def jpeg(image: PIL.Image.Image, quality: int = 75) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def one_pixel() -> bytes:
    """The same couple but for one pixel, as fine as JPEG allows."""
    image = PIL.Image.open(BytesIO(PHOTO)).convert("RGB")
    image.putpixel((0, 0), (255, 255, 255))
    return jpeg(image, 100)


OTHERS = {
    "of another couple": jpeg(PIL.Image.linear_gradient("L").rotate(180).resize((60, 42)).convert("RGB")),
    "altered by a pixel": one_pixel(),
    "packed anew": jpeg(PIL.Image.open(BytesIO(PHOTO)), 90),
    "with a remark": PHOTO[:2] + b"\xff\xfe\x00\x06face" + PHOTO[2:],
    "grey": jpeg(PIL.Image.open(BytesIO(PHOTO)).convert("L")),
}


def page(photo: bytes | None, *, copy: bool = False) -> Page:
    """The page with any photo at all, which the hub itself refuses to draw."""
    if copy:
        drawn = copy_page(STATED, KIND, terms_of(), fonts=FONTS, public_url=URL, photo=PHOTO)
        put = read_photo(photo or PHOTO, LAYOUT.photo)
        return replace(drawn, marks=tuple(put if isinstance(mark, Image) else mark for mark in drawn.marks))
    return place(STATED, LAYOUT, FONTS, qr=QR, photo=photo)


def ofd(certificate: Certificate, shown: Page, *, version: str | None = None, copy: bool = False) -> bytes:
    mark = mark_of(KIND, FONTS) if version is None else version
    marks = copy_marks(terms_of()) if copy else None
    document = certificate_document(certificate, KIND, ofd_drawing(shown, FONTS), marks, version=mark)
    return sealed_package(document, seals().ofd, page=shown, at=AT).data


def pdf(certificate: Certificate, shown: Page, *, version: str | None = None, copy: bool = False) -> bytes:
    mark = mark_of(KIND, FONTS) if version is None else version
    attached = attached_files(canonical(json_face(certificate, KIND)), terms_of() if copy else None)
    drawn = render_pdf(
        shown,
        FONTS,
        identifier=str(certificate.identifier),
        made_at=terms_of().made_at if copy else certificate.issued_at,
        attachments=attached,
        version=mark,
    )
    seal, reason = seals().pdf, COPYING if copy else SEALING
    return seal_pdf(drawn, CmsSigner(seal.identity), at=AT, reason=reason, appearance=seal.appearance).data


Maker = Callable[..., bytes]
BOTH = pytest.mark.parametrize("made", [ofd, pdf])


def found(content: bytes) -> tuple[Verdict, set[str]]:
    report = judged(content)
    return report.verdict, set(codes(report).values())


def test_the_stated_photo_makes_both_faces_good() -> None:
    both = seals()
    faces = (
        sealed_ofd(STATED, KIND, both.ofd, fonts=FONTS, at=AT, qr=QR, photo=PHOTO).data,
        sealed_pdf(STATED, KIND, both.pdf, fonts=FONTS, at=AT, qr=QR, photo=PHOTO).data,
        copied_ofd(STATED, KIND, terms_of(), both.ofd, fonts=FONTS, at=AT, public_url=URL, photo=PHOTO).data,
        copied_pdf(STATED, KIND, terms_of(), both.pdf, fonts=FONTS, at=AT, public_url=URL, photo=PHOTO).data,
        ofd(STATED, page(PHOTO)),
        pdf(STATED, page(PHOTO)),
    )
    for content in faces:
        report = judged(content)
        assert (report.verdict, codes(report)) == (Verdict.VALID, {})
        assert report.claims["face.photo_digest"] == PHOTO_DIGEST
    assert PHOTO in faces[1], "the picture travels in the file, byte for byte"


def test_what_states_no_photo_and_shows_none_stays_good() -> None:
    assert found(ofd(SILENT, page(None))) == found(pdf(SILENT, page(None))) == (Verdict.VALID, set())


@BOTH
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("copy", [False, True], ids=["original", "copy"])
def test_another_photo_is_a_forgery(made: Maker, other: bytes, copy: bool) -> None:
    assert found(made(STATED, page(PHOTO, copy=copy), copy=copy)) == (Verdict.VALID, set())
    assert found(made(STATED, page(other, copy=copy), copy=copy)) == (Verdict.INVALID, {"page-photo-unlike"})


@BOTH
def test_a_missing_photo_and_one_too_many_are_forgeries(made: Maker) -> None:
    assert found(made(STATED, page(None))) == (Verdict.INVALID, {"page-photo-missing"})
    assert found(made(SILENT, page(PHOTO))) == (Verdict.INVALID, {"page-photo-unstated"})


@BOTH
def test_a_covered_moved_or_repeated_photo_is_a_forgery(made: Maker) -> None:
    """The stated photo is in the file, and something else is seen."""
    good = page(PHOTO)
    (image,) = (mark for mark in good.marks if isinstance(mark, Image))
    rest = tuple(mark for mark in good.marks if mark is not image)
    over = replace(image, data=OTHERS["of another couple"])
    for marks in (
        (*good.marks, over),
        (over, *good.marks),
        (*good.marks, image),
        (*rest, replace(image, box=replace(image.box, x=image.box.x + 1))),
        (*rest, replace(image, box=replace(image.box, width=0.1, height=0.1))),
        (image, *rest),
    ):
        assert found(made(STATED, replace(good, marks=marks))) == (Verdict.INVALID, {"page-altered"})


def without_drawing(parts: dict[str, bytes]) -> None:
    text = parts[PAGE].decode()
    start = text.index("<ofd:ImageObject")
    end = text.index("</ofd:ImageObject>") + len("</ofd:ImageObject>") if "</ofd:ImageObject>" in text else 0
    parts[PAGE] = (text[:start] + text[end or text.index("/>", start) + 2 :]).encode()


HIDING: dict[str, Edit] = {
    "a white sheet over it": replaced(PAGE, "</ofd:Layer>", COVER + "</ofd:Layer>"),
    "in the file and not on the page": without_drawing,
    "clear": replaced(PAGE, "<ofd:ImageObject", '<ofd:ImageObject Alpha="0"'),
}


@pytest.mark.parametrize("edit", HIDING.values(), ids=HIDING)
def test_a_hidden_photo_is_a_forgery(edit: Edit) -> None:
    assert found(forged(page=page(PHOTO), certificate=STATED)) == (Verdict.VALID, set())
    assert found(forged(edit, page=page(PHOTO), certificate=STATED)) == (Verdict.INVALID, {"page-altered"})


@BOTH
@pytest.mark.parametrize("version", ["", "9-0123456789abcdef"])
def test_under_an_unknown_layout_no_photo_makes_a_page_good_or_bad(made: Maker, version: str) -> None:
    for certificate, photo in ((STATED, OTHERS["of another couple"]), (STATED, None), (SILENT, PHOTO)):
        content = made(certificate, page(photo), version=version)
        assert found(content) == (Verdict.INDETERMINATE, {"page-unlike-data"})
    assert found(made(STATED, page(PHOTO), version=version)) == (Verdict.VALID, set())


def test_no_face_is_made_with_another_photo_or_without_the_stated_one() -> None:
    both = seals()
    for certificate, photo, refusal in (
        (STATED, None, PhotoMissing),
        (STATED, OTHERS["altered by a pixel"], PhotoUnlike),
        (SILENT, PHOTO, PhotoUnlike),
    ):
        stated = PHOTO_DIGEST if certificate is STATED else "none stated"
        with pytest.raises(refusal, match=stated):
            sealed_ofd(certificate, KIND, both.ofd, fonts=FONTS, at=AT, qr=QR, photo=photo)
        with pytest.raises(refusal, match=stated):
            sealed_pdf(certificate, KIND, both.pdf, fonts=FONTS, at=AT, qr=QR, photo=photo)
        with pytest.raises(refusal, match=stated):
            copied_ofd(certificate, KIND, terms_of(), both.ofd, fonts=FONTS, at=AT, public_url=URL, photo=photo)
        with pytest.raises(refusal, match=stated):
            copied_pdf(certificate, KIND, terms_of(), both.pdf, fonts=FONTS, at=AT, public_url=URL, photo=photo)
