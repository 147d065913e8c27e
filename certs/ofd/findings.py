"""How the eleven steps of an OFD document get their words, and how they make a verdict."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from certs.model import Outcome, StepResult, Verdict
from certs.ofd.words import STEP_NAMES, WORDS
from certs.verify_findings import NOT_REACHED, Finding, worded

STEPS: Final = 11
TIMESTAMP_STEP: Final = 6


def step(number: int, finding: Finding, **more: str) -> StepResult:
    """The finding with its number, name and words."""
    complete = replace(finding, evidence=MappingProxyType({**finding.evidence, **more}))
    return worded(number, STEP_NAMES[number], WORDS[finding.code], complete)


def steps_of(findings: Sequence[Finding], **more: str) -> tuple[StepResult, ...]:
    """All eleven steps; those without a finding were not reached."""
    padded = [*findings, *[NOT_REACHED] * (STEPS - len(findings))]
    return tuple(step(i, f, **more) for i, f in enumerate(padded, 1))


def verdict(steps: Sequence[StepResult]) -> Verdict:
    """无效 if a step failed; 有效 if all are passed and the time stamp passed or absent; else 无法确定."""
    if any(s.outcome is Outcome.FAIL for s in steps):
        return Verdict.INVALID
    needed = (s.outcome is Outcome.PASS or (s.number == TIMESTAMP_STEP and s.code == "timestamp-absent") for s in steps)
    return Verdict.VALID if len(steps) == STEPS and all(needed) else Verdict.INDETERMINATE
