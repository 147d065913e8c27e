"""The certificate that is attached to a PDF when it is sealed: `certificate.json`, the canonical JSON face."""

from typing import Final

from certs.copies.terms import CopyTerms, terms_json
from certs.crypto.strict_json import MAX_BYTES, canonical, loads_object
from certs.errors import CertsError
from certs.face import certificate_of
from certs.model import Certificate
from certs.ofd.certificate import COPY_NAME, JSON_NAME
from certs.pdf.errors import CertificateMissing
from certs.pdf.render import Attachment
from certs.pdf.strict_file import StrictFile
from certs.pdf.strict_filters import unpacked
from certs.pdf.strict_values import Budget, Stream, Value
from certs.pdf.verify_content import file_name

_MAX_UNPACKED: Final = 4 * MAX_BYTES
_JSON: Final = "application/json"


def attached_files(face: bytes, terms: CopyTerms | None = None) -> tuple[Attachment, ...]:
    """What is attached to the page: the JSON face, and on a purpose-marked copy its terms."""
    data = Attachment(JSON_NAME, _JSON, "电子证照数据", face)
    return (data, Attachment(COPY_NAME, _JSON, "加注件用途与期限", terms_json(terms))) if terms else (data,)


def certificate_in_pdf(content: bytes) -> Certificate:
    """The certificate a PDF carries. Whether the file may be believed is for `certs.pdf.verify` to say first.

    Raises:
        PdfUnreadable: the file cannot be read.
        CertificateMissing: no data is attached, it is no certificate, or not in its one canonical form.
    """
    return certificate_of_face(face_in(StrictFile(content)))


def certificate_of_face(face: bytes) -> Certificate:
    """The certificate a canonical JSON face states; raises CertificateMissing."""
    try:
        read = loads_object(face)
        certificate = certificate_of(read)
    except CertsError as error:
        raise CertificateMissing(f"{JSON_NAME}: {error}") from error
    if canonical(read) != face:
        raise CertificateMissing(f"{JSON_NAME} is not in its canonical form")
    return certificate


def face_in(file: StrictFile, revision: int = -1) -> bytes:
    """The attached JSON face as it is, of one revision of a file that was read.

    Raises:
        CertificateMissing: no file of that name, or several.
        PdfUnreadable: it is packed in a way that is not read here.
    """
    faces = [data for name, data in attachments(file, revision) if name == JSON_NAME]
    if len(faces) != 1:
        raise CertificateMissing(f"{len(faces)} attached files are called {JSON_NAME}")
    return faces[0]


def attachments(file: StrictFile, revision: int = -1) -> tuple[tuple[str, bytes], ...]:
    """Name and content of every attached file in the order of their names (7.11.4); raises PdfUnreadable."""
    catalog = file.catalog(revision)
    files = file.dictionary(file.dictionary(catalog.get("Names"), revision).get("EmbeddedFiles"), revision)
    specs = [file.dictionary(spec, revision) for spec in file.array(files.get("Names"), revision)[1::2]]
    budget = Budget(0, _MAX_UNPACKED)
    return tuple((_name(file, spec, revision), _content(file, spec, revision, budget)) for spec in specs)


def _name(file: StrictFile, spec: dict[str, Value], revision: int) -> str:
    return file_name(file.get(spec.get("UF", spec.get("F")), revision))


def _content(file: StrictFile, spec: dict[str, Value], revision: int, budget: Budget) -> bytes:
    stream = file.get(file.dictionary(spec.get("EF"), revision).get("F"), revision)
    return unpacked(stream, budget) if isinstance(stream, Stream) else b""
