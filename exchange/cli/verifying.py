"""`yzt verify`: certificates, trust lists and evidence bundles, offline, with a trust file; no hub is opened."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from certs.errors import CertsError
from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust
from certs.model import Outcome, Verdict
from certs.offline.check_bundle import verify_bundle
from certs.offline.report import EXIT_CODES, Report
from certs.trust import TrustBundle, parse_trust_bundle
from certs.verify import verify as verify_certificate
from exchange.cli.session import Exit, answer, fail, guarded
from exchange.model_views import StepView, VerificationView
from exchange.service.verification import certificate_view
from exchange.wiring import utc_now

_MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNDETERMINED: "?", Outcome.NOT_APPLICABLE: "–"}
_WORDS = {"valid": "有效 valid", "invalid": "无效 invalid", "indeterminate": "无法确定 indeterminate"}


def verify(
    file: Annotated[Path, typer.Argument(help="A certificate (.sdjwt, .jws) or an evidence bundle (.zip).")],
    trust: Annotated[Path, typer.Option(help="The hub's key file, obtained by another way than the evidence.")],
    trust_list: Annotated[
        Path | None, typer.Option(help="The hub's signed trust list with states; needed for a certificate.")
    ] = None,
    at: Annotated[datetime | None, typer.Option(help="As of this time (UTC); default now.")] = None,
) -> None:
    """Verify offline: numbered steps and a three-valued verdict; exit code 0 valid, 1 invalid, 2 indeterminate."""
    moment = utc_now() if at is None else at.replace(tzinfo=UTC)

    def work() -> VerificationView:
        content, keys = file.read_bytes(), trust.read_bytes()
        if content.startswith(b"PK"):
            return bundle_view(verify_bundle(content, keys, at=moment, subject=file.name), moment)
        if trust_list is None:
            fail("a certificate needs --trust-list, the hub's signed list of issuers and states", Exit.USAGE)
        believed = _trust(trust_list.read_text(encoding="ascii"), keys, moment)
        return certificate_view(verify_certificate(content.decode("ascii", "replace").strip(), believed, at=moment))

    show_report(guarded(work))


def show_report(view: VerificationView) -> None:
    """Print a report and leave with the exit code of its verdict."""
    lines = [
        f"{_MARKS[Outcome(step.outcome)]} {step.number:>2} {f'{step.name_zh} {step.name_en}'.strip()}{_why(step)}"
        for step in view.steps
    ]
    verdict = Verdict(view.verdict)
    data = {"kind": view.kind, "verdict": verdict, "at": view.at, "steps": [_plain(step) for step in view.steps]}
    answer(data, "\n".join([*lines, f"{_WORDS[verdict]}  ({view.at.isoformat()})"]))
    raise typer.Exit(EXIT_CODES[verdict])


def bundle_view(report: Report, at: datetime) -> VerificationView:
    """The report of an evidence bundle in the form of all reports."""
    steps = tuple(
        StepView(
            number=step.number,
            name_zh="",
            name_en=step.name,
            outcome=step.outcome.value,
            code=step.outcome.value,
            sentence_zh="",
            sentence_en="; ".join(step.details),
        )
        for step in report.steps
    )
    return VerificationView("bundle", report.verdict.value, at, report.trust_source, steps)


def _trust(token: str, keys: bytes, at: datetime) -> TrustBundle:
    try:
        return parse_trust_bundle(token.strip(), decode_trust(keys).keys.resolver(at=at, role=TRUST_LIST_ROLE))
    except CertsError as error:
        fail(f"the trust list is refused: {error}", Exit.REFUSED)


def _why(step: StepView) -> str:
    if step.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        return ""
    return ": " + " ".join(filter(None, (step.sentence_zh, step.sentence_en, step.next_zh, step.next_en)))


def _plain(step: StepView) -> dict[str, object]:
    return {"number": step.number, "name": step.name_en, "outcome": step.outcome, "code": step.code}
