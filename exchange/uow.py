"""The unit of work: business rows and their evidence events commit together or not at all.

A unit that wrote rows without recording an event is refused, whoever forgot. Reads go through `reads`, which never
opens a transaction.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from exchange.errors import LogUnsoundError, UnauditedWriteError, UnknownEventError
from exchange.events import EVENTS

T = TypeVar("T")
Reads = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

_ATTEMPTS = 3
_RETRYABLE_SQLSTATES = {
    "40001",
    "40P01",
}  # serialization_failure, deadlock_detected: the second try sees the winner
_WROTE = "yzt_unit_wrote"


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as a service records it; `subject`, `case` leave the process only as salted commitments."""

    id: UUID
    kind: str
    at: datetime
    detail: Mapping[str, object]
    subject: str | None
    department: str | None
    officer: str | None
    case: str | None


class Journal(Protocol):
    """The evidence log's append side: turns events into entries and inserts them, unsequenced."""

    async def append(self, conn: AsyncConnection, events: Sequence[RecordedEvent]) -> Mapping[UUID, bytes]:
        """Insert the entries in the caller's transaction; returns event id -> RFC 6962 leaf hash (32 bytes)."""
        ...


@dataclass(slots=True)
class LogGate:
    """Closed while the evidence log is unsound: reads go on, every write is refused with the reason."""

    reason: str | None = None


@dataclass(slots=True)
class Unit:
    """One open transaction with a fixed `now`; see `Units.run`."""

    conn: AsyncConnection
    now: datetime
    new_id: Callable[[], UUID]
    events: list[RecordedEvent] = field(default_factory=list)

    def record(
        self,
        kind: str,
        detail: Mapping[str, object],
        *,
        subject: str | None = None,
        department: str | None = None,
        officer: str | None = None,
        case: str | None = None,
    ) -> UUID:
        """Append an evidence event at the end of this unit and return its id.

        Raises:
            UnknownEventError: `kind` is not in `exchange.events`.
        """
        if kind not in EVENTS:
            raise UnknownEventError(kind)
        event_id = self.new_id()
        self.events.append(RecordedEvent(event_id, kind, self.now, detail, subject, department, officer, case))
        return event_id


@dataclass(frozen=True, slots=True)
class Units:
    """Runs units of work on one engine."""

    engine: AsyncEngine
    journal: Journal
    gate: LogGate
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]

    async def run(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run `work` in a transaction, append its events, commit, return its result; any exception rolls back.

        `work` is a function so that a serialisation conflict can run it again (three times at most).

        Raises:
            LogUnsoundError: the evidence log is unsound; nothing is written.
            UnauditedWriteError: rows were written and no event recorded.
        """
        result, _ = await self.run_logged(work)
        return result

    async def run_logged(self, work: Callable[[Unit], Awaitable[T]]) -> tuple[T, Mapping[UUID, bytes]]:
        """As `run`, and also return event id -> leaf hash of every entry appended, for receipts."""
        if self.gate.reason is not None:
            raise LogUnsoundError(self.gate.reason)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._once(work)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRYABLE_SQLSTATES:
                    raise
        return await self._once(work)

    async def _once(self, work: Callable[[Unit], Awaitable[T]]) -> tuple[T, Mapping[UUID, bytes]]:
        async with self.engine.begin() as conn:
            info = (await conn.get_raw_connection()).info
            info[_WROTE] = False
            unit = Unit(conn, self.now(), self.new_id)
            result = await work(unit)
            if info[_WROTE] and not unit.events:
                raise UnauditedWriteError
            leaves = await self.journal.append(conn, unit.events) if unit.events else {}
            return result, leaves


def watch_writes(engine: AsyncEngine) -> None:
    """Note on its connection every statement that changed rows: compiled DML, and text that does not begin with SELECT.

    One that found no row (a lost race: it was withdrawn already) changed nothing and owes no event.
    """

    def note(
        conn: Connection, cursor: DBAPICursor, statement: str, _parameters: object, context: object, _many: bool
    ) -> None:
        if isinstance(context, DefaultExecutionContext) and context.compiled is not None and not context.is_text:
            writes = context.isinsert or context.isupdate or context.isdelete
        else:
            writes = not statement.lstrip().upper().startswith("SELECT")
        if writes and cursor.rowcount != 0:  # -1: the driver cannot say
            conn.info[_WROTE] = True

    event.listen(engine.sync_engine, "after_cursor_execute", note)


def reads_on(engine: AsyncEngine) -> Reads:
    """A factory of read connections in AUTOCOMMIT, so that a read costs one round trip."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    return autocommit.connect
