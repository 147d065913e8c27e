"""Outcomes of verification steps before and as they get their number and words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from certs.model import Outcome, StepResult
from certs.verify_words import Words

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


def worded(number: int, name: tuple[str, str], words: Words, finding: Finding) -> StepResult:
    """The finding as a numbered step; `name` is (Chinese, English), `words` may quote its evidence."""
    return StepResult(
        number=number,
        name_zh=name[0],
        name_en=name[1],
        outcome=finding.outcome,
        code=finding.code,
        zh=words.zh.format_map(finding.evidence),
        en=words.en.format_map(finding.evidence),
        next_zh=words.next_zh,
        next_en=words.next_en,
        evidence=finding.evidence,
    )


def worst(steps: Sequence[tuple[StepResult, ...]]) -> tuple[StepResult, ...]:
    """Per step the worst result of several signatures."""
    return tuple(min(same, key=lambda s: _ORDER.index(s.outcome)) for same in zip(*steps, strict=True))
