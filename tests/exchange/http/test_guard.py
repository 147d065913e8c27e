"""The outermost ring: bombs and framing attacks end here, with a problem document and without a service."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from exchange.http.faults import Fault
from exchange.http.guard import MAX_JSON_BYTES, MAX_UPLOAD_BYTES, Bounds, Guard
from exchange.http.limits import Limiter, Policy
from exchange.http.metrics import RequestMetrics

CALLS: list[object] = []


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    request = Request(scope, receive)
    data = await request.body()
    CALLS.append(scope.get("yzt.json"))
    await Response(str(len(data)))(scope, receive, send)


async def call(
    guard: Guard, *, path: str = "/api/v1/x", headers: Any = (), body: bytes | list[bytes] = b"", method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    parts = [body] if isinstance(body, bytes) else list(body)
    sent: list[Message] = []

    async def receive() -> Message:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await guard(scope, receive, send)
    start = sent[0]
    received = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], received, b"".join(message.get("body", b"") for message in sent[1:])


def guard(app: Any = echo, **bounds: Any) -> Guard:
    CALLS.clear()
    ticks = iter(range(10**9))
    return Guard(
        app, metrics=RequestMetrics(), monotonic=lambda: float(next(ticks)), secure=True, bounds=Bounds(**bounds)
    )


JSON = ("content-type", "application/json")
HEAD_ATTACKS: dict[str, tuple[list[tuple[str, str]], int]] = {
    "length and chunked": ([("content-length", "1"), ("transfer-encoding", "chunked")], 400),
    "two lengths": ([("content-length", "1"), ("content-length", "2")], 400),
    "the same length twice": ([("content-length", "1"), ("content-length", "1")], 400),
    "two codings": ([("transfer-encoding", "chunked"), ("transfer-encoding", "identity")], 400),
    "two hosts": ([("host", "a"), ("host", "b")], 400),
    "two authorizations": ([("authorization", "a"), ("authorization", "b")], 400),
    "one header of 70 kB": ([("x", "y" * 70_000)], 431),
    "2000 headers": ([(f"x{n}", "y") for n in range(2000)], 431),
    "length beyond the cap": ([("content-length", str(MAX_JSON_BYTES + 1))], 413),
    "length of 5000 digits": ([("content-length", "9" * 5000)], 413),
    "negative length": ([("content-length", "-1")], 413),
    "length in words": ([("content-length", "ten")], 413),
}


@pytest.mark.parametrize(("headers", "status"), HEAD_ATTACKS.values(), ids=HEAD_ATTACKS)
async def test_bad_header_sections_never_reach_the_application(headers: Any, status: int) -> None:
    found, received, data = await call(guard(), headers=headers)
    assert found == status
    assert received["content-type"] == "application/problem+json"
    assert CALLS == []
    assert b'"trace_id"' in data


BOMBS: dict[str, bytes] = {
    "depth 100,000": b"[" * 60_000,
    "closed depth": b"[" * 20 + b"]" * 20,
    "integer of 5,000 digits": b"9" * 5000,
    "NaN": b'{"a": NaN}',
    "Infinity": b"[-Infinity]",
    "1e999": b"[1e999]",
    "duplicate member": b'{"a": 1, "a": 2}',
    "duplicate by escape": b'{"a": 1, "\\u0061": 2}',
    "lone surrogate": b'["\\ud800"]',
    "NUL": b'["\\u0000"]',
    "not UTF-8": b'["\xff"]',
    "trailing": b"{} {}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "comment": b"{/**/}",
    "nothing but space": b"   ",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
async def test_json_bombs_are_refused(data: bytes) -> None:
    status, _, problem = await call(guard(), headers=[JSON], body=data)
    assert (status, b"malformed-json" in problem) == (400, True)
    assert CALLS == []


async def test_good_json_is_read_once_and_handed_on() -> None:
    status, _, data = await call(guard(), headers=[JSON], body=[b'{"a"', b': "\xe4\xbd\xa0"}'])
    assert (status, data, CALLS) == (200, b"12", [{"a": "你"}])


async def test_a_body_without_length_is_cut_at_the_cap() -> None:
    chunk = b" " * 8192
    status, received, _ = await call(guard(), headers=[JSON], body=[chunk] * 9)
    assert status == 413
    assert received["connection"] == "close"
    status, _, _ = await call(guard(_through_fault), path="/api/v1/verifications", body=[b"x" * 2**20] * 21)
    assert status == 413
    assert MAX_UPLOAD_BYTES == 20 * 2**20


@pytest.mark.parametrize(
    ("path", "named", "status"),
    [
        (f"/api/v1/verifications/{UUID(int=1)}/files", "authorization", 200),
        (f"/api/v1/verifications/{UUID(int=1)}/files", "cookie", 413),
        (f"/audit/verifications/{UUID(int=1)}/files", "cookie", 200),
        (f"/api/v1/verifications/{UUID(int=1)}/start", "authorization", 413),
        ("/api/v1/verifications/files", "authorization", 413),
    ],
)
async def test_files_are_added_by_who_says_who_it_is(path: str, named: str, status: int) -> None:
    found, _, _ = await call(guard(_through_fault), path=path, headers=[(named, "x")], body=[b"x" * 2**20] * 21)
    assert found == status


async def _through_fault(scope: Scope, receive: Any, send: Any) -> None:
    await echo(scope, receive, send)


async def test_uploads_may_be_larger_on_their_paths_only() -> None:
    body = [b"x" * 100_000]
    assert (await call(guard(), path="/api/v1/materials", body=list(body)))[0] == 200
    assert (await call(guard(), path="/api/v1/cases", body=list(body)))[0] == 413


async def test_slow_bodies_and_slow_answers_end() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"",
                    "headers": [(b"content-type", b"application/json")]}  # fmt: skip
    await guard(body_seconds=0.01)(scope, never, send)
    assert sent[0]["status"] == 408

    async def slow(_scope: Scope, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(60)

    assert (await call(guard(slow, answer_seconds=0.01)))[0] == 503


async def test_more_at_once_than_allowed_are_turned_away() -> None:
    hold = asyncio.Event()

    async def waiting(scope: Scope, receive: Any, send: Any) -> None:
        await hold.wait()
        await Response()(scope, receive, send)

    ring = guard(waiting, at_once=2)
    running = [asyncio.create_task(call(ring)) for _ in range(2)]
    await asyncio.sleep(0)
    status, received, _ = await call(ring)
    assert (status, received["retry-after"]) == (503, "1")
    hold.set()
    assert [status for status, *_ in await asyncio.gather(*running)] == [200, 200]
    assert (await call(ring))[0] == 200


async def test_exceptions_do_not_reach_the_server() -> None:
    async def broken(_scope: Scope, _receive: Any, _send: Any) -> None:
        raise RuntimeError("secret")

    status, _, data = await call(guard(broken))
    assert status == 500
    assert b"secret" not in data


async def test_every_answer_is_dressed_and_an_own_policy_is_kept() -> None:
    async def own(scope: Scope, receive: Any, send: Any) -> None:
        await Response(headers={"Content-Security-Policy": "default-src 'self'"})(scope, receive, send)

    _, received, _ = await call(guard(own), method="GET")
    assert received["content-security-policy"] == "default-src 'self'"
    assert received["x-content-type-options"] == "nosniff"
    assert received["strict-transport-security"].startswith("max-age=")
    assert received["cache-control"] == "private, no-store"


async def test_counts_name_routes_and_nobody() -> None:
    metrics = RequestMetrics()
    metrics.observe("/api/v1/cases/{number}", "GET", 200, 0.003)
    metrics.observe("/api/v1/cases/{number}", "GET", 200, 0.3)
    text = metrics.render().decode()
    labels = 'method="GET",route="/api/v1/cases/{number}",status="200"'
    assert f"yzt_http_requests_total{{{labels}}} 2.0" in text
    assert 'le="0.005",method="GET"' in text
    assert "yzt_http_request_seconds_count" in text


def test_buckets_refill_evenly_and_say_when() -> None:
    at = [0.0]
    limiter = Limiter(Policy("p", 2, 60), lambda: at[0])
    assert [limiter.take("a").allowed for _ in range(3)] == [True, True, False]
    refused = limiter.take("a")
    assert 29 <= refused.wait <= 31
    assert limiter.take("b").allowed
    at[0] = 30.0
    assert limiter.take("a").allowed
    assert not limiter.take("a").allowed
    assert dict(refused.headers())[b"ratelimit"].startswith(b'"p";r=0;t=')


def test_a_fault_names_a_row() -> None:
    assert Fault("timeout").slug == "timeout"
