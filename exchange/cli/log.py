"""Verbs for the evidence log: head, prove, audit."""

from uuid import UUID

import typer

from certs.evidence.checkpoint import LogIdentity
from certs.evidence.findings import LogHealth
from certs.journal.audit import audit as audit_log
from certs.journal.keys import judged
from exchange.app import App
from exchange.cli.session import Exit, answer, with_hub

app = typer.Typer(no_args_is_help=True, help="The evidence log (C2SP tlog-tiles).")


@app.command()
def head() -> None:
    """The newest signed checkpoint."""

    async def work(hub: App) -> None:
        found = await hub.evidence.head()
        answer({"size": found.size, "root": found.root_hex, "checkpoint": found.checkpoint}, found.checkpoint)

    with_hub(work)


@app.command()
def prove(event: UUID) -> None:
    """The proof that an event is in the log, as a tlog-proof file on stdout."""

    async def work(hub: App) -> str:
        return await hub.evidence.tlog_proof(event)

    typer.echo(with_hub(work), nl=False)


@app.command()
def audit() -> None:
    """Read the whole log again and name the first index that is wrong; exit code 1 when one is."""

    async def work(hub: App) -> bool:
        async def check(log: LogIdentity) -> LogHealth:
            async with hub.reads() as conn:
                return await audit_log(conn, hub.evidence.blobs, log)

        health = await judged(hub.trust.log, check)
        lines = [f"✗ {finding.fault}: {finding.text}" for finding in health.findings]
        data = {"size": health.size, "ok": health.ok, "findings": [finding.text for finding in health.findings]}
        answer(data, "\n".join(lines) or f"✓ {health.size} entries, every hash and signature holds")
        return health.ok

    if not with_hub(work):
        raise typer.Exit(Exit.REFUSED)
