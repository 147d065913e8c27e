"""Time-stamps (RFC 3161, RFC 5816): requests, answers and tokens, written and read strictly; checked at genTime."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from certs.pki import der
from certs.pki.algorithms import digest, digest_of
from certs.pki.chain import Path, Purpose, check_chain
from certs.pki.cms import TST_INFO
from certs.pki.cms_reader import check_signed_data, parse_signed_data
from certs.pki.crl import Crl
from certs.pki.der_reader import Fields, Node, read
from certs.pki.errors import CertificateRevoked, TimestampInFuture, TimestampRefused, TimestampRejected
from certs.pki.revocation import revocations
from certs.pki.x509 import Certificate

_GRANTED: Final = (0, 1)
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
# RFC 3161 §4.1: after any other revocation none of the authority's tokens proves anything
_HARMLESS: Final = frozenset({"affiliationChanged", "superseded", "cessationOfOperation"})


@dataclass(frozen=True, slots=True)
class Imprint:
    """The digest that is stamped, and of which kind (OID)."""

    digest_oid: str
    value: bytes

    def der(self) -> bytes:
        """MessageImprint."""
        return der.sequence(der.sequence(der.oid(self.digest_oid)), der.octets(self.value))


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What an authority is asked for."""

    imprint: Imprint
    nonce: int | None
    policy: str | None
    wants_certificate: bool


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token whose signature and imprint hold. `path` is None until the authority's path was checked."""

    at: datetime
    serial: int
    policy: str
    imprint: Imprint
    nonce: int | None
    accuracy: timedelta
    authority: Certificate
    certificates: tuple[Certificate, ...]
    token: bytes
    path: Path | None = None


def imprint(digest_oid: str, *parts: bytes) -> Imprint:
    """The imprint of the parts in a row; raises MalformedDer for a digest that is not accepted."""
    return Imprint(digest_oid, digest(digest_oid, *parts))


def build_request(stamped: Imprint, *, nonce: int) -> bytes:
    """TimeStampReq that wants the authority's certificate inside; `nonce` is random, 64 bits."""
    return der.sequence(der.integer(1), stamped.der(), der.integer(nonce), der.boolean(True))


def parse_request(data: bytes) -> TimestampRequest:
    """Read a TimeStampReq.

    Raises:
        MalformedDer: not strict DER, another structure, or a digest that is not accepted here.
        TimestampRefused: another version, an imprint of the wrong length, or extensions.
    """
    fields = Fields(read(data, 4096))
    if fields.take(der.INTEGER).integer() != 1:
        raise TimestampRefused("not a version 1 request")
    stamped, policy = _imprint(fields.take(der.SEQUENCE)), fields.maybe(der.OID)
    nonce, wants = fields.maybe(der.INTEGER), fields.maybe(der.BOOLEAN)
    fields.done()
    if wants is not None and not wants.truth():
        raise TimestampRefused("a default value is written out")
    return TimestampRequest(stamped, nonce.integer() if nonce else None, policy.oid() if policy else None, bool(wants))


def token_of(response: bytes) -> bytes:
    """The token inside a TimeStampResp that was granted.

    Raises:
        MalformedDer: not a TimeStampResp.
        TimestampRejected: the authority refused; evidence `status` and `failure` (bit numbers).
    """
    fields = Fields(read(response))
    status, token = Fields(fields.take(der.SEQUENCE)), fields.maybe(der.SEQUENCE)
    fields.done()
    code = status.take(der.INTEGER).integer()
    status.maybe(der.SEQUENCE)
    failure = status.maybe(der.BIT_STRING)
    status.done()
    if code not in _GRANTED or token is None:
        bits = sorted(failure.bit_positions()) if failure else []
        raise TimestampRejected(f"the authority answered {code} {bits}", status=code, failure=bits)
    return token.raw


def open_token(token: bytes, *parts: bytes, nonce: int | None = None) -> Timestamp:
    """A token whose signature holds, over exactly these parts, in answer to this nonce if one is given.

    The authority's path and the time are not judged; `check_timestamp` does.

    Raises:
        TimestampRefused: another imprint or nonce, another version, an unreadable TSTInfo.
        MalformedDer, CmsRefused, MalformedCertificate, InvalidSignature: the token is no proper SignedData.
    """
    signed = parse_signed_data(token)
    if signed.content is None:
        raise TimestampRefused("the token has no content")
    authority = check_signed_data(signed, content_type=TST_INFO)
    stamp = _tst_info(signed.content, authority, signed.certificates, token)
    if digest(stamp.imprint.digest_oid, *parts) != stamp.imprint.value:
        raise TimestampRefused("the time-stamp is of other data")
    if nonce is not None and stamp.nonce != nonce:
        raise TimestampRefused("the time-stamp answers another request", expected=nonce, found=stamp.nonce)
    return stamp


def check_timestamp(
    token: bytes,
    *parts: bytes,
    at: datetime,
    roots: Sequence[Certificate],
    crls: Sequence[Crl],
    intermediates: Sequence[Certificate] = (),
    nonce: int | None = None,
) -> Timestamp:
    """A time-stamp that holds, judged at `at`.

    1. `open_token`: structure, signature, imprint, nonce.
    2. genTime is not after `at` (five minutes of tolerance): otherwise one of two clocks is wrong.
    3. The authority's path holds at genTime, its key is for time-stamping alone.
    4. No list says its key was compromised, at any time (RFC 3161 §4.1).

    Raises:
        TimestampRefused, PathRefused and what `open_token` raises.
    """
    stamp = open_token(token, *parts, nonce=nonce)
    if stamp.at > at + _CLOCK_TOLERANCE:
        detail = f"stamped {stamp.at.isoformat()}, judged at {at.isoformat()}"
        raise TimestampInFuture(detail, stamped=stamp.at, at=at)
    between = [*stamp.certificates, *intermediates]
    path = check_chain(stamp.authority, between, roots, at=stamp.at, crls=crls, purpose=Purpose.TIMESTAMP)
    for entry in revocations(path.leaf, path.certificates[1], crls):
        if entry.reason not in _HARMLESS:
            raise CertificateRevoked(
                subject=path.leaf.subject_text,
                serial=path.leaf.serial,
                reason=entry.reason,
                revoked_at=entry.effective,
            )
    return replace(stamp, path=path)


def _tst_info(content: bytes, authority: Certificate, certificates: tuple[Certificate, ...], token: bytes) -> Timestamp:
    fields = Fields(read(content))
    if fields.take(der.INTEGER).integer() != 1:
        raise TimestampRefused("not a version 1 TSTInfo")
    policy, stamped = fields.take(der.OID).oid(), _imprint(fields.take(der.SEQUENCE))
    serial, at = fields.take(der.INTEGER).positive(), fields.take(der.GENERALIZED_TIME).moment()
    accuracy, ordering = fields.maybe(der.SEQUENCE), fields.maybe(der.BOOLEAN)
    nonce = fields.maybe(der.INTEGER)
    fields.maybe(der.constructed(0))  # tsa: a hint, the signature says who it was
    fields.done()  # extensions are not understood and so refused
    if ordering is not None and not ordering.truth():
        raise TimestampRefused("a default value is written out")
    return Timestamp(
        at=at,
        serial=serial,
        policy=policy,
        imprint=stamped,
        nonce=nonce.integer() if nonce else None,
        accuracy=_accuracy(accuracy),
        authority=authority,
        certificates=certificates,
        token=token,
    )


def _imprint(node: Node) -> Imprint:
    fields = Fields(node)
    oid, value = digest_of(fields.take(der.SEQUENCE)), fields.take(der.OCTET_STRING).content
    fields.done()
    if len(value) != len(digest(oid)):
        raise TimestampRefused("the imprint has the wrong length for its digest")
    return Imprint(oid, value)


def _accuracy(node: Node | None) -> timedelta:
    if node is None:
        return timedelta(0)
    fields = Fields(node)
    whole, milli, micro = fields.maybe(der.INTEGER), fields.maybe(der.primitive(0)), fields.maybe(der.primitive(1))
    fields.done()
    seconds = whole.positive() if whole else 0
    parts = [part.integer() if part else 0 for part in (milli, micro)]
    if seconds > 86_400 or not all(0 <= part <= 999 for part in parts):
        raise TimestampRefused("impossible accuracy")
    return timedelta(seconds=seconds, milliseconds=parts[0], microseconds=parts[1])
