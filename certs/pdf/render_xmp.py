"""XMP metadata of a certificate (ISO 16684-1, and ISO 19005 for what PDF/A asks)."""

from datetime import UTC, datetime
from enum import Enum
from xml.sax.saxutils import escape

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
}
PRODUCER = "Yizhengtong"


class Part(Enum):
    """Which PDF/A: 4f (ISO 19005-4, PDF 2.0; stays valid under ECDSA, EdDSA and SM2) or 3b (ISO 19005-3, PDF 1.7)."""

    A4F = "4f"
    A3B = "3b"

    @property
    def pdf_version(self) -> bytes:
        """The PDF version of the file."""
        return b"2.0" if self is Part.A4F else b"1.7"

    @property
    def identification(self) -> str:
        """The properties that claim conformance."""
        if self is Part.A4F:
            return "<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev><pdfaid:conformance>F</pdfaid:conformance>"
        return "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"


def xmp(title: str, identifier: str, document_id: str, made_at: datetime, part: Part, *, version: str = "") -> bytes:
    """The metadata packet; read-only, since the file is never edited. `version` stands behind the creator's name."""
    creator = f"{PRODUCER} {version}".strip()
    when = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items())
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about=""{spaces}>\n'
        f"{part.identification}\n"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>\n'
        f"<dc:identifier>{escape(identifier)}</dc:identifier><dc:format>application/pdf</dc:format>\n"
        f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>"
        f"<xmp:MetadataDate>{when}</xmp:MetadataDate><xmp:CreatorTool>{escape(creator)}</xmp:CreatorTool>\n"
        f"<pdf:Producer>{PRODUCER}</pdf:Producer><xmpMM:DocumentID>uuid:{document_id}</xmpMM:DocumentID>\n"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    )
    return text.encode()
