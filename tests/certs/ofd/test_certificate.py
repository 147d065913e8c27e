"""Real certificates of every type: drawn, sealed, verified, and read back equal."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from certs.layout.fonts import load_fonts
from certs.layout.ofd_drawing import ofd_drawing
from certs.layout.place import place
from certs.model import Certificate, Verdict
from certs.ofd.certificate import JSON_NAME, XML_NAME, certificate_document, certificate_in
from certs.ofd.document import Document
from certs.ofd.errors import DocumentMalformed
from certs.ofd.reading import read_ofd
from certs.ofd.signing import Place, seal_document
from certs.ofd.writer import pack, write_parts
from tests.certs.layout.samples import PHOTO, SLUGS, certificate_of_type, certificates, kind_of, layout_of
from tests.certs.ofd.resealing import WORLD

FONTS = load_fonts()


def document_of(slug: str, certificate: Certificate) -> Document:
    layout = layout_of(slug)
    page = place(certificate, layout, FONTS, photo=PHOTO if layout.photo else None)
    return certificate_document(certificate, kind_of(slug), ofd_drawing(page, FONTS))


@pytest.mark.parametrize("slug", SLUGS)
def test_every_type_is_sealed_verified_and_read_back(slug: str) -> None:
    certificate = certificate_of_type(slug)
    document = document_of(slug, certificate)
    sealed = seal_document(document, replace(WORLD.sealing(), places=(Place(0, 10, 10),)))
    found = WORLD.verify(sealed)
    assert found.report.verdict is Verdict.VALID
    assert certificate_in(read_ofd(sealed)) == certificate
    custom = found.report.claims["custom"]
    assert isinstance(custom, dict)
    assert (custom["ZZBS"], custom["ZZMC"]) == (str(certificate.identifier), certificate.name)
    assert custom["CZZT"].split("\n") == [h.name for h in certificate.holders]


@settings(max_examples=25, deadline=None)
@given(certificates())
def test_any_certificate_comes_back_equal(sample: tuple[str, Certificate]) -> None:
    slug, certificate = sample
    first = pack(write_parts(document_of(slug, certificate)))
    assert first == pack(write_parts(document_of(slug, certificate)))
    assert certificate_in(read_ofd(first)) == certificate


def test_metadata_and_attachments_that_disagree_are_refused() -> None:
    document = document_of("birth", certificate_of_type("birth"))
    data, xml = document.attachments
    custom = {**document.about.custom, "CZZT": "另一人"}
    wrong = [
        replace(document, about=replace(document.about, custom=custom)),
        replace(document, attachments=(data,)),
        replace(document, attachments=(xml,)),
        replace(document, attachments=(data, replace(xml, data=xml.data.replace("测试".encode(), "侧试".encode(), 1)))),
        replace(document, attachments=(replace(data, data=b"{}"), xml)),
        replace(document, attachments=(replace(data, data=data.data[:-1] + b',"ZZBS":"1"}'), xml)),
    ]
    assert {a.name for a in document.attachments} == {JSON_NAME, XML_NAME}
    for one in wrong:
        with pytest.raises(DocumentMalformed):
            certificate_in(read_ofd(pack(write_parts(one))))
