"""The structures of GB/T 38540-2020 §6-7 between DER and values. Nothing is judged here, only read and written.

`SES_SealInfo.extDatas` is untagged in practice and `[0]` in some readings of the standard: both are read, none is
written. The spelling `Pictrue` is the standard's.
"""

from certs.seals import der
from certs.seals.errors import SealMalformed
from certs.seals.model import CertificateDigest, Extension, Picture, SealInfo, SignerListKind

HEADER_ID = "ES"
VERSION = 4
_PICTURE_KINDS = frozenset({"PNG", "GIF", "BMP", "JPG", "SVG", "OFD"})
_MAX_MEMBERS = 1000


def read_header(value: der.Value) -> tuple[int, str]:
    """(version, maker id) of an SES_Header.

    Raises:
        DerMalformed: not strict DER.
        SealMalformed: it does not say "ES".
    """
    mark, version, maker = der.members(value, 3, 3)
    if der.read_text(mark, der.IA5) != HEADER_ID:
        raise SealMalformed("the header does not say ES")
    return der.read_integer(version), der.read_text(maker, der.IA5)


def read_info(value: der.Value) -> SealInfo:
    """An SES_SealInfo of version 4; raises DerMalformed, SealMalformed."""
    header, es_id, about, picture, *rest = der.members(value, 4, 5)
    _, maker_id = read_header(header)
    kind, name, list_kind, signers, created, since, until = der.members(about, 7, 7)
    certificates, digests = _read_signers(signers, der.read_integer(list_kind))
    return SealInfo(
        maker_id=maker_id,
        es_id=_filled(der.read_text(es_id, der.IA5), "esID"),
        kind=der.read_integer(kind),
        name=_filled(der.read_text(name, der.UTF8), "name"),
        certificates=certificates,
        digests=digests,
        created_at=der.read_time(created),
        valid_from=der.read_time(since),
        valid_until=der.read_time(until),
        picture=_read_picture(picture),
        extensions=read_extensions(rest[0]) if rest else (),
    )


def write_info(info: SealInfo) -> bytes:
    """DER of an SES_SealInfo of version 4, without extDatas; raises SealMalformed if it could not be read again."""
    about = der.write_sequence(
        der.write_integer(info.kind),
        der.write_text(der.UTF8, info.name),
        der.write_integer(info.list_kind),
        _write_signers(info),
        der.write_time(info.created_at),
        der.write_time(info.valid_from),
        der.write_time(info.valid_until),
    )
    picture = der.write_sequence(
        der.write_text(der.IA5, info.picture.kind),
        der.write(der.OCTET_STRING, info.picture.data),
        der.write_integer(info.picture.width),
        der.write_integer(info.picture.height),
    )
    header = der.write_sequence(
        der.write_text(der.IA5, HEADER_ID), der.write_integer(VERSION), der.write_text(der.IA5, info.maker_id)
    )
    encoded = der.write_sequence(header, der.write_text(der.IA5, info.es_id), about, picture)
    if read_info(der.read(encoded)) != info:
        raise SealMalformed("parts of seconds and extensions cannot be written")
    return encoded


def read_extensions(value: der.Value) -> tuple[Extension, ...]:
    """SEQUENCE OF ExtData, bare or inside `[0]`; raises DerMalformed."""
    if value.tag == der.EXPLICIT_0:
        value = der.read(value.content)
    found = []
    for member in der.members(value, 0, _MAX_MEMBERS):
        oid, critical, octets = der.members(member, 3, 3)
        found.append(Extension(der.read_oid(oid), der.read_boolean(critical), der.content(octets, der.OCTET_STRING)))
    return tuple(found)


def _read_signers(value: der.Value, kind: int) -> tuple[tuple[bytes, ...], tuple[CertificateDigest, ...]]:
    listed = der.members(value, 1, _MAX_MEMBERS)
    if kind == SignerListKind.CERTIFICATES:
        return tuple(der.content(c, der.OCTET_STRING) for c in listed), ()
    if kind != SignerListKind.DIGESTS:
        raise SealMalformed(f"certListType {kind}")
    digests = []
    for one in listed:
        algorithm, octets = der.members(one, 2, 2)
        digests.append(
            CertificateDigest(der.read_text(algorithm, der.PRINTABLE), der.content(octets, der.OCTET_STRING))
        )
    return (), tuple(digests)


def _write_signers(info: SealInfo) -> bytes:
    if bool(info.certificates) == bool(info.digests):
        raise SealMalformed("a seal lists its signers either as certificates or as digests")
    certificates = (der.write(der.OCTET_STRING, c) for c in info.certificates)
    digests = (
        der.write_sequence(der.write_text(der.PRINTABLE, d.algorithm), der.write(der.OCTET_STRING, d.value))
        for d in info.digests
    )
    return der.write_sequence(*certificates, *digests)


def _read_picture(value: der.Value) -> Picture:
    kind, data, width, height = der.members(value, 4, 4)
    picture = Picture(
        der.read_text(kind, der.IA5),
        der.content(data, der.OCTET_STRING),
        der.read_integer(width),
        der.read_integer(height),
    )
    if picture.kind.upper() not in _PICTURE_KINDS or not picture.data:
        raise SealMalformed(f"picture of kind {picture.kind[:16]!r}")
    if not (0 < picture.width <= 1000 and 0 < picture.height <= 1000):
        raise SealMalformed("picture without a size")
    return picture


def _filled(text: str, name: str) -> str:
    if not text.strip() or len(text) > 256:
        raise SealMalformed(f"{name} is empty or too long")
    return text
