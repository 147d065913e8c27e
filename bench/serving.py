"""A server under load, in a process of its own: `python -m bench.serving hub|floor ADDRESS [HOME]`.

Both are one uvicorn worker with the same loop, parser, pool size and collector settings, so that only the
application differs. Prints its port when it serves; ends on SIGTERM.
"""

import gc
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from starlette.types import ASGIApp

from bench.hub import RESOURCE, Home, plain, running_at
from exchange.http.limits import Policy
from exchange.main import create_app
from exchange.wiring import open_app

POOL = 12
UNLIMITED = Policy("bench", 1_000_000_000, 60)


class Record(BaseModel):
    """What the floor answers."""

    key: str
    body: dict[str, str]


@asynccontextmanager
async def floor(url: str) -> AsyncIterator[ASGIApp]:
    """The reference: FastAPI, asyncpg pool, one SELECT by primary key, a typed answer; no log-in, log or receipt."""
    api = FastAPI()
    async with asyncpg.create_pool(plain(url), min_size=1, max_size=POOL) as pool:

        @api.get("/records/{key}")
        async def record(key: str) -> Record:
            row = await pool.fetchrow(
                "SELECT key, body FROM adapter_record WHERE resource = $1 AND key = $2", RESOURCE, key
            )
            if row is None:
                raise HTTPException(404)
            return Record(key=row["key"], body=json.loads(row["body"]))

        yield api


@asynccontextmanager
async def hub(url: str, home: Path) -> AsyncIterator[ASGIApp]:
    """The whole hub, as `yzt serve` runs it on the production profile: the worker is another process's."""
    async with open_app(Home(home, url).settings(), database=running_at(url)) as app:
        yield create_app(app, clients=UNLIMITED, addresses=UNLIMITED)
        await app.queries.drained()


async def serve(kind: str, url: str, home: Path) -> None:
    """Serve until told to end."""
    async with floor(url) if kind == "floor" else hub(url, home) as api:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(512)  # who connects from now on waits until the server accepts
            config = uvicorn.Config(
                api,
                lifespan="off",
                log_level="warning",
                access_log=False,
                http="httptools",
                server_header=False,
                proxy_headers=False,
            )
            sys.stdout.write(f"{listener.getsockname()[1]}\n")
            sys.stdout.flush()
            await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else Path()))
