"""Verbs for certificates: issue, list, verify, revoke."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.preview import mask
from certs import repo as certificates
from certs.decisions import change_status
from certs.model import OnFile, Reason, State, StatusChange, law_day
from certs.repo_listing import identifiers_of
from exchange.app import App
from exchange.cli.session import Exit, answer, err, fail, guarded, with_hub
from exchange.cli.verifying import show_report
from exchange.service.issuing import BulkReport
from exchange.uow import Unit

app = typer.Typer(no_args_is_help=True, help="Electronic certificates (电子证照).")
_SHOWN = 20


@app.command()
def issue(type_name: Annotated[str, typer.Argument(help="Short name of the type, such as household.")]) -> None:
    """Issue a certificate for every record of the type's resource that has none; repeat it after a crash."""

    def progress(report: BulkReport) -> None:
        if err.is_terminal:
            err.print(f"\r{report.total} records", end="")

    async def work(hub: App) -> BulkReport:
        return await hub.issuing.bulk(type_name, progress)

    report = with_hub(work)
    lines = [f"{report.issued} issued, {report.existing} already there, {len(report.refused)} refused"]
    counted = Counter(reason for refusal in report.refused for reason in refusal.reasons)
    lines += [f"  ✗ {number} × {reason}" for reason, number in counted.most_common(_SHOWN)]
    data = {"issued": report.issued, "existing": report.existing, "refused": [r.reasons for r in report.refused]}
    answer(data, "\n".join(lines))


@app.command("list")
def list_(
    type_name: Annotated[str, typer.Argument(help="Short name of the type, such as household.")],
    state: Annotated[State | None, typer.Option(help="Only those in this state now.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option(help="Go on after this identifier.")] = "",
) -> None:
    """Certificates of a type by identifier, with state and masked holder."""

    async def work(hub: App) -> list[tuple[OnFile, State]]:
        code, now = hub.types.get(type_name).code, hub.now()
        async with hub.reads() as conn:
            names = await identifiers_of(conn, code, state, on=law_day(now), after=after, limit=limit + 1)
            found = await certificates.by_identifiers(conn, names)
        return [(found[name], found[name].state_at(now)) for name in names]

    found = with_hub(work)
    rows = [_row(item, now) for item, now in found[:limit]]
    lines = ["  ".join(str(value) for value in row.values()) for row in rows]
    if len(found) > limit:
        lines.append(f"… and more: --after {rows[-1]['identifier']}")
    answer(rows, "\n".join(lines) or "none")


def _row(item: OnFile, state: State) -> dict[str, object]:
    certificate = item.certificate
    return {
        "identifier": str(certificate.identifier),
        "version": certificate.version,
        "state": state,
        "issued": certificate.issued_at.date().isoformat(),
        "holder": "、".join(mask(holder.name) or "" for holder in certificate.holders),
    }


@app.command()
def verify(
    file: Path, at: Annotated[datetime | None, typer.Option(help="As of this time (UTC); default now.")] = None
) -> None:
    """Verify a certificate with the hub's own knowledge; exit code 0 valid, 1 invalid, 2 indeterminate."""
    content = guarded(file.read_bytes)

    async def work(hub: App) -> None:
        moment = None if at is None else at.replace(tzinfo=hub.now().tzinfo)
        show_report(await hub.verification.verify(content, at=moment))

    with_hub(work)


@app.command()
def revoke(
    identifier: str,
    reason: Reason,
    text: Annotated[str, typer.Option(help="Why, in words; stays in the hub.")],
    authority: Annotated[str, typer.Option(help="USCC of the deciding authority.")],
    to: Annotated[State, typer.Option(help="State it gets.")] = State.REVOKED,
) -> None:
    """End (or suspend, or reinstate) a certificate; the reason must fit the state."""

    async def work(hub: App) -> State:
        async def decide(unit: Unit) -> State:
            return await change_status(unit, StatusChange(identifier, to, reason, text, authority, unit.now))

        state = await hub.units.run(decide)
        await hub.trust.publish()
        return state

    if not text.strip():
        fail("--text must say why", Exit.USAGE)
    state = with_hub(work)
    answer({"identifier": identifier, "state": state}, f"{identifier}: {state.zh}")
