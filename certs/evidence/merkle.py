"""RFC 6962 Merkle tree over SHA-256: hashes, proofs and their verification.

A complete subtree is named by `(level, index)`: it covers the leaves `[index * 2**level, (index + 1) * 2**level)`.
Provers read such subtrees from a `HashReader`; verifiers need nothing but the proof. Verification follows the
index-driven algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2 (same hashes as RFC 6962), on purpose another method
than the recursive one used for proving. Verifiers return nothing or raise `ProofInvalid`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from certs.evidence.errors import ProofInvalid

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class HashReader(Protocol):
    """Gives hashes of complete subtrees."""

    def hash_at(self, level: int, index: int) -> bytes:
        """Return MTH of the complete subtree `(level, index)`; may raise `TileMissing`."""
        ...


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 || left || right). The prefix stops second preimages (leaf taken for node)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """Split `[begin, end)` into the largest complete subtrees, left to right.

    `begin` must be a multiple of the largest power of two not above `end - begin` (true for every range that
    RFC 6962 forms), so that the sizes fall from left to right.
    """
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """Join subtrees of falling size into one hash, right to left; no subtree gives the root of the empty tree."""
    if not hashes:
        return EMPTY_ROOT
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


def range_hash(begin: int, end: int, reader: HashReader) -> bytes:
    """MTH(D[begin:end])."""
    return fold([reader.hash_at(level, index) for level, index in complete_subtrees(begin, end)])


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Leaf ranges whose hashes form PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling upward."""
    if not 0 <= index < size:
        raise ProofInvalid(f"index {index} is not below the tree size {size}")
    ranges = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Leaf ranges whose hashes form PROOF(old, D[new]) of RFC 6962 §2.1.2; empty for `old` 0 or `new`."""
    if not 0 <= old <= new:
        raise ProofInvalid(f"tree of {new} leaves cannot extend one of {old}")
    if old in (0, new):
        return []
    ranges = []
    begin, end = 0, new
    while end > old:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin > 0:  # the old tree's own last subtree is not the whole old tree: the verifier cannot know it
        ranges.append((begin, end))
    return ranges[::-1]


def subtrees_of(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Every complete subtree needed to hash `ranges`: what to prefetch before a proof is made."""
    return [node for begin, end in ranges for node in complete_subtrees(begin, end)]


def inclusion_proof(index: int, size: int, reader: HashReader) -> tuple[bytes, ...]:
    """Audit path of leaf `index` in the tree of `size` leaves. Raises `ProofInvalid` outside the tree."""
    return tuple(range_hash(begin, end, reader) for begin, end in inclusion_ranges(index, size))


def consistency_proof(old: int, new: int, reader: HashReader) -> tuple[bytes, ...]:
    """Proof that the tree of `new` leaves extends that of `old`. Raises `ProofInvalid` if `old > new`."""
    return tuple(range_hash(begin, end, reader) for begin, end in consistency_ranges(old, new))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf` (a leaf hash) stands at `index` of the tree `(size, root)`. Raises `ProofInvalid`."""
    if not 0 <= index < size:
        raise ProofInvalid(f"index {index} is not below the tree size {size}")
    _check_lengths((leaf, root, *proof))
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("too many hashes for this tree size")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            position, last = _skip_missing_siblings(position, last)
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("too few hashes for this tree size")
    if node != root:
        raise ProofInvalid("the path leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that tree `(new, new_root)` only appended to tree `(old, old_root)`. Raises `ProofInvalid`."""
    if not 0 <= old <= new:
        raise ProofInvalid(f"tree of {new} leaves cannot extend one of {old}")
    _check_lengths((old_root, new_root, *proof))
    if old in (0, new):
        _verify_trivial(old, new, proof, old_root, new_root)
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise ProofInvalid("too few hashes for these tree sizes")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    seen_old = seen_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("too many hashes for these tree sizes")
        if position & 1 or position == last:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
            position, last = _skip_missing_siblings(position, last)
        else:
            seen_new = node_hash(seen_new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or seen_old != old_root or seen_new != new_root:
        raise ProofInvalid("the proof does not join the two roots")


@dataclass(frozen=True, slots=True)
class Frontier:
    """Right edge of a tree: the hashes of its maximal complete subtrees, widest first. Enough to append and sign."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ProofInvalid` unless there is one hash per set bit of `size`."""
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            raise ProofInvalid(f"frontier of {len(self.nodes)} hashes cannot belong to {self.size} leaves")
        _check_lengths(self.nodes)

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the frontier after appending these leaf hashes."""
        nodes, size = list(self.nodes), self.size
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node, carry = node_hash(nodes.pop(), node), carry >> 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """MTH of the whole tree."""
        return fold(self.nodes)

    def to_bytes(self) -> bytes:
        """Hashes in order, 32 bytes each."""
        return b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> "Frontier":
        """Inverse of `to_bytes`. Raises `ProofInvalid` on a wrong length."""
        return cls(size, split_hashes(data))


def split_hashes(data: bytes) -> tuple[bytes, ...]:
    """Cut a concatenation into 32-byte hashes. Raises `ProofInvalid` when the length is no multiple of 32."""
    if len(data) % HASH_SIZE:
        raise ProofInvalid(f"{len(data)} bytes are no whole number of hashes")
    cuts = range(0, len(data) + 1, HASH_SIZE)
    return tuple(data[begin:end] for begin, end in pairwise(cuts))


def _split(count: int) -> int:
    """Largest power of two below `count` (RFC 6962: k < n <= 2k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _skip_missing_siblings(position: int, last: int) -> tuple[int, int]:
    """At the ragged right edge a node rises without a sibling: skip those levels."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _check_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofInvalid("a hash is not 32 bytes long")


def _verify_trivial(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Old tree empty, or the same size: no hashes, and the roots speak for themselves."""
    if proof:
        raise ProofInvalid("too many hashes for these tree sizes")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofInvalid("the empty tree has another root")
    if old == new and old_root != new_root:
        raise ProofInvalid("two roots for one tree size: the log shows a split view")
