"""The marriage register's REST service, run in its own process on the loopback interface.

    python -m exchange.demo.departments.mca_service --port 0 --data hydj.sqlite --credentials client.json

Prints one JSON line `{"listening": "http://127.0.0.1:<port>"}` when it accepts connections.
"""

import argparse
import hmac
import json
import secrets
import socket
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from exchange.demo.departments.mca_data import Question, instant, read_page

MAX_SIZE: Final = 500
TOKEN_SECONDS: Final = 300


@dataclass(slots=True)
class Tokens:
    """Bearer tokens of the one client, each good for `seconds` from its issue."""

    client_id: str
    client_secret: str
    seconds: float
    clock: Callable[[], float]
    _alive: dict[str, float] = field(default_factory=dict)

    def issue(self, client_id: str, client_secret: str) -> str | None:
        """A new token, or None when the client or its secret is wrong."""
        right_id = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        right_secret = hmac.compare_digest(client_secret.encode(), self.client_secret.encode())
        if not (right_id and right_secret):
            return None
        now = self.clock()
        self._alive = {token: end for token, end in self._alive.items() if end > now}
        token = secrets.token_urlsafe(32)
        self._alive[token] = now + self.seconds
        return token

    def accepts(self, token: str) -> bool:
        """Whether the token was issued here and has not expired."""
        return self._alive.get(token, 0.0) > self.clock()


def _refusal(status: int, code: str) -> JSONResponse:
    headers = {"WWW-Authenticate": f'Bearer error="{code}"'} if status == 401 else None
    return JSONResponse({"code": status, "error": code}, status_code=status, headers=headers)


async def _client(request: Request) -> tuple[str, str]:
    """Client id and secret from HTTP Basic or from the form (RFC 6749 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return name, secret
    form = await request.form()
    return str(form.get("client_id", "")), str(form.get("client_secret", ""))


def _positive(params: Mapping[str, str], name: str, default: int) -> int:
    value = int(params.get(name, str(default)))
    if value < 1:
        raise ValueError(name)
    return value


def _instant(text: str) -> str:
    """The bound as the register writes instants; a time without an offset is refused."""
    if not text:
        return ""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return instant(at)


def build_app(data: Path, tokens: Tokens) -> Starlette:
    """The service over one data file.

    `updated_after` is the first instant that is still asked for, `updated_before` the first that is not.
    """

    async def token(request: Request) -> JSONResponse:
        form = await request.form()
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type")
        issued = tokens.issue(*await _client(request))
        if issued is None:
            return _refusal(401, "invalid_client")
        return JSONResponse({"access_token": issued, "token_type": "Bearer", "expires_in": int(tokens.seconds)})

    async def marriages(request: Request) -> JSONResponse:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not tokens.accepts(bearer):
            return _refusal(401, "invalid_token")
        params = request.query_params
        try:
            page, size = _positive(params, "page", 1), min(_positive(params, "size", 100), MAX_SIZE)
            asked = Question(
                after=_instant(params.get("updated_after", "")),
                before=_instant(params.get("updated_before", "")),
                citizen_id=params.get("sfzh", ""),
            )
        except ValueError:
            return _refusal(400, "invalid_request")
        found = await run_in_threadpool(read_page, data, page, size, asked)
        pages = -(-found.total // size)
        body = {"page": page, "size": size, "total": found.total, "totalPages": pages, "rows": found.rows}
        return JSONResponse({"code": 0, "message": "成功", "data": body})

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "UP"})

    return Starlette(
        routes=[
            Route("/oauth/token", token, methods=["POST"]),
            Route("/v1/marriages", marriages),
            Route("/health", health),
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Serve until the process is ended (or, with `--end-with-input`, its starter is gone)."""
    parser = argparse.ArgumentParser(description="婚姻登记 REST service of the fictional civil affairs bureau")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--data", type=Path, required=True, help="SQLite file of the register")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON with client_id and client_secret")
    parser.add_argument("--token-seconds", type=float, default=TOKEN_SECONDS)
    parser.add_argument("--end-with-input", action="store_true", help="end when standard input is closed")
    given = parser.parse_args(arguments)
    if not (given.data.is_file() and given.credentials.is_file()):
        parser.error("--data and --credentials must name existing files")
    client = json.loads(given.credentials.read_text(encoding="utf-8"))
    tokens = Tokens(client["client_id"], client["client_secret"], given.token_seconds, time.monotonic)
    with socket.create_server(("127.0.0.1", given.port)) as listening:
        port = listening.getsockname()[1]
        sys.stdout.write(json.dumps({"listening": f"http://127.0.0.1:{port}"}) + "\n")
        sys.stdout.flush()
        config = uvicorn.Config(build_app(given.data, tokens), log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        if given.end_with_input:
            threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        server.run(sockets=[listening])


def _end_with_input(server: uvicorn.Server) -> None:
    """A starter that was killed closes its end of the pipe: nobody is left to stop this process."""
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
