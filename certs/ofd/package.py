"""A strict ZIP reader: one form that every reader reads alike, or a refusal.

Entries lie back to back from the first byte to the directory, the directory to its end record, and nothing follows.
Local and central headers agree; no encryption, no ZIP64, no second names, no links, no path that could leave a folder
or mean another file on another system. The standard library's reader accepts bytes in front, overlapping entries and
duplicate names, so it is not used for reading.
"""

import stat
import struct
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from certs.ofd.errors import PackageRefused

MAX_ENTRIES: Final = 2000
MAX_TOTAL: Final = 200 * 1024 * 1024
MAX_RATIO: Final = 100
_MAX_NAME: Final = 200
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR = struct.Struct("<3L")
_DESCRIPTOR_MARK: Final = b"PK\x07\x08"
_UTF8, _DESCRIBED, _LEVEL = 0x800, 0x8, 0x6
_STORED, _DEFLATED = 0, 8
_UNIX: Final = 3
# Extra fields that give an entry another size or another name: ZIP64, Unicode path.
_REFUSED_EXTRA: Final = frozenset({0x0001, 0x7075})


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row of the central directory."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def read_package(data: bytes) -> Mapping[str, bytes]:
    """Path -> uncompressed bytes of every file, in the order of the file's central directory.

    Raises:
        PackageRefused: anything irregular; the reason is in the message.
    """
    count, start, end = _end_record(data)
    entries = _directory(data, count, start, end)
    _check_names([e.name for e in entries])
    _check_sizes(entries)
    bodies = _bodies(data, entries, start)
    return MappingProxyType({e.name: bodies[e.name] for e in entries if not e.name.endswith("/")})


def _end_record(data: bytes) -> tuple[int, int, int]:
    """(entries, start, end) of the central directory, from the end record that must close the file."""
    at = len(data) - _END.size
    if at < 0 or data[at : at + 4] != b"PK\x05\x06":
        raise PackageRefused("the file does not end with a ZIP end record")
    _, disk, directory_disk, here, count, size, start, comment = _END.unpack_from(data, at)
    if disk or directory_disk or here != count or comment:
        raise PackageRefused("a package of several volumes or with a comment")
    if not 0 < count <= MAX_ENTRIES:
        raise PackageRefused(f"{count} entries; 1 to {MAX_ENTRIES} are read")
    if start + size != at:
        raise PackageRefused("bytes between directory and end record")
    return count, start, at


def _directory(data: bytes, count: int, start: int, end: int) -> list[_Entry]:
    entries, at = [], start
    for _ in range(count):
        if at + _CENTRAL.size > end:
            raise PackageRefused("the directory is cut off")
        row = _CENTRAL.unpack_from(data, at)
        mark, made_by, _, flags, method, _, _, crc, packed, size, name_size, extra, comment, disk, _, mode, offset = row
        body = at + _CENTRAL.size
        at = body + name_size + extra + comment
        if mark != b"PK\x01\x02" or at > end:
            raise PackageRefused("the directory is cut off")
        if disk or comment:
            raise PackageRefused("an entry on another volume or with a comment")
        raw_name = data[body : body + name_size]
        _check_extra(data[body + name_size : body + name_size + extra])
        _check_kind(made_by >> 8, mode >> 16)
        entries.append(_Entry(_name(raw_name, flags), raw_name, flags, method, crc, packed, size, offset))
    if at != end:
        raise PackageRefused("the directory has more rows than it says")
    return entries


def _check_extra(extra: bytes) -> None:
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            raise PackageRefused("an extra field is cut off")
        kind, size = struct.unpack_from("<2H", extra, at)
        at += 4 + size
        if kind in _REFUSED_EXTRA or at > len(extra):
            raise PackageRefused(f"extra field {kind:#06x}")


def _check_kind(system: int, mode: int) -> None:
    kind = stat.S_IFMT(mode)
    if system == _UNIX and kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise PackageRefused("a link or device among the entries")


@lru_cache(4096)
def _name(raw: bytes, flags: int) -> str:
    """A relative path of plain segments; raises PackageRefused for everything two systems could read differently."""
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise PackageRefused("a name that is not UTF-8") from error
    segments = name.removesuffix("/").split("/")
    if not name or len(raw) > _MAX_NAME or any(s in {"", ".", ".."} or s.endswith((" ", ".")) for s in segments):
        raise PackageRefused(f"path {name[:80]!r}")
    if any(c in '\\:*?"<>|' or unicodedata.category(c)[0] == "C" for c in name):
        raise PackageRefused(f"path {name[:80]!r}")
    return name


def _check_names(names: list[str]) -> None:
    """No two names that are one on some system, and no file that is also a folder."""
    folded = [unicodedata.normalize("NFC", n.removesuffix("/")).casefold() for n in names]
    if len(set(folded)) != len(folded):
        raise PackageRefused("two entries with one name")
    files = {f for f, n in zip(folded, names, strict=True) if not n.endswith("/")}
    for name in folded:
        parent = name
        while (cut := parent.rfind("/")) > 0:
            parent = parent[:cut]
            if parent in files:
                raise PackageRefused(f"{parent[:80]!r} is a file and a folder")


def _check_sizes(entries: list[_Entry]) -> None:
    if sum(e.size for e in entries) > MAX_TOTAL:
        raise PackageRefused("more than 200 MiB unpacked")
    for e in entries:
        if e.size > MAX_RATIO * max(e.packed, 1):
            raise PackageRefused(f"{e.name[:80]!r} unpacks to more than {MAX_RATIO} times its size")
        if e.name.endswith("/") and (e.size or e.packed):
            raise PackageRefused("a folder with content")
        if e.flags & ~(_UTF8 | _DESCRIBED | _LEVEL) or e.method not in {_STORED, _DEFLATED}:
            raise PackageRefused("an encrypted entry, or an unknown compression")


def _bodies(data: bytes, entries: list[_Entry], directory: int) -> dict[str, bytes]:
    bodies, at = {}, 0
    for entry in sorted(entries, key=lambda e: e.offset):
        if entry.offset != at:
            raise PackageRefused("entries overlap, or bytes lie between them")
        bodies[entry.name], at = _body(data, entry, directory)
    if at != directory:
        raise PackageRefused("bytes between entries and directory")
    return bodies


def _body(data: bytes, entry: _Entry, directory: int) -> tuple[bytes, int]:
    """(content, end of the entry) of a local entry that agrees with its directory row."""
    start = entry.offset + _LOCAL.size
    if start > directory:
        raise PackageRefused("an entry is cut off")
    mark, _, flags, method, _, _, crc, packed, size, name_size, extra = _LOCAL.unpack_from(data, entry.offset)
    name_end = start + name_size
    begin = name_end + extra
    end = begin + entry.packed
    if mark != b"PK\x03\x04" or end > directory:
        raise PackageRefused("an entry is cut off")
    said = (0, 0, 0) if flags & _DESCRIBED else (entry.crc, entry.packed, entry.size)
    if (data[start:name_end], flags, method, crc, packed, size) != (entry.raw_name, entry.flags, entry.method, *said):
        raise PackageRefused(f"local and central header of {entry.name[:80]!r} differ")
    _check_extra(data[name_end:begin])
    body = _unpack(data[begin:end], entry)
    return body, end + (_descriptor(data[end:directory], entry) if flags & _DESCRIBED else 0)


def _descriptor(data: bytes, entry: _Entry) -> int:
    """Size of the data descriptor, with or without its mark."""
    expected = _DESCRIPTOR.pack(entry.crc, entry.packed, entry.size)
    for form in (_DESCRIPTOR_MARK + expected, expected):
        if data.startswith(form):
            return len(form)
    raise PackageRefused("a data descriptor that differs from the directory")


def _unpack(packed: bytes, entry: _Entry) -> bytes:
    """Never inflates beyond the size the directory gives."""
    body = packed if entry.method == _STORED else _inflate(packed, entry.size)
    if len(body) != entry.size or zlib.crc32(body) != entry.crc:
        raise PackageRefused(f"{entry.name[:80]!r} is damaged")
    return body


def _inflate(packed: bytes, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        body = inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise PackageRefused("damaged compression") from error
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
        raise PackageRefused("bytes behind the compressed content")
    return body
