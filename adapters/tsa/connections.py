"""Connections to an authority that stay open between calls, and answers that are read within a limit on the whole call.

An idle connection is used again only while nothing at all has arrived on it: not an end, nor anything unasked for.
"""

import io
import select
import socket
from http.client import HTTPResponse
from ssl import SSLSocket
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_IDLE: Final = 32
IDLE_SECONDS: Final = 4.0  # authorities hang up after five and more

Address = tuple[str, str, int | None]  # scheme, host, port


class IdleConnections:
    """Connections nobody uses now. Safe to use from several threads; belongs to one process and is never sent."""

    def __init__(self) -> None:
        self._idle: list[tuple[Address, float, socket.socket]] = []
        self._lock = Lock()

    def take(self, address: Address) -> socket.socket | None:
        """A connection to this address for the caller alone, None if there is none to be trusted."""
        while (found := self._newest(address)) is not None:
            if _silent(found):
                return found
            found.close()
        return None

    def give(self, address: Address, connection: socket.socket) -> None:
        """Keep a connection whose last answer was read to its end; the longest idle one makes room."""
        with self._lock:
            self._idle.append((address, monotonic(), connection))
            too_many = len(self._idle) - MOST_IDLE
            if too_many > 0:
                for _, _, oldest in self._idle[:too_many]:
                    oldest.close()
                del self._idle[:too_many]

    def _newest(self, address: Address) -> socket.socket | None:
        with self._lock:
            self._close_old()
            at = next((n for n in reversed(range(len(self._idle))) if self._idle[n][0] == address), None)
            return None if at is None else self._idle.pop(at)[2]

    def _close_old(self) -> None:
        since = monotonic() - IDLE_SECONDS
        for _, given, connection in self._idle:
            if given < since:
                connection.close()
        self._idle = [entry for entry in self._idle if entry[1] >= since]


def _silent(connection: socket.socket) -> bool:
    """Nothing to read: an end, a reset or an answer to nobody's question would be."""
    if isinstance(connection, SSLSocket) and connection.pending():
        return False
    try:
        return not select.select([connection], [], [], 0)[0]
    except (OSError, ValueError):  # ValueError: more open files than select knows
        return False


def left(until: float) -> float:
    """Seconds until this reading of the monotonic clock; raises TimeoutError when it has passed."""
    seconds = until - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class TimedAnswer(HTTPResponse):
    """The answer on a connection; every read raises TimeoutError at `until`, however little arrives at a time."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        super().__init__(connection, method="POST")
        self.fp.close()
        self.fp = self._reader = _Reader(_TimedReading(connection, until))

    @property
    def leaves_open(self) -> bool:
        """It was read to its end, nothing came after it, and the connection can carry another one."""
        return self.isclosed() and not self.will_close and not self._reader.more


class _TimedReading(io.RawIOBase):
    """A time-out per read would let an answer drip for ever: what is left of the whole time is set before each."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        super().__init__()
        self._connection, self._until = connection, until
        self._raw = connection.makefile("rb", buffering=0)
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        if self.ended:
            return 0
        self._connection.settimeout(left(self._until))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reader(io.BufferedReader):
    """Says after its end whether more had arrived than was read: an answer in advance belongs to no question."""

    def __init__(self, raw: _TimedReading) -> None:
        super().__init__(raw)
        self._source, self.more = raw, False

    def close(self) -> None:
        if not self.closed:
            self._source.ended = True
            self.more = bool(self.peek())
        super().close()
