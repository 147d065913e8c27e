"""Attack cases 44 and 47 to 49: packages that two programs would read differently, or that explode."""

import random
import stat
import struct
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.ofd.errors import PackageRefused
from certs.ofd.package import MAX_ENTRIES, read_package
from tests.certs.ofd.world import LATER, OfdWorld, failing
from tests.certs.ofd.zips import GOOD, Raw, build, deflate, descriptor, with_first

WORLD = OfdWorld()
PARTS = WORLD.parts()


def named(*names: str | bytes) -> bytes:
    return build([*GOOD, *(Raw(n if isinstance(n, bytes) else n.encode(), flags=0x800) for n in names)])


def test_an_honest_package_is_read() -> None:
    assert dict(read_package(build(GOOD))) == {"OFD.xml": b"<a/>", "Doc_0/Document.xml": b"<b/>" * 20}
    assert "目录/文件.xml" in read_package(named("目录/文件.xml"))
    assert "Doc_0/" not in read_package(build([*GOOD, Raw(b"Doc_1/", b"")]))


@pytest.mark.parametrize("marked", [True, False])
def test_data_descriptors_of_other_writers_are_read_when_they_agree(marked: bool) -> None:
    tail = descriptor(b"<a/>", marked=marked)
    assert read_package(with_first(flags=8, tail=tail))["OFD.xml"] == b"<a/>"
    with pytest.raises(PackageRefused):
        read_package(with_first(flags=8, tail=tail[:-1] + b"\x01"))
    with pytest.raises(PackageRefused):
        read_package(with_first(flags=8))


def test_packages_of_the_usual_library_are_read() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("OFD.xml", "<a/>")
    assert read_package(buffer.getvalue()) == {"OFD.xml": b"<a/>"}


LINK = stat.S_IFLNK | 0o777
ATTACKS = {
    "zip slip": named("../evil.xml"),
    "zip slip inside": named("Doc_0/../../evil.xml"),
    "absolute": named("/etc/evil.xml"),
    "drive": named("C:\\evil.xml"),
    "drive with slash": named("C:/evil.xml"),
    "backslash": named("Doc_0\\evil.xml"),
    "NUL": named("OFD.xml\0.png"),
    "dot": named("./a.xml"),
    "empty segment": named("a//b.xml"),
    "trailing dot": named("OFD.xml."),
    "trailing space": named("OFD.xml "),
    "right to left mark": named("Doc_0/\u202elmx.exe"),
    "long name": named("a" * 300),
    "no name": named(""),
    "not UTF-8": named(b"\xff.xml"),
    "unflagged UTF-8": build([*GOOD, Raw("文.xml".encode())]),
    "symlink": build([*GOOD, Raw(b"link", b"/etc/passwd", mode=LINK, system=3)]),
    "device": build([*GOOD, Raw(b"dev", b"", mode=stat.S_IFCHR, system=3)]),
    "duplicate": named("OFD.xml"),
    "duplicate by case": named("ofd.XML"),
    "duplicate by NFC": named("é.xml", "e\u0301.xml"),
    "duplicate by folder": named("Doc_0/Document.xml/"),
    "file and folder": named("OFD.xml/inner.xml"),
    "prefix": build(GOOD, prefix=b"MZ junk"),
    "prefix with shifted offsets": build(GOOD, prefix=b"junk", shift=-4),
    "suffix": build(GOOD, suffix=b"junk"),
    "comment": build(GOOD, comment=b"junk"),
    "entry comment": with_first(comment=b"junk"),
    "two end records": build(GOOD) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0),
    "second package behind": build(GOOD) + build(GOOD),
    "gap before directory": build(GOOD, gap=b"hidden"),
    "gap before end": build(GOOD, before_end=b"hidden"),
    "gap between entries": with_first(tail=b"hidden"),
    "more rows than said": build(GOOD, count=1),
    "fewer rows than said": build(GOOD, count=3),
    "other local name": with_first(local_name=b"XFD.xml"),
    "other local flags": with_first(local_flags=2),
    "other local size": with_first(local_size=3),
    "wrong crc": with_first(crc=1),
    "wrong size": with_first(size=5),
    "encrypted": with_first(flags=1),
    "strong encryption": with_first(flags=64),
    "unknown method": with_first(method=12),
    "other volume": with_first(disk=1),
    "zip64 extra": with_first(extra=struct.pack("<2H8x", 1, 8)),
    "unicode path extra": with_first(extra=struct.pack("<2H", 0x7075, 0)),
    "local unicode path": with_first(local_extra=struct.pack("<2H", 0x7075, 0)),
    "broken extra": with_first(extra=b"\x01"),
    "folder with content": build([*GOOD, Raw(b"Doc_1/", b"x")]),
    "overlap": build([*GOOD, Raw(b"again.xml", b"<a/>", offset=0)]),
    "tail behind deflate": with_first(method=8, packed=deflate(b"<a/>") + b"x"),
    "cut deflate": with_first(method=8, packed=deflate(b"<a/>")[:-1]),
    "not deflate": with_first(method=8, packed=b"\xff\xff\xff"),
    "ratio": build([*GOOD, Raw(b"bomb.xml", bytes(1_000_000), method=8)]),
    "ratio hidden by a false size": build([*GOOD, Raw(b"bomb.xml", bytes(1_000_000), method=8, size=1000)]),
    "too large in all": build([Raw(f"{i}".encode(), b"x", size=60 << 20, packed=b"x" * (1 << 20)) for i in range(4)]),
    "too many": build([Raw(f"{i}".encode()) for i in range(MAX_ENTRIES + 1)]),
    "empty": build([]),
    "nothing": b"",
    "no package": b"%PDF-1.7",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_irregular_packages_are_refused_and_never_valid(attack: str) -> None:
    with pytest.raises(PackageRefused):
        read_package(ATTACKS[attack])
    found = WORLD.verify(ATTACKS[attack])
    assert found.report.verdict.value == "invalid"
    assert failing(found) == {1: "package-irregular"}


def test_twenty_entries_on_one_blob() -> None:
    """Attack case 47 as it was found: Python 3.11.7's reader lists 20 × 50 MiB in 52 kB."""
    first = Raw(b"0", bytes(50 << 20), method=8)
    bomb = build([first, *(replace(first, name=str(i).encode(), offset=0) for i in range(1, 20))])
    assert len(bomb) < 60_000
    assert len(zipfile.ZipFile(BytesIO(bomb)).infolist()) == 20
    with pytest.raises(PackageRefused):
        read_package(bomb)


def as_raw(parts: dict[str, bytes]) -> list[Raw]:
    return [Raw(name.encode(), body, method=8) for name, body in parts.items()]


def test_the_same_sealed_parts_in_any_order_stay_valid() -> None:
    entries = as_raw(PARTS)
    random.Random(7).shuffle(entries)
    assert WORLD.verify(build(entries)).report.verdict.value == "valid"


@pytest.mark.parametrize("where", ["prefix", "suffix", "gap", "before_end", "comment"])
def test_no_byte_can_be_added_to_a_sealed_package(where: str) -> None:
    found = WORLD.verify(build(as_raw(PARTS), **{where: b"\0"}))  # type: ignore[arg-type]  # one of build's keywords
    assert failing(found) == {1: "package-irregular"}
    assert "格式不规范" in found.report.deciding.zh


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400), st.data())
def test_any_bytes_are_read_or_refused(junk: bytes, data: st.DataObject) -> None:
    base = bytearray(build(GOOD))
    at = data.draw(st.integers(0, len(base)))
    base[at : at + data.draw(st.integers(0, 20))] = junk
    for content in (junk, bytes(base)):
        try:
            read_package(content)
        except PackageRefused:
            continue


def test_times_far_ago_do_not_matter() -> None:
    assert WORLD.verify(build(as_raw(PARTS)), at=LATER).report.verdict.value == "valid"
