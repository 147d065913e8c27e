"""Certificates and lists for path validation, built byte by byte so that they can be wrong in any way.

The cases follow NIST's PKITS (sections 4.1 to 4.16), made for our algorithms; what RSA, DSA and policies alone would
show is left out. The rows are in `pkits_paths` and `pkits_authorities`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count

from certs.crypto.alg import Alg
from certs.crypto.jwk import spki
from certs.crypto.keys import ephemeral_key
from certs.crypto.ports import Signer
from certs.errors import CertsError
from certs.pki import der
from certs.pki import extensions as ext
from certs.pki.algorithms import SUITES, sign
from certs.pki.extensions import KeyUsage
from certs.pki.names import name
from certs.pki.x509 import key_identifier
from tests.certs.pki.world import DAY, NOW

YEAR = 365 * DAY
CA_USE = ext.key_usage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
LEAF_USE = ext.key_usage(KeyUsage.DIGITAL_SIGNATURE)
CA_FLAG = ext.basic_constraints(is_ca=True)
_serials = count(4096)


def named(title: str) -> bytes:
    """A name of this test world."""
    return name(common_name=title, organisation="测试")


@dataclass(frozen=True, slots=True)
class Party:
    """A key, the certificate made for it, and the name in it."""

    key: Signer
    der: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    serial: int = 0


def party(
    title: str | bytes,
    above: Party | None = None,
    *extensions: bytes,
    key: Signer | None = None,
    alg: Alg = Alg.ES256,
    serial: int | None = None,
    issuer: bytes | None = None,
    start: bytes | datetime = NOW - YEAR,
    end: bytes | datetime = NOW + YEAR,
    version: int = 2,
    signed_by: Signer | None = None,
    key_ids: bool = True,
    inside: bytes | None = None,
) -> Party:
    """A certificate; every keyword makes one thing about it unusual. Without `above` it signs itself."""
    own = key or ephemeral_key(alg)
    signer = signed_by or (above.key if above else own)
    subject = title if isinstance(title, bytes) else named(title)
    number = next(_serials) if serial is None else serial
    ids = (
        (
            ext.subject_key_id(key_identifier(own.verifier())),
            ext.authority_key_id(key_identifier((above.key if above else own).verifier())),
        )
        if key_ids
        else ()
    )
    suite = SUITES[signer.alg]
    times = [t if isinstance(t, bytes) else der.x509_time(t) for t in (start, end)]
    tbs = der.sequence(
        *([der.explicit(0, der.integer(version))] if version else []),
        der.integer(number),
        inside if inside is not None else suite.identifier,
        issuer if issuer is not None else above.subject if above else subject,
        der.sequence(*times),
        subject,
        spki(own.verifier()),
        *([der.explicit(3, der.sequence(*extensions, *ids))] if version == 2 else []),
    )
    signature = der.bits(sign(signer, tbs))
    return Party(own, der.sequence(tbs, suite.identifier, signature), subject, number)


def crl(
    of: Party,
    *revoked: tuple[int, str],
    at: datetime | bytes = NOW - DAY,
    until: datetime | bytes | None = NOW + 6 * DAY,
    signed_by: Signer | None = None,
    issuer: bytes | None = None,
    extensions: Sequence[bytes] = (),
    entry_extensions: Sequence[bytes] = (),
) -> bytes:
    """A list of `of`; `revoked` are serial numbers with their reasons (CRLReason number as text, empty for none)."""
    signer = signed_by or of.key
    suite = SUITES[signer.alg]
    first = at if isinstance(at, bytes) else der.x509_time(at)
    last = [] if until is None else [until if isinstance(until, bytes) else der.x509_time(until)]
    entries = [_entry(serial, reason, entry_extensions) for serial, reason in revoked]
    tbs = der.sequence(
        der.integer(1),
        suite.identifier,
        issuer if issuer is not None else of.subject,
        first,
        *last,
        *([der.sequence(*entries)] if entries else []),
        der.explicit(
            0,
            der.sequence(
                ext.authority_key_id(key_identifier(of.key.verifier())),
                ext.extension("2.5.29.20", der.integer(1)),
                *extensions,
            ),
        ),
    )
    return der.sequence(tbs, suite.identifier, der.bits(sign(signer, tbs)))


def _entry(serial: int, reason: str, extensions: Sequence[bytes]) -> bytes:
    more = [ext.extension("2.5.29.21", der.integer(int(reason), der.ENUMERATED))] if reason else []
    more += extensions
    parts = [der.integer(serial), der.x509_time(NOW - 2 * DAY)]
    return der.sequence(*parts, *([der.sequence(*more)] if more else []))


@dataclass(frozen=True, slots=True)
class Case:
    """A leaf with what stands above it. `roots` are trusted, the rest was brought along."""

    leaf: Party
    between: tuple[Party, ...] = ()
    crls: tuple[bytes, ...] = ()
    roots: tuple[Party, ...] = ()
    at: datetime = NOW


def spoiled(one: Party, position: int = -6) -> Party:
    """The certificate with one bit of its signature changed."""
    octets = bytearray(one.der)
    octets[position] ^= 1
    return Party(one.key, bytes(octets), one.subject, one.serial)


Build = Callable[[Alg], Case]
# how it is built, what refuses it (None: it holds), whether the standard would have let it pass
Row = tuple[Build, type[CertsError] | None, bool]
PRIVATE = "1.3.6.1.4.1.32473.9"
ODD = ext.extension(PRIVATE, der.null(), critical=True)


@cache
def root(alg: Alg) -> Party:
    return party("Trust Anchor", None, CA_FLAG, CA_USE, alg=alg)


def ca(alg: Alg, *extensions: bytes, title: str = "Good CA", above: Party | None = None, **unusual: object) -> Party:
    kinds = extensions or (CA_FLAG, CA_USE)
    return party(title, above or root(alg), *kinds, alg=alg, **unusual)  # type: ignore[arg-type]  # keywords of party


def leaf(alg: Alg, above: Party, *extensions: bytes, **unusual: object) -> Party:
    return party("End Entity", above, *(extensions or (LEAF_USE,)), alg=alg, **unusual)  # type: ignore[arg-type]  # as above


def path(alg: Alg, end: Party, *between: Party, crls: tuple[bytes, ...] | None = None, at: datetime = NOW) -> Case:
    lists = crls if crls is not None else tuple(crl(one) for one in (root(alg), *between))
    return Case(end, between, lists, (root(alg),), at)
