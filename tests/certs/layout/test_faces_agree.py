"""Every visible face of any certificate says the same, to the character, as its drawing and its data."""

import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import pypdf
from hypothesis import given, settings

from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.place import place, stated
from certs.layout.preview import preview_svg
from certs.model import Certificate, law_day
from certs.ofd.document import About, Document
from certs.ofd.writer import pack, write_parts
from certs.pdf.render import render_pdf
from tests.certs.layout.samples import certificates, layout_of

FONTS = load_fonts()
OFD = "{http://www.ofdspec.org/2016}"
SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=15, deadline=None)
@given(certificates())
def test_ofd_pdf_and_svg_say_what_the_certificate_says(sample: tuple[str, Certificate]) -> None:
    slug, c = sample
    page = place(c, layout_of(slug), FONTS)
    drawn = "".join(run.text for run in page.runs())
    about = About("0" * 32, page.title, c.issuer_name, law_day(c.issued_at), {})
    package = pack(write_parts(Document(about, ofd_drawing(page, FONTS))))
    pdf = render_pdf(page, FONTS, identifier=str(c.identifier), made_at=c.issued_at).data
    assert _ofd_text(package) == _svg_text(preview_svg(page, FONTS)) == drawn
    assert _squeezed(pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text()) == _squeezed(drawn)
    for slot in layout_of(slug).slots:
        assert (stated(c, slot.source, slot.show) or slot.empty) in drawn


def _ofd_text(package: bytes) -> str:
    with zipfile.ZipFile(BytesIO(package)) as file:
        content = ET.fromstring(file.read("Doc_0/Pages/Page_0/Content.xml"))
    return "".join(code.text or "" for code in content.iter(f"{OFD}TextCode"))


def _svg_text(svg: bytes) -> str:
    return "".join(text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text"))


def _squeezed(text: str) -> str:
    return "".join(text.split())
