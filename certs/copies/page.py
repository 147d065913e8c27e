"""The page of a purpose-marked copy (加注件).

It is the original's with three things more: a slanting watermark over all of it, a band below it with terms and
verification code in clear text, and the QR code of the page that checks the copy in place of the original's.
"""

from datetime import date

from certs.copies.errors import CopyTermsRefused
from certs.copies.terms import CopyTerms, check_terms, require_same
from certs.layout.band import BandRow, with_band
from certs.layout.fonts import FontStack
from certs.layout.operations import Page
from certs.layout.pages import page_of
from certs.layout.place import chinese_date
from certs.layout.watermark import marked
from certs.model import Certificate
from certs.ofd.certificate import COPY_TITLE
from certs.type_catalogue import CertificateType


def copy_address(public_url: str, code: str) -> str:
    """The page that checks a copy, and what its QR code says."""
    return f"{public_url}/copies/{code}"


def copy_page(
    certificate: Certificate,
    kind: CertificateType,
    terms: CopyTerms,
    *,
    fonts: FontStack,
    public_url: str,
    photo: bytes | None = None,
) -> Page:
    """The page of a copy, for both faces and the preview alike.

    Raises:
        CopyTermsRefused: the terms cannot be, or hold a character that no font prints.
        DocumentMalformed: they name another certificate.
        LayoutError: the face cannot be drawn: a glyph is missing, a text does not fit.
    """
    check_terms(terms)
    check_printable_terms(terms, fonts)
    require_same(certificate, terms)
    page = page_of(certificate, kind, fonts, qr=copy_address(public_url, terms.code), photo=photo)
    page = with_band(page, COPY_TITLE, _rows(terms, public_url), fonts)
    page = marked(page, watermark(terms), fonts)
    return Page(page.width, page.height, f"{page.title}（{COPY_TITLE}）", page.ground, page.marks, page.seal, page.said)


def check_printable_terms(terms: CopyTerms, fonts: FontStack) -> None:
    """Whether the fonts have every character of the terms; raises CopyTermsRefused naming the field."""
    for where, text in (("purpose", terms.purpose), ("matter", terms.matter), ("recipient", terms.recipient)):
        if not fonts.printable.issuperset(text):
            raise CopyTermsRefused(where, "not-printable")


def watermark(terms: CopyTerms) -> str:
    """The lines of the watermark: for whom, for which matter, what for, until when."""
    return "\n".join(
        (
            f"仅供{terms.recipient}使用",
            f"办理事项：{terms.matter}",
            f"用途：{terms.purpose}",
            f"{COPY_TITLE}　有效期至{_zh(terms.valid_until)}",
        )
    )


def _rows(terms: CopyTerms, public_url: str) -> tuple[BandRow, ...]:
    return (
        BandRow("copy.recipient", "使用单位", terms.recipient),
        BandRow("copy.matter", "办理事项", terms.matter),
        BandRow("copy.purpose", "用途", terms.purpose),
        BandRow("copy.valid_until", "有效期至", f"{_zh(terms.valid_until)}（含当日）"),
        BandRow("copy.code", "验证码", terms.code),
        BandRow("copy.address", "核验网址", f"{public_url}/copies"),
    )


def _zh(day: date) -> str:
    return chinese_date(day.isoformat())
