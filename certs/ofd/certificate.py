"""A certificate as an OFD document: its drawing, its metadata as CustomDatas, its data attached; and the way back.

CustomDatas carry the short names of GB/T 36903 (ZZMC, ZZBS, CZZT, KZ_…) as readers of electronic certificates expect
them; repeated items stand one per line. The same content is attached as XML (证照数据.xml) for people's programs and as
the JSON face (certificate.json), which says everything and rebuilds the certificate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
COPY_NAME: Final = "copy.json"
COPY_TITLE: Final = "加注件"
_OF_OTHER_FACES: Final = frozenset({"iss", "iat", "status", "YZT"})


@dataclass(frozen=True, slots=True)
class CopyMarks:
    """What only a purpose-marked copy (加注件) has: its number, its metadata (JZJ…), its terms as attached."""

    number: str
    custom: Mapping[str, str]
    terms: Attached = field(repr=False)


def certificate_document(
    certificate: Certificate,
    kind: CertificateType,
    drawing: Drawing,
    copy: CopyMarks | None = None,
    *,
    version: str = "",
) -> Document:
    """The document to seal, the original or with `copy` a copy; the same arguments always give the same document.

    `version` is the mark of the layout that drew it (`certs.layout.revision.layout_mark`).
    """
    return face_document(certificate, json_face(certificate, kind), drawing, copy, version=version)


def face_document(
    certificate: Certificate,
    face: Mapping[str, object],
    drawing: Drawing,
    copy: CopyMarks | None = None,
    *,
    version: str = "",
) -> Document:
    """`certificate_document` from a JSON face that is there already: one that was read is not made anew."""
    marks = copy.custom if copy else {}
    name = f"{certificate.identifier} {copy.number}" if copy else str(certificate.identifier)
    about = About(
        doc_id=sm3(name.encode())[:16].hex(),
        title=f"{certificate.name}（{COPY_TITLE}）" if copy else certificate.name,
        author=certificate.issuer_name,
        created_on=law_day(copy.terms.created_at if copy else certificate.issued_at),
        custom={name: "\n".join(values) for name, values in _items(face)} | dict(marks),
        subject=certificate.number,
        version=version,
    )
    attached = (
        Attached(JSON_NAME, "JSON", canonical(face), certificate.issued_at),
        Attached(XML_NAME, "XML", _xml(face, marks), certificate.issued_at),
    )
    return Document(about, drawing, (*attached, copy.terms) if copy else attached)


def certificate_in(file: OfdFile, copy: CopyMarks | None = None) -> Certificate:
    """The certificate a read file carries, with metadata and both attachments telling the same.

    A purpose-marked copy is refused where an original is asked for, and the other way about: `copy` holds the marks
    it must have (`certs.copies.terms.copy_in_ofd`). Whether the file may be believed is for `certs.ofd.verify`
    to say first.

    Raises:
        DocumentMalformed: no data is attached, it is no certificate, the three disagree, or it is a copy.
    """
    if copy is None and COPY_NAME in file.attachments:
        raise DocumentMalformed("a purpose-marked copy (加注件), not the original")
    data = file.attachments.get(JSON_NAME)
    if data is None:
        raise DocumentMalformed(f"no {JSON_NAME} is attached")
    try:
        face = loads_object(data)
        certificate = certificate_of(face)
    except CertsError as error:
        raise DocumentMalformed(f"{JSON_NAME}: {error}") from error
    marks = copy.custom if copy else {}
    stated = {name: "\n".join(values).strip(" \t\r\n") for name, values in _items(face)} | dict(marks)
    if file.custom != stated or file.attachments.get(XML_NAME) != _xml(face, marks):
        raise DocumentMalformed("metadata and attached data disagree")
    return certificate


def _items(face: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Short name -> its values; what only other faces need is left out."""
    for name, value in face.items():
        if name not in _OF_OTHER_FACES:
            yield name, [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _xml(face: Mapping[str, object], marks: Mapping[str, str]) -> bytes:
    items = sorted([*_items(face), *((name, [value]) for name, value in marks.items())])
    rows = "".join(f"<{name}>{escape(value)}</{name}>" for name, values in items for value in values)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<DZZZ>{rows}</DZZZ>'.encode()
