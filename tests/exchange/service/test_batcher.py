"""Group commit: rounds form by themselves, failures stay with their cause, nobody who leaves loses a row."""

import asyncio
from collections.abc import Sequence

import pytest

from exchange.service.batcher import Batcher


class Store:
    """Writes numbers; 13 is poison for its whole round, 7 is refused alone."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.written: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, items: Sequence[int]) -> list[int | Exception]:
        await self.gate.wait()
        self.rounds.append(list(items))
        if 13 in items:
            raise ValueError("poison")
        self.written += [item for item in items if item != 7]
        return [KeyError(item) if item == 7 else item * 10 for item in items]


async def test_what_waits_shares_the_next_round() -> None:
    store = Store()
    batcher = Batcher(store.write, limit=4, lanes=1)
    assert await asyncio.gather(*(batcher.submit(n) for n in range(6))) == [0, 10, 20, 30, 40, 50]
    assert store.rounds == [[0, 1, 2, 3], [4, 5]]


async def test_a_poisoned_round_is_done_again_one_by_one() -> None:
    store = Store()
    batcher = Batcher(store.write)
    results = await asyncio.gather(*(batcher.submit(n) for n in (1, 13, 7, 2)), return_exceptions=True)
    assert results[0] == 10
    assert isinstance(results[1], ValueError)
    assert isinstance(results[2], KeyError)
    assert results[3] == 20
    assert store.written == [1, 2]


async def test_who_leaves_is_written_all_the_same() -> None:
    store = Store()
    store.gate.clear()
    batcher = Batcher(store.write)
    task = asyncio.create_task(batcher.submit(5))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    store.gate.set()
    await batcher.drained()
    assert store.written == [5]
    assert await batcher.submit(6) == 60


async def test_no_more_rounds_at_a_time_than_lanes() -> None:
    store = Store()
    store.gate.clear()
    batcher = Batcher(store.write, limit=1, lanes=2)
    tasks = [asyncio.create_task(batcher.submit(n)) for n in range(5)]
    await asyncio.sleep(0.01)
    assert len(batcher._rounds) == 2
    assert len(batcher._waiting) == 3
    store.gate.set()
    assert await asyncio.gather(*tasks) == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("lanes", [1, 2])
async def test_who_comes_while_a_lane_ends_is_not_forgotten(lanes: int) -> None:
    for turns in range(10):
        batcher = Batcher(Store().write, lanes=lanes)
        early = [asyncio.create_task(batcher.submit(n)) for n in range(lanes)]
        for _ in range(turns):
            await asyncio.sleep(0)
        assert await asyncio.wait_for(batcher.submit(5), 1) == 50, f"after {turns} turns of the loop"
        await asyncio.gather(*early)


async def test_free_lanes_share_what_waits() -> None:
    store = Store()
    store.gate.clear()
    batcher = Batcher(store.write, limit=64, lanes=2)
    tasks = [asyncio.create_task(batcher.submit(n)) for n in range(20, 30)]
    await asyncio.sleep(0.01)
    store.gate.set()
    await asyncio.gather(*tasks)
    assert sorted(map(len, store.rounds)) == [5, 5]
