"""View models of the auditor's pages of verification."""

from dataclasses import dataclass

from exchange.model_verifications import BatchView, ResultPage, ResultView
from exchange.model_views import StepView


@dataclass(frozen=True, slots=True)
class BatchesPage:
    """audit/verifications.html: the form, and what was asked for lately."""

    batches: tuple[BatchView, ...]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """audit/verification.html: how far it is, and some of its results; `verdict` is what they were chosen by.

    What is being collected takes `most` documents.
    """

    batch: BatchView
    page: ResultPage
    verdict: str
    most: int


@dataclass(frozen=True, slots=True)
class ResultOfPage:
    """audit/result.html: the report of one file; `deciding` is None when all is well."""

    batch: BatchView
    result: ResultView
    deciding: StepView | None
