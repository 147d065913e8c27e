"""A certificate as an OFD document: its drawing, its metadata as CustomDatas, its data attached; and the way back.

CustomDatas carry the short names of GB/T 36903 (ZZMC, ZZBS, CZZT, KZ_…) as readers of electronic certificates expect
them; repeated items stand one per line. The same content is attached as XML (证照数据.xml) for people's programs and as
the JSON face (certificate.json), which says everything and rebuilds the certificate.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

from certs.crypto.sm3 import sm3
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import CertsError
from certs.face import certificate_of, json_face
from certs.model import Certificate, law_day
from certs.ofd.document import About, Attached, Document
from certs.ofd.errors import DocumentMalformed
from certs.ofd.page import Drawing
from certs.ofd.reading import OfdFile
from certs.type_catalogue import CertificateType

JSON_NAME: Final = "certificate.json"
XML_NAME: Final = "证照数据.xml"
_OF_OTHER_FACES: Final = frozenset({"iss", "iat", "status", "YZT"})


def certificate_document(certificate: Certificate, kind: CertificateType, drawing: Drawing) -> Document:
    """The document to seal; the same certificate and drawing always give the same document."""
    face = json_face(certificate, kind)
    about = About(
        doc_id=sm3(str(certificate.identifier).encode())[:16].hex(),
        title=certificate.name,
        author=certificate.issuer_name,
        created_on=law_day(certificate.issued_at),
        custom={name: "\n".join(values) for name, values in _items(face)},
        subject=certificate.number,
    )
    attached = (
        Attached(JSON_NAME, "JSON", canonical(face), certificate.issued_at),
        Attached(XML_NAME, "XML", _xml(face), certificate.issued_at),
    )
    return Document(about, drawing, attached)


def certificate_in(file: OfdFile) -> Certificate:
    """The certificate a read file carries, with metadata and both attachments telling the same.

    Whether the file may be believed is for `certs.ofd.verify` to say first.

    Raises:
        DocumentMalformed: no data is attached, it is no certificate, or the three disagree.
    """
    data = file.attachments.get(JSON_NAME)
    if data is None:
        raise DocumentMalformed(f"no {JSON_NAME} is attached")
    try:
        face = loads_object(data)
        certificate = certificate_of(face)
    except CertsError as error:
        raise DocumentMalformed(f"{JSON_NAME}: {error}") from error
    stated = {name: "\n".join(values).strip(" \t\r\n") for name, values in _items(face)}
    if file.custom != stated or file.attachments.get(XML_NAME) != _xml(face):
        raise DocumentMalformed("metadata and attached data disagree")
    return certificate


def _items(face: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Short name -> its values; what only other faces need is left out."""
    for name, value in face.items():
        if name not in _OF_OTHER_FACES:
            yield name, [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _xml(face: Mapping[str, object]) -> bytes:
    rows = "".join(f"<{name}>{escape(value)}</{name}>" for name, values in sorted(_items(face)) for value in values)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<DZZZ>{rows}</DZZZ>'.encode()
