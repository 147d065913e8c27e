"""The receipt 回执 given with every answer, before the entry has its place in the tree.

A JWS of type `yzt-receipt+jwt`: the hub's promise that the entry with this leaf hash is in its log. Later a
tlog-proof replaces the promise by a proof; a promise the log does not keep is evidence against the hub.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from certs.crypto import base64url
from certs.crypto.jws import parse_jws, sign_jws, verify_parsed
from certs.crypto.keyring import KeyRing
from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical, loads_object
from certs.evidence.entry import Entry, decode_entry
from certs.evidence.errors import ReceiptMismatch
from certs.evidence.merkle import HASH_SIZE, leaf_hash

RECEIPT_TYPE = "yzt-receipt+jwt"
RECEIPT_ROLE = "receipt"
MAX_RECEIPT_BYTES = 4096
# A live source may answer slowly between the entry and its receipt; a receipt older than its entry is back-dated.
MAX_DELAY = timedelta(minutes=15)
MAX_CLOCK_SKEW = timedelta(seconds=5)
_MEMBERS = {"iss", "iat", "jti", "leaf_hash", "request_hash", "response_hash"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Claims of a receipt. Hashes are 32 bytes: RFC 6962 leaf hash; SHA-256 of request and response bytes."""

    issuer: str
    issued_at: datetime
    event_id: UUID
    leaf_hash: bytes
    request_hash: bytes
    response_hash: bytes


def sign_receipt(receipt: Receipt, signer: Signer) -> str:
    """Return the compact JWS. Raises `ReceiptMismatch` if a hash is not 32 bytes."""
    claims = {
        "iss": receipt.issuer,
        "iat": int(receipt.issued_at.timestamp()),
        "jti": str(receipt.event_id),
        "leaf_hash": _write_hash(receipt.leaf_hash),
        "request_hash": _write_hash(receipt.request_hash),
        "response_hash": _write_hash(receipt.response_hash),
    }
    return sign_jws(canonical(claims), signer, RECEIPT_TYPE)


def verify_receipt(token: str, entry_body: bytes, keys: KeyRing) -> tuple[Receipt, Entry]:
    """Prove that the hub promised to log exactly `entry_body`; return the claims and the parsed entry.

    1. The token is a strict JWS with exactly the claims of a receipt.
    2. Its key is trusted for role `receipt` at the time it states, and belongs to the issuer it names.
    3. The signature is right.
    4. The leaf hash in it is the hash of the *given* entry (never of one the token carries).
    5. Entry and receipt agree on event, issuer and time.

    The time is the hub's word; a checkpoint or time stamp bounds it from outside.
    Raises `TokenError`, `EncodingRefused`, `CryptoError` (keys, signature), `ReceiptMismatch`, `EntryMalformed`.
    """
    jws = parse_jws(token, max_bytes=MAX_RECEIPT_BYTES)  # (1)
    receipt = _parse_claims(loads_object(jws.payload))
    key = keys.trusted(jws.kid, jws.alg, at=receipt.issued_at, role=RECEIPT_ROLE)  # (2)
    if key.owner != receipt.issuer:
        raise ReceiptMismatch("the key belongs to another issuer")
    verify_parsed(jws, key.verifier, RECEIPT_TYPE)  # (3)
    if receipt.leaf_hash != leaf_hash(entry_body):  # (4)
        raise ReceiptMismatch("it was given for another entry")
    entry = decode_entry(entry_body)  # (5)
    if entry.id != receipt.event_id or entry.hub != receipt.issuer:
        raise ReceiptMismatch("event id or issuer differ from the entry")
    if not -MAX_CLOCK_SKEW <= receipt.issued_at - entry.at <= MAX_DELAY:
        raise ReceiptMismatch("its time does not fit the entry's time")
    return receipt, entry


def require_exchange(receipt: Receipt, *, request_hash: bytes, response_hash: bytes) -> None:
    """Tie a verified receipt to the request and answer a party holds. Raises `ReceiptMismatch`."""
    if receipt.request_hash != request_hash:
        raise ReceiptMismatch("it was given for another request")
    if receipt.response_hash != response_hash:
        raise ReceiptMismatch("it was given for another answer")


def _parse_claims(claims: Mapping[str, object]) -> Receipt:
    if claims.keys() != _MEMBERS:
        raise ReceiptMismatch("claims are not those of a receipt")
    issuer, issued_at, event_id = claims["iss"], claims["iat"], claims["jti"]
    if not isinstance(issuer, str) or type(issued_at) is not int or not 0 < issued_at < 1 << 34:
        raise ReceiptMismatch("issuer or time is not well formed")
    return Receipt(
        issuer=issuer,
        issued_at=datetime.fromtimestamp(issued_at, UTC),
        event_id=_read_id(event_id),
        leaf_hash=_read_hash(claims["leaf_hash"]),
        request_hash=_read_hash(claims["request_hash"]),
        response_hash=_read_hash(claims["response_hash"]),
    )


def _read_id(value: object) -> UUID:
    try:
        parsed = UUID(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != value:
        raise ReceiptMismatch("event id is not a canonical UUID")
    return parsed


def _read_hash(value: object) -> bytes:
    data = base64url.decode(value) if isinstance(value, str) else b""
    if len(data) != HASH_SIZE:
        raise ReceiptMismatch("a hash is not 32 bytes")
    return data


def _write_hash(value: bytes) -> str:
    if len(value) != HASH_SIZE:
        raise ReceiptMismatch("a hash is not 32 bytes")
    return base64url.encode(value)
