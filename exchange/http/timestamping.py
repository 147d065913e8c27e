"""The development time-stamp authority over HTTP (RFC 3161 §3.4): one address, one kind of request."""

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
MAX_QUERY_BYTES = 4096


def timestamp_app(reply: Callable[[bytes], bytes]) -> Starlette:
    """POST a TimeStampReq to `/`; `reply` makes the TimeStampResp and raises nothing."""

    async def stamp(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != QUERY:
            return PlainTextResponse(f"send {QUERY}\n", 415)
        query = bytearray()
        async for part in request.stream():
            query += part
            if len(query) > MAX_QUERY_BYTES:
                return PlainTextResponse(f"a request has at most {MAX_QUERY_BYTES} bytes\n", 413)
        return Response(await asyncio.to_thread(reply, bytes(query)), media_type=REPLY)

    return Starlette(routes=[Route("/", stamp, methods=["POST"])])
