"""Verbs about the hub itself: init, migrate, serve, worker, keygen, doctor."""

import asyncio
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from stdnum.cn import uscc

from certs.crypto.alg import Alg
from exchange.app import App
from exchange.cli.session import Exit, answer, err, fail, guarded, options, with_hub
from exchange.cli.session import settings as read_settings
from exchange.home import create_home
from exchange.logs import write_logs
from exchange.server import http_server
from exchange.service.keys import OF_DEPARTMENTS, KeyRole
from exchange.settings import Profile
from exchange.worker import attend, run_worker

HOME = Path(".yzt")


def init(port: Annotated[int, typer.Option(help="Port the hub will listen on.")] = 8339) -> None:
    """Make an embedded hub in the home directory: settings, secrets, database, keys and an empty evidence log."""
    home = options.home or HOME
    guarded(lambda: create_home(home, port=port))
    with_hub(_publish_log, initialise=True)
    serve = "yzt serve" if home == HOME else f"yzt --home {home} serve"
    answer({"home": str(home)}, f"The hub is ready in {home}. Next: {serve}")


def migrate() -> None:
    """Bring database, keys and log to what this version needs; safe to repeat, run it before serving."""
    with_hub(_publish_log, initialise=True)
    answer({"migrated": True}, "Schema, keys and log are in place.")


def serve() -> None:
    """Serve the API and the pages; on the embedded profile the worker runs in the same process."""
    settings = read_settings()
    write_logs()

    async def run(app: App) -> None:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            # uvicorn stops on them, then raises them again: by then there is only closing left to do
            signal.signal(name, _noted)
        background = run_worker if settings.profile is Profile.EMBEDDED else attend
        beside = asyncio.create_task(background(app, stop))
        await http_server(app, settings.host, settings.port, settings.trusted_proxies).serve()
        stop.set()
        await beside

    with_hub(run)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Nothing more to do for a signal that was acted upon."""


def worker() -> None:
    """Sequence the log, run queued jobs and housekeeping until told to stop."""
    write_logs()

    async def run(app: App) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        err.print("worker is running")
        await run_worker(app, stop)

    with_hub(run)


def keygen(
    role: KeyRole,
    owner: Annotated[str, typer.Argument(help="USCC of the department, or of the operator for the hub's own keys.")],
    alg: Annotated[Alg | None, typer.Option(help="Algorithm; default by role.")] = None,
) -> None:
    """Make a signing key of a role; the older ones keep verifying what they signed."""
    if role is KeyRole.LOG and alg not in {None, Alg.ED25519}:
        fail("the log signs with EdDSA: signed notes know no other algorithm here", Exit.USAGE)
    if not uscc.is_valid(owner):
        fail(f"{owner} is no USCC", Exit.USAGE)

    async def make(app: App) -> str:
        if role not in OF_DEPARTMENTS and owner != app.hub.operator:
            fail(f"only the operator {app.hub.operator} has a key of role {role}", Exit.USAGE)
        return (await app.keys.generate(role, owner, alg=alg)).kid

    kid = with_hub(make)
    answer({"kid": kid, "role": role, "owner": owner}, f"{role} key {kid} for {owner}")


def doctor() -> None:
    """Check whether the hub can keep its promises now; exit code 1 when not."""

    async def look(app: App) -> bool:
        report = await app.operations.health()
        lines = [f"{'✓' if check.ok else '✗'} {check.name}: {check.detail}" for check in report.checks]
        answer([{"name": c.name, "ok": c.ok, "detail": c.detail} for c in report.checks], "\n".join(lines))
        return report.ok

    if not with_hub(look):
        raise typer.Exit(Exit.REFUSED)


async def _publish_log(app: App) -> None:
    """The log's first checkpoint, so that there is one to look at before the first worker runs."""
    await app.sequencer.sequence_once()
