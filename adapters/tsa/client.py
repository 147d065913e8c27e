"""Carries time-stamp requests over HTTP (RFC 3161 §3.4). Bytes only: what they mean is judged by whoever asked.

No redirects, limits on size and on the whole time; a connection is used again when the authority keeps it open.
Blocking: call it off the event loop. Several threads may ask at once.
"""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from adapters.errors import TsaAnswerRefusedError, TsaUnreachableError
from adapters.tsa.connections import Address, IdleConnections, TimedAnswer, left

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
MAX_REPLY_BYTES: Final = 64 * 1024
_OK: Final = 200
_HEADERS: Final = {"Content-Type": QUERY, "Accept": REPLY}
_idle: Final = IdleConnections()


@dataclass(frozen=True, slots=True)
class TsaClient:
    """The authority at `url` (http or https); a call gives up after `seconds` in all."""

    url: str
    seconds: float = 10

    def __call__(self, request: bytes) -> bytes:
        """The DER of a TimeStampResp to the DER of a TimeStampReq.

        Raises:
            TsaUnreachableError: no connection, a connection that breaks, or no whole answer in time.
            TsaAnswerRefusedError: another status than 200 (a redirect too), another content type, too large, cut off.
        """
        until = monotonic() + self.seconds
        try:
            return self._answer(request, until)
        except TimeoutError as error:
            raise TsaUnreachableError(self.url, f"no answer within {self.seconds:g} s") from error
        except (HTTPException, OSError) as error:
            raise TsaUnreachableError(self.url, type(error).__name__) from error

    def _answer(self, request: bytes, until: float) -> bytes:
        """On a connection that is open already; if that breaks, once more on a new one: asking twice does no harm."""
        parts = urlsplit(self.url)
        address = (parts.scheme, parts.hostname or "", parts.port)
        kept = _idle.take(address)
        if kept is not None:
            try:
                return self._exchange(address, kept, request, until)
            except ConnectionError:
                pass  # the authority hung up meanwhile
        return self._exchange(address, None, request, until)

    def _exchange(self, address: Address, kept: socket.socket | None, request: bytes, until: float) -> bytes:
        connection = _connected(address, kept, until)
        try:
            open_now = connection.sock
            open_now.settimeout(left(until))
            connection.request("POST", self._path(), body=request, headers=_HEADERS)
            body, usable = self._received(open_now, until)
            if usable:
                connection.sock = None
                _idle.give(address, open_now)
            return body
        finally:
            connection.close()

    def _received(self, connection: socket.socket, until: float) -> tuple[bytes, bool]:
        """The answer, and whether the connection can carry another one."""
        answer = TimedAnswer(connection, until)
        try:
            answer.begin()
            body = _read(self.url, answer)
            return body, answer.leaves_open
        finally:
            answer.close()

    def _path(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _connected(address: Address, kept: socket.socket | None, until: float) -> HTTPConnection:
    scheme, host, port = address
    connection = (HTTPSConnection if scheme == "https" else HTTPConnection)(host, port, timeout=left(until))
    connection.sock = kept
    if kept is None:
        try:
            connection.connect()
        except BaseException:
            connection.close()  # a handshake that fails leaves the connection below it open
            raise
    return connection


def _read(url: str, answer: HTTPResponse) -> bytes:
    if answer.status != _OK:
        raise TsaAnswerRefusedError(url, f"status {answer.status}")
    media = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if media != REPLY:
        raise TsaAnswerRefusedError(url, f"content type {media[:80]!r}")
    body = answer.read(MAX_REPLY_BYTES + 1)
    if len(body) > MAX_REPLY_BYTES:
        raise TsaAnswerRefusedError(url, f"more than {MAX_REPLY_BYTES} bytes")
    if answer.length:  # http.client reads what is there; a part of an answer is none
        raise TsaAnswerRefusedError(url, f"cut off {answer.length} bytes before its end")
    return body
