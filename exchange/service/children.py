"""The processes that read foreign files, for the event loop: a pool of them and as many threads that wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from certs.verifier.process import Pool
from exchange.errors import VerifierBusyError

_MOST_WAITING = 64
T = TypeVar("T")


@dataclass(slots=True)
class Children:
    """Runs blocking work with the pool beside the event loop; refuses more than may reasonably wait."""

    pool: Pool
    _threads: ThreadPoolExecutor = field(init=False)
    _waiting: int = 0

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.pool.size, thread_name_prefix="verify")

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work`, which uses the pool.

        Raises:
            VerifierBusyError: too many wait already.
        """
        if self._waiting >= _MOST_WAITING:
            raise VerifierBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End every child and thread; files under way are reported as not readable."""
        self.pool.close()
        self._threads.shutdown(cancel_futures=True)
