"""Verbs for the catalogue: import, export, grants."""

from pathlib import Path

import orjson
import typer

from catalog.model import Grant
from exchange.app import App
from exchange.cli.session import answer, guarded, with_hub

app = typer.Typer(no_args_is_help=True, help="The catalogue of departments, resources, service items and grants.")


@app.command("import")
def import_(file: Path) -> None:
    """Import a catalogue file: all of it or nothing, every error listed."""
    text = guarded(lambda: file.read_text(encoding="utf-8"))

    async def work(hub: App) -> None:
        done = await hub.catalogue.import_file(text, source=file.name)
        data = {"entries": done.entries, "changed": done.changed, "revision": done.revision_after}
        answer(data, f"{done.entries} entries, revision {done.revision_before} → {done.revision_after}")

    with_hub(work)


@app.command()
def grants() -> None:
    """Who may read what, for which matters, until when, and how often in a minute."""

    async def work(hub: App) -> tuple[Grant, ...]:
        return (await hub.catalogue.snapshot()).grants

    found = with_hub(work)
    answer(found, "\n".join(map(_terms, found)) or "no grants")


def _terms(one: Grant) -> str:
    ceiling = "no ceiling" if one.rate is None else f"at most {one.rate:,} queries a minute"
    until = f"until {one.valid_until:%Y-%m-%d}, {ceiling}"
    return f"{one.id}  {one.state}  {one.consumer} reads {one.resource}: {', '.join(one.items)}; {until}"


@app.command()
def export() -> None:
    """The catalogue as DCAT-AP 3 (JSON-LD)."""

    async def work(hub: App) -> None:
        document = await hub.catalogue.dcat(base=hub.hub.public_url, publisher=hub.hub.operator)
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))

    with_hub(work)
