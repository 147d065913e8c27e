"""The real server on a real port: what only shows there, and generated requests over the whole OpenAPI document."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.exchange.http.conftest import Site

EXAMPLES = 12
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The application behind uvicorn on a free port; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(site.api, log_level="critical", lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - the server offers no event
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await task


async def raw(address: str, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(data)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(65536), 10)
    writer.close()
    await writer.wait_closed()
    return answer


SMUGGLED = {
    "length and chunked": (
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        b"400",
    ),
    "two lengths": (
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nX",
        b"400",
    ),
    "70 kB header": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
    "body announced too large": (
        b"POST /api/v1/queries HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"413",
    ),
}  # fmt: skip


async def test_framing_attacks_end_at_the_door_of_the_real_server(site: Site) -> None:
    async with served(site) as address:
        for name, (data, status) in SMUGGLED.items():
            answer = await raw(address, data)
            assert answer.startswith(b"HTTP/1.1 " + status), (name, answer[:200])
        ready = await asyncio.to_thread(requests.get, f"{address}/healthz", timeout=10)
        assert ready.json() == {"ok": True}
        assert ready.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.slow
async def test_generated_requests_find_no_server_error(site: Site) -> None:
    await site.hub.sequencer.sequence_once()
    site.api.openapi()
    async with served(site) as address:
        await asyncio.to_thread(_hammer, address, {role: site.as_(role) for role in ("clerk", "applicant", "operator")})


def _hammer(address: str, callers: dict[str, dict[str, str]]) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    results: list[Any] = list(schema.get_all_operations())
    operations = [found.ok() for found in results]
    # a tile's path holds slashes, which the generator never puts into a path parameter
    operations = [operation for operation in operations if operation.path != "/log/tile/{path}"]
    assert len(operations) > 35
    for operation in operations:
        for headers in callers.values():
            for mode in MODES:
                _try(operation, headers, mode)


def _try(operation: Any, headers: dict[str, str], mode: schemathesis.GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        answer = case.call(headers=headers, timeout=20)
        assert answer.status_code < 500, (case.method, case.formatted_path, answer.status_code, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], answer.text

    with suppress(Unsatisfiable):  # an operation without inputs has nothing that could be wrong
        attempt()
