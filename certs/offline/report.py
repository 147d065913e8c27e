"""What the verifier says: numbered steps, each passed, failed, undetermined or not applicable, and one verdict."""

from collections.abc import Callable
from dataclasses import dataclass, field

from certs.errors import CertsError
from certs.model import Outcome, Verdict

EXIT_CODES = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INDETERMINATE: 2}
EXIT_USAGE = 3
EXIT_IO = 4
_MAX_DETAILS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its outcome and, for people, what was found."""

    number: int
    name: str
    outcome: Outcome
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Outcome of one verification. `trust_source` says where the trusted keys came from."""

    subject: str
    trust_source: str
    steps: tuple[Step, ...]

    @property
    def verdict(self) -> Verdict:
        """Invalid if a step failed, else indeterminate if one is undetermined or nothing was proven, else valid."""
        outcomes = [step.outcome for step in self.steps]
        if Outcome.FAIL in outcomes:
            return Verdict.INVALID
        if Outcome.UNDETERMINED in outcomes or Outcome.PASS not in outcomes:
            return Verdict.INDETERMINATE
        return Verdict.VALID

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 2 indeterminate."""
        return EXIT_CODES[self.verdict]

    def to_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "subject": self.subject,
            "trust_source": self.trust_source,
            "verdict": self.verdict.value,
            "steps": [
                {"number": s.number, "name": s.name, "outcome": s.outcome.value, "details": list(s.details)}
                for s in self.steps
            ],
        }

    def to_text(self) -> str:
        """The report for a terminal."""
        lines = [f"{self.subject}  (trusted keys: {self.trust_source})"]
        for step in self.steps:
            lines.append(f"{step.number:>2}. {step.outcome.value:<14} {step.name}")
            lines += [f"      {detail}" for detail in step.details[:_MAX_DETAILS]]
            if len(step.details) > _MAX_DETAILS:
                lines.append(f"      … {len(step.details) - _MAX_DETAILS} more")
        return "\n".join([*lines, f"verdict: {self.verdict.value}", ""])


@dataclass(slots=True)
class Checklist:
    """Collects steps in order."""

    steps: list[Step] = field(default_factory=list)

    def add(self, name: str, outcome: Outcome, *details: str) -> None:
        """Record the next step."""
        self.steps.append(Step(len(self.steps) + 1, name, outcome, details))

    def judge(self, name: str, failed: list[str], undetermined: list[str], passed: str) -> None:
        """Record a step over many items: any failure fails it, else any doubt leaves it undetermined."""
        if failed:
            self.add(name, Outcome.FAIL, *failed, *undetermined)
        elif undetermined:
            self.add(name, Outcome.UNDETERMINED, *undetermined)
        else:
            self.add(name, Outcome.PASS, passed)

    def report(self, subject: str, trust_source: str) -> Report:
        """Close the list."""
        return Report(subject, trust_source, tuple(self.steps))


def refusal(check: Callable[[], object]) -> str | None:
    """Run a check that returns or raises; the reason it was refused, or None."""
    try:
        check()
    except CertsError as error:
        return f"{type(error).__name__}: {error}"
    return None
