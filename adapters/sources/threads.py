"""Blocking reads in a thread, cut off at a deadline."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from adapters.errors import SourceTimeoutError

T = TypeVar("T")


async def within(seconds: float, work: Callable[[], T], abort: Callable[[], None] | None = None) -> T:
    """The result of `work` from a thread. When it takes too long, or nobody waits any more, `abort` wakes it.

    Raises:
        SourceTimeoutError: it took more than `seconds`.
    """
    task = asyncio.create_task(asyncio.to_thread(work))
    done = False
    try:
        async with asyncio.timeout(seconds):
            result = await asyncio.shield(task)
        done = True
    except TimeoutError as error:
        if task.done() and not task.cancelled() and task.exception() is not None:
            raise
        raise SourceTimeoutError(f"no answer within {seconds:g} s") from error
    finally:
        if not done:
            task.add_done_callback(_forget)
            if abort is not None and not task.done():
                abort()
    return result


def _forget(task: "asyncio.Task[object]") -> None:
    if not task.cancelled():
        task.exception()
