"""Verbs for the catalogue: import, export."""

from pathlib import Path

import orjson
import typer

from catalog.dcat import export_dcat
from catalog.model import DepartmentCode
from exchange.app import App
from exchange.cli.session import Exit, answer, fail, guarded, with_hub

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
def export() -> None:
    """The catalogue as DCAT-AP 3 (JSON-LD)."""

    async def work(hub: App) -> None:
        snapshot, publisher = await hub.catalogue.snapshot(), DepartmentCode(hub.hub.operator)
        if publisher not in snapshot.departments:
            fail(f"the publisher {publisher} is not in the catalogue; import it first", Exit.REFUSED)
        document = export_dcat(
            snapshot,
            base=hub.hub.public_url,
            publisher=publisher,
            title="政务数据目录",
            title_en="Catalogue of shared government data",
        )
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))

    with_hub(work)
