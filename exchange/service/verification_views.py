"""Reports of a verification as people and programs read them. Pure."""

from collections.abc import Iterable

from certs.model import StepResult, VerificationReport
from certs.verifier.model import DocumentReport
from exchange.model_views import StepView, VerificationView


def certificate_view(report: VerificationReport) -> VerificationView:
    """The report of a certificate token."""
    return VerificationView(
        kind="certificate",
        verdict=report.verdict.value,
        at=report.at,
        policy=report.policy,
        steps=_steps(report.steps),
        claims=report.claims,
        state=None if report.state is None else report.state.value,
    )


def document_view(report: DocumentReport) -> VerificationView:
    """The report of any document."""
    return VerificationView(
        kind=report.kind.value,
        verdict=report.verdict.value,
        at=report.at,
        policy=report.policy,
        steps=_steps(report.steps),
        claims=report.claims,
        state=None if report.state is None else report.state.value,
        sha256=report.sha256,
        sm3=report.sm3,
        size=report.size,
    )


def _steps(steps: Iterable[StepResult]) -> tuple[StepView, ...]:
    return tuple(
        StepView(
            number=step.number,
            name_zh=step.name_zh,
            name_en=step.name_en,
            outcome=step.outcome.value,
            code=step.code,
            sentence_zh=step.zh,
            sentence_en=step.en,
            next_zh=step.next_zh,
            next_en=step.next_en,
            evidence=dict(step.evidence),
        )
        for step in steps
    )
