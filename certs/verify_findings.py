"""Outcomes of verification steps before they get their number and words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.model import Outcome


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
