"""Revocation lists (RFC 5280 §5): complete, direct lists only; partitioned, indirect and delta lists are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from certs.crypto.alg import Alg
from certs.crypto.ports import Signer
from certs.pki import der
from certs.pki.algorithms import SUITES, sign, signature_alg
from certs.pki.der_reader import Fields, Node, read
from certs.pki.errors import MalformedCertificate
from certs.pki.extensions import authority_key_id, extension, split
from certs.pki.x509 import Certificate, key_identifier

CRL_NUMBER: Final = "2.5.29.20"
_REASON: Final = "2.5.29.21"
_INVALIDITY_DATE: Final = "2.5.29.24"
_TIMES: Final = (der.UTC_TIME, der.GENERALIZED_TIME)
# RFC 5280 §5.3.1; removeFromCRL (8) belongs to delta lists
REASONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "unspecified",
        1: "keyCompromise",
        2: "cACompromise",
        3: "affiliationChanged",
        4: "superseded",
        5: "cessationOfOperation",
        6: "certificateHold",
        9: "privilegeWithdrawn",
        10: "aACompromise",
    }
)
_CODES: Final = MappingProxyType({reason: code for code, reason in REASONS.items()})


@dataclass(frozen=True, slots=True)
class Revocation:
    """One revoked certificate. `invalid_from` is when the key was already in doubt, if the issuer says so."""

    serial: int
    revoked_at: datetime
    reason: str = "unspecified"
    invalid_from: datetime | None = None

    @property
    def effective(self) -> datetime:
        """From when on the certificate proves nothing."""
        return min(self.revoked_at, self.invalid_from or self.revoked_at)


@dataclass(frozen=True, slots=True)
class Crl:
    """A list as read; `signature` covers `tbs` and was not checked by reading."""

    der: bytes
    tbs: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime
    entries: Mapping[int, Revocation]
    critical: frozenset[str]
    alg: Alg
    signature: bytes


def build_crl(
    *,
    signer: Signer,
    issuer: Certificate,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Sequence[Revocation] = (),
) -> Crl:
    """A complete list of one issuer."""
    suite = SUITES[signer.alg]
    extensions = (authority_key_id(key_identifier(issuer.key)), extension(CRL_NUMBER, der.integer(number)))
    tbs = der.sequence(
        der.integer(1),
        suite.identifier,
        issuer.subject,
        der.x509_time(this_update),
        der.x509_time(next_update),
        *([der.sequence(*map(_entry, revoked))] if revoked else []),
        der.explicit(0, der.sequence(*extensions)),
    )
    return parse_crl(der.sequence(tbs, suite.identifier, der.bits(sign(signer, tbs))))


def _entry(revoked: Revocation) -> bytes:
    extensions = []
    if revoked.reason != "unspecified":  # RFC 5280 §5.3.1: the reason should then be absent
        extensions.append(extension(_REASON, der.integer(_CODES[revoked.reason], der.ENUMERATED)))
    if revoked.invalid_from is not None:
        extensions.append(extension(_INVALIDITY_DATE, der.generalized_time(revoked.invalid_from)))
    parts = [der.integer(revoked.serial), der.x509_time(revoked.revoked_at)]
    return der.sequence(*parts, *([der.sequence(*extensions)] if extensions else []))


def parse_crl(data: bytes) -> Crl:
    """Read one list.

    Raises:
        MalformedDer: not strict DER, or another structure.
        MalformedCertificate: contradicting algorithm identifiers, a serial number twice, a reason that is not one,
            or a critical extension on an entry.
    """
    fields = Fields(read(data))
    tbs, identifier, signature = fields.take(der.SEQUENCE), fields.take(der.SEQUENCE), fields.take(der.BIT_STRING)
    fields.done()
    inside = Fields(tbs)
    if inside.take(der.INTEGER).integer() != 1 or inside.take(der.SEQUENCE).raw != identifier.raw:
        raise MalformedCertificate("not a version 2 list, or the two algorithm identifiers differ")
    issuer, this_update, next_update = inside.take(der.SEQUENCE), inside.take(*_TIMES), inside.take(*_TIMES)
    revoked, extensions = inside.maybe(der.SEQUENCE), inside.maybe(der.constructed(0))
    inside.done()
    critical = split(extensions.only()) if extensions else {}
    return Crl(
        der=bytes(data),
        tbs=tbs.raw,
        issuer=issuer.raw,
        this_update=this_update.moment(),
        next_update=next_update.moment(),
        entries=_entries(revoked),
        critical=frozenset(oid for oid, (is_critical, _) in critical.items() if is_critical),
        alg=signature_alg(identifier),
        signature=signature.octets_of_bits(),
    )


def _entries(node: Node | None) -> Mapping[int, Revocation]:
    found: dict[int, Revocation] = {}
    for item in node.children if node else ():
        revocation = _read_entry(item)
        if revocation.serial in found:
            raise MalformedCertificate(f"serial number {revocation.serial:x} is listed twice")
        found[revocation.serial] = revocation
    return MappingProxyType(found)


def _read_entry(item: Node) -> Revocation:
    fields = Fields(item)
    serial, at, more = fields.take(der.INTEGER).integer(), fields.take(*_TIMES).moment(), fields.maybe(der.SEQUENCE)
    fields.done()
    found = split(more) if more else {}
    if any(critical for critical, _ in found.values()):  # e.g. certificateIssuer of indirect lists
        raise MalformedCertificate("entry with a critical extension")
    code = read(found[_REASON][1]).require(der.ENUMERATED).integer() if _REASON in found else 0
    if code not in REASONS:
        raise MalformedCertificate(f"revocation reason {code} does not exist")
    doubt = read(found[_INVALIDITY_DATE][1]).require(der.GENERALIZED_TIME) if _INVALIDITY_DATE in found else None
    return Revocation(serial, at, REASONS[code], doubt.moment() if doubt else None)
