"""`yzt verify FILE…`: any document, folder or ZIP, offline with a trust list, or with the knowledge of this hub."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from certs.errors import CertsError
from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust
from certs.model import Outcome, Verdict
from certs.offline.check_bundle import made_at
from certs.offline.report import EXIT_CODES
from certs.trust import TrustBundle, parse_trust_bundle
from certs.verifier.batch import verify_all
from certs.verifier.collect import documents_of, files_under
from certs.verifier.model import DocumentReport, Knowledge, NothingKnown
from certs.verifier.process import Pool, Prepared, prepared
from certs.verifier.signed import Head, Item
from exchange.app import App
from exchange.cli.session import Exit, answer, err, fail, guarded, with_hub
from exchange.cli.verifying_report import Collected, write_report
from exchange.model_views import StepView, VerificationView
from exchange.service.keys import KeyRole
from exchange.service.verification_views import document_view
from exchange.wiring import child_pool, new_id, utc_now

_MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNDETERMINED: "?", Outcome.NOT_APPLICABLE: "–"}
_VERDICTS = {Verdict.VALID: "✓", Verdict.INVALID: "✗", Verdict.INDETERMINATE: "?"}
_WORDS = {"valid": "有效 valid", "invalid": "无效 invalid", "indeterminate": "无法确定 indeterminate"}
_SHOWN = 100

_Files = Annotated[list[Path], typer.Argument(help="Documents of any kind, reports, folders, ZIPs of documents.")]
_Trust = Annotated[
    list[Path] | None,
    typer.Option(
        help="The hub's key file, and its signed trust list (published as /trust/keys.json and /trust/list). "
        "Without any, this hub's own knowledge is used."
    ),
]
_List = Annotated[Path | None, typer.Option(help="The hub's signed trust list; the same as a second --trust.")]
_At = Annotated[datetime | None, typer.Option(help="As of this time (UTC); default now.")]
_Out = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Write the report: .html or .txt to read, else JSON; signed (JWS) where a hub is opened.",
    ),
]


def verify(files: _Files, trust: _Trust = None, trust_list: _List = None, at: _At = None, report: _Out = None) -> None:
    """Verify documents: numbered steps, three-valued verdict.

    Exit code of the worst file: 0 valid, 2 indeterminate, 1 invalid, 4 unreadable.
    """
    moment = utc_now() if at is None else at.replace(tzinfo=UTC)
    listed = guarded(lambda: files_under(files))
    single = len(files) == len(listed) == 1 and files[0].is_file()
    given = [*(trust or ()), *([trust_list] if trust_list else ())]
    if not given:
        collected = with_hub(lambda hub: _with_knowledge(hub, listed, moment, report))
    else:
        believed = guarded(lambda: _believed(given))
        collected = guarded(lambda: _offline(listed, believed, moment, report))
    _conclude(collected, moment, single=single)


def show_report(view: VerificationView) -> None:
    """Print a report and leave with the exit code of its verdict."""
    lines = [
        f"{_MARKS[Outcome(step.outcome)]} {step.number:>2} {f'{step.name_zh} {step.name_en}'.strip()}{_why(step)}"
        for step in view.steps
    ]
    verdict = Verdict(view.verdict)
    data = {
        "kind": view.kind,
        "verdict": verdict,
        "at": view.at,
        "sha256": view.sha256,
        "sm3": view.sm3,
        "policy": view.policy,
        "steps": [_plain(step) for step in view.steps],
    }
    answer(data, "\n".join([*lines, f"{_WORDS[verdict]}  ({view.at.isoformat()})"]))
    raise typer.Exit(EXIT_CODES[verdict])


def _offline(listed: Sequence[tuple[str, Path]], believed: Prepared, at: datetime, out: Path | None) -> Collected:
    pool = child_pool()
    try:
        collected = _run(listed, believed, pool, at, NothingKnown())
    finally:
        pool.close()
    if not believed.document and any(_lacks_list(item.report) for item in collected.items):
        fail("a certificate needs --trust-list, the hub's signed list of issuers and states", Exit.USAGE)
    if out is not None:
        write_report(out, collected, Head(str(new_id()), "", utc_now(), at, believed.digest), None)
    return collected


async def _with_knowledge(hub: App, listed: Sequence[tuple[str, Path]], at: datetime, out: Path | None) -> Collected:
    believed, known = await hub.verification.believed(), hub.verification.knowledge()
    collected = await asyncio.to_thread(_run, listed, believed, hub.verification.children.pool, at, known)
    if out is not None:
        head = Head(str(hub.new_id()), hub.hub.operator, hub.now(), at, believed.digest)
        write_report(out, collected, head, hub.keys.signer(KeyRole.REPORT))
    return collected


def _run(
    listed: Sequence[tuple[str, Path]], believed: Prepared, pool: Pool, at: datetime, known: Knowledge
) -> Collected:
    collected = Collected()
    with _progress(len(listed)) as advance:
        for done in verify_all(pool, documents_of(listed, pool, at=at), believed, at=at, known=known):
            collected.add(done)
            advance(len(collected.items) + len(collected.unreadable))
    return collected


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where somebody looks; files inside archives make the total grow."""
    if not err.is_terminal or total < 2:
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("verify", total=total)
        yield lambda done: bar.update(task, completed=done, total=max(total, done))


def _believed(given: Sequence[Path]) -> Prepared:
    """Key file and trust list among the files given, told apart by their form; the list only under the file's keys."""
    contents = [path.read_bytes() for path in given]
    keys = next((content for content in contents if content.lstrip().startswith(b"{")), None)
    lists = [content for content in contents if not content.lstrip().startswith(b"{")]
    if keys is None or len(lists) > 1 or len(contents) > len(lists) + 1:
        fail("--trust needs the hub's key file (keys.json) and at most one trust list", Exit.USAGE)
    return prepared(_list(lists[0], keys) if lists else None, keys)


def _list(token: bytes, keys: bytes) -> TrustBundle:
    """The list is judged by the key in force when it was made, which may be long after the time asked about."""
    text = token.decode("ascii", "replace").strip()
    try:
        resolve = decode_trust(keys).keys.resolver(at=made_at(text), role=TRUST_LIST_ROLE)
        return parse_trust_bundle(text, resolve)
    except CertsError as error:
        fail(f"the trust list is refused: {error}", Exit.REFUSED)


def _conclude(collected: Collected, at: datetime, *, single: bool) -> None:
    if single and len(collected.items) == 1 and not collected.unreadable:
        show_report(document_view(collected.items[0].report))
    counts = {verdict.value: collected.count(verdict) for verdict in Verdict}
    data = {
        "at": at,
        "counts": counts,
        "unreadable": [{"name": name, "error": error} for name, error in collected.unreadable],
        "documents": [_summary(item) for item in collected.items],
    }
    told = [item for item in collected.items if len(collected.items) <= _SHOWN or item.report.deciding][:_SHOWN]
    lines = [_line(item) for item in told]
    lines += [f"! {name}: {error}" for name, error in collected.unreadable[:_SHOWN]]
    total = "  ".join(f"{_WORDS[name]} {count}" for name, count in counts.items())
    answer(data, "\n".join([*lines, f"{total}  ({at.isoformat()})"]))
    raise typer.Exit(collected.exit_code)


def _line(item: Item) -> str:
    report, deciding = item.report, item.report.deciding
    why = f"  {deciding.zh} {deciding.en} [{deciding.code}]" if deciding else ""
    return f"{_VERDICTS[report.verdict]} {report.kind:<11} {item.name}{why}"


def _summary(item: Item) -> dict[str, object]:
    report, deciding = item.report, item.report.deciding
    return {
        "name": item.name,
        "kind": report.kind.value,
        "verdict": report.verdict.value,
        "sha256": report.sha256,
        "sm3": report.sm3,
        "size": report.size,
        "policy": report.policy,
        "code": deciding.code if deciding else None,
        "reason_zh": deciding.zh if deciding else None,
        "reason_en": deciding.en if deciding else None,
        "next_zh": deciding.next_zh if deciding else None,
        "next_en": deciding.next_en if deciding else None,
    }


def _lacks_list(report: DocumentReport) -> bool:
    return any(step.code == "trust-missing" for step in report.steps)


def _why(step: StepView) -> str:
    if step.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        return ""
    return ": " + " ".join(filter(None, (step.sentence_zh, step.sentence_en, step.next_zh, step.next_en)))


def _plain(step: StepView) -> dict[str, object]:
    return {
        "number": step.number,
        "name": step.name_en,
        "outcome": step.outcome,
        "code": step.code,
        "zh": step.sentence_zh,
        "en": step.sentence_en,
        "next_zh": step.next_zh,
        "next_en": step.next_en,
        "evidence": dict(step.evidence),
    }
