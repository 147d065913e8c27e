"""Verbs for connecting a department's system: check, preview, run, and what was put aside."""

from typing import Annotated, Any

import typer

from adapters.pull import CheckReport
from exchange.app import App
from exchange.cli.session import Exit, answer, with_hub
from exchange.model_views import QuarantineRow

_NONE = "No manifests yet: put one TOML file per resource into YZT_MANIFESTS_DIR."
app = typer.Typer(no_args_is_help=True, help="Connect departments' systems by their manifests.")


@app.command("list")
def list_() -> None:
    """The resources that have a manifest, and how fresh they are."""

    async def look(hub: App) -> None:
        sources = await hub.operations.sources()
        lines = [f"{s.resource}: {s.state}, {s.records} records, {s.quarantined} put aside" for s in sources]
        answer(
            [{"resource": s.resource, "state": s.state, "records": s.records} for s in sources],
            "\n".join(lines) or _NONE,
        )

    with_hub(look)


@app.command()
def check(resource: str) -> None:
    """Reach the source and compare its columns with the manifest.

    Exit code 1 when a column is missing, 2 when the source has nothing to compare with, such as no file that is ready.
    """

    async def look(hub: App) -> Exit:
        report = await hub.pulls.check(resource)
        code, verdict = _verdict(report)
        data = {"columns": report.columns, "missing": report.missing, "upper_bound": report.upper_bound}
        answer(data, f"{verdict}\n  offered: {', '.join(report.columns) or '–'}")
        return code

    if code := with_hub(look):
        raise typer.Exit(code)


def _verdict(report: CheckReport) -> tuple[Exit, str]:
    if report.missing:
        return Exit.REFUSED, f"✗ missing columns: {', '.join(report.missing)}"
    if not report.columns:
        return Exit.INDETERMINATE, "– the source answers, but has no columns yet: no row, or no file that is ready"
    return Exit.DONE, "✓ every column is there"


@app.command()
def preview(resource: str, rows: int = 10) -> None:
    """The first rows as they would be stored; personal values are masked."""

    async def look(hub: App) -> None:
        found = await hub.pulls.preview(resource, rows)
        lines = [" | ".join(found.rows[0])] if found.rows else []
        lines += [" | ".join(str(value or "") for value in row.values()) for row in found.rows]
        lines += [f"✗ row {bad.row}: {', '.join(f'{r} ({i})' for r, i in bad.violations)}" for bad in found.refused]
        refused = [{"row": bad.row, "violations": bad.violations} for bad in found.refused]
        answer({"rows": [dict(row) for row in found.rows], "refused": refused}, "\n".join(lines))

    with_hub(look)


@app.command()
def run(resource: str) -> None:
    """Pull everything new; a killed run is resumed. Certificates follow the changed records."""

    async def pull(hub: App) -> None:
        report = await hub.pulls.run(resource)
        counts = report.counts.as_detail()
        answer({"run": report.run_id, **counts}, f"{resource}: " + ", ".join(f"{v} {k}" for k, v in counts.items()))

    with_hub(pull)


@app.command()
def quarantine(
    resource: str, limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20
) -> None:
    """Rows that were put aside and why, newest run first; personal values are masked."""

    async def look(hub: App) -> None:
        found = await hub.operations.quarantine(resource, limit)
        rows = [_told(row) for row in found]
        lines = [f"{row['at']}  {row['rule']} ({row['item']})  {' | '.join(row['values'].values())}" for row in rows]
        answer(rows, "\n".join(lines) or "none")

    with_hub(look)


def _told(row: QuarantineRow) -> dict[str, Any]:
    return {"at": f"{row.at:%Y-%m-%d %H:%M:%S}Z", "rule": row.reason, "item": row.item, "values": dict(row.values)}
