"""Outcomes of steps, how they get their words, and how several signatures make one verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from certs.model import Outcome, StepResult, Verdict
from certs.ofd.words import STEP_NAMES, WORDS

STEPS: Final = 11
TIMESTAMP_STEP: Final = 6
# Worst first: what a reader of the summary must see when several signatures differ.
_ORDER: Final = (Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Finding:
    """Outcome of a step before it gets its number and words."""

    outcome: Outcome
    code: str
    evidence: Mapping[str, str] = field(default_factory=dict)


NOT_REACHED: Final = Finding(Outcome.NOT_APPLICABLE, "not-reached")


def passed(code: str, **evidence: str) -> Finding:
    """The step is passed."""
    return Finding(Outcome.PASS, code, evidence)


def failed(code: str, **evidence: str) -> Finding:
    """The step proves the document unfit."""
    return Finding(Outcome.FAIL, code, evidence)


def undetermined(code: str, **evidence: str) -> Finding:
    """The step could not be decided."""
    return Finding(Outcome.UNDETERMINED, code, evidence)


def step(number: int, finding: Finding, **more: str) -> StepResult:
    """The finding with its number, name and words."""
    words, (name_zh, name_en) = WORDS[finding.code], STEP_NAMES[number]
    evidence = MappingProxyType({**finding.evidence, **more})
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


def steps_of(findings: Sequence[Finding], **more: str) -> tuple[StepResult, ...]:
    """All eleven steps; those without a finding were not reached."""
    padded = [*findings, *[NOT_REACHED] * (STEPS - len(findings))]
    return tuple(step(i, f, **more) for i, f in enumerate(padded, 1))


def worst(steps: Sequence[tuple[StepResult, ...]]) -> tuple[StepResult, ...]:
    """Per step the worst result of several signatures."""
    return tuple(min(same, key=lambda s: _ORDER.index(s.outcome)) for same in zip(*steps, strict=True))


def verdict(steps: Sequence[StepResult]) -> Verdict:
    """无效 if a step failed; 有效 if all are passed and the time stamp passed or absent; else 无法确定."""
    if any(s.outcome is Outcome.FAIL for s in steps):
        return Verdict.INVALID
    needed = (s.outcome is Outcome.PASS or (s.number == TIMESTAMP_STEP and s.code == "timestamp-absent") for s in steps)
    return Verdict.VALID if len(steps) == STEPS and all(needed) else Verdict.INDETERMINATE
