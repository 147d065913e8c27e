"""Attack cases 44 and 47 to 49: sealed documents in packages that two programs would read differently, or that explode.

Every package here holds all parts of a genuine, valid document, so that a reader who overlooks the trick says 有效.
"""

import stat
import struct
from collections.abc import Mapping
from dataclasses import replace

from certs.ofd.package import MAX_ENTRIES
from tests.certs.attacks.seals import PARTS
from tests.certs.ofd.zips import Raw, build, deflate, descriptor

LINK = stat.S_IFLNK | 0o777
GENUINE = [Raw(path.encode(), body, method=8) for path, body in PARTS.items()]
PAGE = "Doc_0/Pages/Page_0/Content.xml"
EVIL = PARTS[PAGE].replace("甲".encode(), "乙".encode())
_MIB = 1 << 20


def added(*entries: Raw) -> bytes:
    """The document with more entries."""
    return build([*GENUINE, *entries])


def named(*names: str | bytes) -> bytes:
    """The document with an entry of each name, holding a forged page."""
    return added(*(Raw(n if isinstance(n, bytes) else n.encode(), EVIL, flags=0x800) for n in names))


def first(**changed: object) -> bytes:
    """The document with its first entry written in another way."""
    return build([replace(GENUINE[0], **changed), *GENUINE[1:]])  # type: ignore[arg-type]  # members by name


def overlapped(count: int) -> bytes:
    """Many entries over one compressed blob of 50 MiB (CVE-2024-0450)."""
    blob = Raw(b"0", bytes(50 * _MIB), method=8)
    return build([blob, *(replace(blob, name=str(n).encode(), offset=0) for n in range(1, count))])


SLIP: Mapping[str, bytes] = {
    "parent": named("../evil.xml"),
    "parent inside": named("Doc_0/../../evil.xml"),
    "parent that stays inside": named("Doc_0/../OFD2.xml"),
    "absolute": named("/etc/evil.xml"),
    "drive": named("C:\\evil.xml"),
    "drive with slash": named("C:/evil.xml"),
    "network share": named("\\\\host\\share\\evil.xml"),
    "backslash": named("Doc_0\\evil.xml"),
    "NUL": named(f"{PAGE}\0.png"),
    "symbolic link": added(Raw(b"link", b"/etc/passwd", mode=LINK, system=3)),
    "link over a folder": added(Raw(b"Doc_0/Res2", b"..", mode=LINK, system=3)),
    "device": added(Raw(b"dev", b"", mode=stat.S_IFCHR, system=3)),
    "300 characters": named("a" * 300),
    "alternate stream": named("OFD.xml::$DATA"),
    "dots": named("./evil.xml"),
    "empty segment": named("Doc_0//evil.xml"),
}

BOMBS: Mapping[str, bytes] = {
    "twenty entries on one blob": overlapped(20),
    "overlap of two": added(Raw(b"again.xml", b"", offset=0)),
    "too many entries": added(*(Raw(b"%d" % n) for n in range(MAX_ENTRIES))),
    "more than 200 MiB in all": added(*(Raw(b"%d" % n, b"x", size=60 * _MIB, packed=b"x" * _MIB) for n in range(4))),
    "ratio above 100": added(Raw(b"bomb.xml", bytes(_MIB), method=8)),
    "ratio hidden by a false size": added(Raw(b"bomb.xml", bytes(_MIB), method=8, size=1000)),
    "package in the package": added(Raw(b"inner.ofd", build([Raw(b"x", bytes(_MIB), method=8)]), method=8)),
}

DUPLICATES: Mapping[str, bytes] = {
    "same name": named(PAGE),
    "same name in front": build([Raw(PAGE.encode(), EVIL), *GENUINE]),
    "by case": named(PAGE.upper()),
    "by NFC": named("é.xml", "e\u0301.xml"),
    "by full width fold": named("Doc_0/ß.xml", "Doc_0/ss.xml"),
    "folder of the same name": named(f"{PAGE}/"),
    "file and folder": named(f"{PAGE}/inner.xml"),
    "trailing dot": named(f"{PAGE}."),
    "trailing space": named(f"{PAGE} "),
}

IRREGULAR: Mapping[str, bytes] = {
    "prefix": build(GENUINE, prefix=b"MZ\x90\0"),
    "prefix with offsets made right": build(GENUINE, prefix=b"junk", shift=-4),
    "suffix": build(GENUINE, suffix=b"\0"),
    "second package behind": build(GENUINE) + build([Raw(b"OFD.xml", b"<a/>")]),
    "second package in front": build([Raw(b"OFD.xml", b"<a/>")]) + build(GENUINE),
    "two end records": build(GENUINE) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0),
    "end record in the comment": build(GENUINE, comment=b"PK\x05\x06" + bytes(18)),
    "comment": build(GENUINE, comment=b"x"),
    "comment of an entry": first(comment=b"x"),
    "gap before the directory": build(GENUINE, gap=b"hidden"),
    "gap before the end": build(GENUINE, before_end=b"hidden"),
    "gap between entries": first(tail=b"hidden"),
    "fewer rows than said": build(GENUINE, count=len(GENUINE) + 1),
    "more rows than said": build(GENUINE, count=len(GENUINE) - 1),
    "other local name": first(local_name=b"XFD.xml"),
    "other local flags": first(local_flags=2),
    "other local size": first(local_size=3),
    "wrong checksum": first(crc=1),
    "encrypted": first(flags=1),
    "strong encryption": first(flags=0x41),
    "masked header": first(flags=0x2000),
    "unknown compression": first(method=12),
    "other volume": first(disk=1),
    "ZIP64": first(extra=struct.pack("<2H8x", 1, 8)),
    "Unicode path": first(extra=struct.pack("<2H5s", 0x7075, 5, b"\1abcd")),
    "Unicode path, local only": first(local_extra=struct.pack("<2H5s", 0x7075, 5, b"\1abcd")),
    "extra field cut off": first(extra=b"\1"),
    "descriptor that differs": first(flags=8, tail=descriptor(b"other")),
    "bytes behind the deflate end": first(packed=deflate(GENUINE[0].body) + b"x"),
    "deflate cut off": first(packed=deflate(GENUINE[0].body)[:-1]),
    "unflagged UTF-8 name": added(Raw("文.xml".encode())),
    "name that is not UTF-8": named(b"\xff.xml"),
    "right to left name": named("Doc_0/\u202elmx.exe"),
    "folder with content": added(Raw(b"Doc_1/", b"x")),
    "empty": build([]),
}
