"""An OFD file as verification needs it: its parts, pages, what it says about itself, its signatures. Strict.

Exactly one document, no versions, every location inside the package. Parts are kept byte for byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.ofd.errors import DocumentMalformed
from certs.ofd.package import read_package
from certs.ofd.strict_xml import Budget, Element, read_xml

Box = tuple[float, float, float, float]

_ENTRY: Final = "OFD.xml"
_MAX_SIGNATURES: Final = 100
# Leaf elements and attributes of type ST_Loc (GB/T 33190-2016 §7.3).
_LOCATIONS: Final = frozenset(
    {"DocRoot", "Signatures", "PublicRes", "DocumentRes", "PageRes", "Annotations", "CustomTags", "Attachments"}
    | {"Extensions", "ExtendData", "FontFile", "MediaFile", "FileLoc", "SchemaLoc", "BaseLoc", "SignedValue"}
)
# All that a Signature.xml may hold (GB/T 33190-2016 §18.2): whatever else stands there, another reader may act on.
_OF_SIGNATURES: Final = frozenset(
    {"Signature", "SignedInfo", "Provider", "SignatureMethod", "SignatureDateTime", "Parameters", "Parameter"}
    | {"References", "Reference", "CheckValue", "StampAnnot", "Seal", "BaseLoc", "SignedValue"}
)
_OF_ONE_NUMBERING: Final = frozenset({"Document", "Page", "Res"})
_IN_RESOURCE_FOLDER: Final = frozenset({"FontFile", "MediaFile"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A signature as the list names it: `kind` is Seal or Sign, `path` that of its Signature.xml."""

    id: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class StampPlace:
    """Where a seal is to be seen (StampAnnot); box in mm: x, y, width, height."""

    id: str
    page: str
    box: Box


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """A Signature.xml. `references` are (FileRef as written, base64 digest as written), in order."""

    method: str
    check_method: str
    references: tuple[tuple[str, str], ...]
    stamps: tuple[StampPlace, ...]
    seal_path: str | None
    value_path: str


@dataclass(frozen=True, slots=True)
class OfdFile:
    """A read file. `pages` maps page id to its size in mm; `custom` are the CustomDatas; attachments by name.

    `version` is the CreatorVersion, "" without one.
    """

    parts: Mapping[str, bytes] = field(repr=False)
    title: str
    custom: Mapping[str, str] = field(repr=False)
    pages: Mapping[str, tuple[float, float]]
    attachments: Mapping[str, bytes] = field(repr=False)
    list_path: str | None
    signatures: tuple[Listed, ...]
    trees: Mapping[str, Element] = field(repr=False)
    version: str = ""


def read_ofd(data: bytes) -> OfdFile:
    """Read a package.

    Raises:
        PackageRefused, XmlRefused: the package or a part is irregular.
        DocumentMalformed: the parts make no single document.
    """
    parts = read_package(data)
    if _ENTRY not in parts:
        raise DocumentMalformed("no OFD.xml")
    budget = Budget()
    trees = {p: read_xml(b, budget=budget) for p, b in parts.items() if _is_xml(p, b)}
    bodies = _root(trees, _ENTRY, "OFD").all("DocBody")
    if len(bodies) != 1 or bodies[0].all("Versions"):
        raise DocumentMalformed(f"{len(bodies)} documents, or several versions; exactly one is read")
    body = bodies[0]
    info = body.one("DocInfo")
    root_path = resolve(_ENTRY, body.one("DocRoot").value())
    document = _root(trees, root_path, "Document")
    _check_numbers(trees)
    listed = body.maybe("Signatures")
    list_path = resolve(_ENTRY, listed.value()) if listed else None
    title, version = info.maybe("Title"), info.maybe("CreatorVersion")
    return OfdFile(
        parts=parts,
        title=title.value() if title else "",
        custom=_custom(info),
        pages=_pages(trees, root_path, document),
        attachments=_attachments(parts, trees, root_path, document),
        list_path=list_path,
        signatures=_signature_list(trees, list_path) if list_path else (),
        trees=trees,
        version=version.value() if version else "",
    )


def read_signature(file: OfdFile, path: str) -> SignatureFile:
    """A Signature.xml of the file; raises DocumentMalformed, XmlRefused."""
    root = _root(file.trees, path, "Signature")
    if foreign := {element.tag for element in root.walk()} - _OF_SIGNATURES:
        raise DocumentMalformed(f"{min(foreign)[:80]!r} in a signature file")
    info = root.one("SignedInfo")
    references = info.one("References")
    seal = info.maybe("Seal")
    return SignatureFile(
        method=info.one("SignatureMethod").value(),
        check_method=references.get("CheckMethod"),
        references=tuple((r.get("FileRef"), r.one("CheckValue").value()) for r in references.all("Reference")),
        stamps=tuple(
            StampPlace(s.get("ID"), s.get("PageRef"), _box(s.get("Boundary"))) for s in info.all("StampAnnot")
        ),
        seal_path=resolve(path, seal.one("BaseLoc").value()) if seal else None,
        value_path=resolve(path, root.one("SignedValue").value()),
    )


def resolve(base: str, location: str) -> str:
    """The path in the package a location means, seen from the part at `base`.

    Raises:
        DocumentMalformed: it is empty, has dots, other separators or a scheme: two readers could read it differently.
    """
    path = location[1:] if location.startswith("/") else f"{base.rpartition('/')[0]}/{location}".lstrip("/")
    if any(s in {"", ".", ".."} for s in path.split("/")) or any(c in location for c in "\\:%?#"):
        raise DocumentMalformed(f"location {location[:80]!r}")
    return path


def locations(file: OfdFile, path: str) -> set[str]:
    """Every path one part names; raises DocumentMalformed for a location that leads out of the package."""
    root = file.trees[path]
    folder = f"{resolve(path, base)}/" if root.tag == "Res" and (base := root.attributes.get("BaseLoc")) else path
    found = set()
    for element in root.walk():
        tag, attributes = element.tag, element.attributes
        if element is root or tag.startswith("{"):
            continue
        if tag in _LOCATIONS and not element.children and element.value():
            found.add(resolve(folder if tag in _IN_RESOURCE_FOLDER else path, element.value()))
        if not attributes:
            continue
        if profile := attributes.get("Profile"):
            found.add(resolve(folder, profile))
        if location := attributes.get("BaseLoc"):
            found.add(resolve(path, location))
    return found


def _is_xml(path: str, body: bytes) -> bool:
    """By name or by look: a reader follows locations, not suffixes, so no part that could be read as XML is passed."""
    return path.lower().endswith(".xml") or body[:256].lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").startswith(b"<")


def shown_text(file: OfdFile) -> str:
    """All text of the pages in the order it is drawn in; whether it can be seen is not asked."""
    pages = (tree for tree in file.trees.values() if tree.tag == "Page")
    return "".join(element.text for page in pages for element in page.walk() if element.tag == "TextCode")


def _root(trees: Mapping[str, Element], path: str, tag: str) -> Element:
    tree = trees.get(path)
    if tree is None or tree.tag != tag:
        raise DocumentMalformed(f"{path[:80]!r} is not a {tag}")
    return tree


def _check_numbers(trees: Mapping[str, Element]) -> None:
    """Pages, resources and objects are named by numbers that occur once in a document (ST_ID, §7.3)."""
    seen: set[str] = set()
    for tree in trees.values():
        for element in tree.walk() if tree.tag in _OF_ONE_NUMBERING else ():
            if (written := element.attributes.get("ID")) is None:
                continue
            number = written.strip().lstrip("0")
            if number in seen:
                raise DocumentMalformed(f"ID {written[:20]!r} twice")
            seen.add(number)


def _custom(info: Element) -> dict[str, str]:
    group = info.maybe("CustomDatas")
    found: dict[str, str] = {}
    for one in group.all("CustomData") if group else []:
        if one.get("Name") in found:
            raise DocumentMalformed(f"CustomData {one.get('Name')[:40]!r} twice")
        found[one.get("Name")] = one.value()
    return found


def _pages(trees: Mapping[str, Element], root_path: str, document: Element) -> dict[str, tuple[float, float]]:
    common = document.one("CommonData").one("PageArea")
    found: dict[str, tuple[float, float]] = {}
    for page in document.one("Pages").all("Page"):
        if page.get("ID") in found:
            raise DocumentMalformed(f"page {page.get('ID')[:20]!r} twice")
        own = _root(trees, resolve(root_path, page.get("BaseLoc")), "Page").maybe("Area")
        _, _, width, height = _box((own or common).one("PhysicalBox").value())
        found[page.get("ID")] = (width, height)
    if not found:
        raise DocumentMalformed("no pages")
    return found


def _attachments(
    parts: Mapping[str, bytes], trees: Mapping[str, Element], root_path: str, document: Element
) -> dict[str, bytes]:
    listed = document.maybe("Attachments")
    if listed is None:
        return {}
    path = resolve(root_path, listed.value())
    found: dict[str, bytes] = {}
    for one in _root(trees, path, "Attachments").all("Attachment"):
        name, at = one.get("Name"), resolve(path, one.one("FileLoc").value())
        if name in found or at not in parts:
            raise DocumentMalformed(f"attachment {name[:40]!r} twice, or not there")
        found[name] = parts[at]
    return found


def _signature_list(trees: Mapping[str, Element], path: str) -> tuple[Listed, ...]:
    found = tuple(
        Listed(s.get("ID"), s.attributes.get("Type", "Seal"), resolve(path, s.get("BaseLoc")))
        for s in _root(trees, path, "Signatures").all("Signature")
    )
    if len({s.id for s in found}) != len(found) or len({s.path for s in found}) != len(found):
        raise DocumentMalformed("a signature is listed twice")
    if len(found) > _MAX_SIGNATURES:
        raise DocumentMalformed(f"{len(found)} signatures")
    return found


def _box(text: str) -> Box:
    try:
        x, y, width, height = map(float, text.split())
    except ValueError as error:
        raise DocumentMalformed(f"box {text[:40]!r}") from error
    if not (0 < width < 1e5 and 0 < height < 1e5 and abs(x) < 1e5 and abs(y) < 1e5):
        raise DocumentMalformed(f"box {text[:40]!r}")
    return x, y, width, height
