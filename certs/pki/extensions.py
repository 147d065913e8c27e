"""Certificate extensions (RFC 5280 §4.2): written, and read into one value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from certs.pki import der
from certs.pki.der_reader import Fields, Node, read
from certs.pki.errors import MalformedCertificate, MalformedDer

BASIC_CONSTRAINTS: Final = "2.5.29.19"
KEY_USAGE: Final = "2.5.29.15"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
SUBJECT_KEY_ID: Final = "2.5.29.14"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
CRL_POINTS: Final = "2.5.29.31"
NAME_CONSTRAINTS: Final = "2.5.29.30"

TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"  # RFC 9336
ANY_PURPOSE: Final = "2.5.29.37.0"


class KeyUsage(IntEnum):
    """Bits of keyUsage (RFC 5280 §4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    NON_REPUDIATION = 1
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a certificate says beyond names, times and key. None: the extension is absent.

    `critical` holds the identifiers of all critical extensions, `unread` of those that are not evaluated here.
    """

    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[int] | None = None
    purposes: frozenset[str] | None = None
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    crl_points: tuple[str, ...] = ()
    critical: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension; `critical` FALSE is the default and so not written."""
    return der.sequence(der.oid(oid), *([der.boolean(True)] if critical else []), der.octets(value))


def basic_constraints(*, is_ca: bool, path_length: int | None = None) -> bytes:
    """BasicConstraints, critical."""
    inside = [der.boolean(True)] if is_ca else []
    if path_length is not None:
        inside.append(der.integer(path_length))
    return extension(BASIC_CONSTRAINTS, der.sequence(*inside), critical=True)


def key_usage(*usages: KeyUsage) -> bytes:
    """KeyUsage, critical."""
    return extension(KEY_USAGE, der.named_bits(usages), critical=True)


def extended_key_usage(purposes: Iterable[str], *, critical: bool) -> bytes:
    """ExtKeyUsageSyntax; a time-stamp authority's must be critical (RFC 3161 §2.3)."""
    return extension(EXTENDED_KEY_USAGE, der.sequence(*map(der.oid, purposes)), critical=critical)


def subject_key_id(identifier: bytes) -> bytes:
    """SubjectKeyIdentifier."""
    return extension(SUBJECT_KEY_ID, der.octets(identifier))


def authority_key_id(identifier: bytes) -> bytes:
    """AuthorityKeyIdentifier with the key identifier alone."""
    return extension(AUTHORITY_KEY_ID, der.sequence(der.tlv(der.primitive(0), identifier)))


def crl_points(urls: Iterable[str]) -> bytes:
    """CRLDistributionPoints, one full name each."""
    points = (
        der.sequence(der.explicit(0, der.tlv(der.constructed(0), der.tlv(der.primitive(6), url.encode("ascii")))))
        for url in urls
    )
    return extension(CRL_POINTS, der.sequence(*points))


def split(node: Node) -> Mapping[str, tuple[bool, bytes]]:
    """Oid -> (critical, value) of a SEQUENCE OF Extension.

    Raises:
        MalformedDer: not extensions, or `critical` FALSE written out.
        MalformedCertificate: the same extension twice, or none at all.
    """
    found: dict[str, tuple[bool, bytes]] = {}
    for item in node.require(der.SEQUENCE).children:
        fields = Fields(item)
        oid, critical = fields.take(der.OID).oid(), fields.maybe(der.BOOLEAN)
        value = fields.take(der.OCTET_STRING).content
        fields.done()
        if oid in found:
            raise MalformedCertificate(f"extension {oid} appears twice")
        if critical is not None and not critical.truth():
            raise MalformedDer("a default value is written out")
        found[oid] = (critical is not None, value)
    if not found:
        raise MalformedCertificate("an empty list of extensions")
    return MappingProxyType(found)


def read_extensions(node: Node | None) -> Extensions:
    """The extensions of a certificate; no node means none.

    Raises:
        MalformedDer, MalformedCertificate: a known extension is not well formed, or appears twice.
    """
    if node is None:
        return Extensions()
    found = split(node)
    values: dict[str, object] = {}
    for oid, (_, value) in found.items():
        if reader := _READERS.get(oid):
            values |= reader(read(value))
    return Extensions(
        **values,  # type: ignore[arg-type]  # each reader gives the fields of its own extension
        critical=frozenset(oid for oid, (critical, _) in found.items() if critical),
        unread=frozenset(found) - frozenset(_READERS),
    )


def _basic_constraints(node: Node) -> dict[str, object]:
    fields = Fields(node)
    is_ca, length = fields.maybe(der.BOOLEAN), fields.maybe(der.INTEGER)
    fields.done()
    if is_ca is not None and not is_ca.truth():
        raise MalformedDer("a default value is written out")
    if length is not None and is_ca is None:
        raise MalformedCertificate("path length without authority")
    return {"is_ca": is_ca is not None, "path_length": length.positive() if length else None}


def _key_usage(node: Node) -> dict[str, object]:
    positions = node.require(der.BIT_STRING).bit_positions()
    if not positions:
        raise MalformedCertificate("key usage without any use")
    return {"key_usage": positions}


def _purposes(node: Node) -> dict[str, object]:
    purposes = [child.require(der.OID).oid() for child in node.require(der.SEQUENCE).children]
    if not purposes or len(set(purposes)) != len(purposes):
        raise MalformedCertificate("extended key usage is empty or repeats itself")
    return {"purposes": frozenset(purposes)}


def _subject_key_id(node: Node) -> dict[str, object]:
    return {"subject_key_id": node.require(der.OCTET_STRING).content}


def _authority_key_id(node: Node) -> dict[str, object]:
    fields = Fields(node)
    key_id = fields.maybe(der.primitive(0))
    fields.maybe(der.constructed(1))
    fields.maybe(der.primitive(2))
    fields.done()
    return {"authority_key_id": key_id.content if key_id else None}


def _crl_points(node: Node) -> dict[str, object]:
    urls = []
    for point in node.require(der.SEQUENCE).children:
        for full_name in (name for part in point.children if part.tag == 0xA0 for name in part.children):
            urls += [entry.content.decode("ascii", "replace") for entry in full_name.children if entry.tag == 0x86]
    return {"crl_points": tuple(urls)}


_READERS: Final[Mapping[str, Callable[[Node], dict[str, object]]]] = MappingProxyType(
    {
        BASIC_CONSTRAINTS: _basic_constraints,
        KEY_USAGE: _key_usage,
        EXTENDED_KEY_USAGE: _purposes,
        SUBJECT_KEY_ID: _subject_key_id,
        AUTHORITY_KEY_ID: _authority_key_id,
        CRL_POINTS: _crl_points,
    }
)
