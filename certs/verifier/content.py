"""The last step of a sealed document: what it says against what is registered and known. Pure.

The certificate it carries must have a right identifier, a known type, an issuer entitled to it at the time of issue, a
term that is running and a status in force; and the key that sealed it must be that issuer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from certs.crypto.ports import Verifier
from certs.face import claims_of
from certs.model import Outcome, State
from certs.trust import TrustBundle
from certs.verify_content import Content
from certs.verify_findings import Finding, failed, passed, undetermined


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a document carries once its seals hold: the JSON face, per seal its key and time; `role` is the keys'."""

    face: Mapping[str, object] = field(repr=False)
    sealers: tuple[tuple[Verifier, datetime], ...]
    role: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Result of the step: the finding, the claims it examined, the state."""

    finding: Finding
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)
    state: State | None = None


def compare(
    sealed: Sealed, trust: TrustBundle, *, issued_at: datetime, at: datetime, also: frozenset[str] = frozenset()
) -> Compared:
    """Compare what a sealed document carries with what is registered, as of `at`.

    `also` are owners whose keys may have sealed it beside the issuer's: the hub's own on a purpose-marked copy.
    """
    issuer = str(sealed.face.get("ZZBFJGDM", ""))
    content = Content(lambda: claims_of(sealed.face), trust, issuer=issuer, issued_at=issued_at, at=at)
    findings = [check() for check in content.checks()]
    findings += [_sealer(key, time, sealed.role, {issuer, *also}, trust) for key, time in sealed.sealers]
    return Compared(_worst(findings), content.claims, content.state)


def _sealer(key: Verifier, time: datetime, role: str, allowed: set[str], trust: TrustBundle) -> Finding:
    """Whose key it was when the seal was put on; a seal of another department on this certificate is a forgery."""
    known = [k for k in trust.keys if k.verifier.kid == key.kid and k.role == role]
    if not known:
        return undetermined("sealer-unknown")
    theirs = [k for k in known if k.owner in allowed]
    if not theirs:
        return failed("sealer-not-issuer", owner=", ".join(sorted({k.owner for k in known})))
    if not any(k.not_before <= time <= k.not_after for k in theirs):
        return failed("key-outside-window", kid=key.kid)
    # a key that was lost is judged where the time of the seal is proven, by the steps before
    return passed("key-trusted", owner=theirs[0].owner, kid=key.kid)


def _worst(findings: list[Finding]) -> Finding:
    """The first that fails, else the first undecided; all of them are the evidence."""
    evidence = {f"check-{number}": f.code for number, f in enumerate(findings, 1)}
    for outcome in (Outcome.FAIL, Outcome.UNDETERMINED):
        for found in findings:
            if found.outcome is outcome:
                return Finding(outcome, found.code, {**found.evidence, **evidence})
    if any(f.outcome is not Outcome.PASS for f in findings):
        return undetermined("content-missing")
    return passed("content-good", **{k: v for f in findings for k, v in f.evidence.items()}, **evidence)
