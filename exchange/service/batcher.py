"""Group commit: what concurrent requests need from the database goes through it together, round by round.

Nobody waits for a timer: whoever comes while a round is being committed joins the next one. Free lanes share what
waits evenly: were one to take it all, everybody would wait for the database at once and then for the processor at
once (measured: a fifth of the throughput). A round that fails is done again item by item, so that one bad item
refuses itself only.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Feeds `write` with at most `limit` items per call and at most `lanes` calls at a time.

    `write` makes its items durable before it returns one result (or exception) per item, in order. A caller that
    is cancelled while waiting has no influence: what it asked for is written all the same.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        limit: int = 64,
        lanes: int = 2,
    ) -> None:
        self._write, self._limit, self._lanes = write, limit, lanes
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._rounds: set[asyncio.Task[None]] = set()
        self._open = self._writing = 0

    async def submit(self, item: Item) -> Result:
        """Return the result for this item once it is durable, or raise what `write` gave for it."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._open < self._lanes:
            self._open += 1
            task = asyncio.create_task(self._lane())
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)
        return await future

    async def drained(self) -> None:
        """Return when everything submitted so far is durable or refused."""
        while self._rounds:
            await asyncio.wait(self._rounds)

    async def _lane(self) -> None:
        try:
            await asyncio.sleep(0)  # let requests that are ready now join this round
            while self._waiting:
                await self._round()
        finally:
            # here and not when the task is seen to be done: who comes in between would wait for a lane that has ended
            self._open -= 1

    async def _round(self) -> None:
        share = -(-len(self._waiting) // (self._lanes - self._writing))
        taken = [self._waiting.popleft() for _ in range(min(self._limit, share))]
        self._writing += 1
        try:
            results = await self._results([item for item, _ in taken])
        finally:
            self._writing -= 1
        for (_, future), result in zip(taken, results, strict=True):
            _settle(future, result)

    async def _results(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return await self._write(items)
        except Exception as error:  # noqa: BLE001 - handed to the callers, each gets its own
            if len(items) == 1:
                return [error]
        return [result for item in items for result in await self._results([item])]


def _settle(future: asyncio.Future[Result], result: Result | Exception) -> None:
    if future.done():  # its caller went away
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
