import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.evidence.errors import ProofInvalid
from certs.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.certs.evidence.builders import LeafReader, mth, path, subproof

# The entries and roots that certificate-transparency implementations test themselves with (ct-go, RFC 6962 trees).
CT_INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    frontier = Frontier().extend(leaf_hash(data) for data in CT_INPUTS[:size])
    assert frontier.root().hex() == CT_ROOTS[size - 1]
    assert range_hash(0, size, LeafReader(CT_INPUTS)).hex() == CT_ROOTS[size - 1]


def test_known_empty_root() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == EMPTY_ROOT


def test_known_consistency_proof() -> None:
    proof = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    made = consistency_proof(6, 8, LeafReader(CT_INPUTS))
    assert [value.hex() for value in made] == proof
    verify_consistency(6, 8, made, bytes.fromhex(CT_ROOTS[5]), bytes.fromhex(CT_ROOTS[7]))


SIZES = st.integers(min_value=0, max_value=600)


def leaves(size: int) -> list[bytes]:
    return [b"entry %d" % index for index in range(size)]


@settings(max_examples=120, deadline=None)
@given(SIZES, st.data())
def test_proofs_are_those_of_the_rfc(size: int, data: st.DataObject) -> None:
    entries = leaves(size)
    root, reader = mth(entries), LeafReader(entries)
    assert Frontier().extend(map(leaf_hash, entries)).root() == root
    if size:
        index = data.draw(st.integers(0, size - 1))
        proof = inclusion_proof(index, size, reader)
        assert list(proof) == path(index, entries)
        verify_inclusion(leaf_hash(entries[index]), index, size, proof, root)
    old = data.draw(st.integers(0, size))
    grown = consistency_proof(old, size, reader)
    assert list(grown) == (subproof(old, entries, True) if old > 0 else [])
    verify_consistency(old, size, grown, mth(entries[:old]), root)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 600), st.data())
def test_altered_proofs_never_verify(size: int, data: st.DataObject) -> None:
    entries = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    leaf, root = leaf_hash(entries[index]), mth(entries)
    proof = path(index, entries)

    def refused(
        *, leaf: bytes = leaf, index: int = index, size: int = size, proof: list[bytes] = proof, root: bytes = root
    ) -> None:
        with pytest.raises(ProofInvalid):
            verify_inclusion(leaf, index, size, proof, root)

    other = data.draw(st.integers(-1, size + 1).filter(lambda value: value != index))
    refused(index=other)
    refused(leaf=leaf_hash(b"another"))
    refused(root=hashlib.sha256(root).digest())
    refused(proof=[*proof, root])
    refused(proof=[*proof, leaf])
    for at in range(len(proof)):
        refused(proof=proof[:at] + proof[at + 1 :])
        refused(proof=[*proof[:at], flip(data, proof[at]), *proof[at + 1 :]])
        refused(proof=[*proof[:at], proof[at][:31], *proof[at + 1 :]])


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 600), st.data())
def test_altered_consistency_never_verifies(size: int, data: st.DataObject) -> None:
    entries = leaves(size)
    old = data.draw(st.integers(1, size - 1))
    proof, old_root, new_root = subproof(old, entries, True), mth(entries[:old]), mth(entries)
    rewritten = [*entries]
    rewritten[data.draw(st.integers(0, old - 1))] = b"rewritten"
    cases = [
        (old, size, proof, old_root, mth(rewritten)),
        (old, size, subproof(old, rewritten, True), old_root, mth(rewritten)),
        (old, size, proof, mth(rewritten[:old]), new_root),
        (old, size, [*proof, old_root], old_root, new_root),
        (old, size, proof[:-1], old_root, new_root),
        (old, size, proof[1:], old_root, new_root),
        (size, old, proof, new_root, old_root),
        (old, old, [], old_root, new_root),
        (0, size, [], old_root, new_root),
    ]
    cases += [
        (old, size, [*proof[:i], flip(data, proof[i]), *proof[i + 1 :]], old_root, new_root) for i in range(len(proof))
    ]
    for case in cases:
        with pytest.raises(ProofInvalid):
            verify_consistency(*case)


def test_a_node_is_never_taken_for_a_leaf() -> None:
    """Second preimage: the two children of a node, presented as an entry."""
    entries = leaves(2)
    children = leaf_hash(entries[0]) + leaf_hash(entries[1])
    assert node_hash(children[:32], children[32:]) == mth(entries)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf_hash(children), 0, 1, [], mth(entries))
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf_hash(b"\x01" + children), 0, 1, [], mth(entries))


@given(SIZES, SIZES)
@settings(max_examples=50, deadline=None)
def test_a_frontier_grows_the_same_in_any_steps(first: int, then: int) -> None:
    hashes = [leaf_hash(b"%d" % index) for index in range(first + then)]
    stepwise = Frontier().extend(hashes[:first]).extend(hashes[first:])
    assert stepwise == Frontier().extend(hashes)
    assert Frontier.from_bytes(stepwise.size, stepwise.to_bytes()) == stepwise


@pytest.mark.parametrize(("size", "data"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (-1, b""), (1, bytes(31))])
def test_a_frontier_of_the_wrong_shape_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        Frontier.from_bytes(size, data)


def flip(data: st.DataObject, value: bytes) -> bytes:
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(value))
