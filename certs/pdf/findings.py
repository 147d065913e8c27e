"""How the eleven steps of a PDF get their words, and how they make a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from certs.model import Outcome, StepResult, Verdict
from certs.pdf.words import STEP_NAMES, WORDS
from certs.verify_findings import NOT_REACHED, Finding, worded

STEPS: Final = 11
TIMESTAMP_STEP: Final = 10
PAGE_STEP: Final = 11
_LONGEST: Final = 300


def not_applicable(code: str, **evidence: str) -> Finding:
    """The step asks for something that a document need not have."""
    return Finding(Outcome.NOT_APPLICABLE, code, evidence)


def steps_of(findings: Mapping[int, Finding], **more: str) -> tuple[StepResult, ...]:
    """All eleven steps by number; those without a finding were not reached. `more` goes into every evidence."""
    return tuple(_step(n, findings.get(n, NOT_REACHED), more) for n in range(1, STEPS + 1))


def _step(number: int, finding: Finding, more: Mapping[str, str]) -> StepResult:
    quoted = MappingProxyType({key: _quoted(value) for key, value in {**finding.evidence, **more}.items()})
    return worded(number, STEP_NAMES[number], WORDS[finding.code], replace(finding, evidence=quoted))


def _quoted(text: str) -> str:
    """What a hostile file says about itself is quoted, never at length and never with control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:_LONGEST])


def verdict(steps: Sequence[StepResult]) -> Verdict:
    """无效 if a step failed; 有效 if all are passed and the time stamp passed or absent; else 无法确定."""
    if any(s.outcome is Outcome.FAIL for s in steps):
        return Verdict.INVALID
    needed = (s.outcome is Outcome.PASS or (s.number == TIMESTAMP_STEP and s.code == "timestamp-absent") for s in steps)
    return Verdict.VALID if len(steps) == STEPS and all(needed) else Verdict.INDETERMINATE
