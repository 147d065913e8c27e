"""The budget of design.md §10: verifying receipts offline against raw signature verification, in one run."""

import time
from datetime import timedelta

import pytest

from certs.crypto.jws import parse_jws
from certs.crypto.keyring import KeyRing
from certs.evidence.receipt import verify_receipt
from tests.certs.evidence.builders import START, small_log

COUNT = 10_000


@pytest.mark.slow
def test_receipts_verify_at_a_third_of_raw_signature_speed() -> None:
    log = small_log(COUNT)
    tokens = [log.receipt(n) for n in range(COUNT)]
    key = log.trusted_receipt_key
    keys = KeyRing([type(key)(key.verifier, key.not_before, START + timedelta(days=9), key.role, key.owner)])
    parsed = [parse_jws(token) for token in tokens]
    ratios = []
    for _ in range(3):
        begin = time.perf_counter()
        for jws in parsed:
            key.verifier.verify(jws.signing_input, jws.signature)
        between = time.perf_counter()
        for token, body in zip(tokens, log.bodies, strict=True):
            verify_receipt(token, body, keys)
        ratios.append((between - begin) / (time.perf_counter() - between))
    assert max(ratios) >= 0.3, ratios
