"""The everyday face of a certificate: one page of PDF/A with the certificate's data attached (ISO 19005, ISO 32000).

Own writer (docs/adr/0011): it draws exactly the operations every other face draws, the same bytes for the same input.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from certs.layout.fonts import FontStack
from certs.layout.operations import MM_PER_POINT, OPAQUE, Image, Page
from certs.layout.subset import Subset, subsets_of
from certs.pdf.render_content import alpha_name, ground_stream, marks_stream
from certs.pdf.render_fonts import add_font
from certs.pdf.render_objects import Objects, name, real, reals, text_string
from certs.pdf.render_srgb import srgb_profile
from certs.pdf.render_xmp import Part, xmp


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to the page. `relation` is an AFRelationship (ISO 32000-2, 14.13): Data, Source, …."""

    name: str
    mime: str
    description: str
    data: bytes = field(repr=False)
    relation: str = "Data"


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """An unsealed PDF that this module made; the sealing side takes nothing else.

    Attributes:
        data: the file.
        digest: SHA-256 of `data`, for the journal.
        document_id: also in the metadata (xmpMM:DocumentID) and in the trailer's /ID.
        catalog, page: object numbers, generation 0.
        next_object: the first unused object number (/Size).
        seal: where the seal goes: left, bottom, right, top in points.
    """

    data: bytes = field(repr=False)
    digest: bytes
    document_id: UUID
    catalog: int
    page: int
    next_object: int
    seal: tuple[float, float, float, float]
    part: Part


def render_pdf(
    page: Page,
    fonts: FontStack,
    *,
    identifier: str,
    made_at: datetime,
    attachments: Iterable[Attachment] = (),
    part: Part = Part.A4F,
    version: str = "",
) -> RenderedPdf:
    """Draw a page as a PDF/A file.

    Args:
        page: from `certs.layout.place`.
        fonts: the stack the page was laid out with.
        identifier: the certificate's identifier (电子证照标识), for the metadata.
        made_at: when; whole seconds count.
        attachments: the certificate's data, e.g. its JSON face.
        part: which PDF/A.
        version: mark of the layout that drew the page (`certs.layout.revision`), "" to name none.
    """
    attached = tuple(attachments)
    subsets = subsets_of(page, fonts)
    contents = _Contents(page, subsets, ground_stream(page.ground, page.height), marks_stream(page, subsets))
    stated = " ".join([f"{identifier} {_pdf_date(made_at)!r} {part.value}", *([version] if version else [])])
    document_id = _document_id(contents, attached, stated)
    objects = Objects()
    catalog, pages, leaf = objects.reserve(), objects.reserve(), objects.reserve()
    files = [_add_file(objects, attachment, made_at) for attachment in attached]
    objects.fill(pages, b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % leaf)
    objects.fill(leaf, _page(objects, contents, pages))
    packet = xmp(page.title, identifier, str(document_id), made_at, part, version=version)
    metadata = objects.add_raw_stream(packet, b"/Type/Metadata/Subtype/XML")
    objects.fill(catalog, _catalog(objects, pages, metadata, attached, files))
    data = objects.file(part.pdf_version, catalog, document_id.hex.upper().encode())
    return RenderedPdf(
        data, sha256(data).digest(), document_id, catalog, leaf, objects.reserve(), _seal_points(page), part
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is seen: the fonts, the packed ground and the marks on it."""

    page: Page
    subsets: dict[str, Subset]
    ground: bytes
    marks: bytes


def _document_id(contents: _Contents, attached: tuple[Attachment, ...], stated: str) -> UUID:
    """A name that follows from everything in the file (UUID version 8, RFC 9562)."""
    seed = sha256()
    for piece in (
        stated.encode(),
        contents.ground,
        contents.marks,
        *(small.data for small in contents.subsets.values()),
        *(op.data for op in contents.page.marks if isinstance(op, Image)),
        *(part for a in attached for part in (f"{a.name}\0{a.mime}\0{a.description}\0{a.relation}".encode(), a.data)),
    ):
        seed.update(sha256(piece).digest())
    value = int.from_bytes(seed.digest()[:16], "big")
    value = value & ~(0xF << 76) | (0x8 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


def _page(objects: Objects, contents: _Contents, parent: int) -> bytes:
    page = contents.page
    ground = objects.add_stream(contents.ground, packed=True)
    marks = objects.add_stream(contents.marks)
    fonts = b"".join(b"/F%d %d 0 R" % (i, add_font(objects, s)) for i, s in enumerate(contents.subsets.values()))
    images = b"".join(
        b"/I%d %d 0 R" % (i, _add_image(objects, image))
        for i, image in enumerate(op for op in page.marks if isinstance(op, Image))
    )
    size = reals(page.width / MM_PER_POINT, page.height / MM_PER_POINT)
    resources = b"<</Font<<%b>>/XObject<<%b>>%b>>" % (fonts, images, _states(page))
    return b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %b]/Resources%b/Contents[%d 0 R %d 0 R]>>" % (
        parent,
        size,
        resources,
        ground,
        marks,
    )


def _states(page: Page) -> bytes:
    """Graphics states for what is painted translucently."""
    alphas = sorted({run.alpha for run in page.runs() if run.alpha < OPAQUE})
    states = b"".join(b"%b<</ca %b>>" % (alpha_name(alpha), real(alpha / OPAQUE)) for alpha in alphas)
    return b"/ExtGState<<%b>>" % states if states else b""


def _add_image(objects: Objects, image: Image) -> int:
    space = b"/DeviceGray" if image.components == 1 else b"/DeviceRGB"
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace%b/Filter/DCTDecode" % (
        image.columns,
        image.rows,
        space,
    )
    return objects.add_raw_stream(image.data, entries)


def _add_file(objects: Objects, attachment: Attachment, made_at: datetime) -> int:
    params = b"/Params<</Size %d/ModDate(%b)>>" % (len(attachment.data), _pdf_date(made_at))
    entries = b"/Type/EmbeddedFile/Subtype%b%b" % (name(attachment.mime), params)
    stream = objects.add_stream(attachment.data, entries)
    title = text_string(attachment.name)
    return objects.add(
        b"<</Type/Filespec/F%b/UF%b/Desc%b/AFRelationship%b/EF<</F %d 0 R/UF %d 0 R>>>>"
        % (title, title, text_string(attachment.description), name(attachment.relation), stream, stream)
    )


def _catalog(objects: Objects, pages: int, metadata: int, attached: tuple[Attachment, ...], files: list[int]) -> bytes:
    profile = objects.add_stream(srgb_profile(), b"/N 3")
    intent = objects.add(
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)/Info(sRGB IEC61966-2.1)"
        b"/DestOutputProfile %d 0 R>>" % profile
    )
    named = sorted(zip((a.name for a in attached), files, strict=True))
    tree = b"".join(b"%b %d 0 R" % (text_string(title), number) for title, number in named)
    data = b"/AF[%b]/Names<</EmbeddedFiles<</Names[%b]>>>>" % (b" ".join(b"%d 0 R" % n for n in files), tree)
    return (
        b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%d 0 R]/Lang(zh-CN)"
        b"/ViewerPreferences<</DisplayDocTitle true>>%b>>" % (pages, metadata, intent, data if files else b"")
    )


def _pdf_date(at: datetime) -> bytes:
    return at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ").encode()


def _seal_points(page: Page) -> tuple[float, float, float, float]:
    box = page.seal
    edges = (box.x, page.height - box.bottom, box.right, page.height - box.y)
    return tuple(round(edge / MM_PER_POINT, 3) for edge in edges)  # type: ignore[return-value]  # four of them
