"""A small log built with plain loops over the definition of RFC 6962, not with the code under test."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from certs.crypto.ed25519 import Ed25519Signer
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.p256 import P256Signer
from certs.crypto.ports import Signer
from certs.evidence.checkpoint import Checkpoint, LogIdentity, sign_checkpoint
from certs.evidence.entry import EventFacts, encode_entry
from certs.evidence.merkle import leaf_hash
from certs.evidence.note import NoteSigner
from certs.evidence.proof import render_proof
from certs.evidence.receipt import Receipt, sign_receipt
from certs.evidence.tiles import TILE_WIDTH, TileEdge, encode_bundle, tile_at
from certs.evidence.trust import encode_trust

ORIGIN = "log.339900.example/evidence"
HUB = "hub.339900.example"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
REQUEST, RESPONSE = hashlib.sha256(b"request").digest(), hashlib.sha256(b"response").digest()


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, word for word."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class LeafReader:
    """Hashes of complete subtrees, straight from the leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves

    def hash_at(self, level: int, index: int) -> bytes:
        part = self.leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for a subtree that is not complete"
        return mth(part)


@dataclass(frozen=True)
class SmallLog:
    """Entries, keys and everything an outsider gets."""

    bodies: tuple[bytes, ...]
    note_key: NoteSigner
    receipt_key: Signer

    @property
    def log(self) -> LogIdentity:
        return LogIdentity(ORIGIN, (self.note_key.verifier,))

    @property
    def keys(self) -> KeyRing:
        return KeyRing([self.trusted_receipt_key])

    @property
    def trusted_receipt_key(self) -> TrustedKey:
        day = timedelta(days=1)
        return TrustedKey(self.receipt_key.verifier(), START - day, START + day, "receipt", HUB)

    @property
    def checkpoint(self) -> str:
        return self.signed(len(self.bodies))

    def signed(self, size: int) -> str:
        return sign_checkpoint(Checkpoint(ORIGIN, size, mth(self.bodies[:size])), [self.note_key])

    def proof(self, index: int) -> str:
        return render_proof(index, path(index, self.bodies), self.checkpoint)

    def receipt(self, index: int, **changes: object) -> str:
        values: dict[str, object] = {
            "issuer": HUB,
            "issued_at": START + timedelta(seconds=index),
            "event_id": event_id(index),
            "leaf_hash": leaf_hash(self.bodies[index]),
            "request_hash": REQUEST,
            "response_hash": RESPONSE,
        }
        return sign_receipt(Receipt(**(values | changes)), self.receipt_key)  # type: ignore[arg-type]  # changes are chosen by tests

    def trust(self) -> bytes:
        return encode_trust([self.log], [self.trusted_receipt_key])

    def tiles(self) -> dict[str, bytes]:
        edge, full = TileEdge().grow(leaf_hash(body) for body in self.bodies)
        files = {tile.path: data for tile, data in [*full, *edge.partial_tiles()]}
        for begin in range(0, len(self.bodies), TILE_WIDTH):
            bundle = tile_at(None, begin // TILE_WIDTH, len(self.bodies))
            files[bundle.path] = encode_bundle(self.bodies[begin : begin + TILE_WIDTH])
        return files | {"checkpoint": self.checkpoint.encode()}


def event_id(index: int) -> UUID:
    return UUID(int=index + 1)


def small_log(size: int) -> SmallLog:
    bodies = tuple(
        encode_entry(
            EventFacts(
                id=event_id(index),
                kind="exchange:answered",
                at=START + timedelta(seconds=index),
                hub=HUB,
                department="11339900MB9000015P",
                officer="psb-0142",
                detail={"resource": "psb.household", "n": index},
            ),
            None,
        )
        for index in range(size)
    )
    return SmallLog(bodies, NoteSigner.of(ORIGIN, Ed25519Signer.generate()), P256Signer.generate())
