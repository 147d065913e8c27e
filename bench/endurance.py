"""Memory of one process that seals a hundred thousand documents."""

import gc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

from bench.papers import Papers, department
from bench.rounds import Options, Result

DOCUMENTS, FEW = 100_000, 200
SAMPLES: Final = 100
WARM: Final = 10
"""Samples that do not count: fonts are mapped and caches filled once."""
_AROUND: Final = 5
_PAGE: Final = 4096
_MEGABYTE: Final = 1_000_000


def documents_memory(options: Options) -> list[Result]:
    """Every certificate as sealed OFD and as sealed PDF in a process of its own: its memory at the end against before.

    The slope is that of a straight line through all samples after the warm-up.
    """
    documents = options.rows_or(DOCUMENTS, FEW)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        resident = pool.submit(_sealing, documents).result()
    settled = resident[WARM:]
    numbers = [documents / SAMPLES * (WARM + i + 1) for i in range(len(settled))]
    slope = linear_regression(numbers, settled).slope
    before, after = median(settled[:_AROUND]), median(settled[-_AROUND:])
    return [
        Result(
            name="documents-memory",
            what=f"resident memory after sealing {documents:,} documents, OFD and PDF in turn",
            against=f"the same process after {documents * WARM // SAMPLES:,}",
            unit="MB",
            measured=after / _MEGABYTE,
            floor=before / _MEGABYTE,
            ratio=after / before,
            spread=(min(settled) / before, max(settled) / before),
            bar=1.05,
            at_most=True,
            rounds=1,
            detail={"bytes_per_document": round(slope, 1), "peak_MB": round(max(resident) / _MEGABYTE, 1)},
        )
    ]


def _sealing(documents: int) -> list[int]:
    """Resident bytes after each hundredth of the documents."""
    who, papers = department(), Papers()
    samples = []
    for _ in range(SAMPLES):
        for _ in range(documents // SAMPLES // 2):
            paper = papers.one()
            who.ofd(paper)
            who.pdf(paper)
        gc.collect()
        samples.append(_resident())
    return samples


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
