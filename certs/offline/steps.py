"""Steps of the offline verifier (bundles, receipts, proofs) with codes and words in both languages. Pure."""

from collections.abc import Mapping
from typing import Final

from certs.model import Outcome, StepResult
from certs.offline.report import Step

POLICY: Final = "yzt-offline-1"
# name of the step -> Chinese name, and the stem of its codes
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "archive and manifest": ("证据包结构与清单", "archive"),
    "trusted keys": ("可信密钥", "trusted-keys"),
    "checkpoint": ("日志检查点", "checkpoint"),
    "earlier checkpoint": ("先前的检查点", "earlier-checkpoint"),
    "entry": ("日志条目", "entry"),
    "entries": ("日志条目", "entries"),
    "entries, tiles and root": ("条目、分片与树根", "tiles"),
    "inclusion in the log": ("已收录于日志", "inclusion"),
    "receipt": ("回执", "receipt"),
    "receipts": ("回执", "receipts"),
    "certificates": ("电子证照", "certificates"),
}
_CODES: Final[Mapping[Outcome, str]] = {
    Outcome.PASS: "good",
    Outcome.FAIL: "refused",
    Outcome.UNDETERMINED: "unknown",
    Outcome.NOT_APPLICABLE: "absent",
}
_SENTENCES: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.PASS: ("核验通过。", "Verified."),
    Outcome.FAIL: ("核验不通过。", "Not as it was made."),
    Outcome.UNDETERMINED: ("暂时无法确定。", "Could not be established."),
    Outcome.NOT_APPLICABLE: ("此项不涉及。", "Does not apply."),
}
_NEXT: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.FAIL: ("不予采信，请向平台重新索取证据。", "Do not rely on it; ask the hub for the evidence again."),
    Outcome.UNDETERMINED: ("请稍后重试，或补充缺少的文件。", "Try again later, or add what is missing."),
}
_SHOWN: Final = 3
_KEPT: Final = 20


def step_result(step: Step) -> StepResult:
    """The step as every other face's: code `<step>-good|refused|unknown|absent`, sentences, evidence."""
    name_zh, stem = _NAMES.get(step.name, (step.name, step.name.replace(" ", "-")))
    zh, en = _SENTENCES[step.outcome]
    found = "; ".join(step.details[:_SHOWN])
    next_zh, next_en = _NEXT.get(step.outcome, ("", ""))
    return StepResult(
        number=step.number,
        name_zh=name_zh,
        name_en=step.name,
        outcome=step.outcome,
        code=f"{stem}-{_CODES[step.outcome]}",
        zh=f"{zh}{found}",
        en=f"{en} {found}".rstrip(),
        next_zh=next_zh,
        next_en=next_en,
        evidence={f"detail-{number}": text for number, text in enumerate(step.details[:_KEPT], 1)},
    )
