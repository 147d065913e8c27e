"""Verbs about the hub's keys: what there is, certificates of authorities, retirement, and the loss of a key."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from stdnum.cn import uscc

from certs.evidence.entry import Entry
from certs.model import FiledFace
from exchange.app import App
from exchange.cli.session import Exit, answer, err, fail, guarded, with_hub
from exchange.model_sealing import SealingJob
from exchange.model_views import KeyView
from exchange.service.compromise import Outcome, Reissue, ReissuedRow
from exchange.service.keys import OF_DEPARTMENTS, KeyRole

app = typer.Typer(no_args_is_help=True, help="The hub's keys (密钥目录): rotation, certificates, loss.")
# an identifier in base64url may begin with a dash; there are no short options it could be mistaken for
DASHED = {"ignore_unknown_options": True}
_Kid = Annotated[str, typer.Argument(help="Identifier of the key, as `yzt key list --all` shows it.")]
_Since = Annotated[datetime, typer.Option(help="From this time on (UTC).")]


@app.command(name="list")
def show(
    every: Annotated[bool, typer.Option("--all", help="Retired and lost keys too: the historic directory.")] = False,
) -> None:
    """The keys that sign, with their windows and certificates."""

    async def work(hub: App) -> tuple[KeyView, ...]:
        return hub.keys.views(every=every)

    found = with_hub(work)
    plain = [{name: getattr(view, name) for name in view.__slots__} for view in found]
    answer(plain, "\n".join(line for view in found for line in _lines(view)) or "There are no keys.")


@app.command()
def add(
    role: KeyRole,
    owner: Annotated[str, typer.Argument(help="USCC of the department, or of the operator.")],
    uri: Annotated[str, typer.Argument(help="pkcs11:token=…;object=… or file:/path/key.pem")],
) -> None:
    """Use a key that is there already, such as one on a token; module and PIN come from the settings."""
    if not uscc.is_valid(owner):
        fail(f"{owner} is no USCC", Exit.USAGE)

    async def work(hub: App) -> str:
        if role not in OF_DEPARTMENTS and owner != hub.hub.operator:
            fail(f"only the operator {hub.hub.operator} has a key of role {role}", Exit.USAGE)
        return (await hub.keys.register(role, owner, uri)).kid

    kid = with_hub(work)
    answer({"kid": kid, "role": role, "owner": owner}, f"{role} key {kid} for {owner}")


@app.command(context_settings=DASHED)
def csr(
    kid: _Kid,
    common_name: Annotated[str, typer.Option("--name", help="Common name (CN): the department.")],
    organisation: Annotated[str, typer.Option(help="Organisation (O).")],
    unit: Annotated[str, typer.Option(help="Organisational unit (OU).")] = "",
) -> None:
    """Print a certification request (PKCS #10) of a key, to send to its authority; `attach` takes the answer."""

    async def work(hub: App) -> str:
        return hub.keys.request(kid, common_name=common_name, organisation=organisation, unit=unit).decode()

    request = with_hub(work)
    answer({"kid": kid, "request": request}, request.rstrip())


@app.command(context_settings=DASHED)
def attach(
    kid: _Kid, chain: Annotated[Path, typer.Argument(help="PEM: the key's certificate, then its issuers.")]
) -> None:
    """Keep the certificates an authority gave a key; a sealing key works from then on."""
    pem = guarded(chain.read_bytes)

    async def work(hub: App) -> tuple[str, datetime]:
        leaf = await hub.keys.attach_chain(kid, pem)
        return leaf.subject_text, leaf.not_after

    subject, until = with_hub(work)
    answer({"kid": kid, "subject": subject, "until": until}, f"{subject}, until {until:%Y-%m-%d}")


@app.command(context_settings=DASHED)
def retire(
    kid: _Kid, last: Annotated[bool, typer.Option("--last", help="Also if nobody signs in its place.")] = False
) -> None:
    """Sign nothing more with a key; what it signed before keeps verifying."""

    async def work(hub: App) -> None:
        if not last:
            hub.keys.require_successor(kid)
        hub.keys.row(kid)
        await hub.keys.retire(kid)
        await hub.trust.publish()

    with_hub(work)
    answer({"retired": kid}, f"{kid} signs nothing more")


@app.command(context_settings=DASHED)
def signed(
    kid: _Kid,
    since: _Since,
    until: Annotated[datetime | None, typer.Option(help="Before this time (UTC); default now.")] = None,
) -> None:
    """Every certificate face and every event that a key signed between two instants."""

    async def work(hub: App) -> tuple[list[FiledFace], list[Entry]]:
        begin, end = _utc(since), _utc(until) if until else hub.now()
        faces, events = hub.documents.compromise.faces, hub.documents.compromise.events
        found = [face async for page in faces(kid, since=begin, until=end) for face in page]
        return found, [entry async for entry in events(kid, since=begin, until=end)]

    faces, events = with_hub(work)
    events.sort(key=lambda entry: entry.at)
    lines = [f"{face.made_at:%Y-%m-%d %H:%M:%S}  {face.kind:<10} {face.identifier}" for face in faces]
    lines += [f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.kind:<30} {entry.id}" for entry in events]
    data = {
        "faces": [{"identifier": f.identifier, "kind": f.kind.value, "made_at": f.made_at} for f in faces],
        "events": [{"id": e.id, "kind": e.kind, "at": e.at} for e in events],
    }
    answer(data, "\n".join([*lines, f"{len(faces)} faces, {len(events)} events"]))


@app.command(context_settings=DASHED)
def compromise(
    kid: _Kid,
    since: Annotated[datetime, typer.Option(help="Since when others may have had the key (UTC).")],
    reason: Annotated[str, typer.Option(help="What happened; goes into the evidence log, so name no person.")],
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Make the certificates it signed since then anew.")
    ] = False,
) -> None:
    """Declare a key lost (失密): retire it, believe nothing it signed, publish. Never undone."""

    async def work(hub: App) -> Reissue | None:
        await hub.documents.compromise.declare(kid, since=_utc(since), reason=reason)
        err.print(f"{kid} is declared lost; the trust list says so")
        return await _reissued(hub, kid, _utc(since)) if reissue else None

    _tell(kid, with_hub(work))


@app.command(context_settings=DASHED)
def reissue(
    kid: _Kid,
    since: Annotated[
        datetime | None, typer.Option(help="Only what it signed from then on (UTC); default all it ever signed.")
    ] = None,
) -> None:
    """Make certificates of a lost key anew; run it again after a crash, it goes on where it stopped."""

    async def work(hub: App) -> Reissue:
        return await _reissued(hub, kid, _utc(since) if since else None)

    _tell(kid, with_hub(work))


async def _reissued(hub: App, kid: str, since: datetime | None) -> Reissue:
    done = 0

    def progress(rows: Sequence[ReissuedRow]) -> None:
        nonlocal done
        done += len(rows)
        if err.is_terminal:
            err.print(f"\r{done} certificates", end="")

    return await hub.documents.compromise.reissue(kid, since=since, progress=progress)


def _tell(kid: str, done: Reissue | None) -> None:
    """Per-row results; what somebody has to look at leaves exit code 1."""
    if done is None:
        answer({"kid": kid}, f"Next: yzt key reissue {kid}")
        return
    counts = {outcome.value: sum(row.outcome is outcome for row in done.rows) for outcome in Outcome}
    lines = [f"✓ {row.identifier} → {row.successor}" for row in done.rows if row.outcome is Outcome.REISSUED]
    lines += [f"✗ {row.identifier}: {row.reason}" for row in done.rows if row.outcome is Outcome.REFUSED]
    lines += [f"{'✗' if job.stopped else '✓'} {_sealed(job)}" for job in done.jobs]
    lines.append(", ".join(f"{count} {name}" for name, count in counts.items()))
    jobs = [{"id": job.id, "type": job.type_code, "sealed": job.sealed, "stopped": job.stopped} for job in done.jobs]
    plain = [{name: str(getattr(row, name)) for name in row.__slots__} for row in done.rows]
    answer({"kid": kid, "rows": plain, "jobs": jobs, **counts}, "\n".join(lines))
    if not done.complete:
        raise typer.Exit(Exit.REFUSED)


def _sealed(job: SealingJob) -> str:
    why = f", stopped: {job.stopped_detail or job.stopped}" if job.stopped else ""
    return f"documents of {job.type_code}: {job.sealed} sealed, {job.refused} refused{why}"


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _lines(view: KeyView) -> list[str]:
    if view.distrusted_at:
        state = f"LOST since {view.distrusted_at:%Y-%m-%d %H:%M}"
    elif view.retired_at:
        state = f"retired {view.retired_at:%Y-%m-%d}"
    else:
        state = f"{view.days_left} days left"
    since = f"{view.not_before:%Y-%m-%d}" if view.not_before else ""
    lines = [
        f"{view.role:<10} {view.alg:<5} {view.owner} {view.kid}",
        f"  {since} to {view.not_after:%Y-%m-%d}, {state}",
    ]
    if view.certificate_until:
        lines.append(f"  {view.certificate}, until {view.certificate_until:%Y-%m-%d}")
    return lines
