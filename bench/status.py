"""A status list of ten million certificates, rebuilt from its changes, compressed and signed."""

import random
import time
from datetime import timedelta

from bench.rounds import Options, Result, alone
from certs.crypto.p256 import P256Signer
from certs.status_list import Status, build, compress, sign_status_list
from tests.certs.world import NOW, STATUS_URI

ENTRIES, FEW = 10_000_000, 10_000
CHANGED = 0.01


def status_list(options: Options) -> list[Result]:
    """Seconds to rebuild and sign, and bytes of the compressed list, with one entry in a hundred revoked at random."""
    size = options.rows_or(ENTRIES, FEW)
    chance = random.Random(339900)
    changes = dict.fromkeys(chance.sample(range(size), int(size * CHANGED)), Status.INVALID)
    signer, tokens = P256Signer.generate(), []

    def rebuild() -> float:
        began = time.perf_counter()
        hour = timedelta(hours=1)
        tokens.append(sign_status_list(build(size, changes), signer, uri=STATUS_URI, now=NOW, lifetime=hour, ttl=hour))
        return time.perf_counter() - began

    about = f"{size:,} entries, {CHANGED:.0%} revoked"
    seconds = alone(
        rebuild,
        options.rounds_or(5),
        name="status-list",
        what=f"rebuild and sign a status list of {about}",
        unit="s",
        bar=2.0,
        at_most=True,
    )
    kilobytes = len(compress(build(size, changes))) / 1000
    length = Result(
        name="status-list-size",
        what=f"compressed size, {about}",
        unit="kB",
        measured=kilobytes,
        spread=(kilobytes, kilobytes),
        bar=150.0,
        at_most=True,
        rounds=1,
        detail={"signed_token_kB": len(tokens[-1]) / 1000},
    )
    return [seconds, length]
