"""Sealing on several processes against one."""

import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Final

from bench.papers import Department, Papers, department
from bench.rounds import Options, Result, side_by_side

PROCESSES: Final = 4
COUNT, FEW = 120, 6


def documents_parallel(options: Options) -> list[Result]:
    """Both faces of so many certificates per process; each has keys, fonts and caches of its own, as workers do."""
    count, busy = options.rows_or(COUNT, FEW), dict[int, list[float]]()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:

        def on(processes: int) -> float:
            began = time.perf_counter()
            spent = list(pool.map(_seal, [count] * processes))
            seconds = time.perf_counter() - began
            busy.setdefault(processes, []).append(sum(spent) / (2 * count * processes))
            return 2 * count * processes / seconds

        on(PROCESSES)  # starts them all
        pairs = side_by_side(lambda: on(1), lambda: on(PROCESSES), options.rounds_or(15), warm_up=2)
    return [
        pairs.result(
            name="documents-parallel",
            what=f"sealed documents, OFD and PDF, on {PROCESSES} processes",
            against="the same on one",
            unit="1/s",
            bar=3.0,
            detail={f"cpu_ms_on_{n}": round(1000 * min(found), 2) for n, found in busy.items()},
        )
    ]


@cache
def _here() -> tuple[Department, Papers]:
    return department(), Papers()


def _seal(count: int) -> float:
    """Seal both faces of so many certificates; seconds of this process's own time."""
    who, papers = _here()
    began = time.process_time()
    for paper in papers.take(count):
        who.ofd(paper)
        who.pdf(paper)
    return time.process_time() - began
