"""Verification of a certificate as numbered steps. Pure: token, trust and time in, report out.

1. Read the document.  2. Kind (`typ`) and algorithm.  3. The key is trusted for this issuer at the time of issue.
4. Signature, and every disclosure in place.  5. Identifier: check character, and agreement with the content.
6. The type is known.  7. The issuer was entitled to the type.  8. Term of validity.  9. Status.
10. The holder's proof.

Steps 1 to 4 stop at the first that is not passed: nothing unsigned is examined further. The verdict is 无效 if a step
failed, else 无法确定 if one is undetermined, else 有效. No exception and no absence ever becomes 有效.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Final

from certs.crypto.disclosures import reveal
from certs.crypto.jws import Jws, parse_jws, verify_parsed
from certs.crypto.strict_json import loads_object
from certs.crypto.times import moment, numeric_date
from certs.errors import (
    AlgorithmRefused,
    AlgorithmUnavailable,
    CertsError,
    ClaimMissing,
    HeaderRefused,
    KeyDistrusted,
    KeyOutsideWindow,
    KeyRoleRefused,
    UnknownKey,
)
from certs.face import JSON_FACE_TYP, SD_JWT_TYP, claims_of
from certs.model import Outcome, StepResult, Verdict, VerificationReport
from certs.sdjwt import MAX_DISCLOSURES, NEVER_DISCLOSABLE, SdJwtPolicy, parse_and_check
from certs.trust import ROLE_ISSUER, TrustBundle
from certs.verify_content import LEEWAY, Content
from certs.verify_findings import NOT_REACHED, Finding, failed, passed, undetermined, worded
from certs.verify_words import STEP_NAMES, WORDS

POLICY: Final = "yzt-verify-1"
MAX_TOKEN_CHARS: Final = 512 * 1024

_STEPS: Final = 10
# Withheld, these would turn a refusal into an acceptance.
_IN_CLEAR: Final = NEVER_DISCLOSABLE | {"iat", "certificate"}


@dataclass(frozen=True, slots=True)
class Binding:
    """The challenge a holder's proof must answer: who asked, and the nonce given."""

    audience: str
    nonce: str


def verify(token: str, trust: TrustBundle, *, at: datetime, binding: Binding | None = None) -> VerificationReport:
    """Verify a certificate as of an instant.

    Args:
        token: a JSON face (`yzt-cert+jws`) or an SD-JWT VC (`dc+sd-jwt`), with or without the holder's proof.
        trust: what to believe; never taken from the token.
        at: the time in question, aware; now, or years ago.
        binding: demands the holder's proof for this challenge.

    Raises:
        ValueError: `at` has no time zone. Nothing else: whatever is wrong with the token is a finding.
    """
    if at.tzinfo is None:
        raise ValueError("at needs a time zone")
    run = _Run(token, trust, at, binding)
    steps = [worded(n, STEP_NAMES[n], WORDS[found.code], found) for n, found in enumerate(run.findings(), 1)]
    content = run.content
    return VerificationReport(
        verdict=_verdict(steps),
        at=at,
        policy=POLICY,
        steps=tuple(steps),
        claims={} if content is None else content.claims,
        state=None if content is None else content.state,
    )


def _verdict(steps: list[StepResult]) -> Verdict:
    outcomes = {s.outcome for s in steps}
    if Outcome.FAIL in outcomes:
        return Verdict.INVALID
    # Said as what VALID needs, not as what INDETERMINATE is: an outcome nobody thought of must not pass.
    needed = all(s.outcome is Outcome.PASS for s in steps[: _STEPS - 1])
    if needed and steps[-1].outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        return Verdict.VALID
    return Verdict.INDETERMINATE


_LOST = "key-distrusted"


class _Run:
    """One verification; each method is one step and may rely on the steps before it."""

    def __init__(self, token: str, trust: TrustBundle, at: datetime, binding: Binding | None) -> None:
        self._token, self._trust, self._at, self._binding = token, trust, at, binding
        self._is_sd_jwt = "~" in token
        self._jws: Jws
        self._signed: dict[str, object] = {}
        self._disclosures: list[str] = []
        self._proof = ""
        self.content: Content | None = None

    def findings(self) -> Iterator[Finding]:
        """Of all ten steps; after the signature `content` examines what was signed.

        A lost key ends nothing: a certificate of it that was followed by another is invalid whoever wrote it.
        """
        for number, check in enumerate((self.read, self.kind, self.key, self.signature), 1):
            finding = check()
            yield finding
            if finding.outcome is not Outcome.PASS and finding.code != _LOST:
                yield from repeat(NOT_REACHED, _STEPS - number)
                return
        self.content = Content(
            lambda: claims_of(self._face), self._trust, issuer=self._issuer, issued_at=self._issued_at, at=self._at
        )
        for check in (*self.content.checks(), self.holder):
            yield check()

    def read(self) -> Finding:
        """Step 1."""
        if len(self._token) > MAX_TOKEN_CHARS or self._token.count("~") > MAX_DISCLOSURES + 1:
            return failed("malformed", detail="too large")
        head, *rest = self._token.split("~")
        if rest:
            *self._disclosures, self._proof = rest
        try:
            self._jws = parse_jws(head)
            self._signed = loads_object(self._jws.payload)
            self._issued_at = _issued_at(self._signed)
            self._issuer = _issuer_code(self._signed)
        except (AlgorithmRefused, HeaderRefused) as error:
            return failed("kind-refused", detail=str(error))
        except CertsError as error:
            return failed("malformed", detail=str(error))
        except (LookupError, TypeError) as error:
            return failed("malformed", detail=f"issuer: {type(error).__name__}")
        return passed("parsed")

    def kind(self) -> Finding:
        """Step 2."""
        expected = SD_JWT_TYP if self._is_sd_jwt else JSON_FACE_TYP
        found = self._jws.header.get("typ")
        if found not in (expected, f"application/{expected}"):  # a tuple: a hostile `typ` may be a list
            return failed("kind-refused", detail=f"typ {str(found)[:40]!r} instead of {expected!r}")
        return passed("kind-known", typ=expected, alg=self._jws.alg.value)

    def key(self) -> Finding:
        """Step 3. The time of issue is what the token says; `distrusted` covers keys whose owner lost control."""
        trust = self._trust
        if self._at > trust.expires_at:
            return undetermined("trust-stale", until=trust.expires_at.isoformat())
        try:
            found = trust.keys.trusted(self._jws.kid, self._jws.alg, at=self._issued_at, role=ROLE_ISSUER)
        except CertsError as error:
            return _key_refused(error)
        if found.owner != self._issuer:
            return failed("key-not-issuers", owner=found.owner)
        self._verifier = found.verifier
        if (since := trust.lost_since(found.verifier.kid, self._at)) is not None:
            return undetermined(_LOST, since=since.isoformat(), kid=found.verifier.kid)
        return passed("key-trusted", owner=found.owner, kid=found.verifier.kid)

    def signature(self) -> Finding:
        """Step 4."""
        try:
            verify_parsed(self._jws, self._verifier, SD_JWT_TYP if self._is_sd_jwt else JSON_FACE_TYP)
            face = reveal(self._signed, self._disclosures) if self._is_sd_jwt else self._signed
            if hidden := (face.keys() - self._signed.keys()) & _IN_CLEAR:
                return failed("signature-invalid", detail=f"withholdable: {', '.join(sorted(hidden))}")
            self._face = face
        except AlgorithmUnavailable:
            return undetermined("alg-unavailable")
        except CertsError as error:
            return failed("signature-invalid", detail=str(error))
        return passed("signature-good")

    def holder(self) -> Finding:
        """Step 10. The whole credential is checked once more by the SD-JWT rules, together with the proof."""
        if self._binding is None:
            if self._proof:
                return undetermined("binding-unanswered")
            return Finding(Outcome.NOT_APPLICABLE, "binding-not-asked")
        policy = SdJwtPolicy(require_kb=True, aud=self._binding.audience, nonce=self._binding.nonce, leeway=LEEWAY)
        resolver = self._trust.keys.resolver(at=self._issued_at, role=ROLE_ISSUER)
        try:
            parse_and_check(self._token, resolver, now=self._at, policy=policy)
        except CertsError as error:
            return failed("binding-invalid", detail=str(error), refusal=error.code)
        return passed("binding-good")


def _key_refused(error: CertsError) -> Finding:
    """Unknown is undetermined: the list may be old. Everything else the key ring refuses is an attack or an error."""
    if isinstance(error, KeyDistrusted):
        return undetermined("key-distrusted", since=error.since.isoformat(), kid=error.kid)
    if isinstance(error, KeyOutsideWindow):
        return failed("key-outside-window", kid=error.kid)
    if isinstance(error, KeyRoleRefused):
        return failed("key-not-issuers", kid=error.kid)
    if isinstance(error, UnknownKey):
        return undetermined("key-unknown", kid=error.kid)
    return failed("kind-refused", detail=str(error))


def _issued_at(signed: Mapping[str, object]) -> datetime:
    seconds = numeric_date(signed, "iat")
    if seconds is None:
        raise ClaimMissing("iat")
    return moment(seconds)


def _issuer_code(signed: Mapping[str, object]) -> str:
    """The issuer's USCC as either face states it in clear."""
    if "certificate" not in signed:
        code = signed["ZZBFJGDM"]
    else:
        about = signed["certificate"]
        issuer = about["issuer"] if isinstance(about, Mapping) else None
        code = issuer["code"] if isinstance(issuer, Mapping) else None
    if not isinstance(code, str):
        raise TypeError("issuer")
    return code
