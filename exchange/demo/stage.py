"""The stage: four departments at work, a hub on the embedded default serving HTTP, its worker running."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import randbits
from threading import Thread

import aiohttp
import uvicorn

from exchange.app import App
from exchange.demo.caller import Caller
from exchange.demo.cast import Cast, engage
from exchange.demo.departments.town import Town
from exchange.demo.people import build_world
from exchange.demo.world import World
from exchange.embedded import embedded_postgres
from exchange.home import CONNECTIONS, ENV_FILE, create_home, settings_of
from exchange.http.timestamping import timestamp_app
from exchange.server import http_server
from exchange.wiring import open_app
from exchange.worker import run_worker

MANIFESTS = Path(__file__).parent / "manifests"
_SERIAL_BITS = 63


@dataclass(slots=True)
class Stage:
    """Everything the acts work with; `world` changes as the story goes on."""

    app: App
    town: Town
    world: World
    cast: Cast
    base: str
    home: Path
    http: aiohttp.ClientSession

    def caller(self) -> Caller:
        """Somebody new who calls the hub."""
        return Caller(self.http, self.base)

    async def logged_in(self, username: str) -> Caller:
        """A person of the cast with a session."""
        caller = self.caller()
        await caller.log_in(username, self.cast.password(username))
        return caller

    async def proof(self, event_id: str) -> str:
        """The proof that an event is in the log, as soon as the sequencer has placed it."""
        for _ in range(100):
            answer = await self.caller().get(f"/api/v1/log/proof?event_id={event_id}")
            if answer.status == 200:
                return str(answer.body)
            await asyncio.sleep(0.1)
        raise TimeoutError(event_id)


@asynccontextmanager
async def set_stage(port: int) -> AsyncIterator[Stage]:
    """Build everything in a directory of its own; on leaving, stop what was started and remove the directory."""
    async with AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yzt-demo-", ignore_cleanup_errors=True)))
        # the embedded server runs as a service user when started by root, and must be able to reach its directory
        await asyncio.to_thread(root.chmod, 0o755)
        departments = await asyncio.to_thread(stack.enter_context, embedded_postgres(root / "psb-server"))
        town = Town(root, departments.replace("+asyncpg", ""))
        world = build_world()
        await asyncio.to_thread(town.create, world)
        await asyncio.to_thread(stack.enter_context, town)
        home = root / "hub"
        create_home(home, port=port)
        _connect(home, town)
        stamping = free_port()
        _set(home, YZT_MANIFESTS_DIR=MANIFESTS, YZT_TSA_URL=f"http://127.0.0.1:{stamping}/")
        settings = settings_of(home, {})
        app = await stack.enter_async_context(open_app(settings, initialise=True))
        cast = await engage(app, world)
        await stack.enter_async_context(_time_stamping(app, stamping))
        await stack.enter_async_context(_serving(app, settings.host, port))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stage(app, town, world, cast, settings.public_url, home, http)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _connect(home: Path, town: Town) -> None:
    """Tell the hub where its manifests are and, apart from them, how to reach the systems they name."""
    secrets = town.secrets()
    lines = []
    for name, connection in secrets.connections.items():
        private = "true" if connection.allow_private else "false"
        lines += [f"[connections.{name}]", f'url = "{connection.url}"', f"allow_private = {private}"]
    lines += ["[values]", *(f'"{name}" = "{value}"' for name, value in secrets.values.items())]
    path = home / CONNECTIONS
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _set(home: Path, **variables: object) -> None:
    with (home / ENV_FILE).open("a", encoding="utf-8") as env:
        env.writelines(f"{name}={value}\n" for name, value in variables.items())


@asynccontextmanager
async def _time_stamping(app: App, port: int) -> AsyncIterator[None]:
    """Development authorities the hub believes, and their time-stamp authority, as `yzt dev-ca` and `yzt dev-tsa`."""
    await app.documents.development.init()
    reply = await app.documents.development.timestamper(lambda: randbits(_SERIAL_BITS) + 1)
    config = uvicorn.Config(timestamp_app(reply), host="127.0.0.1", port=port, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)  # of its own: sealing waits for it
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, 10)


@asynccontextmanager
async def _serving(app: App, host: str, port: int) -> AsyncIterator[None]:
    """The web server and the worker, as `yzt serve` runs them."""
    stop = asyncio.Event()
    server = http_server(app, host, port)
    tasks = [asyncio.create_task(server.serve()), asyncio.create_task(run_worker(app, stop))]
    while not server.started:
        await asyncio.sleep(0.02)
        if tasks[0].done():
            await tasks[0]
    try:
        yield
    finally:
        stop.set()
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
