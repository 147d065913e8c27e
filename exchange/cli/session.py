"""What every verb needs: the hub opened from the settings, answers on stdout, errors on stderr with an exit code."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import asyncpg
import orjson
import psycopg
import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from adapters.errors import AdaptersError
from catalog.errors import CatalogError, CatalogueInvalidError
from certs.errors import CertsError
from exchange.app import App
from exchange.errors import ExchangeError, SettingsError
from exchange.home import settings_of
from exchange.model import Principal
from exchange.service.keys import NoSignerError
from exchange.settings import Settings
from exchange.wiring import open_app

T = TypeVar("T")

err = Console(stderr=True)


class Exit(IntEnum):
    """Exit codes, stable for scripts."""

    DONE = 0
    REFUSED = 1
    INDETERMINATE = 2
    USAGE = 3
    IO = 4


@dataclass(slots=True)
class Options:
    """Options of `yzt` itself, given before the verb."""

    home: Path | None = None
    json: bool = False
    debug: bool = False


options = Options()


def settings() -> Settings:
    """The settings, or exit with all complaints."""
    try:
        return settings_of(options.home, os.environ)  # noqa: TID251 - the command line is where the process begins
    except SettingsError as error:
        fail("\n".join(error.complaints), Exit.USAGE)


def with_hub(work: Callable[[App], Awaitable[T]], *, initialise: bool = False) -> T:
    """Open the hub, do the work, close it; errors become one line and an exit code."""

    async def run() -> T:
        async with AsyncExitStack() as stack:
            with err.status("opening the hub …") if err.is_terminal else nullcontext():
                app = await stack.enter_async_context(open_app(settings(), initialise=initialise))
            return await work(app)

    return guarded(lambda: asyncio.run(run()))


def guarded(work: Callable[[], T]) -> T:
    """Run, and turn the errors we know into what happened, the next step and an exit code."""
    try:
        return work()
    except SettingsError as error:
        fail("; ".join(error.complaints), Exit.USAGE)
    except CatalogueInvalidError as error:
        fail("\n".join(str(finding) for finding in error.findings), Exit.REFUSED)
    except (ExchangeError, CertsError, CatalogError, AdaptersError, NoSignerError) as error:
        fail(_told(error), Exit.REFUSED)
    except (SQLAlchemyError, asyncpg.PostgresError, psycopg.Error) as error:
        # only the class: drivers quote statements and their values
        fail(f"the database does not answer as it should ({type(error).__name__}); see `yzt doctor`", Exit.IO)
    except UnicodeDecodeError as error:
        fail(f"this is no text in UTF-8: its octet {error.start + 1} is of something else", Exit.REFUSED)
    except OSError as error:
        fail(": ".join(filter(None, (error.strerror or str(error), error.filename))), Exit.IO)


def fail(message: str, code: Exit) -> NoReturn:
    """Say why on stderr and end; every line of the message gets its mark, and none of them steers the terminal."""
    for line in message.splitlines():
        mark = "  " if line.startswith(" ") else "✗ "
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line.strip())
        err.print(Text.assemble((mark, "red"), shown), soft_wrap=True)
    raise typer.Exit(code)


def ask(what: str, *, hidden: bool = False) -> str:
    """Ask on the terminal; from a pipe, take the next line."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=hidden, err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    return line or fail(f"{what} is missing: one line each on standard input", Exit.USAGE)


async def acting_as(app: App, username: str, password: str) -> Principal:
    """Who acts, proven by the password as at a log-in: what is done in somebody's name was done by them.

    Raises:
        LoginRefusedError, LoginLockedError: as `Access.login`.
    """
    principal, token = await app.access.login(username, password, address="yzt")
    await app.access.logout(token)
    return principal


def answer(data: object, text: str) -> None:
    """Print an answer: JSON with `--json`, else text for people."""
    if options.json:
        typer.echo(orjson.dumps(data, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    else:
        typer.echo(text)


def _plain(value: object) -> object:
    """What JSON has no form for: sets as sorted lists, octets in hex, the rest as text."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _told(error: Exception) -> str:
    """What happened and, from the first paragraph of the error's class, what it means and the next step."""
    meaning = " ".join((type(error).__doc__ or "").strip().split("\n\n")[0].split())
    said = str(error)
    return meaning if not said or said in meaning else f"{said}\n  {meaning}"
