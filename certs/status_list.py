"""IETF Token Status List: two bits per certificate, compressed and signed as `statuslist+jwt`.

A list that cannot be read, is stale or belongs to another address says nothing: the status is then unknown and
never valid. Entry 0 sits in the lowest bits of the first byte.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from certs.crypto import base64url
from certs.crypto.jws import sign_jws, verify_jws
from certs.crypto.ports import ResolveKey, Signer
from certs.crypto.strict_json import dumps, loads_object
from certs.crypto.times import check_window, moment, numeric_date
from certs.errors import (
    ClaimInvalid,
    ClaimMissing,
    EncodingRefused,
    StatusIndexOutOfRange,
    StatusListMalformed,
    StatusListMismatch,
    StatusListStale,
    StatusListTooLarge,
    TokenExpired,
)

TYP: Final = "statuslist+jwt"
BITS: Final = 2
MAX_INFLATED_BYTES: Final = 16 * 1024 * 1024  # 67 million entries of two bits
MAX_TOKEN_BYTES: Final = 4 * 1024 * 1024
_PER_BYTE: Final = 8 // BITS
_ALLOWED_BITS: Final = (1, 2, 4, 8)


class Status(IntEnum):
    """The registered status types, as two bits hold them."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    APPLICATION_SPECIFIC = 3


def build(size: int, changes: Mapping[int, Status]) -> bytearray:
    """A list of `size` entries (rounded up to a multiple of four), all valid except `changes` (index to status).

    Raises:
        StatusIndexOutOfRange: a change lies outside.
    """
    entries = bytearray(-(-size // _PER_BYTE))
    apply(entries, changes)
    return entries


def apply(entries: bytearray, changes: Mapping[int, Status]) -> None:
    """Write `changes` into the list in place; on a refusal nothing is written.

    Raises:
        StatusIndexOutOfRange: a change lies outside.
    """
    size = len(entries) * _PER_BYTE
    if changes and not (min(changes) >= 0 and max(changes) < size):
        raise StatusIndexOutOfRange(next(index for index in changes if not 0 <= index < size), size)
    for index, status in changes.items():
        at, shift = index >> 2, (index & 3) << 1
        entries[at] = entries[at] & ~(3 << shift) | status << shift


def compress(entries: bytes | bytearray) -> bytes:
    """The zlib stream of the list at the highest level."""
    return zlib.compress(entries, 9)


def decompress(data: bytes, max_bytes: int = MAX_INFLATED_BYTES) -> bytes:
    """The list behind a zlib stream, never inflating more than `max_bytes`.

    Raises:
        StatusListTooLarge: it would be larger (zlib bomb).
        StatusListMalformed: not zlib, cut short, or followed by other bytes.
    """
    inflater = zlib.decompressobj()
    try:
        entries = inflater.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise StatusListMalformed("not a zlib stream") from error
    if len(entries) > max_bytes:
        raise StatusListTooLarge(f"status list inflates beyond {max_bytes} bytes")
    if not inflater.eof or inflater.unused_data:
        raise StatusListMalformed("zlib stream is cut short or has bytes after its end")
    return entries


@dataclass(frozen=True, slots=True)
class StatusList:
    """A verified list. Use it until `fresh_until`; after that ask the publisher again or answer "unknown"."""

    uri: str
    bits: int
    entries: bytes
    issued_at: datetime
    fresh_until: datetime
    kid: str

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.entries) * 8 // self.bits

    def raw(self, index: int) -> int:
        """The number at `index`; raises StatusIndexOutOfRange."""
        if not 0 <= index < self.size:
            raise StatusIndexOutOfRange(index, self.size)
        at, place = divmod(index * self.bits, 8)
        return self.entries[at] >> place & ((1 << self.bits) - 1)

    def lookup(self, index: int, *, at: datetime) -> Status:
        """The status at `index`, asked at the time `at`.

        Raises:
            StatusIndexOutOfRange: the certificate points outside the list.
            StatusListStale: `at` is after `fresh_until`.
            StatusListMalformed: a number that has no meaning here (lists of more than two bits).
        """
        if at > self.fresh_until:
            raise StatusListStale(f"status list was usable until {self.fresh_until.isoformat()}")
        value = self.raw(index)
        if value > Status.APPLICATION_SPECIFIC:
            raise StatusListMalformed(f"status {value} is not known here")
        return Status(value)


def sign_status_list(
    entries: bytes | bytearray,
    signer: Signer,
    *,
    uri: str,
    now: datetime,
    lifetime: timedelta,
    ttl: timedelta,
    issuer: str | None = None,
) -> str:
    """The list as a signed token about `uri`, valid for `lifetime`, to be fetched again every `ttl`."""
    issued = int(now.timestamp())
    claims: dict[str, object] = {
        "sub": uri,
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "ttl": int(ttl.total_seconds()),
        "status_list": {"bits": BITS, "lst": base64url.encode(compress(entries))},
    }
    if issuer is not None:
        claims["iss"] = issuer
    return sign_jws(dumps(claims), signer, TYP)


def verify_status_list(
    token: str,
    resolve_key: ResolveKey,
    *,
    uri: str,
    now: datetime,
    issuer: str | None = None,
    max_age: timedelta = timedelta(days=1),
    leeway: timedelta = timedelta(seconds=30),
    max_bytes: int = MAX_INFLATED_BYTES,
) -> StatusList:
    """Verify a list fetched for `uri` (the address in the certificate) at the time `now`.

    1. Signature by a trusted key, and type. 2. About this address, by this issuer. 3. Times. 4. Inflate with a limit.
    `issuer`, where given, must be in the list; who may sign for it is the resolver's decision. `max_age` bounds the
    use of a list that sets neither exp nor ttl, and of any other.

    Raises:
        StatusListError: mismatch, stale, malformed or too large.
        TokenError, EncodingRefused, CryptoError: the token itself is refused.
    """
    jws = verify_jws(token, resolve_key, TYP, max_bytes=MAX_TOKEN_BYTES)
    claims = loads_object(jws.payload, MAX_TOKEN_BYTES)
    if claims.get("sub") != uri:
        raise StatusListMismatch("status list is about another address")
    if issuer is not None and claims.get("iss") != issuer:
        raise StatusListMismatch("status list is from another issuer")
    issued, fresh_until = _freshness(claims, now=now, leeway=leeway, max_age=max_age)
    bits, entries = _entries(claims.get("status_list"), max_bytes)
    return StatusList(uri, bits, entries, issued, fresh_until, jws.kid)


def status_reference(uri: str, index: int) -> dict[str, object]:
    """The `status` claim of a certificate: where its status is found."""
    return {"status_list": {"uri": uri, "idx": index}}


def read_status_reference(claims: Mapping[str, object]) -> tuple[str, int]:
    """Address and index from the `status` claim of a certificate.

    Raises:
        ClaimMissing: the certificate has none.
        ClaimInvalid: not an address and a non-negative whole number.
    """
    status = claims.get("status")
    if status is None:
        raise ClaimMissing("status")
    reference = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(reference, dict):
        raise ClaimInvalid("status", "holds no status_list")
    uri, index = reference.get("uri"), reference.get("idx")
    if not isinstance(uri, str) or type(index) is not int or index < 0:
        raise ClaimInvalid("status", "needs a uri and a non-negative idx")
    return uri, index


def _freshness(
    claims: Mapping[str, object], *, now: datetime, leeway: timedelta, max_age: timedelta
) -> tuple[datetime, datetime]:
    try:
        check_window(claims, now=now, leeway=leeway)
    except TokenExpired as error:
        raise StatusListStale("status list has expired") from error
    issued, expires, ttl = (numeric_date(claims, name) for name in ("iat", "exp", "ttl"))
    if issued is None:
        raise ClaimMissing("iat")
    ends = [moment(issued) + max_age]
    if expires is not None:
        ends.append(moment(expires))
    if ttl is not None:
        # ttl counts from the fetch, so a list still valid by exp is good for one more ttl from now
        ends.append(now + min(timedelta(seconds=ttl), max_age))
    if now > min(ends) + leeway:
        raise StatusListStale(f"status list was usable until {min(ends).isoformat()}")
    return moment(issued), min(ends)


def _entries(status_list: object, max_bytes: int) -> tuple[int, bytes]:
    if not isinstance(status_list, dict):
        raise StatusListMalformed("token holds no status_list")
    bits, lst = status_list.get("bits"), status_list.get("lst")
    if type(bits) is not int or bits not in _ALLOWED_BITS or not isinstance(lst, str):
        raise StatusListMalformed("status_list needs bits of 1, 2, 4 or 8 and lst")
    try:
        data = base64url.decode(lst)
    except EncodingRefused as error:
        raise StatusListMalformed("lst is not base64url") from error
    return bits, decompress(data, max_bytes)
