"""Certificates (RFC 5280; SM2 as in GB/T 20518): built through a `Signer`, read strictly into one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Final, TypeVar

from certs.crypto.alg import Alg
from certs.crypto.backends import PublicKey
from certs.crypto.jwk import spki, verifier_from_spki
from certs.crypto.ports import Signer, Verifier
from certs.errors import CertsError
from certs.pki import der
from certs.pki.algorithms import SUITES, sign, signature_alg
from certs.pki.der_reader import Fields, Node, read
from certs.pki.errors import MalformedCertificate
from certs.pki.extensions import Extensions, read_extensions
from certs.pki.names import describe

_MAX_BYTES: Final = 64 * 1024
_REMEMBERED: Final = 256
_MAX_SERIAL_BYTES: Final = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """A certificate as read. Names are DER (compare these), `subject_text` is for people.

    `signature` covers `tbs` and has the X.509 form; it was not checked by reading (see `certs.pki.chain`).
    Two certificates are equal when their bytes are.
    """

    der: bytes
    tbs: bytes
    serial: int
    issuer: bytes
    subject: bytes
    subject_text: str
    issuer_text: str
    not_before: datetime
    not_after: datetime
    key: PublicKey
    alg: Alg
    signature: bytes
    extensions: Extensions

    @property
    def is_self_issued(self) -> bool:
        """Subject and issuer are the same name."""
        return self.subject == self.issuer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"Certificate({self.subject_text!r}, serial={self.serial:x})"


def key_identifier(verifier: Verifier) -> bytes:
    """SHA-1 of the public key's bits (RFC 5280 §4.2.1.2 (1)): a name, nothing rests on its strength."""
    bits = read(spki(verifier)).children[1].octets_of_bits()
    return sha1(bits, usedforsecurity=False).digest()


def build_certificate(
    *,
    signer: Signer,
    issuer: bytes,
    subject: bytes,
    key: Verifier,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    extensions: Sequence[bytes],
) -> Certificate:
    """A version 3 certificate of `key`, signed by the issuer's key. Names and extensions are given as DER.

    Raises:
        MalformedCertificate: impossible serial number or times.
    """
    suite = SUITES[signer.alg]
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(serial),
        suite.identifier,
        issuer,
        der.sequence(der.x509_time(not_before), der.x509_time(not_after)),
        subject,
        spki(key),
        der.explicit(3, der.sequence(*extensions)),
    )
    return parse_certificate(der.sequence(tbs, suite.identifier, der.bits(sign(signer, tbs))))


@lru_cache(_REMEMBERED)
def parse_certificate(data: bytes) -> Certificate:
    """Read one certificate. The newest are remembered: a batch meets the same few in every stamp and signature.

    Raises:
        MalformedDer: not strict DER, or another structure.
        MalformedCertificate: another version, impossible serial number or times, a key or algorithm that is not
            accepted here, contradicting algorithm identifiers, a repeated or ill-formed extension.
    """
    fields = Fields(read(data, _MAX_BYTES))
    tbs, identifier, signature = fields.take(der.SEQUENCE), fields.take(der.SEQUENCE), fields.take(der.BIT_STRING)
    fields.done()
    inside = Fields(tbs)
    if inside.take(der.constructed(0)).only().require(der.INTEGER).integer() != 2:
        raise MalformedCertificate("not a version 3 certificate")
    serial = _serial(inside.take(der.INTEGER))
    if inside.take(der.SEQUENCE).raw != identifier.raw:
        raise MalformedCertificate("the two algorithm identifiers differ")
    issuer, validity, subject = inside.take(der.SEQUENCE), Fields(inside.take(der.SEQUENCE)), inside.take(der.SEQUENCE)
    not_before, not_after = _moments(validity)
    key = inside.take(der.SEQUENCE)
    extensions = inside.maybe(der.constructed(3))
    inside.done()
    return Certificate(
        der=bytes(data),
        tbs=tbs.raw,
        serial=serial,
        issuer=issuer.raw,
        subject=subject.raw,
        subject_text=describe(subject),
        issuer_text=describe(issuer),
        not_before=not_before,
        not_after=not_after,
        key=_translated(lambda: verifier_from_spki(key.raw)),
        alg=signature_alg(identifier),
        signature=signature.octets_of_bits(),
        extensions=read_extensions(extensions.only() if extensions else None),
    )


def _serial(node: Node) -> int:
    serial = node.integer()
    if serial <= 0 or len(node.content) > _MAX_SERIAL_BYTES:
        raise MalformedCertificate("serial number is not positive or longer than 20 octets")
    return serial


def _moments(validity: Fields) -> tuple[datetime, datetime]:
    first, last = (validity.take(der.UTC_TIME, der.GENERALIZED_TIME) for _ in range(2))
    validity.done()
    if first.moment() > last.moment():
        raise MalformedCertificate("validity ends before it begins")
    return first.moment(), last.moment()


def _translated(work: Callable[[], T]) -> T:
    try:
        return work()
    except CertsError as error:
        raise MalformedCertificate(f"public key: {error}") from error
