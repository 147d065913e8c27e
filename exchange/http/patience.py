"""How long a request may take: `asyncio.timeout` with an end that moves for nothing.

The guard moves the end once per request, from that of the body to that of the answer. With `asyncio.timeout` this is
two timers of the loop for every request (measured: 7 µs, a thirtieth of a query); here the one timer looks again when
it rings.
"""

import asyncio
from types import TracebackType
from typing import Self


class Patience:
    """`async with Patience(seconds) as patience:` ends what runs inside after so many seconds, with TimeoutError.

    `extend(seconds)` moves the end to so many seconds after now.
    """

    __slots__ = ("_cancelling", "_loop", "_rang", "_task", "_timer", "_until")

    def __init__(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("patience is for tasks")
        self._loop, self._task, self._rang = asyncio.get_running_loop(), task, False
        self._cancelling = task.cancelling()
        self._until = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._until, self._ring)

    def extend(self, seconds: float) -> None:
        """Move the end to so many seconds after now."""
        until, self._until = self._until, self._loop.time() + seconds
        if self._until < until:  # the timer would ring too late
            self._timer.cancel()
            self._timer = self._loop.call_at(self._until, self._ring)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        # as asyncio.timeout: somebody else's cancellation stays a cancellation, also when both came
        if self._rang and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _ring(self) -> None:
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._ring)
            return
        self._rang = True
        self._task.cancel()
