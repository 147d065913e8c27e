"""The load generator where there is no `wrk`: as many connections, one request at a time on each, plain sockets.

`python -m bench.client BASE SECONDS MODE RUN TOKEN LINES`; prints the same JSON line as `load.lua`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 32


async def _connection(host: str, port: int, until: float, request: Callable[[], bytes], took: list[float]) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    bad = 0
    while (began := time.perf_counter()) < until:
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        bad += not head.startswith(b"HTTP/1.1 200")
        took.append(time.perf_counter() - began)
    writer.close()
    return bad


def _requests(mode: str, run: str, token: str, lines: list[bytes]) -> Callable[[], bytes]:
    sent = 0

    def following() -> bytes:
        nonlocal sent
        sent += 1
        line = lines[sent * 7 % len(lines)]
        if mode == "get":
            return b"GET %b HTTP/1.1\r\nHost: hub\r\n\r\n" % line
        head = (
            f"POST /api/v1/queries HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: {run}-{sent}\r\nContent-Length: {len(line)}\r\n\r\n"
        )
        return head.encode() + line

    return following


async def main(base: str, seconds: float, request: Callable[[], bytes]) -> None:
    """Send, and print what came of it."""
    address = urlsplit(base)
    took: list[float] = []
    began = time.perf_counter()
    sides = [
        _connection(address.hostname or "", address.port or 80, began + seconds, request, took)
        for _ in range(CONNECTIONS)
    ]
    bad = sum(await asyncio.gather(*sides))
    ended, ranked = time.perf_counter(), sorted(took)
    found = {"requests": len(took), "seconds": ended - began, "bad": bad, "errors": 0}
    found |= {"p50": ranked[len(ranked) // 2] * 1e3, "p99": ranked[len(ranked) * 99 // 100] * 1e3}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    server, length, way, name, bearer, requests = sys.argv[1:]
    uvloop.run(main(server, float(length), _requests(way, name, bearer, Path(requests).read_bytes().splitlines())))
