"""Measuring: floor and measured take turns in random order, so that a noisy machine hits both; medians, never bests."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import repeat
from statistics import median
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `quick` is for tests of the benchmarks themselves, its numbers mean nothing."""

    quick: bool = False
    rounds: int | None = None
    rows: int | None = None

    def rounds_or(self, usual: int) -> int:
        """Rounds to measure after the warm-up."""
        return self.rounds or (1 if self.quick else usual)

    def rows_or(self, usual: int, few: int) -> int:
        """Rows to work on; `few` in a quick run."""
        return self.rows or (few if self.quick else usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the report.

    `measured` and `floor` are medians in `unit`; `ratio` is the median of the rounds' own ratios measured / floor and
    `spread` its lowest and highest. `bar` is the budget of the ratio (of `measured` where there is no floor);
    `at_most` says that staying below is good. Without a bar the line is for information.
    """

    name: str
    what: str
    against: str = ""
    unit: str
    measured: float
    floor: float | None = None
    ratio: float | None = None
    spread: tuple[float, float]
    bar: float | None = None
    at_most: bool = False
    rounds: int
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        value = self.measured if self.ratio is None else self.ratio
        return value <= self.bar if self.at_most else value >= self.bar

    def as_json(self) -> dict[str, object]:
        """The line for `results.json`."""
        return {**asdict(self), "detail": dict(self.detail), "met": self.met}


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the rounds gave: one value of each side per round."""

    floor: tuple[float, ...]
    measured: tuple[float, ...]

    def result(self, **about: object) -> Result:
        """Medians, the median of the paired ratios, and their spread."""
        ratios = [measured / floor for floor, measured in zip(self.floor, self.measured, strict=True)]
        return Result(
            floor=median(self.floor),
            measured=median(self.measured),
            ratio=median(ratios),
            spread=(min(ratios), max(ratios)),
            rounds=len(ratios),
            **about,  # type: ignore[arg-type]  # the remaining members, by name
        )


def side_by_side(floor: Callable[[], float], measured: Callable[[], float], rounds: int, *, warm_up: int = 1) -> Pairs:
    """Run both sides once per round in random order; the first `warm_up` rounds do not count."""
    values = in_turns({"floor": floor, "measured": measured}, rounds, warm_up=warm_up)
    return Pairs(values["floor"], values["measured"])


def in_turns(
    sides: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: int = 1
) -> dict[str, tuple[float, ...]]:
    """Run any number of sides once per round in random order; what each gave after the first `warm_up` rounds."""
    values: dict[str, list[float]] = {name: [] for name in sides}
    order = random.Random(339900)  # the same order in every run
    for _ in range(warm_up + rounds):
        for name in order.sample(list(sides), len(sides)):
            values[name].append(sides[name]())
    return {name: tuple(found[warm_up:]) for name, found in values.items()}


def alone(measured: Callable[[], float], rounds: int, *, warm_up: int = 1, **about: object) -> Result:
    """A benchmark without a floor: the median of its rounds, and their spread."""
    values = [measured() for _ in range(warm_up + rounds)][warm_up:]
    return Result(measured=median(values), spread=(min(values), max(values)), rounds=rounds, **about)  # type: ignore[arg-type]  # as above


def rate(work: Callable[[], object], count: int) -> Callable[[], float]:
    """A side that does the same `count` times, keeping nothing, and tells how many it did per second."""

    def once() -> float:
        began = time.perf_counter()
        for _ in repeat(None, count):
            work()
        return count / (time.perf_counter() - began)

    return once


class Fed(Generic[T]):
    """A side that does something new each time: what it works on is made ready before the clock starts.

    Beside the rate per second of each round it keeps `cpu`, the rate per second of this process's own time, which other
    work on the machine disturbs less.
    """

    def __init__(self, work: Callable[[T], object], supply: Callable[[int], Sequence[T]], count: int) -> None:
        self._work, self._supply, self._count = work, supply, count
        self.cpu: list[float] = []

    def __call__(self) -> float:
        """One round; how many per second, keeping nothing."""
        ready = self._supply(self._count)
        began, busy = time.perf_counter(), time.process_time()
        for one in ready:
            self._work(one)
        self.cpu.append(self._count / (time.process_time() - busy))
        return self._count / (time.perf_counter() - began)


def cpu_ratio(floor: Fed[T], measured: Fed[T], rounds: int) -> float:
    """Median ratio of the last `rounds` rounds by processor time."""
    pairs = zip(floor.cpu[-rounds:], measured.cpu[-rounds:], strict=True)
    return round(median(ours / theirs for theirs, ours in pairs), 3)
