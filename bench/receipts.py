"""Receipts verified offline, each with the entry it promises, against verifying nothing but the signatures."""

from datetime import timedelta
from itertools import cycle

from bench.rounds import Options, Result, rate, side_by_side
from certs.crypto.alg import Alg
from certs.crypto.backends import BACKENDS
from certs.crypto.jws import parse_jws
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.evidence.note import NoteSigner
from certs.evidence.receipt import verify_receipt
from tests.certs.evidence.builders import HUB, ORIGIN, START, SmallLog, small_log

COUNT, FEW = 10_000, 20
ALGORITHM = Alg.ED25519  # the hub's own receipt key


def receipts(options: Options) -> list[Result]:
    """Ten thousand receipts: strict JWS, trusted key, signature, leaf hash of the entry, agreement with it."""
    count = options.rows_or(COUNT, FEW)
    signer = BACKENDS[ALGORITHM].generate()
    made = small_log(count)
    log = SmallLog(made.bodies, NoteSigner.of(ORIGIN, BACKENDS[Alg.ED25519].generate()), signer)
    tokens = [log.receipt(number) for number in range(count)]
    end = START + timedelta(days=30)
    keys = KeyRing([TrustedKey(signer.verifier(), START - timedelta(days=1), end, "receipt", HUB)])
    parsed, verifier = cycle([parse_jws(token) for token in tokens]), signer.verifier()
    given = cycle(zip(tokens, log.bodies, strict=True))

    def raw() -> None:
        jws = next(parsed)
        verifier.verify(jws.signing_input, jws.signature)

    pairs = side_by_side(
        rate(raw, count),
        rate(lambda: verify_receipt(*next(given), keys), count),
        options.rounds_or(5),
    )
    return [
        pairs.result(
            name="receipts",
            what=f"verify {count:,} receipts offline with their entries",
            against=f"raw {ALGORITHM} signature verification",
            unit="1/s",
            bar=0.3,
            detail={"receipts": count},
        )
    ]
