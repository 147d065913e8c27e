"""Verbs for sealed documents: seal in bulk, look at jobs, try refused rows again, export and preview."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from certs.model import FaceKind
from exchange.app import App
from exchange.cli.session import Exit, answer, err, fail, guarded, with_hub
from exchange.model_sealing import JobState, RowState, SealingJob, SealingRow
from exchange.service.documents import refuse_file

app = typer.Typer(no_args_is_help=True, help="Sealed documents of certificates: OFD and PDF (版式文件).")
_SHOWN = 20
_SUFFIX = {
    FaceKind.JSON: "json.jws",
    FaceKind.SD_JWT: "sd-jwt",
    FaceKind.OFD: "ofd",
    FaceKind.PDF: "pdf",
    FaceKind.QR: "qr.txt",
}

Processes = Annotated[int | None, typer.Option(min=1, max=64, help="How many processes; default the settings'.")]


@app.command()
def seal(
    type_name: Annotated[str, typer.Argument(help="Short name of the type, such as household.")],
    processes: Processes = None,
) -> None:
    """Seal OFD and PDF of every valid certificate of a type that has none; repeat it after a crash or a stop.

    Only what the hub draws from its records is sealed: a file from elsewhere is refused.
    """
    guarded(lambda: refuse_file(type_name))

    async def work(hub: App) -> tuple[SealingJob, tuple[SealingRow, ...]]:
        job = await hub.documents.sealing.start(type_name)
        return await _run(hub, job, processes)

    _tell(*with_hub(work))


@app.command()
def retry(
    job_id: Annotated[UUID, typer.Argument(help="Number of the job, see `yzt document jobs`.")],
    processes: Processes = None,
) -> None:
    """Try the refused rows of a job again, and only those."""

    async def work(hub: App) -> tuple[SealingJob, tuple[SealingRow, ...]]:
        return await _run(hub, await hub.documents.sealing.retry(job_id), processes)

    _tell(*with_hub(work))


@app.command()
def jobs(
    job_id: Annotated[
        UUID | None, typer.Argument(help="One job with its refused rows; default the newest jobs.")
    ] = None,
) -> None:
    """List sealing jobs with progress and rate."""

    async def work(hub: App) -> tuple[tuple[SealingJob, ...], tuple[SealingRow, ...]]:
        sealing = hub.documents.sealing
        if job_id is None:
            return await sealing.newest(_SHOWN), ()
        return (await sealing.get(job_id),), await sealing.rows(job_id, RowState.REFUSED, limit=_SHOWN)

    found, refused = with_hub(work)
    lines = [f"{job.id}  {job.created_at:%Y-%m-%d %H:%M}  {job.type_code}  {_line(job)}" for job in found]
    answer([_data(job, refused) for job in found], "\n".join([*lines, *_refusals(refused)]) or "no sealing jobs yet")


@app.command()
def export(
    identifier: Annotated[str, typer.Argument(help="The certificate's identifier (电子证照标识).")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Directory; made if it is not there.")],
) -> None:
    """Write every face of a certificate to a directory; the export is an event of the evidence log."""
    faces = with_hub(lambda hub: hub.documents.originals.export(identifier))

    def write() -> list[Path]:
        out.mkdir(parents=True, exist_ok=True)
        written = [(out / f"{identifier}.{_SUFFIX[kind]}", body) for kind, body in sorted(faces.items())]
        for path, body in written:
            path.write_bytes(body)
        return [path for path, _ in written]

    paths = [str(path) for path in guarded(write)]
    answer({"identifier": identifier, "files": paths}, "\n".join(paths))


@app.command()
def preview(
    identifier: Annotated[str, typer.Argument(help="The certificate's identifier (电子证照标识).")],
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File; default IDENTIFIER.svg here.")] = None,
) -> None:
    """Draw a certificate as SVG, without seal and without effect."""
    drawn = with_hub(lambda hub: hub.documents.originals.drawn(identifier))
    path = out or Path(f"{identifier}.svg")
    guarded(lambda: path.write_bytes(drawn))
    answer({"identifier": identifier, "file": str(path)}, str(path))


async def _run(hub: App, job: SealingJob, processes: int | None) -> tuple[SealingJob, tuple[SealingRow, ...]]:
    sealing = hub.documents.sealing
    done = await sealing.run(job.id, _progress, processes=processes)
    if err.is_terminal:
        err.print()
    return done, await sealing.rows(job.id, RowState.REFUSED, limit=_SHOWN)


def _progress(job: SealingJob) -> None:
    text = f"{job.done}/{job.total} certificates, {job.rate:.0f} per second, {job.refused} refused"
    if err.is_terminal:
        err.print(f"\r{text}", end="")
    else:
        err.print(text)


def _tell(job: SealingJob, refused: tuple[SealingRow, ...]) -> None:
    answer(_data(job, refused), "\n".join([_line(job), *_refusals(refused)]))
    if job.state is JobState.STOPPED:
        fail(f"stopped: {job.stopped} {job.stopped_detail or ''}\nmend it and run the same command again", Exit.REFUSED)


def _line(job: SealingJob) -> str:
    counts = f"{job.sealed} sealed, {job.existing} already there, {job.refused} refused of {job.total}"
    return f"{job.state}: {counts}, {job.rate:.0f} per second"


def _refusals(rows: tuple[SealingRow, ...]) -> list[str]:
    return [f"  ✗ {row.identifier}: {row.reason} {row.detail or ''}".rstrip() for row in rows]


def _data(job: SealingJob, refused: tuple[SealingRow, ...]) -> dict[str, object]:
    names = ("id", "type_code", "created_at", "finished_at", "stopped", "total", "sealed", "existing", "refused")
    rows = [{"identifier": row.identifier, "reason": row.reason, "detail": row.detail} for row in refused]
    return {**{n: getattr(job, n) for n in names}, "state": job.state, "per_second": round(job.rate, 1), "rows": rows}
