"""The structures of GB/T 38540-2020 §6-7 between DER and values. Nothing is judged here, only read and written.

`SES_SealInfo.extDatas` is untagged in practice and `[0]` in some readings of the standard: both are read, none is
written. The spelling `Pictrue` is the standard's.
"""

from certs.pki import der
from certs.pki.der_reader import Node
from certs.pki.der_reader import read as read_der
from certs.pki.errors import MalformedDer
from certs.seals.errors import SealMalformed
from certs.seals.model import CertificateDigest, Extension, Picture, SealInfo, SignerListKind

HEADER_ID = "ES"
VERSION = 4
_PICTURE_KINDS = frozenset({"PNG", "GIF", "BMP", "JPG", "SVG", "OFD"})
_MAX_MEMBERS = 1000
# A seal of the most signers and extensions has some 10,000 values; a stamp holds a seal and little more.
_MAX_VALUES = 20_000
MAX_BYTES = 5 * 1024 * 1024


def read(data: bytes) -> Node:
    """The single value these bytes are, of a size no seal or stamp exceeds; raises MalformedDer."""
    return read_der(data, MAX_BYTES, _MAX_VALUES)


def write_text(tag: int, text: str) -> bytes:
    """A string of one type.

    Raises:
        MalformedDer: the text has characters the type has not.
    """
    try:
        encoded = der.tlv(tag, text.encode("utf-8" if tag == der.UTF8_STRING else "ascii"))
    except UnicodeEncodeError as error:
        raise MalformedDer(f"{text[:40]!r} has characters outside its type") from error
    read(encoded).text(tag)
    return encoded


def read_header(value: Node) -> tuple[int, str]:
    """(version, maker id) of an SES_Header.

    Raises:
        MalformedDer: not strict DER.
        SealMalformed: it does not say "ES".
    """
    mark, version, maker = value.members(3, 3)
    if mark.text(der.IA5_STRING) != HEADER_ID:
        raise SealMalformed("the header does not say ES")
    return version.small_integer(), maker.text(der.IA5_STRING)


def read_info(value: Node) -> SealInfo:
    """An SES_SealInfo of version 4; raises MalformedDer, SealMalformed."""
    header, es_id, about, picture, *rest = value.members(4, 5)
    _, maker_id = read_header(header)
    kind, name, list_kind, signers, created, since, until = about.members(7, 7)
    certificates, digests = _read_signers(signers, list_kind.small_integer())
    return SealInfo(
        maker_id=maker_id,
        es_id=_filled(es_id.text(der.IA5_STRING), "esID"),
        kind=kind.small_integer(),
        name=_filled(name.text(der.UTF8_STRING), "name"),
        certificates=certificates,
        digests=digests,
        created_at=created.require(der.GENERALIZED_TIME).moment(),
        valid_from=since.require(der.GENERALIZED_TIME).moment(),
        valid_until=until.require(der.GENERALIZED_TIME).moment(),
        picture=_read_picture(picture),
        extensions=read_extensions(rest[0]) if rest else (),
    )


def write_info(info: SealInfo) -> bytes:
    """DER of an SES_SealInfo of version 4, without extDatas; raises SealMalformed if it could not be read again."""
    about = der.sequence(
        der.integer(info.kind),
        write_text(der.UTF8_STRING, info.name),
        der.integer(info.list_kind),
        _write_signers(info),
        der.generalized_time(info.created_at),
        der.generalized_time(info.valid_from),
        der.generalized_time(info.valid_until),
    )
    picture = der.sequence(
        write_text(der.IA5_STRING, info.picture.kind),
        der.octets(info.picture.data),
        der.integer(info.picture.width),
        der.integer(info.picture.height),
    )
    header = der.sequence(
        write_text(der.IA5_STRING, HEADER_ID), der.integer(VERSION), write_text(der.IA5_STRING, info.maker_id)
    )
    encoded = der.sequence(header, write_text(der.IA5_STRING, info.es_id), about, picture)
    if read_info(read(encoded)) != info:
        raise SealMalformed("parts of seconds and extensions cannot be written")
    return encoded


def read_extensions(value: Node) -> tuple[Extension, ...]:
    """SEQUENCE OF ExtData, bare or inside `[0]`; raises MalformedDer."""
    if value.tag == der.constructed(0):
        value = value.only()
    found = []
    for member in value.members(0, _MAX_MEMBERS):
        oid, critical, octets = member.members(3, 3)
        found.append(
            Extension(
                oid.require(der.OID).oid(),
                critical.require(der.BOOLEAN).truth(),
                octets.require(der.OCTET_STRING).content,
            )
        )
    return tuple(found)


def _read_signers(value: Node, kind: int) -> tuple[tuple[bytes, ...], tuple[CertificateDigest, ...]]:
    listed = value.members(1, _MAX_MEMBERS)
    if kind == SignerListKind.CERTIFICATES:
        return tuple(c.require(der.OCTET_STRING).content for c in listed), ()
    if kind != SignerListKind.DIGESTS:
        raise SealMalformed(f"certListType {kind}")
    digests = []
    for one in listed:
        algorithm, octets = one.members(2, 2)
        digests.append(
            CertificateDigest(algorithm.text(der.PRINTABLE_STRING), octets.require(der.OCTET_STRING).content)
        )
    return (), tuple(digests)


def _write_signers(info: SealInfo) -> bytes:
    if bool(info.certificates) == bool(info.digests):
        raise SealMalformed("a seal lists its signers either as certificates or as digests")
    certificates = (der.octets(c) for c in info.certificates)
    digests = (der.sequence(write_text(der.PRINTABLE_STRING, d.algorithm), der.octets(d.value)) for d in info.digests)
    return der.sequence(*certificates, *digests)


def _read_picture(value: Node) -> Picture:
    kind, data, width, height = value.members(4, 4)
    picture = Picture(
        kind.text(der.IA5_STRING),
        data.require(der.OCTET_STRING).content,
        width.small_integer(),
        height.small_integer(),
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
