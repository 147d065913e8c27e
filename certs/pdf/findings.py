"""How the eleven steps of a PDF get their words, and how they make a verdict."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from certs.model import Outcome, StepResult, Verdict
from certs.pdf.words import STEP_NAMES, WORDS
from certs.verify_findings import NOT_REACHED, Finding

STEPS: Final = 11
TIMESTAMP_STEP: Final = 10
# Worst first: what a reader of the summary must see when several signatures differ.
_ORDER: Final = (Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE, Outcome.PASS)
_LONGEST: Final = 300


def not_applicable(code: str, **evidence: str) -> Finding:
    """The step asks for something that a document need not have."""
    return Finding(Outcome.NOT_APPLICABLE, code, evidence)


def steps_of(findings: Mapping[int, Finding], **more: str) -> tuple[StepResult, ...]:
    """All eleven steps by number; those without a finding were not reached. `more` goes into every evidence."""
    return tuple(_step(n, findings.get(n, NOT_REACHED), more) for n in range(1, STEPS + 1))


def _step(number: int, finding: Finding, more: Mapping[str, str]) -> StepResult:
    words, (name_zh, name_en) = WORDS[finding.code], STEP_NAMES[number]
    evidence = MappingProxyType({key: _quoted(value) for key, value in {**finding.evidence, **more}.items()})
    return StepResult(
        number=number,
        name_zh=name_zh,
        name_en=name_en,
        outcome=finding.outcome,
        code=finding.code,
        zh=words.zh.format_map(evidence),
        en=words.en.format_map(evidence),
        next_zh=words.next_zh,
        next_en=words.next_en,
        evidence=evidence,
    )


def _quoted(text: str) -> str:
    """What a hostile file says about itself is quoted, never at length and never with control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:_LONGEST])


def worst(steps: Sequence[tuple[StepResult, ...]]) -> tuple[StepResult, ...]:
    """Per step the worst result of several signatures."""
    return tuple(min(same, key=lambda s: _ORDER.index(s.outcome)) for same in zip(*steps, strict=True))


def verdict(steps: Sequence[StepResult]) -> Verdict:
    """无效 if a step failed; 有效 if all are passed and the time stamp passed or absent; else 无法确定."""
    if any(s.outcome is Outcome.FAIL for s in steps):
        return Verdict.INVALID
    needed = (s.outcome is Outcome.PASS or (s.number == TIMESTAMP_STEP and s.code == "timestamp-absent") for s in steps)
    return Verdict.VALID if len(steps) == STEPS and all(needed) else Verdict.INDETERMINATE
