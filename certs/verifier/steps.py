"""Findings as numbered steps, and reports made of them."""

from datetime import datetime
from hashlib import sha256
from typing import Final

from certs.crypto.sm3 import sm3
from certs.errors import AlgorithmUnavailable
from certs.model import Outcome, StepResult, Verdict
from certs.verifier.kinds import DocumentKind
from certs.verifier.model import DocumentReport
from certs.verifier.words import READING, WORDS
from certs.verify_findings import Finding, worded

POLICY: Final = "yzt-verifier-1"


def step(number: int, name: tuple[str, str], finding: Finding) -> StepResult:
    """The finding as a step, with its words."""
    return worded(number, name, WORDS[finding.code], finding)


def digests(content: bytes) -> tuple[str, str]:
    """SHA-256 and SM3 in hex; SM3 is empty where this computer has none."""
    try:
        national = sm3(content).hex()
    except AlgorithmUnavailable:
        national = ""
    return sha256(content).hexdigest(), national


def ended(kind: DocumentKind, content: bytes, finding: Finding, *, at: datetime) -> DocumentReport:
    """The report of a file whose reading ended at its first step; never VALID."""
    assert finding.outcome in {Outcome.FAIL, Outcome.UNDETERMINED}, "nothing unread is good"
    verdict = Verdict.INVALID if finding.outcome is Outcome.FAIL else Verdict.INDETERMINATE
    international, national = digests(content)
    return DocumentReport(
        kind, verdict, at, POLICY, (step(1, READING, finding),), international, national, len(content)
    )
