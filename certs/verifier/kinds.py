"""What a file is, by its first bytes and names only. Recognising believes nothing: the reader of that kind decides."""

import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from certs.crypto.jws import parse_jws
from certs.errors import CertsError
from certs.evidence.bundle import MANIFEST
from certs.evidence.proof import HEADER
from certs.evidence.receipt import RECEIPT_TYPE
from certs.face import JSON_FACE_TYP, SD_JWT_TYP

REPORT_TYP: Final = "yzt-verification-report+jws"
MAX_REPORT_BYTES: Final = 32 * 1024 * 1024

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_MAX_NAMES: Final = 4096
_PDF_WITHIN: Final = 1024  # readers accept junk before the header; ours recognises it and then refuses it
_TEXT: Final = 512 * 1024


class DocumentKind(StrEnum):
    """Kinds of documents. CERTIFICATE is either token face; ARCHIVE a ZIP of documents; UNKNOWN is none of ours."""

    CERTIFICATE = "certificate"
    OFD = "ofd"
    PDF = "pdf"
    BUNDLE = "bundle"
    RECEIPT = "receipt"
    PROOF = "proof"
    REPORT = "report"
    ARCHIVE = "archive"
    UNKNOWN = "unknown"


_BY_TYP: Final = {
    SD_JWT_TYP: DocumentKind.CERTIFICATE,
    JSON_FACE_TYP: DocumentKind.CERTIFICATE,
    RECEIPT_TYPE: DocumentKind.RECEIPT,
    REPORT_TYP: DocumentKind.REPORT,
}


def recognise(content: bytes) -> DocumentKind:
    """The kind a file claims to be. Reads at most its directory or header; raises nothing."""
    if content.startswith(b"PK"):
        return _package(content)
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return DocumentKind.PDF
    if content.startswith(HEADER.encode()):
        return DocumentKind.PROOF
    return _token(content)


def _package(content: bytes) -> DocumentKind:
    names = set(_names(content)) or {_first_name(content)}
    if b"OFD.xml" in names:
        return DocumentKind.OFD
    return DocumentKind.BUNDLE if MANIFEST.encode() in names else DocumentKind.ARCHIVE


def _names(content: bytes) -> Iterator[bytes]:
    """Names in the central directory, as far as it can be followed."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if end < 0 or end + _END.size > len(content):
        return
    at = _END.unpack_from(content, end)[6]
    for _ in range(_MAX_NAMES):
        if at + _CENTRAL.size > len(content) or content[at : at + 4] != b"PK\x01\x02":
            return
        name, extra, comment = _CENTRAL.unpack_from(content, at)[10:13]
        yield content[at + _CENTRAL.size : at + _CENTRAL.size + name]
        at += _CENTRAL.size + name + extra + comment


def _first_name(content: bytes) -> bytes:
    """The name of the first local entry: for a package whose directory is cut off."""
    length = int.from_bytes(content[26:28], "little")
    return content[30 : 30 + length]


def _token(content: bytes) -> DocumentKind:
    limit = MAX_REPORT_BYTES if len(content) > _TEXT else _TEXT
    if len(content) > limit or not content.isascii():
        return DocumentKind.UNKNOWN
    head = content.decode("ascii").strip().partition("~")[0]
    try:
        typ = parse_jws(head, max_bytes=limit).header.get("typ")
    except CertsError:  # refused where its steps say why, if it looks like a token at all
        return DocumentKind.CERTIFICATE if head.count(".") == 2 else DocumentKind.UNKNOWN
    return _BY_TYP.get(str(typ).removeprefix("application/"), DocumentKind.CERTIFICATE)
