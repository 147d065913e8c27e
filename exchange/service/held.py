"""A value read from the database and kept in memory for as long as it is the one that is there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.uow import Reads

T = TypeVar("T")


@dataclass(slots=True)
class Held(Generic[T]):
    """Each use costs one small SELECT while nothing changed, and sees what any process committed before it.

    `version` gives a number that grows with every commit that changes what `load` reads.
    """

    reads: Reads
    version: Callable[[AsyncConnection], Awaitable[int]]
    load: Callable[[AsyncConnection], Awaitable[T]]
    _held: tuple[int, T] | None = field(init=False, default=None, repr=False)
    _loading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock, repr=False)

    async def now(self) -> T:
        """The value as it is now; who comes while it is being loaded waits for that load."""
        async with self.reads() as conn:
            version = await self.version(conn)
        held = self._held
        if held is not None and held[0] >= version:
            return held[1]
        async with self._loading:
            held = self._held
            if held is None or held[0] < version:
                async with self.reads() as conn:
                    # first, so that what is read after it is at least as new as it says
                    held = self._held = (await self.version(conn), await self.load(conn))
        return held[1]
