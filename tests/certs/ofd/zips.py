"""Packages that no honest program writes, byte by byte."""

import struct
import zlib
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Raw:
    """One entry; what is None is computed honestly."""

    name: bytes
    body: bytes = b"x"
    method: int = 0
    flags: int = 0
    mode: int = 0
    system: int = 0
    extra: bytes = b""
    local_extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    size: int | None = None
    local_size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    tail: bytes = b""
    offset: int | None = None


def deflate(body: bytes, level: int = 9) -> bytes:
    """Raw deflate."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def build(
    entries: list[Raw],
    *,
    prefix: bytes = b"",
    gap: bytes = b"",
    before_end: bytes = b"",
    suffix: bytes = b"",
    count: int | None = None,
    comment: bytes = b"",
    shift: int = 0,
) -> bytes:
    """The package; `shift` is added to all offsets."""
    out, directory = bytearray(prefix), bytearray()
    for e in entries:
        packed = e.packed if e.packed is not None else deflate(e.body) if e.method == 8 else e.body
        size = len(e.body) if e.size is None else e.size
        crc = zlib.crc32(e.body) if e.crc is None else e.crc
        offset = len(out) + shift if e.offset is None else e.offset
        local_name = e.name if e.local_name is None else e.local_name
        flags = e.flags if e.local_flags is None else e.local_flags
        described = (0, 0, 0) if flags & 8 else (crc, len(packed), size if e.local_size is None else e.local_size)
        if e.offset is None:
            out += struct.pack(
                "<4s5H3L2H", b"PK\x03\x04", 20, flags, e.method, 0, 33, *described, len(local_name), len(e.local_extra)
            )
            out += local_name + e.local_extra + packed + e.tail
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", e.system << 8 | 20, 20, e.flags, e.method, 0, 33, crc, len(packed), size,
            len(e.name), len(e.extra), len(e.comment), e.disk, 0, e.mode << 16, offset,
        ) + e.name + e.extra + e.comment  # fmt: skip
    out += gap
    start, n = len(out) + shift, len(entries) if count is None else count
    out += directory + before_end
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n, n, len(directory), start, len(comment)) + comment
    return bytes(out) + suffix


def descriptor(body: bytes, *, marked: bool = True) -> bytes:
    """The data descriptor of a stored entry."""
    return (b"PK\x07\x08" if marked else b"") + struct.pack("<3L", zlib.crc32(body), len(body), len(body))


GOOD = [Raw(b"OFD.xml", b"<a/>"), Raw(b"Doc_0/Document.xml", b"<b/>" * 20, method=8)]


def with_first(**changed: object) -> bytes:
    """GOOD with a changed first entry."""
    return build([replace(GOOD[0], **changed), *GOOD[1:]])  # type: ignore[arg-type]  # for tests only
