"""The root of the command: options that come before the verb, and the exit code of wrong usage."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from exchange.cli import access, adapter, authority, catalogue, cert, copy, dev, document, hub, key, log, seal
from exchange.cli.play import demo
from exchange.cli.session import Exit, options
from exchange.cli.verifying import verify

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(access.app, name="access")
app.add_typer(adapter.app, name="adapter")
app.add_typer(authority.app, name="authority")
app.add_typer(catalogue.app, name="catalog")
app.add_typer(cert.app, name="cert")
app.add_typer(copy.app, name="copy")
app.add_typer(dev.ca, name="dev-ca")
app.add_typer(dev.tsa, name="dev-tsa")
app.add_typer(document.app, name="document")
app.add_typer(key.app, name="key")
app.add_typer(log.app, name="log")
app.add_typer(seal.app, name="seal")
for verb in (hub.init, hub.migrate, hub.serve, hub.worker, hub.keygen, hub.doctor, demo, verify):
    app.command()(verb)


@app.callback()
def root(
    home: Annotated[
        Path, typer.Option(help="Home directory of an embedded hub; not used where YZT_ variables say everything.")
    ] = Path(".yzt"),
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected fault came from.")] = False,
) -> None:
    """Yizhengtong 一证通: the hub of a city's shared records and electronic certificates."""
    options.home, options.json, options.debug = home, json, debug


def main() -> None:
    """Run `yzt`; wrong usage exits with 3, an unexpected fault with 4, an interruption with 130."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as error:
        code = error.exit_code
    except typer.TyperException as error:
        code = _usage(str(error))
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        if options.debug:
            raise
        typer.echo(f"yzt: unexpected {type(error).__name__}; again with `yzt --debug …` shows where", err=True)
        code = Exit.IO
    sys.exit(code or 0)


def _usage(message: str) -> int:
    """Without a verb the message is the help text; it goes where errors go, because nothing was done."""
    text = message if message.startswith("Usage:") else f"yzt: {message}\nyzt --help lists the verbs."
    typer.echo(text, err=True)
    return Exit.USAGE
