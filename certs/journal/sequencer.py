"""The one writer of the tree: gives waiting entries their places, signs the head, publishes it.

Crash order (the design, as in sunlight): places, new head and its signature commit in one transaction; then the
committed head is published; then `published_size` is set. A crash between any two steps is repaired by the next
pass, which publishes what is committed *before* it sequences anything new. Leadership is a transaction-level
advisory lock taken by each step: it ends with the connection, so a dead leader blocks nobody.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from certs.evidence.checkpoint import Checkpoint, LogIdentity, sign_checkpoint
from certs.evidence.merkle import EMPTY_ROOT, Frontier, leaf_hash
from certs.journal import repo
from certs.journal.errors import (
    EntryEdited,
    JournalError,
    LogKeyMissing,
    LogMissing,
    LogRolledBack,
    LogUnsound,
    PublishFailed,
)
from certs.journal.head import published_checkpoint, refuse_older, sound_frontier, trusted_checkpoint
from certs.journal.keys import SIGNERS, LogKeys, believed, outdated
from certs.journal.ports import Blobs, Memory
from certs.journal.publish import publish
from certs.journal.repo import Head, Row

DEFAULT_BATCH = 4096
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did. `led` is False when another sequencer was at work; `size` is the tree's size after it."""

    led: bool
    sequenced: int = 0
    size: int | None = None


class Sequencer:
    """Sequences and publishes one log. Any number may run; one works at a time.

    Owned state: `_last` is the newest head this process signed or published, its guard against a database that
    goes back while we run. `last_ok` and `trouble` are for health checks.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        blobs: Blobs,
        keys: LogKeys,
        now: Callable[[], datetime],
        *,
        memory: Memory | None = None,
    ) -> None:
        """Bind collaborators; nothing is read or written."""
        self._engine = engine
        self._blobs = blobs
        self._keys = keys
        self._now = now
        self._memory = memory
        self._last: Checkpoint | None = None
        self.last_ok: datetime | None = None
        self.trouble: Exception | None = None

    @property
    def log(self) -> LogIdentity:
        """The log, with every key it had."""
        return self._keys.identity()

    async def create_log(self) -> bool:
        """Create the empty log once; False if it exists.

        Raises `LogRolledBack` when anything (places, a published or remembered checkpoint) shows it existed before.
        """
        async with self._engine.begin() as conn:
            if await repo.load_head(conn) is not None:
                return False
            if await repo.any_sequenced(conn) or await self._seen():
                raise LogRolledBack("the log existed before, and its head is gone", index=0)
            checkpoint = Checkpoint(self.log.origin, 0, EMPTY_ROOT)
            await repo.insert_head(conn, self._head(checkpoint, Frontier(), -1))
        return True

    async def sequence_once(self, max_batch: int = DEFAULT_BATCH) -> Pass:
        """Publish what is committed, sequence up to `max_batch` waiting entries, publish them.

        A key of the log that was made since is signed with at once: an idle log's head is signed again as it is.

        Raises `PublishFailed`, `LogKeyMissing` (entries are safe; call again), `LogMissing`, or `LogUnsound` and below
        (stop).
        """
        return await believed(self._keys, lambda _: self._pass(max_batch))

    async def _pass(self, max_batch: int) -> Pass:
        if await self._publish_committed() is None:
            return Pass(led=False)
        sequenced = await self._sequence(max_batch)
        if sequenced is None:
            return Pass(led=False)
        if sequenced:
            await self._publish_committed()
        self.last_ok, self.trouble = self._now(), None
        return Pass(led=True, sequenced=sequenced, size=None if self._last is None else self._last.size)

    async def run(self, stop: asyncio.Event, *, interval: float = 0.5) -> None:
        """Sequence until `stop` is set, pausing at most `interval` seconds when there is nothing to do.

        Failures to reach the database or the files are retried; an unsound log ends the loop with `LogUnsound`.
        """
        while not stop.is_set():
            try:
                done = await self.sequence_once()
            except LogUnsound as error:
                self.trouble = error
                raise
            except (JournalError, DBAPIError, OSError) as error:
                self.trouble = error
                _log.warning("evidence log waits: %s", error)
                done = Pass(led=False)
            if done.sequenced < DEFAULT_BATCH:
                await _pause(stop, interval)

    async def republish(self) -> None:
        """Write every tile again from the database (lost or damaged files). Raises as `sequence_once`."""
        await self._publish_committed(everything=True)

    async def _publish_committed(self, *, everything: bool = False) -> int | None:
        """Publish the committed head if outsiders do not see it yet; its size, or None when not leading."""
        async with self._engine.begin() as conn:
            if not await repo.try_lead(conn):
                return None
            head, frontier = await self._sound_head(conn)
            signed_anew = outdated(head.checkpoint, self._keys)
            if signed_anew:
                head = await self._sign_again(conn, head, frontier)
            if everything or signed_anew or head.published_size != head.size:
                await self._remember(head)
                await publish(conn, self._blobs, replace(head, published_size=-1) if everything else head)
                await repo.set_published(conn, head.size)
            self._last = Checkpoint(head.origin, head.size, head.root)
        return head.size

    async def _sign_again(self, conn: AsyncConnection, head: Head, frontier: Frontier) -> Head:
        """The same head under the newest key. Whether it commits or not, both notes say the same of the same tree."""
        again = self._head(Checkpoint(head.origin, head.size, head.root), frontier, head.published_size)
        if not await repo.swap_head(conn, head, again):
            raise LogUnsound("the head moved although we lead", index=head.size)
        return again

    async def _sequence(self, max_batch: int) -> int | None:
        """Give places and sign, in one transaction. Never a smaller or different tree: the head is swapped."""
        async with self._engine.begin() as conn:
            if not await repo.try_lead(conn):
                return None
            rows = await repo.take_waiting(conn, max_batch)
            if not rows:
                return 0
            old, frontier = await self._sound_head(conn)
            frontier = frontier.extend(_promised(row) for row in rows)
            checkpoint = Checkpoint(self.log.origin, frontier.size, frontier.root())
            placed = await repo.assign_places(conn, [row.id for row in rows], old.size)
            new = self._head(checkpoint, frontier, old.published_size)
            if placed != len(rows) or not await repo.swap_head(conn, old, new):
                raise LogUnsound("the head moved although we lead", index=old.size)
        return len(rows)

    async def _sound_head(self, conn: AsyncConnection) -> tuple[Head, Frontier]:
        head = await repo.load_head(conn)
        if head is None:
            raise LogMissing
        frontier = sound_frontier(head, self.log)
        refuse_older(head, await self._seen())
        return head, frontier

    async def _seen(self) -> list[Checkpoint]:
        """Checkpoints of this log known outside the database."""
        seen = [self._last] if self._last is not None else []
        try:
            published = await published_checkpoint(self._blobs, self.log)
        except LogUnsound:
            raise
        except Exception as error:
            raise PublishFailed("checkpoint", str(error)) from error
        if published is not None:
            seen.append(published[0])
        note = None if self._memory is None else await asyncio.to_thread(self._memory.read)
        if note is not None:
            seen.append(trusted_checkpoint(note, self.log, "this machine's memory"))
        return seen

    async def _remember(self, head: Head) -> None:
        """After commit and before anybody else can see it."""
        if self._memory is not None:
            await asyncio.to_thread(self._memory.write, head.checkpoint)

    def _head(self, checkpoint: Checkpoint, frontier: Frontier, published_size: int) -> Head:
        signers = self._keys.signers()[:SIGNERS]
        if not signers:
            raise LogKeyMissing
        signed = sign_checkpoint(checkpoint, signers)
        size, root = checkpoint.size, checkpoint.root
        return Head(checkpoint.origin, size, root, frontier.to_bytes(), signed, published_size)


def _promised(row: Row) -> bytes:
    """The leaf hash a receipt already promised; an entry edited while it waited is never sequenced."""
    if leaf_hash(row.body) != row.leaf_hash:
        raise EntryEdited(row.id)
    return row.leaf_hash


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
