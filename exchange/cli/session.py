"""What every verb needs: the hub opened from the settings, answers on stdout, errors on stderr with an exit code."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import orjson
import typer
from rich.console import Console

from adapters.errors import AdaptersError
from catalog.errors import CatalogError, CatalogueInvalidError
from certs.errors import CertsError
from exchange.app import App
from exchange.cli.home import settings_of
from exchange.errors import ExchangeError, SettingsError
from exchange.settings import Settings
from exchange.wiring import open_app

T = TypeVar("T")

out = Console()
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


options = Options()


def settings() -> Settings:
    """The settings, or exit with all complaints."""
    try:
        return settings_of(options.home, os.environ)  # noqa: TID251 - the command line is where the process begins
    except SettingsError as error:
        for complaint in error.complaints:
            err.print(f"[red]✗[/red] {complaint}", highlight=False)
        raise typer.Exit(Exit.USAGE) from None


def with_hub(work: Callable[[App], Awaitable[T]], *, initialise: bool = False) -> T:
    """Open the hub, do the work, close it; errors become one line and an exit code."""

    async def run() -> T:
        async with open_app(settings(), initialise=initialise) as app:
            return await work(app)

    return guarded(lambda: asyncio.run(run()))


def guarded(work: Callable[[], T]) -> T:
    """Run, and turn the errors we know into one line each with the next step; others keep their traceback."""
    try:
        return work()
    except SettingsError as error:
        fail("; ".join(error.complaints), Exit.USAGE)
    except CatalogueInvalidError as error:
        fail("\n".join(str(finding) for finding in error.findings), Exit.REFUSED)
    except (ExchangeError, CertsError, CatalogError, AdaptersError) as error:
        fail(f"{type(error).__name__}: {error}\n  {_advice(error)}", Exit.REFUSED)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}", Exit.IO)


def fail(message: str, code: Exit) -> NoReturn:
    """Say why on stderr and end."""
    err.print(f"[red]✗[/red] {message}", highlight=False)
    raise typer.Exit(code)


def answer(data: object, text: str) -> None:
    """Print an answer: JSON with `--json`, else text for people."""
    if options.json:
        typer.echo(orjson.dumps(data, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    else:
        out.print(text, highlight=False)


def _advice(error: Exception) -> str:
    """The first paragraph of the error class says what happened and the next step."""
    return (type(error).__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
