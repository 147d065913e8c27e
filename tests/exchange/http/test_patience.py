"""The end of a request moves, comes, and is never mistaken for somebody else's cancellation."""

import asyncio

import pytest

from exchange.http.patience import Patience

LONG = 60.0


async def test_what_takes_too_long_ends_as_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with Patience(0.01):
            await asyncio.sleep(LONG)
    await asyncio.sleep(0)  # nothing of the cancellation is left


async def test_what_ends_in_time_is_left_alone() -> None:
    async with Patience(0.02):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)


# what is done with the end, seconds each: moved to, then waited
MOVES = {
    "away, after the timer was set, and back": [(LONG, 0.06), (0.01, LONG)],
    "closer": [(0.01, LONG)],
    "more than once": [(0.03, 0.015), (0.03, 0.015), (0.03, 0.015), (0.03, LONG)],
}


@pytest.mark.parametrize("moves", MOVES.values(), ids=MOVES)
async def test_the_end_moves(moves: list[tuple[float, float]]) -> None:
    reached = 0

    async def patient() -> None:
        nonlocal reached
        async with Patience(0.02 if len(moves) > 1 else LONG) as patience:
            for until, work in moves:
                patience.extend(until)
                reached += 1
                await asyncio.sleep(work)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(patient(), 10)
    assert reached == len(moves), "it ended in the last step and no sooner"


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def patient() -> None:
        async with Patience(LONG):
            await asyncio.sleep(LONG)

    task = asyncio.create_task(patient())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_when_both_come_the_cancellation_wins() -> None:
    async def patient() -> None:
        async with Patience(0.01):
            try:
                await asyncio.sleep(LONG)
            finally:
                asyncio.current_task().cancel()  # type: ignore[union-attr]  # a task runs this
                await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(patient())


async def test_an_error_of_the_work_is_told_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with Patience(LONG):
            raise KeyError


async def test_one_inside_another_ends_alone() -> None:
    async with Patience(LONG):
        with pytest.raises(TimeoutError):
            async with Patience(0.01):
                await asyncio.sleep(LONG)
        await asyncio.sleep(0)


async def test_there_is_no_patience_without_a_task() -> None:
    failed: list[type[Exception]] = []

    def outside() -> None:
        try:
            Patience(1)
        except RuntimeError as error:
            failed.append(type(error))

    asyncio.get_running_loop().call_soon(outside)
    await asyncio.sleep(0.01)
    assert failed == [RuntimeError]
