"""Reports of the offline verifier (bundles, receipts, proofs) in the form every page and answer shows. Pure."""

from collections.abc import Mapping
from datetime import datetime

from certs.model import Outcome
from certs.offline.report import Report, Step
from exchange.model_views import StepView, VerificationView

_NAMES: Mapping[str, str] = {
    "archive and manifest": "证据包结构与清单",
    "trusted keys": "可信密钥",
    "checkpoint": "日志检查点",
    "entry": "日志条目",
    "entries": "日志条目",
    "inclusion in the log": "已收录于日志",
    "receipt": "回执",
    "receipts": "回执",
    "certificates": "电子证照",
}
_SENTENCES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.PASS: ("核验通过。", "Verified."),
    Outcome.FAIL: ("核验不通过。", "Not as it was made."),
    Outcome.UNDETERMINED: ("暂时无法确定。", "Could not be established."),
    Outcome.NOT_APPLICABLE: ("此项不涉及。", "Does not apply."),
}
_NEXT: Mapping[Outcome, tuple[str, str]] = {
    Outcome.FAIL: ("不予采信，请向平台重新索取证据。", "Do not rely on it; ask the hub for the evidence again."),
    Outcome.UNDETERMINED: ("请稍后重试，或补充缺少的文件。", "Try again later, or add what is missing."),
}
_SHOWN = 3


def offline_view(report: Report, *, kind: str, at: datetime) -> VerificationView:
    """The report as people and programs read it; `kind` says what was recognised."""
    return VerificationView(kind, report.verdict.value, at, "yzt-offline-1", tuple(map(_step, report.steps)))


def single_step(kind: str, at: datetime, name: str, outcome: Outcome, detail: str) -> VerificationView:
    """A verification that ended before there was anything to list."""
    verdict = "invalid" if outcome is Outcome.FAIL else "indeterminate"
    return VerificationView(kind, verdict, at, "yzt-offline-1", (_step(Step(1, name, outcome, (detail,))),))


def _step(step: Step) -> StepView:
    zh, en = _SENTENCES[step.outcome]
    found = "; ".join(step.details[:_SHOWN])
    next_zh, next_en = _NEXT.get(step.outcome, ("", ""))
    return StepView(
        number=step.number,
        name_zh=_NAMES.get(step.name, step.name),
        name_en=step.name,
        outcome=step.outcome.value,
        code=step.outcome.value,
        sentence_zh=f"{zh}{found}",
        sentence_en=f"{en} {found}".rstrip(),
        next_zh=next_zh,
        next_en=next_en,
    )
