"""`yzt demo`: the whole story on the embedded default, with real department systems."""

from pathlib import Path
from typing import Annotated

import typer

from exchange.demo.story import play


def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="End by itself; exit code 0 only if everything verified.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Leave the story's artefacts in this directory.")] = None,
    port: Annotated[int, typer.Option(help="Port of the hub's pages; 0 picks a free one.")] = 8339,
) -> None:
    """Play the story: four departments, certificates, one citizen, an auditor. Synthetic data only."""
    raise typer.Exit(play(out=out, stay=not exit_, port=port))
