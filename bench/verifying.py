"""Verification of sealed OFD documents in eleven steps against the least that could be called that."""

import itertools
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from bench.papers import LATER, Department, Papers, department
from bench.rounds import Fed, Options, Result, cpu_ratio, side_by_side
from certs.crypto.ecdsa_form import der_to_raw
from certs.model import Verdict
from certs.ofd.signing import VALUE_PATH
from certs.ofd.verify import verify_ofd
from certs.seals.model import Stamp
from certs.seals.signature import read_stamp
from tests.certs.layout.samples import NOW

COUNT, FEW, ROUNDS = 18, 6, 41


def verify_sealed_ofd(options: Options) -> list[Result]:
    """Every document another one, sealed at a time of its own; the same trust for all, as in a batch."""
    who, count, rounds = department(), options.rows_or(COUNT, FEW), options.rounds_or(ROUNDS)
    papers, seconds = Papers(), itertools.count()

    def files(number: int) -> list[bytes]:
        return [who.ofd(paper, NOW + timedelta(seconds=next(seconds))) for paper in papers.take(number)]

    floor, measured = Fed(_floor(who), files, count), Fed(lambda data: _verified(data, who), files, count)
    return [
        side_by_side(floor, measured, rounds).result(
            name="verify-ofd",
            what="verify sealed OFD documents in eleven steps",
            against="raw SM2 verification and unzip of the same files",
            unit="1/s",
            bar=0.3,
            detail={"cpu_ratio": cpu_ratio(floor, measured, rounds)},
        )
    ]


def _floor(who: Department) -> Callable[[bytes], None]:
    """What the stamp signs is taken from one file: its size is the same in all."""
    stamp = read_stamp(_unzipped(who.ofd(Papers(1).take(1)[0]))[VALUE_PATH])
    assert isinstance(stamp, Stamp)
    verifier, signature = who.seals.ofd.identity.signer.verifier(), der_to_raw(stamp.signature)

    def once(data: bytes) -> None:
        _unzipped(data)
        verifier.verify(stamp.tbs, signature)

    return once


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def _verified(data: bytes, who: Department) -> None:
    found = verify_ofd(data, who.trust, at=LATER).report
    if found.verdict is not Verdict.VALID:
        raise RuntimeError(f"not valid: {found.deciding}")
