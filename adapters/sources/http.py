"""One bounded HTTP exchange: a total deadline with retries inside, no redirects, byte caps on what is unpacked."""

import asyncio
import json
import zlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from adapters.errors import (
    AddressRefusedError,
    SourceGarbageError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
)
from adapters.ports import Connection
from adapters.sources.guard import GuardedResolver, checked_url

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_RETRIED = frozenset({429, 500, 502, 503, 504})
_PIECE = 64 * 1024
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)


class RetryableError(SourceUnreachableError):
    """The source failed in a way that may pass; retried within the deadline."""


class UnauthorizedError(SourceUnreachableError):
    """The source refused the credentials (HTTP 401). Check the secrets of this connection."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`deadline` seconds for one exchange with all its retries; `max_bytes` of an answer, packed and unpacked."""

    deadline: float
    retries: int
    max_bytes: int


def open_session(connection: Connection) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """A session that connects only where the connection allows; environment proxies are ignored."""
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(connection), limit=4)
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
    )


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: method, address, headers, and a form for token endpoints."""

    url: URL
    headers: Mapping[str, str]
    method: str = "GET"
    form: Mapping[str, str] | None = None


async def exchange(session: aiohttp.ClientSession, call: Call, *, connection: Connection, limits: Limits) -> object:
    """The JSON of one answer; numbers come as their text, so that no digit is lost.

    Raises:
        SourceError: a subclass says what happened.
    """
    checked_url(call.url, connection)
    try:
        async with asyncio.timeout(limits.deadline):
            return await _with_retries(session, call, limits)
    except TimeoutError as error:
        raise SourceTimeoutError(f"no complete answer within {limits.deadline:g} s") from error


async def _with_retries(session: aiohttp.ClientSession, call: Call, limits: Limits) -> object:
    pause = _FIRST_PAUSE
    for _ in range(limits.retries):
        try:
            return await _once(session, call, limits)
        except RetryableError:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
    return await _once(session, call, limits)


async def _once(session: aiohttp.ClientSession, call: Call, limits: Limits) -> object:
    try:
        async with session.request(
            call.method, call.url, headers=call.headers, data=call.form, allow_redirects=False, timeout=_NO_TIMEOUT
        ) as response:
            _check_status(response)
            return _parse(await _read(response, limits.max_bytes))
    except aiohttp.InvalidURL as error:
        raise AddressRefusedError(f"{call.url.host!r} is not a plain host name or address") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise SourceUnreachableError(f"host {call.url.host!r} cannot be resolved") from error
    except aiohttp.ClientError as error:
        raise RetryableError(type(error).__name__) from error


def _check_status(response: aiohttp.ClientResponse) -> None:
    if response.status in _RETRIED:
        raise RetryableError(f"HTTP {response.status}")
    if response.status == 401:
        raise UnauthorizedError("HTTP 401")
    if 300 <= response.status < 400:
        raise SourceGarbageError(f"HTTP {response.status}: redirects are not followed")
    if response.status != 200:
        raise SourceUnreachableError(f"HTTP {response.status}")
    if not response.content_type.endswith("json"):
        raise SourceGarbageError(f"the answer is {response.content_type}, not JSON")


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The body, unpacked piece by piece so that a bomb is cut at the cap."""
    packed = response.headers.get("Content-Encoding", "identity").lower()
    if packed not in {"identity", "gzip"}:
        raise SourceGarbageError(f"content encoding {packed!r} was not asked for")
    if (response.content_length or 0) > max_bytes:
        raise SourceTooLargeError(f"announces {response.content_length} bytes, the limit is {max_bytes}")
    unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
    body = bytearray()
    received = 0
    async for piece in response.content.iter_chunked(_PIECE):
        received += len(piece)
        room = max_bytes - len(body) + 1
        body += unpack.decompress(piece, room) if unpack else piece
        if len(body) > max_bytes or received > max_bytes:
            raise SourceTooLargeError(f"sends more than {max_bytes} bytes")
    if unpack and not unpack.eof:
        raise SourceGarbageError("the gzip stream is cut off")
    return bytes(body)


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


def _parse(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"), parse_float=str, parse_int=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SourceGarbageError("the answer is not JSON in UTF-8") from error
