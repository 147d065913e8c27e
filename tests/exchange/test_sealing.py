"""Sealed bytes open with their key in their place, and nowhere else."""

import os
from itertools import pairwise

import pytest

from exchange.sealing import SealBrokenError, Sealer, derive

DATA_KEY = bytes(range(32))
SEALER = Sealer(derive(DATA_KEY, "materials"), os.urandom)


def test_what_is_sealed_opens_again_and_never_looks_the_same() -> None:
    first, second = SEALER.seal(b"face", "id-1"), SEALER.seal(b"face", "id-1")
    assert first != second
    assert b"face" not in first
    assert SEALER.open(first, "id-1") == SEALER.open(second, "id-1") == b"face"
    assert SEALER.open(SEALER.seal(b"", "x"), "x") == b""


def test_another_place_another_key_or_one_changed_bit_does_not_open() -> None:
    sealed = SEALER.seal(b"face", "id-1")
    with pytest.raises(SealBrokenError):
        SEALER.open(sealed, "id-2")
    with pytest.raises(SealBrokenError):
        Sealer(derive(DATA_KEY, "answers"), os.urandom).open(sealed, "id-1")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBrokenError):
            SEALER.open(bytes(changed), "id-1")
    for length in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            SEALER.open(sealed[:length], "id-1")


def test_every_purpose_has_its_own_key() -> None:
    purposes = ("materials", "answers", "sealing", "show-codes", "subject-index", "subject-keys")
    keys = [derive(DATA_KEY, purpose) for purpose in purposes]
    assert len(set(keys)) == len(purposes)
    assert all(len(key) == 32 for key in keys)
    assert all(one != other for one, other in pairwise(keys))
    assert DATA_KEY.hex() not in repr(SEALER)
    assert SEALER.key.hex() not in repr(SEALER)
