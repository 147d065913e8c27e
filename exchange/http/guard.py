"""The outermost ring of the HTTP side, before any route: what is refused by shape, and what every answer carries.

1. Header section within 16 kB, one framing only (RFC 9112 §6.1: Content-Length with Transfer-Encoding is an attack).
2. Body within the path's cap, cut while it arrives; JSON must be strict (no duplicates, NaN, bombs, NUL).
3. At most so many requests at a time, each with an end to its patience.
4. Security headers and the caller's rate standing on every answer; every request counted.
"""

import logging
import random
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from certs.crypto.strict_json import loads_strict
from certs.errors import JsonRefused
from exchange.http.faults import Fault
from exchange.http.metrics import RequestMetrics
from exchange.http.patience import Patience
from exchange.http.problems import problem

MAX_HEADER_BYTES = 16 * 1024
MAX_JSON_BYTES = 64 * 1024
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
MAX_BATCH_BYTES = 256 * 1024 * 1024
# beginning of a path -> the header by which who asks is known before anything is read
_BATCH_PATHS = MappingProxyType({"/api/v1/verifications": b"authorization", "/audit/verifications": b"cookie"})
_BATCH = re.compile(r"(/api/v1/verifications|/audit/verifications)(?:/[0-9a-fA-F-]{32,36}/files)?")
UPLOAD_PATHS = (
    *("/api/v1/materials", "/api/v1/seals", "/api/v1/verifications", "/api/v1/copies/"),
    *("/verify", "/me/cases/", "/seals/import", "/copies/"),
)
_MAX_DEPTH = 16
_names = random.Random(secrets.randbits(256))  # noqa: S311 - a trace id names a request in logs and guards nothing
_TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_log = logging.getLogger("exchange.http")

_ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"private, no-store"),
    (b"content-language", b"zh-CN, en"),
)


AsPage = Callable[[Scope, Fault], Response | None]
"""The refusal as a page, for who came with a browser; None where the API answers."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how many: seconds for the body to arrive, for the whole answer, and requests at a time."""

    body_seconds: float = 20.0
    answer_seconds: float = 60.0
    at_once: int = 1000


_SINGLE = frozenset({b"content-length", b"transfer-encoding", b"host", b"authorization"})
_READ = _SINGLE | {b"content-type", b"cookie", b"traceparent"}


class _Head(NamedTuple):
    """The header section: what the guard reads of it, its bytes, and whether a single header is repeated."""

    values: dict[bytes, bytes]
    size: int
    repeated: bool


def _head(headers: Iterable[tuple[bytes, bytes]]) -> _Head:
    values: dict[bytes, bytes] = {}
    size, repeated = 0, False
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name in values:
            repeated = repeated or name in _SINGLE
        elif name in _READ:
            values[name] = value
    return _Head(values, size, repeated)


class Guard:
    """ASGI middleware; `monotonic` gives seconds of a clock that never goes back."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: RequestMetrics,
        monotonic: Callable[[], float],
        secure: bool,
        bounds: Bounds | None = None,
        as_page: AsPage | None = None,
    ) -> None:
        self._app, self._metrics, self._monotonic = app, metrics, monotonic
        self._as_page = as_page
        self._bounds = bounds or Bounds()
        self._running = 0
        hsts = ((b"strict-transport-security", b"max-age=63072000; includeSubDomains"),) if secure else ()
        self._always = (*_ALWAYS, *hsts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only `http` is guarded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._monotonic(), [0]
        head = _head(scope["headers"])
        scope["yzt.trace"] = _trace(head.values.get(b"traceparent"))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = self._dress(message.get("headers", ()), scope)
            await send(message)

        self._running += 1
        try:
            await self._guarded(scope, head, receive, dressed, status)
        finally:
            self._running -= 1
            route = getattr(scope.get("route"), "path", "(none)")
            self._metrics.observe(route, scope["method"], status[0], self._monotonic() - began)

    async def _guarded(self, scope: Scope, head: _Head, receive: Receive, send: Send, status: list[int]) -> None:
        try:
            if self._running > self._bounds.at_once:
                raise Fault("overloaded", headers={"retry-after": "1"})
            cap = _check_head(scope, head)
            async with Patience(self._bounds.body_seconds) as patience:
                receive = await _body(scope, head, receive, cap)
                scope["yzt.read"] = True
                patience.extend(self._bounds.answer_seconds)
                await self._app(scope, receive, send)
        except Fault as fault:
            await self._refuse(fault, scope, receive, send, started=status[0] != 0)
        except TimeoutError:
            late = Fault("timeout") if "yzt.read" in scope else Fault("too-slow", headers={"connection": "close"})
            await self._refuse(late, scope, receive, send, started=status[0] != 0)
        except Exception:  # noqa: BLE001 - Starlette's own handler has answered and raises again; nothing may reach the server
            _log.exception("request failed trace=%s", scope["yzt.trace"])
            await self._refuse(Fault("internal"), scope, receive, send, started=status[0] != 0)

    async def _refuse(self, fault: Fault, scope: Scope, receive: Receive, send: Send, *, started: bool) -> None:
        if started:  # the client sees a cut answer; there is no way to take back what was sent
            return
        answer = self._as_page(scope, fault) if self._as_page is not None else None
        if answer is None:
            answer = problem(fault.slug, trace_id=scope["yzt.trace"], detail=fault.detail, headers=fault.headers)
        await answer(scope, receive, send)

    def _dress(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
        dressed = list(headers)
        names = {name.lower() for name, _ in dressed}
        dressed += [pair for pair in self._always if pair[0] not in names]
        standing = scope.get("yzt.standing")
        return dressed + standing.headers() if standing is not None else dressed


def _trace(parent: bytes | None) -> str:
    """The caller's trace id (W3C traceparent) if it is well formed, else our own."""
    if parent is not None and (found := _TRACE.fullmatch(parent.decode("latin-1"))):
        return found[1]
    return f"{_names.getrandbits(128):032x}"


def _check_head(scope: Scope, head: _Head) -> int:
    """Refuse a bad header section; returns the cap of the body in bytes."""
    length = head.values.get(b"content-length")
    if head.size > MAX_HEADER_BYTES:
        raise Fault("headers-too-large")
    if head.repeated or (length is not None and b"transfer-encoding" in head.values):
        raise Fault("bad-request", "two framings or a repeated single header", {"connection": "close"})
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise Fault("bad-request", "NUL in the address")
    cap = _cap(scope["path"], head)
    if length is not None and (not length.isdigit() or int(length[:20]) > cap):
        raise Fault("body-too-large", headers={"connection": "close"})
    return cap


def _cap(path: str, head: _Head) -> int:
    """Many documents only from who says who it is: the route asks before it reads, and spools what it reads."""
    batch = _BATCH.fullmatch(path)
    if batch and _BATCH_PATHS[batch[1]] in head.values:
        return MAX_BATCH_BYTES
    return MAX_UPLOAD_BYTES if path.startswith(UPLOAD_PATHS) else MAX_JSON_BYTES


async def _body(scope: Scope, head: _Head, receive: Receive, cap: int) -> Receive:
    """A `receive` that cuts at the cap; a JSON body is read and judged here, once."""
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return receive
    bounded = limited(receive, cap)
    if not head.values.get(b"content-type", b"").strip().lower().startswith(b"application/json"):
        return bounded
    data = await _whole(bounded)
    scope["yzt.json"] = _strict(data)
    return _replay(data, receive)


def limited(receive: Receive, cap: int) -> Receive:
    """The same body, cut where it is longer than `cap` bytes. Its `receive` raises Fault `body-too-large`."""
    seen = 0

    async def cut() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > cap:
            raise Fault("body-too-large", headers={"connection": "close"})
        return message

    return cut


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Fault("bad-request", "the body ended early")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _strict(data: bytes) -> object:
    if not data:
        return None
    if len(data) > MAX_JSON_BYTES:
        raise Fault("body-too-large")
    try:
        value = loads_strict(data, MAX_JSON_BYTES, _MAX_DEPTH)
    except JsonRefused as error:
        raise Fault("malformed-json", str(error)) from error
    if b"\\u0000" in data:  # a NUL no database text can hold
        raise Fault("malformed-json", "NUL in text")
    return value


def _replay(data: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()  # disconnects still come through
        given = True
        return {"type": "http.request", "body": data, "more_body": False}

    return replay
