"""Sealing on several processes against one, and what the machine itself gives to several at that moment."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from statistics import median
from typing import Final

from bench.papers import Department, Papers, department
from bench.rounds import Options, Pairs, Result, in_turns

PROCESSES: Final = 4
COUNT, FEW = 60, 6
_LOOP: Final = 2_000_000


def documents_parallel(options: Options) -> list[Result]:
    """Both faces of so many certificates per process; each has keys, fonts and caches of its own, as workers do.

    Beside it a bare loop is run on one and on several processes: on a machine that others use too, no program scales
    better than that.
    """
    count, spent = options.rows_or(COUNT, FEW), dict[str, list[float]]()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:

        def side(name: str, work: Callable[[int], float], size: int, processes: int) -> Callable[[], float]:
            def once() -> float:
                began = time.perf_counter()
                own = list(pool.map(work, [size] * processes))
                seconds = time.perf_counter() - began
                spent.setdefault(name, []).append(sum(own) / processes)
                return size * processes / seconds

            return once

        sides = {
            "one": side("one", _seal, count, 1),
            "several": side("several", _seal, count, PROCESSES),
            "loop": side("loop", _loop, _LOOP, 1),
            "loops": side("loops", _loop, _LOOP, PROCESSES),
        }
        sides["several"]()  # starts them all
        found = in_turns(sides, options.rounds_or(21), warm_up=2)
    bare = median(several / one for one, several in zip(found["loop"], found["loops"], strict=True))
    milliseconds = {name: round(1000 * min(spent[name]) / (2 * count), 2) for name in ("one", "several")}
    return [
        Pairs(*(tuple(2 * rate for rate in found[name]) for name in ("one", "several"))).result(
            name="documents-parallel",
            what=f"sealed documents, OFD and PDF, on {PROCESSES} processes",
            against="the same on one",
            unit="1/s",
            bar=3.0,
            detail={"bare_loop_ratio": round(bare, 2), "cpu_ms_per_document": milliseconds},
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


def _loop(count: int) -> float:
    began, total = time.process_time(), 0
    for number in range(count):
        total += number * number
    return time.process_time() - began
