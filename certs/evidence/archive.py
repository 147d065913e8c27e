"""A ZIP file (APPNOTE 6.3) with exactly one possible byte form: stored, contiguous, in order, nothing extra.

The reader walks the local headers, then writes the archive again and compares: prefixes, suffixes, overlaps,
comments, extra fields, mismatching directories, compression and encryption are all refused by that one comparison.
"""

import re
import struct
import zlib
from collections.abc import Mapping

from certs.evidence.errors import BundleMalformed

MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
MAX_FILES = 2_000
_NAME = re.compile(r"(?:[a-z][a-z0-9-]{0,30}/)?[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\.[a-z0-9-]{1,20})?")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DOS_DATE = 0x21  # 1980-01-01, the earliest ZIP knows: the archive says nothing about when it was packed
_VERSION = 20
_UNIX_FILE = 0o100600 << 16
_MADE_ON_UNIX = 3 << 8


def encode_archive(files: Mapping[str, bytes]) -> bytes:
    """Write files sorted by name. Raises `BundleMalformed` for a name, count or size outside the limits."""
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_ARCHIVE_BYTES:
        raise BundleMalformed("too many files or bytes")
    local, central = bytearray(), bytearray()
    for name, data in sorted(files.items()):
        _check_name(name)
        raw, crc, offset = name.encode(), zlib.crc32(data), len(local)
        common = (0, 0, 0, _DOS_DATE, crc, len(data), len(data), len(raw), 0)
        local += _LOCAL.pack(b"PK\x03\x04", _VERSION, *common) + raw + data
        central += _CENTRAL.pack(
            b"PK\x01\x02", _MADE_ON_UNIX | _VERSION, _VERSION, *common, 0, 0, 0, _UNIX_FILE, offset
        )
        central += raw
    end = _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(central), len(local), 0)
    return bytes(local + central + end)


def decode_archive(data: bytes) -> dict[str, bytes]:
    """Read an archive in canonical form. Raises `BundleMalformed` for every other byte string."""
    if len(data) > MAX_ARCHIVE_BYTES:
        raise BundleMalformed(f"over {MAX_ARCHIVE_BYTES} bytes")
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        name, content, at = _read_file(data, at)
        if len(files) >= MAX_FILES or name in files:
            raise BundleMalformed("too many files, or one name twice")
        files[name] = content
    if not files or encode_archive(files) != data:
        raise BundleMalformed("not the canonical archive of its files")
    return files


def _read_file(data: bytes, at: int) -> tuple[str, bytes, int]:
    begin = at + _LOCAL.size
    if begin > len(data):
        raise BundleMalformed("cut off inside a file header")
    header = _LOCAL.unpack_from(data, at)
    size, name_length = header[8], header[9]
    body = begin + name_length
    if body + size > len(data):
        raise BundleMalformed("cut off inside a file")
    return data[begin:body].decode("ascii", "replace"), data[body : body + size], body + size


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BundleMalformed(f"file name {name[:40]!r}")
