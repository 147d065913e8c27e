"""View models of the pages about purpose-marked copies (加注件)."""

from dataclasses import dataclass

from exchange.console.problems import ProblemPage
from exchange.model_copies import CopyCheck, CopyComparison, CopyOffer, CopyView
from exchange.model_views import CertificateView, StepView


@dataclass(frozen=True, slots=True)
class CopiesPage:
    """copies/mine.html: the applicant's copies, newest first."""

    copies: tuple[CopyView, ...]


@dataclass(frozen=True, slots=True)
class CopyFields:
    """What was filled in, as it was filled in."""

    purpose: str = ""
    matter: str = ""
    recipient: str = ""
    valid_until: str = ""
    format: str = "pdf"


@dataclass(frozen=True, slots=True)
class CopyFormPage:
    """copies/form.html: what for, for whom, until when.

    `refusal` says why it was refused; `where` names the field and `reason` what is wrong with it, where it is one.
    """

    certificate: CertificateView
    offer: CopyOffer
    filled: CopyFields
    longest: int
    key: str
    refusal: ProblemPage | None = None
    where: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CopyPage:
    """copies/one.html: a copy for its maker."""

    copy: CopyView


@dataclass(frozen=True, slots=True)
class CodePage:
    """copies/enter.html: where to type a verification code."""


@dataclass(frozen=True, slots=True)
class CheckPage:
    """copies/check.html: what a copy is for, and how a file compares once one was given.

    `deciding` is the step of the verification that decided against the file, None when all is well.
    """

    code: str
    check: CopyCheck
    compared: CopyComparison | None = None
    deciding: StepView | None = None
