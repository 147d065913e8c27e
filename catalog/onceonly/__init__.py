"""Once only: what a case still needs from the citizen, computed and explained. Pure."""

from catalog.onceonly.answer import (
    Lack,
    ListAnswer,
    Missing,
    Proof,
    ProofKind,
    RequirementAnswer,
    Resolution,
    is_available,
    is_required,
)
from catalog.onceonly.holdings import CertificateState, CheckedMaterial, HeldCertificate, Holdings, SharedRecord
from catalog.onceonly.resolve import NO_CHOICES, Choices, resolve

__all__ = [
    "NO_CHOICES",
    "CertificateState",
    "CheckedMaterial",
    "Choices",
    "HeldCertificate",
    "Holdings",
    "Lack",
    "ListAnswer",
    "Missing",
    "Proof",
    "ProofKind",
    "RequirementAnswer",
    "Resolution",
    "SharedRecord",
    "is_available",
    "is_required",
    "resolve",
]
