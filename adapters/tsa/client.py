"""Carries time-stamp requests over HTTP (RFC 3161 §3.4). Bytes only: what they mean is judged by whoever asked.

One request, one connection, no redirects, limits on size and on the whole time. Blocking: call it off the event loop.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from typing import Final
from urllib.parse import urlsplit

from adapters.errors import TsaAnswerRefusedError, TsaUnreachableError

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
MAX_REPLY_BYTES: Final = 64 * 1024
_OK: Final = 200


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
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.seconds)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            with _deadline(connection, self.seconds) as passed:
                try:
                    headers = {"Content-Type": QUERY, "Accept": REPLY, "Connection": "close"}
                    connection.request("POST", path, body=request, headers=headers)
                    return _read(self.url, connection.getresponse())
                except (TsaAnswerRefusedError, HTTPException, OSError) as error:
                    if passed.is_set() or isinstance(error, TimeoutError):
                        raise TsaUnreachableError(self.url, f"no answer within {self.seconds:g} s") from error
                    if isinstance(error, TsaAnswerRefusedError):
                        raise
                    raise TsaUnreachableError(self.url, type(error).__name__) from error
        finally:
            connection.close()


@contextmanager
def _deadline(connection: HTTPConnection, seconds: float) -> Iterator[Event]:
    """A limit on the whole call: a time-out per read would let an answer drip for ever."""
    passed = Event()

    def end() -> None:
        passed.set()
        if connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed already

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


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
