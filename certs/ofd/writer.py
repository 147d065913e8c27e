"""Documents to parts, parts to a package: minimal, valid, and the same bytes for the same values.

Order of elements is that of GB/T 33190-2016; object numbers count from 1; no clock, no random value, no compression
choice enters from outside. Archive profile of GB/T 42133: fonts embedded, one document, nothing outside the package.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import count, islice
from types import MappingProxyType
from typing import Final

from certs.ofd.document import About, Attached, Document
from certs.ofd.errors import PageRefused
from certs.ofd.objects import FontUse, attribute, number, numbers, page_objects, text
from certs.ofd.page import FontFile, ImageFile, Page

NAMESPACE: Final = "http://www.ofdspec.org/2016"
SIGNATURES_PATH: Final = "Doc_0/Signs/Signatures.xml"
CREATOR: Final = "Yizhengtong"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FASTEST: Final = 1
_PACKED: Final = (".png", ".jpg", ".esl", ".dat")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_IMAGE_SUFFIX: Final[Mapping[str, str]] = MappingProxyType({"PNG": "png", "JPEG": "jpg"})

Parts = Mapping[str, bytes]


def write_parts(document: Document, *, to_be_sealed: bool = False) -> dict[str, bytes]:
    """Path in the package -> bytes, in package order; `to_be_sealed` names the signature list that sealing will add.

    Raises:
        PageRefused: an operation names an unknown resource, a text holds what XML cannot, or there is no page.
    """
    if not document.drawing.pages:
        raise PageRefused("a document without pages")
    ids = count(1)
    drawing = document.drawing
    page_ids = dict(zip(range(len(drawing.pages)), ids, strict=False))
    fonts = dict(zip(sorted(drawing.fonts), ids, strict=False))
    images = dict(zip(sorted(drawing.images), ids, strict=False))
    uses = {name: FontUse(fonts[name], font.glyphs) for name, font in drawing.fonts.items()}
    pages = [_page(page, next(ids), uses, images, islice(ids, len(page.operations))) for page in drawing.pages]
    attached = dict(zip(range(len(document.attachments)), ids, strict=False))
    parts = {
        "OFD.xml": _ofd(document.about, to_be_sealed=to_be_sealed),
        "Doc_0/Document.xml": _document(document, page_ids, max_id=next(ids) - 1),
        "Doc_0/PublicRes.xml": _fonts(drawing.fonts, fonts),
        "Doc_0/DocumentRes.xml": _images(drawing.images, images),
    }
    parts |= {f"Doc_0/Pages/Page_{i}/Content.xml": body for i, body in enumerate(pages)}
    parts |= {f"Doc_0/Res/{_font_file(fonts[n], f)}": f.data for n, f in sorted(drawing.fonts.items())}
    parts |= {f"Doc_0/Res/{_image_file(images[n], f)}": f.data for n, f in sorted(drawing.images.items())}
    if document.attachments:
        parts["Doc_0/Attachs/Attachments.xml"] = _attachments(document.attachments, attached)
        parts |= {f"Doc_0/Attachs/{_attached_file(i, a)}": a.data for i, a in enumerate(document.attachments)}
    return parts


def pack(parts: Parts) -> bytes:
    """The package: entries in the order given, one fixed time, no data descriptors.

    Images, and seals, which are a signed image, are stored as they are.

    The fastest compression: a tenth larger than the usual level, five times as fast, and half of all time otherwise.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for path, body in parts.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if path.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            entry.create_system = 0
            package.writestr(entry, body, compresslevel=_FASTEST)
    return buffer.getvalue()


def part(body: str) -> bytes:
    """A part: declaration and one element in the namespace prefix `ofd`."""
    return f"{_HEAD}{body}".encode()


def _ofd(about: About, *, to_be_sealed: bool) -> bytes:
    info = [
        f"<ofd:DocID>{text(about.doc_id)}</ofd:DocID>",
        f"<ofd:Title>{text(about.title)}</ofd:Title>",
        f"<ofd:Author>{text(about.author)}</ofd:Author>",
        f"<ofd:Subject>{text(about.subject)}</ofd:Subject>" if about.subject else "",
        f"<ofd:CreationDate>{about.created_on.isoformat()}</ofd:CreationDate>",
        f"<ofd:Creator>{CREATOR}</ofd:Creator>",
        f"<ofd:CreatorVersion>{text(about.version)}</ofd:CreatorVersion>" if about.version else "",
    ]
    if about.custom:
        custom = "".join(
            f"<ofd:CustomData Name={attribute(name)}>{text(value)}</ofd:CustomData>"
            for name, value in sorted(about.custom.items())
        )
        info.append(f"<ofd:CustomDatas>{custom}</ofd:CustomDatas>")
    signatures = f"<ofd:Signatures>/{SIGNATURES_PATH}</ofd:Signatures>" if to_be_sealed else ""
    return part(
        f'<ofd:OFD xmlns:ofd="{NAMESPACE}" Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>{"".join(info)}'
        f"</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{signatures}</ofd:DocBody></ofd:OFD>"
    )


def _document(document: Document, page_ids: Mapping[int, int], *, max_id: int) -> bytes:
    first = document.drawing.pages[0]
    pages = "".join(
        f'<ofd:Page ID="{page_id}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i, page_id in page_ids.items()
    )
    attachments = "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" if document.attachments else ""
    return part(
        f'<ofd:Document xmlns:ofd="{NAMESPACE}"><ofd:CommonData><ofd:MaxUnitID>{max_id}</ofd:MaxUnitID>'
        f"{_area('PageArea', first.width, first.height)}<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData>"
        f"<ofd:Pages>{pages}</ofd:Pages>{attachments}</ofd:Document>"
    )


def _area(element: str, width: float, height: float) -> str:
    if not (0 < width <= 5000 and 0 < height <= 5000):
        raise PageRefused("a page without size")
    return f"<ofd:{element}><ofd:PhysicalBox>{numbers(0, 0, width, height)}</ofd:PhysicalBox></ofd:{element}>"


def _page(
    page: Page, layer_id: int, fonts: Mapping[str, FontUse], images: Mapping[str, int], ids: Iterator[int]
) -> bytes:
    objects = page_objects(page, ids, fonts, images)
    return part(
        f'<ofd:Page xmlns:ofd="{NAMESPACE}">{_area("Area", page.width, page.height)}<ofd:Content>'
        f'<ofd:Layer ID="{layer_id}" Type="Body">{objects}</ofd:Layer></ofd:Content></ofd:Page>'
    )


def _fonts(fonts: Mapping[str, FontFile], ids: Mapping[str, int]) -> bytes:
    entries = "".join(
        f'<ofd:Font ID="{ids[n]}" FontName={attribute(f.name)} FamilyName={attribute(f.family or f.name)}>'
        f"<ofd:FontFile>{_font_file(ids[n], f)}</ofd:FontFile></ofd:Font>"
        for n, f in sorted(fonts.items())
    )
    return _resources("Fonts", entries)


def _images(images: Mapping[str, ImageFile], ids: Mapping[str, int]) -> bytes:
    entries = "".join(
        f'<ofd:MultiMedia ID="{ids[n]}" Type="Image" Format={attribute(f.format)}>'
        f"<ofd:MediaFile>{_image_file(ids[n], f)}</ofd:MediaFile></ofd:MultiMedia>"
        for n, f in sorted(images.items())
    )
    return _resources("MultiMedias", entries)


def _resources(group: str, entries: str) -> bytes:
    inner = f"<ofd:{group}>{entries}</ofd:{group}>" if entries else ""
    return part(f'<ofd:Res xmlns:ofd="{NAMESPACE}" BaseLoc="Res">{inner}</ofd:Res>')


def _attachments(attached: Iterable[Attached], ids: Mapping[int, int]) -> bytes:
    entries = "".join(
        f'<ofd:Attachment ID="{ids[i]}" Name={attribute(a.name)} Format={attribute(a.format)} '
        f'CreationDate="{a.created_at:%Y-%m-%dT%H:%M:%S}" Size="{number(len(a.data) / 1024)}" '
        f'Visible="{str(a.visible).lower()}"><ofd:FileLoc>{_attached_file(i, a)}</ofd:FileLoc></ofd:Attachment>'
        for i, a in enumerate(attached)
    )
    return part(f'<ofd:Attachments xmlns:ofd="{NAMESPACE}">{entries}</ofd:Attachments>')


def _font_file(font_id: int, font: FontFile) -> str:
    if font.extension not in {"ttf", "otf"}:
        raise PageRefused(f"font file of kind {font.extension[:16]!r}")
    return f"Font_{font_id}.{font.extension}"


def _image_file(image_id: int, image: ImageFile) -> str:
    if image.format not in _IMAGE_SUFFIX:
        raise PageRefused(f"image of kind {image.format[:16]!r}")
    return f"Image_{image_id}.{_IMAGE_SUFFIX[image.format]}"


def _attached_file(index: int, attached: Attached) -> str:
    """A name of our own: an attachment's name is text, never a path."""
    return f"Attach_{index}.{'json' if attached.format.upper() == 'JSON' else 'xml'}"
